package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Terminal;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** People read and type the times of where they are, and programs get UTC; in Berlin, around the end of summer time. */
class LocalTimesIT {
    private static final Map<String, String> BERLIN = Map.of("TZ", "Europe/Berlin");

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeHistory() {
        lab = new Lab(directory);
        Path database = lab.database("app.db", "delete", 100, "g");
        Runs runs = Runs.of(lab);
        for (String time : List.of("2025-10-26T00:30:05Z", "2025-10-26T01:30:05Z", "2025-11-01T11:00:30Z")) {
            Lab.sql(database, "UPDATE t SET generation = '" + time + "' WHERE id = 1");
            runs.backUp(Instant.parse(time));
        }
        lab.with(BERLIN);
    }

    private String createdAt(String at) {
        return lab.json(0, "verify", "history", "--at=" + at).get("createdAt").getAsString();
    }

    @Test
    void listsLocalTimesAndAges() {
        List<String> lines = lab.run("list", "history").ok().out().lines().toList();
        assertEquals("created (Europe/Berlin)      age    backup  database  builds on            where", lines.get(0));
        String beginning = " +[0-9]+ d +[0-9.]+ kB +[0-9.]+ kB  ";
        assertTrue(lines.get(1).matches("2025-11-01 12:00:30 " + beginning + "2025-10-26 0.*"), lines.toString());
        assertTrue(lines.get(2).matches("2025-10-26 02:30:05 " + beginning + "2025-10-26 02:30:05  /.*"), lines.get(2));
        assertTrue(lines.get(3).matches("2025-10-26 02:30:05 " + beginning + "full                 /.*"), lines.get(3));
        JsonObject newest =
                lab.json(0, "list", "history").getAsJsonArray("backups").get(0).getAsJsonObject();
        assertEquals("2025-11-01T11:00:30Z", newest.get("createdAt").getAsString());
    }

    @Test
    void takesWhatItPrints() {
        assertEquals("2025-11-01T11:00:30Z", createdAt("2025-11-01 12:00"));
        assertEquals("2025-11-01T11:00:30Z", createdAt("2025-11-01T12:00:30"));
        assertEquals("2025-11-01T11:00:30Z", createdAt("yesterday"));
        assertEquals("2025-10-26T01:30:05Z", createdAt("2025-11-01 12:00:29"));
        assertEquals("2025-10-26T01:30:05Z", createdAt("2025-10-26 02:30:05"));
        assertEquals("2025-10-26T00:30:05Z", createdAt("2025-10-26 02:30:05 +02:00"));
        assertTrue(lab.run("verify", "history").ok().out().endsWith(" of 2025-11-01 12:00:30 +01:00\n"));
        JsonObject none = lab.json(10, "verify", "history", "--at=2025-10-25 12:00");
        assertTrue(
                none.get("message").getAsString().contains(" as old as 2025-10-25 12:00:59 +02:00 in "),
                none.toString());
    }

    @Test
    void saysLocalTimesInEverySentence() {
        String time = "2025-11-01 12:00:30 +01:00";
        String stale =
                lab.run("status", "app.db", "--to=history", "--max-age=1d").err();
        assertTrue(stale.contains("the backup of " + time + " was last found current "), stale);
        Lab.sql(lab.path("app.db"), "DELETE FROM t WHERE id = 1");
        String diff = lab.run("diff", "history", "app.db").ok().out();
        assertTrue(diff.contains(".gz, of " + time + "\n"), diff);
        String restored = lab.run("restore", "history", "--to=app.db").ok().out();
        assertTrue(restored.contains(" of " + time + " from "), restored);
        String unchanged = lab.run("backup", "app.db", "--to=history").ok().out();
        assertTrue(unchanged.startsWith("unchanged since the backup of " + time + ", "), unchanged);
        String pruned =
                lab.run("prune", "history", "--keep-last=1", "--dry-run").ok().out();
        assertTrue(pruned.contains("would keep    " + time + "  /"), pruned);
        assertTrue(pruned.contains("(needed by 20251101T110030Z)"), pruned);
    }

    @Test
    void answersPeopleInLocalTimeAndPipesInUtc() throws IOException, InterruptedException {
        String sql = "SELECT 1";
        assertTrue(lab.run("query", "history", sql, "--each")
                .ok()
                .out()
                .startsWith("2025-11-01T11:00:30Z\t1\n2025-10-26T01:30:05Z\t1\n"));
        String command = "'" + Lab.JAVA + "' -XX:-UsePerfData -jar '" + Lab.JAR + "' query history '" + sql
                + "' --each 2> /dev/null";
        Map<String, String> variables =
                Map.of("TZ", "Europe/Berlin", "TMPDIR", lab.temporary().toString());
        try (Terminal terminal = new Terminal(command, variables, directory)) {
            Tools.Ended ended = terminal.end().endsWith(0);
            assertTrue(
                    ended.out().startsWith("backup (Europe/Berlin)  1\n2025-11-01 12:00:30     1\n2025-10-26 02:30:05"),
                    ended.out());
        }
    }
}
