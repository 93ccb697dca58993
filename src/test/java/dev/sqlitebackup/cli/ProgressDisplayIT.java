package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Terminal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProgressDisplayIT {
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
}
