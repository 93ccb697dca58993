package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplacementTest {
    @TempDir
    Path directory;

    /**
     * The target was missing when it was looked for; an application has made it since, and keeps commits in its log.
     */
    @Test
    void leavesADatabaseAloneThatAppearedMeanwhileWithItsSidecars() throws IOException {
        Lab lab = new Lab(directory);
        Path staged = Files.createDirectory(directory.resolve("workspace")).resolve("staged.db");
        Lab.sql(staged, "CREATE TABLE staged(x)");
        Path target = lab.database("t.db", "wal", 10, "application");
        try (Writer writer = Writer.start(target, "idle", "wal", 0)) {
            Map<String, String> before = lab.state("t.db");
            Failure failure = assertThrows(
                    Failure.class,
                    () -> Replacement.create(target, staged, directory.resolve("t.db.pre-restore-20260101000000")));
            assertEquals(Failure.Kind.IN_USE, failure.kind());
            assertEquals(before, lab.state("t.db"));
        }
    }
}
