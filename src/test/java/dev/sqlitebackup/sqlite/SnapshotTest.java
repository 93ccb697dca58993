package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {
    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Path otherName;

    @BeforeEach
    void makeDatabase() throws IOException {
        Tools.require("sqlite3");
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 3, "g");
        otherName = Files.createLink(Files.createDirectory(lab.path("other")).resolve("app.db"), database);
    }

    /** Does something while the first attempt has the source open. */
    private List<String> take(Path source, Runnable meanwhile) throws IOException {
        boolean[] done = {false};
        Path target = Files.createFile(lab.path("snapshot.db"));
        return Snapshot.take(source, target, false, Duration.ofSeconds(5), new Progress() {
                    @Override
                    public void phase(String name, long totalBytes) {
                        if (!done[0]) {
                            done[0] = true;
                            meanwhile.run();
                        }
                    }

                    @Override
                    public void at(long doneBytes) {}
                })
                .unseen();
    }

    @Test
    void keepsNoApplicationFromFoldingInItsLogBesideAnotherName() throws IOException {
        List<String> warnings = take(
                otherName,
                () -> Tools.sh("sqlite3 \"$1\" \"INSERT INTO t(generation) VALUES ('meanwhile')\"", database)
                        .ok());
        assertTrue(Files.notExists(lab.path("app.db-wal")), "a log that the next run by this name would not see");
        assertEquals("4", Lab.query(lab.path("snapshot.db"), "SELECT count(*) FROM t"));
        assertEquals(1, warnings.size());
    }

    @Test
    void keepsTheLogOfAnApplicationThatComesByTheSameNameForAProof() throws IOException {
        Files.delete(otherName);
        assertEquals(
                List.of(),
                take(
                        database,
                        () -> Tools.sh("sqlite3 \"$1\" \"INSERT INTO t(generation) VALUES ('meanwhile')\"", database)
                                .ok()));
        assertEquals("4", Lab.query(lab.path("snapshot.db"), "SELECT count(*) FROM t"));
    }
}
