package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressDisplayIT {
    private static final Pattern PERCENTAGE = Pattern.compile("^.{11} +(\\d+) %");

    @TempDir
    Path directory;

    /**
     * A JLine terminal would take Ctrl-C from us, and the process would end with everything temporary left. A terminal
     * that does not say its size, as in many containers, has 0 columns.
     */
    @ParameterizedTest
    @ValueSource(ints = {0, 100})
    void aBarLeavesTheSignalsToUs(int columns) throws Exception {
        Lab lab = new Lab(directory);
        lab.database("app.db", "wal", 3000, "g");
        Path classes = lab.path("classes");
        String command = String.join(
                " ",
                "stty cols " + columns + " rows 0; exec",
                Lab.JAVA,
                "-Xlog:class+load:file=" + classes,
                "-jar",
                Lab.JAR.toString(),
                "backup app.db --to=b.gz");
        try (Terminal terminal =
                new Terminal(command, Map.of("TMPDIR", lab.temporary().toString()), directory)) {
            terminal.end().endsWith(0);
        }
        List<String> loaded = Files.readAllLines(classes);
        assertTrue(loaded.stream().anyMatch(line -> line.contains("me.tongfei.progressbar.ProgressBar ")), "no bar");
        assertEquals(
                List.of(),
                loaded.stream()
                        .filter(line -> line.contains("org.jline.terminal."))
                        .toList());
    }

    private Terminal terminal(int columns, Lab lab, String arguments) throws IOException {
        String command = "stty cols " + columns + " rows 24; exec " + Lab.JAVA + " -jar " + Lab.JAR + " " + arguments;
        return new Terminal(
                command,
                Map.of(
                        "TMPDIR",
                        lab.temporary().toString(),
                        "XDG_STATE_HOME",
                        lab.path("state").toString(),
                        "SQLITE_BACKUP_DB",
                        lab.path("t.db").toString(),
                        "SQLITE_BACKUP_TO",
                        lab.path("b.gz").toString(),
                        "LC_ALL",
                        "C.UTF-8"),
                directory);
    }

    /** What was drawn over each other on a line; a blank one clears it. */
    private static List<String> drawn(String shown) {
        return Stream.of(shown.split("\r"))
                .filter(line -> line.isBlank() && !line.contains("\n") && !line.isEmpty()
                        || PERCENTAGE.matcher(line).find())
                .toList();
    }

    private static void assertNeverBackwards(List<String> drawn) {
        int last = 0;
        for (String line : drawn) {
            Matcher percentage = PERCENTAGE.matcher(line);
            if (percentage.find()) {
                int now = Integer.parseInt(percentage.group(1));
                assertTrue(now >= last && now <= 100, drawn.toString());
                last = now;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 80})
    void oneBarOfAWholeRunNeverGoesBackwardsOrBeyondTheTerminalAndIsGoneAtTheEnd(int columns) throws Exception {
        Lab lab = new Lab(directory);
        lab.database("t.db", "wal", 20_000, "g");
        for (String arguments : List.of("backup", "backup --full", "restore --to=new.db", "verify")) {
            try (Terminal terminal = terminal(columns, lab, arguments)) {
                String shown = terminal.end().endsWith(0).out();
                List<String> drawn = drawn(shown);
                assertTrue(drawn.size() > 1, shown);
                assertNeverBackwards(drawn);
                assertTrue(drawn.stream().allMatch(line -> line.strip().length() < columns), shown);
                assertTrue(
                        drawn.get(0).isBlank()
                                || PERCENTAGE.matcher(drawn.get(0)).find(),
                        shown);
                if (!arguments.startsWith("restore")) { // That clears it once more for what it tells.
                    assertEquals(1, drawn.stream().filter(String::isBlank).count(), "one bar: " + shown);
                }
                assertTrue(drawn.get(drawn.size() - 1).isBlank(), "the line is cleared: " + shown);
                assertFalse(shown.substring(shown.lastIndexOf("\r")).contains(" % "), shown);
            }
        }
    }

    @Test
    void aQuestionHasACleanLineAndTheBarGoesOnAfterIt() throws Exception {
        Lab lab = new Lab(directory);
        Path database = lab.database("t.db", "wal", 5000, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.sql(database, "DELETE FROM t WHERE id < 100");
        try (Terminal terminal = terminal(80, lab, "restore")) {
            String asked = terminal.await("Restore? [y/N] ");
            String line = asked.substring(asked.lastIndexOf('\r', asked.indexOf("about to restore")) + 1);
            assertTrue(line.startsWith("about to restore"), asked);
            terminal.type("y\n");
            String shown = terminal.end().endsWith(0).out();
            assertNeverBackwards(drawn(shown));
            String after = shown.substring(shown.indexOf("Restore? [y/N] "));
            assertTrue(drawn(after).size() > 1, "it is drawn again and cleared: " + after);
        }
    }
}
