package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Terminal;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A question to a backup, as a person or a script asks it. */
class QueryIT {
    private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");
    /** Values of every kind, and what a terminal must not see. */
    private static final String VALUES =
            "SELECT 1 AS i, -0.5 AS r, NULL AS n, x'00ff' AS b, 'a,\"b\"' || char(9, 10, 92, 27) AS t, '' AS e";

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        lab.database("app.db", "wal", 400, "g");
        runs = Runs.of(lab);
        Lab.sql(lab.path("app.db"), "CREATE TABLE session(id)", "INSERT INTO session VALUES ('x')");
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(List.of(), lab.litter());
    }

    private void backUp(int run, String... statements) {
        Lab.sql(lab.path("app.db"), "UPDATE t SET generation = " + run + " WHERE id = " + (run + 1));
        runs.change(at(run), statements);
    }

    private static Instant at(int run) {
        return FIRST.plus(Duration.ofHours(4L * run));
    }

    // ---- forms

    @Test
    void aPipeGetsTabsAndWhatIsEscapedCanBeReadAgain() {
        backUp(0);
        assertEquals(
                "1\t-0.5\t\\N\tx'00ff'\ta,\"b\"\\t\\n\\\\\\u001b\t\n",
                lab.run("query", "history", VALUES).ok().out());
        assertEquals(
                "2026-11-01T00:00:00Z\tx\n",
                lab.run("query", "history", "SELECT * FROM session", "--each")
                        .ok()
                        .out());
        assertEquals("", lab.run("query", "history", "SELECT 1 WHERE 0").ok().out());
        assertEquals("", lab.run("query", "history", "SELECT 1", "-q").ok().out());
    }

    @Test
    void csvIsThatOfTheRfc() {
        backUp(0);
        assertEquals(
                "i,r,n,b,t,e\r\n1,-0.5,,x'00ff',\"a,\"\"b\"\"\t\n\\\u001b\",\"\"\r\n",
                lab.run("query", "history", VALUES, "--csv").ok().out());
        assertEquals(
                "createdAt,id\r\n2026-11-01T00:00:00Z,x\r\n",
                lab.run("query", "history", "SELECT * FROM session", "--csv", "--each")
                        .ok()
                        .out());
        lab.json(2, "query", "history", "SELECT 1", "--csv");
    }

    @Test
    void jsonKeepsEveryValue() {
        backUp(0);
        JsonObject result = lab.json(
                        0,
                        "query",
                        "history",
                        "SELECT 9007199254740993 AS whole, 0.1, 9e999, NULL, x'00ff', char(27, 8238) AS t")
                .get("results")
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertEquals("2026-11-01T00:00:00Z", result.get("createdAt").getAsString());
        assertTrue(result.get("backup").getAsString().endsWith("app-20261101T000000Z.db.gz"), result::toString);
        assertEquals("whole", result.get("columns").getAsJsonArray().get(0).getAsString());
        JsonArray row = result.get("rows").getAsJsonArray().get(0).getAsJsonArray();
        assertEquals(9007199254740993L, row.get(0).getAsLong());
        assertEquals(0.1, row.get(1).getAsDouble());
        assertEquals(Double.POSITIVE_INFINITY, row.get(2).getAsDouble());
        assertTrue(row.get(3).isJsonNull());
        assertEquals("00ff", row.get(4).getAsJsonObject().get("hex").getAsString());
        assertEquals("\u001b\u202e", row.get(5).getAsString());
        String out =
                lab.run("query", "history", "--json", "SELECT char(155)").ok().out();
        assertTrue(out.contains("\\u009b") && out.chars().noneMatch(c -> c == 0x9b), out);
        assertEquals(
                0,
                lab.json(0, "query", "history", "SELECT 1 WHERE 0", "--each", "--first")
                        .get("results")
                        .getAsJsonArray()
                        .size());
    }

    /** With what it had answered so far. */
    @Test
    void aFailureInTheMiddleIsStillOneObject() {
        backUp(0);
        JsonObject failed = lab.json(
                1,
                "query",
                "history",
                "SELECT 5 UNION ALL SELECT abs(-9223372036854775807 - length(generation)) FROM t");
        assertTrue(failed.get("message").getAsString().contains("integer overflow"), failed::toString);
        JsonObject result = failed.get("results").getAsJsonArray().get(0).getAsJsonObject();
        assertEquals("[[5]]", result.get("rows").toString());
    }

    @Test
    void aTerminalGetsColumnsThatFitAndNoControlCharacters() throws IOException, InterruptedException {
        backUp(0);
        String command = "stty cols 60; " + Lab.PROGRAM
                + " query history \"SELECT id, char(27) || 'text' AS t, b, NULL AS n FROM t LIMIT 3\"";
        try (Terminal terminal =
                new Terminal(command, Map.of("TMPDIR", lab.temporary().toString()), directory)) {
            String shown = terminal.end().ok().out();
            String table = shown.substring(shown.indexOf("id  t"));
            List<String> lines = table.lines().toList();
            assertEquals(4, lines.size(), shown);
            assertTrue(lines.get(1).matches(" 1  \\\\u001btext  [0-9A-F]+\\.\\.\\.  NULL"), table);
            assertTrue(lines.stream().allMatch(line -> line.length() <= 60), table);
            assertEquals(60, lines.get(1).length());
        }
    }

    // ---- which backup

    @Test
    void asksSingleFilesDatabasesAndWhatComesByAPipe() throws IOException {
        backUp(0);
        Path backup = runs.file("app-20261101T000000Z.db.gz");
        Path plain = lab.path("plain.db");
        Lab.sql(lab.path("app.db"), "VACUUM INTO '" + plain + "'");
        for (Object one : List.of(backup, plain, lab.path("app.db"))) {
            assertEquals(
                    "400\n",
                    lab.run("query", one, "SELECT count(*) FROM t").ok().out());
        }
        Map<String, String> before = lab.state("plain.db");
        assertEquals(1, before.size(), before::toString);
        assertEquals(
                "400\n",
                lab.sh("sb query - 'SELECT count(*) FROM t' < history/app-20261101T000000Z.db.gz")
                        .ok()
                        .out());
        lab.json(2, "query", "-", "SELECT 1", "--each");
        lab.json(2, "query", "history", "SELECT 1", "--first");
        lab.json(2, "query", "history");
        lab.json(10, "query", "nowhere.gz", "SELECT 1");
        JsonObject old = lab.json(10, "query", "history", "SELECT 'it''s'", "--at=2020-01-01");
        assertTrue(old.get("message").getAsString().contains("as old as"), old::toString);
    }

    /** A month: the last that still had it, and in between one that is damaged. */
    @Test
    void findsTheLastOfAMonthThatStillHadIt() throws IOException {
        for (int run = 0; run < 180; run++) {
            backUp(run, run == 50 ? "DELETE FROM session" : "SELECT 1");
        }
        Map<String, String> history = lab.contents("history");
        String question = "SELECT id FROM session WHERE id = 'x'";
        assertEquals(
                at(49) + "\tx\n",
                lab.run("query", "history", question, "--each", "--first").ok().out());
        JsonArray all = lab.json(0, "query", "history", "SELECT count(*) FROM session", "--each")
                .get("results")
                .getAsJsonArray();
        assertEquals(180, all.size());
        assertEquals("[[0]]", all.get(0).getAsJsonObject().get("rows").toString());
        assertEquals("[[1]]", all.get(179).getAsJsonObject().get("rows").toString());
        List<String> listed =
                lab.run("list", "history", "--rows=session").ok().out().lines().toList();
        assertTrue(listed.get(180 - 50).matches("[-0-9]+ [:0-9]+ .*B +0  .*"), listed.get(180 - 50));
        assertTrue(listed.get(181 - 50).matches("[-0-9]+ [:0-9]+ .*B +1  .*"), listed.get(181 - 50));
        assertEquals(history, lab.contents("history"), "nothing is changed there");

        Path damaged = Path.of(all.get(179 - 49).getAsJsonObject().get("backup").getAsString());
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);
        Tools.Ended ended =
                lab.run("query", "history", question, "--each", "--first").endsWith(12);
        assertEquals(at(48) + "\tx\n", ended.out());
        assertTrue(ended.err().startsWith("warning: " + damaged), ended.err());
    }

    @Test
    void listsTheRowsOfATableInEach() throws IOException {
        backUp(0);
        backUp(1, "INSERT INTO session VALUES ('y')");
        backUp(2, "ALTER TABLE session RENAME TO \"the 'old\"\" session\"");
        JsonArray backups =
                lab.json(0, "list", "history", "--rows=SESSION").get("backups").getAsJsonArray();
        assertTrue(backups.get(0).getAsJsonObject().get("rows").isJsonNull());
        assertEquals(2, backups.get(1).getAsJsonObject().get("rows").getAsInt());
        assertEquals(1, backups.get(2).getAsJsonObject().get("rows").getAsInt());
        String other =
                lab.run("list", "history", "--rows=the 'old\" session").ok().out();
        assertTrue(other.lines().toList().get(1).matches(".*B +2  .*"), other);
        assertTrue(other.lines().toList().get(2).matches(".*B +-  .*"), other);
        Path damaged = Path.of(backups.get(1).getAsJsonObject().get("backup").getAsString());
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);
        JsonObject failed = lab.json(12, "list", "history", "--rows=session");
        assertEquals(3, failed.get("backups").getAsJsonArray().size());
        assertTrue(failed.get("warnings").toString().contains("were not counted"), failed::toString);
        assertFalse(lab.json(0, "list", "history").toString().contains("\"rows\""));
    }

    /** An alarm that counts a table whose name is wrong must not be silent for ever. */
    @Test
    void aTableThatNoBackupHasEndsAsAQuestionToItDoes() {
        backUp(0);
        backUp(1);
        JsonObject failed = lab.json(2, "list", "history", "--rows=sesion");
        assertEquals("usage", failed.get("error").getAsString());
        assertEquals(
                "no backup has a table called sesion; did you mean session?",
                failed.get("message").getAsString());
        assertEquals("the newest has session, t", failed.get("hint").getAsString());
        assertEquals(2, failed.get("backups").getAsJsonArray().size());
        assertEquals("", lab.run("list", "history", "--rows=sesion").endsWith(2).out());
        lab.json(2, "query", "history", "SELECT * FROM sesion", "--each");
    }

    @Test
    void theQuestionBeforeTheBackupIsAnsweredWithTheCommandTypedRight() {
        backUp(0);
        String question = "select count(*) from session -- it's";
        Tools.Ended swapped = lab.run("query", "--each", question, "history", "--at", "2026-11-01 12:00")
                .endsWith(2);
        String hint = "hint: the backup comes first: ";
        String right = swapped.err()
                .lines()
                .filter(line -> line.startsWith(hint))
                .findFirst()
                .orElseThrow();
        assertEquals(
                lab.run("query", "history", question, "--each", "--at=2026-11-01 12:00")
                        .ok()
                        .out(),
                Tools.sh(right.substring(hint.length())).ok().out());
        assertTrue(
                lab.run("query", "history", "no question").endsWith(2).err().startsWith("error: "),
                "which no order makes right");
    }

    // ---- hostile

    @Test
    void nothingButThePrivateFileIsOpenedWhateverIsAsked() throws IOException {
        backUp(0);
        for (String sql : List.of(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
                        + "SELECT max(b) FROM (SELECT hex(randomblob(50)) AS b FROM n ORDER BY b)",
                "SELECT load_extension('evil.so')",
                "SELECT readfile('/etc/passwd')",
                "ATTACH 'other.db' AS other",
                "VACUUM INTO 'other.db'",
                "SELECT 1; ATTACH 'other.db' AS other")) {
            List<String> calls = Tools.strace(
                    "openat,open,creat",
                    Map.of("TMPDIR", lab.temporary().toString()),
                    directory,
                    "bash",
                    "-c",
                    "\"$@\" || true",
                    "bash",
                    Lab.JAVA,
                    "-XX:-UsePerfData",
                    "-jar",
                    Lab.JAR,
                    "query",
                    "history",
                    sql);
            assertTrue(calls.stream().noneMatch(call -> call.contains("evil") || call.contains("other.db")), sql);
            assertTrue(calls.stream().noneMatch(call -> call.contains("etilqs")), "SQLite's temporary files: " + sql);
        }
        assertFalse(Files.exists(lab.path("other.db")));
    }

    @Test
    void aQuestionWithoutAnEndCanBeInterrupted() throws IOException, InterruptedException {
        backUp(0);
        String command =
                Lab.PROGRAM + " query history \"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                        + "SELECT i FROM n WHERE i < 1000\"";
        try (Terminal terminal =
                new Terminal(command, Map.of("TMPDIR", lab.temporary().toString()), directory)) {
            terminal.await("200");
            terminal.type(Terminal.INTERRUPT);
            String shown = terminal.end().endsWith(130).out();
            assertTrue(shown.contains("interrupted"), shown);
        }
    }

    @Test
    void whoeverReadsOnlyTheBeginningHearsNoComplaint() {
        backUp(0);
        assertEquals(
                "1\n",
                lab.sh(
                                "set +o pipefail; sb query history 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                                        + "SELECT i FROM n' 2>err | head -n 1; cat err")
                        .ok()
                        .out());
    }
}
