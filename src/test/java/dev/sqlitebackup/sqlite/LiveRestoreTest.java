package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LiveRestoreTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void callsTheSwitchOffWhenTheSafetyCopyCannotBeKept(String journalMode) throws IOException {
        Lab lab = new Lab(directory);
        Path target = lab.database("t.db", journalMode, 5000, "old");
        Path staged = lab.database("staged.db", "delete", 5000, "new");
        Failure failure;
        try (Writer writer = Writer.start(target, "idle", journalMode, 0)) {
            failure = assertThrows(
                    Failure.class,
                    () -> restore(target, staged, Files.createFile(directory.resolve("safety")), copy -> {
                        throw new Failure(Failure.Kind.NO_SPACE, "no room for the safety copy");
                    }));
        }
        assertEquals(Failure.Kind.NO_SPACE, failure.kind());
        assertEquals("5000", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));
        Lab.sql(target, "INSERT INTO t(generation) VALUES ('still writable')");
        assertEquals("5000", Lab.query(staged, "SELECT count(*) FROM t WHERE generation = 'new'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void callsTheSwitchOffWhenTheSafetyCopyCannotBeWritten(String journalMode) throws IOException {
        Lab lab = new Lab(directory);
        Path target = lab.database("t.db", journalMode, 2000, "old");
        Path staged = lab.database("staged.db", "delete", 2000, "new");
        Path unwritable = Files.write(
                directory.resolve("safety"),
                "this is not a database that could be written over".repeat(100).getBytes(StandardCharsets.UTF_8));
        assertThrows(Failure.class, () -> restore(target, staged, unwritable, copy -> {}));
        assertEquals("2000", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void readsBackWhatItSwitched(String journalMode) throws IOException {
        Lab lab = new Lab(directory);
        Path target = lab.database("t.db", journalMode, 2000, "old");
        Path staged = lab.database("staged.db", journalMode, 3000, "new");
        boolean[] kept = {false};
        assertEquals(
                Switched.Outcome.VERIFIED,
                restore(target, staged, Files.createFile(directory.resolve("safety")), copy -> {
                    kept[0] = true;
                    assertEquals("2000", Lab.query(copy, "SELECT count(*) FROM t WHERE generation = 'old'"));
                }));
        assertTrue(kept[0]);
        assertEquals("3000", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
    }

    /** A copy of up to half a megabyte is one step to SQLite; the safety copy has to come before it all the same. */
    @ParameterizedTest
    @CsvSource({"wal, delete", "wal, wal", "delete, wal", "delete, delete"})
    void keepsTheOldContentHoweverSmallTheBackupIs(String targetMode, String stagedMode) throws IOException {
        int number = 0;
        for (int pages : new int[] {2, 3, 127, 128, 129, 130}) {
            Lab lab = new Lab(Files.createDirectory(directory.resolve("n" + number++)));
            Path target = lab.database("t.db", targetMode, 300, "old");
            Path staged = lab.path("staged.db");
            Lab.sql(
                    staged,
                    "PRAGMA page_size=4096",
                    "PRAGMA journal_mode=" + stagedMode,
                    "CREATE TABLE t(generation, b)");
            Lab.sql(
                    staged,
                    pages == 2 ? "SELECT 1" : "INSERT INTO t VALUES ('new', zeroblob(" + ((pages - 2) * 4092) + "))");
            assertEquals(pages, Files.size(staged) / 4096);
            boolean[] kept = {false};
            Switched.Outcome outcome = restore(
                    target,
                    staged,
                    Files.createFile(lab.path("safety")),
                    Files.createFile(lab.path("proof")),
                    copy -> {
                        kept[0] = true;
                        assertEquals("300", Lab.query(copy, "SELECT count(*) FROM t WHERE generation = 'old'"));
                    },
                    Progress.NONE);
            assertEquals(Switched.Outcome.VERIFIED, outcome, pages + " pages");
            assertTrue(kept[0]);
            assertEquals("0", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));
        }
    }

    /**
     * An application that switches to WAL when it starts may do so after the restore has looked, and before it has the
     * lock.
     */
    @Test
    void savesWhatIsOnlyInTheWalWhenTheJournalModeChangesWhileItWaits() throws IOException, SQLException {
        Lab lab = new Lab(directory);
        Path target = lab.database("t.db", "delete", 500, "old");
        Path staged = lab.database("staged.db", "delete", 500, "new");
        try (Connection application = DriverManager.getConnection("jdbc:sqlite:" + target);
                Statement sql = application.createStatement()) {
            Progress switchesToWal = new Progress() {
                @Override
                public void phase(String name, long totalBytes) {
                    try {
                        sql.execute("PRAGMA journal_mode=WAL");
                        sql.execute("INSERT INTO t(generation) VALUES ('only in the wal')");
                    } catch (SQLException e) {
                        throw new AssertionError(e);
                    }
                }

                @Override
                public void at(long doneBytes) {}
            };
            boolean[] kept = {false};
            restore(
                    target,
                    staged,
                    Files.createFile(directory.resolve("safety")),
                    Files.createFile(directory.resolve("proof")),
                    copy -> {
                        kept[0] = true;
                        assertEquals(
                                "1", Lab.query(copy, "SELECT count(*) FROM t WHERE generation = 'only in the wal'"));
                    },
                    switchesToWal);
            assertTrue(kept[0]);
        }
        assertEquals("500", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
    }

    /** The encoding is decided with the first table; before, whoever has the database open takes that of the backup. */
    @ParameterizedTest
    @CsvSource({"wal, false", "delete, false", "wal, true", "delete, true"})
    void refusesAnotherTextEncodingAlsoWhenTheFirstTableIsMadeWhileItWaits(String journalMode, boolean makesTable)
            throws IOException, SQLException {
        Lab lab = new Lab(directory);
        Path target = lab.path("t.db");
        Lab.sql(target, "PRAGMA journal_mode=" + journalMode, "PRAGMA user_version=7");
        Path staged = lab.path("staged.db");
        Lab.sql(staged, "PRAGMA encoding='UTF-16le'", "CREATE TABLE t(a)", "INSERT INTO t VALUES ('é')");
        try (Connection application = DriverManager.getConnection("jdbc:sqlite:" + target);
                Statement sql = application.createStatement()) {
            sql.executeQuery("SELECT count(*) FROM sqlite_schema").close();
            Progress makesATable = new Progress() {
                @Override
                public void phase(String name, long totalBytes) {
                    try {
                        sql.execute(makesTable ? "CREATE TABLE first(a)" : "PRAGMA user_version=8");
                    } catch (SQLException e) {
                        throw new AssertionError(e);
                    }
                }

                @Override
                public void at(long doneBytes) {}
            };
            Executable restore = () -> restore(
                    target,
                    staged,
                    Files.createFile(directory.resolve("safety")),
                    Files.createFile(directory.resolve("proof")),
                    copy -> {},
                    makesATable);
            if (makesTable) {
                assertTrue(Expect.failure(Failure.Kind.IN_USE, "UTF-16le", restore)
                        .hint()
                        .contains("without --live"));
                sql.execute("INSERT INTO first VALUES ('still there')");
            } else {
                assertDoesNotThrow(restore);
                sql.execute("INSERT INTO t VALUES ('goes on')");
            }
        }
        assertEquals("ok", Lab.query(target, "PRAGMA integrity_check"));
        assertEquals(
                makesTable ? "still there" : "é, goes on",
                Lab.query(target, "SELECT group_concat(a, ', ') FROM " + (makesTable ? "first" : "t")));
    }

    private Switched.Outcome restore(Path target, Path staged, Path safetyCopy, Consumer<Path> keeper)
            throws IOException {
        return restore(target, staged, safetyCopy, Files.createFile(directory.resolve("proof")), keeper, Progress.NONE);
    }

    private static Switched.Outcome restore(
            Path target, Path staged, Path safetyCopy, Path proof, Consumer<Path> keeper, Progress progress)
            throws IOException {
        try (StagedFile file = new StagedFile(staged, FileChannel.open(staged))) {
            return LiveRestore.run(target, file, new KeptAs(safetyCopy, keeper), proof, Duration.ofSeconds(5), progress)
                    .outcome();
        }
    }
}
