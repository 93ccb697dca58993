package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.SeveralDatabases;
import dev.sqlitebackup.testing.SeveralDatabases.Deleted;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On journals that SQLite itself left, killed in the middle of a transaction over two databases. */
class SuperJournalTest {
    @TempDir
    Path temporary;

    private Path directory;
    private DatabaseFiles files;

    @BeforeEach
    void makeDatabases() throws IOException {
        Tools.requireRoot();
        directory = Files.createDirectory(temporary.toRealPath().resolve("ä b"));
        SeveralDatabases.make(directory);
        files = DatabaseFiles.of(directory.resolve("app.db"));
    }

    private Path superJournal() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(file -> file.getFileName().toString().contains("-mj"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private Optional<String> nameAfter(byte[] journal) throws IOException {
        return SuperJournal.nameIn(Files.write(temporary.resolve("journal"), journal));
    }

    private void ask(DatabaseFiles database) throws IOException {
        try (SharedLock lock = SharedLock.acquire(database.main(), Duration.ZERO)) {
            SuperJournal.refuseIfElsewhere(database, lock);
        }
    }

    private void assertRefused(DatabaseFiles database, String why) {
        Failure failure = assertThrows(Failure.class, () -> ask(database));
        assertEquals(Failure.Kind.FAILURE, failure.kind());
        assertTrue(failure.getMessage().endsWith(why), failure.getMessage());
    }

    @Test
    void readsTheNameAsSqliteDoes() throws IOException {
        SeveralDatabases.crash(directory, directory, Deleted.SUPER_JOURNAL);
        String name = superJournal().toString();
        byte[] whole = Files.readAllBytes(files.journal());
        assertEquals(Optional.of(name), SuperJournal.nameIn(files.journal()));
        assertEquals(Optional.of(name), SuperJournal.nameIn(directory.resolve("other.db-journal")));
        for (int fromEnd = 1;
                fromEnd <= 16 + name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
                fromEnd++) {
            byte[] damaged = whole.clone();
            damaged[damaged.length - fromEnd] ^= 0x55;
            assertEquals(Optional.empty(), nameAfter(damaged), "byte " + fromEnd + " from the end");
        }
        byte[] notHot = whole.clone();
        notHot[0] = 0;
        assertEquals(Optional.empty(), nameAfter(notHot));
        for (int bytes : List.of(0, 1, 15, 16)) {
            assertEquals(
                    Optional.empty(),
                    nameAfter(java.util.Arrays.copyOfRange(whole, whole.length - bytes, whole.length)),
                    bytes + " bytes");
        }
        assertEquals(Optional.empty(), SuperJournal.nameIn(directory.resolve("no-journal")));
    }

    @ParameterizedTest
    @CsvSource({"SUPER_JOURNAL", "JOURNAL_OF_APP"})
    void leavesToSqliteWhatItSeesByThisPath(Deleted next) throws IOException {
        SeveralDatabases.crash(directory, directory, next);
        ask(files);
        ask(DatabaseFiles.of(directory.resolve("other.db")));
    }

    @Test
    void refusesWhereTheSuperJournalIsNotSeen() throws IOException {
        SeveralDatabases.crash(
                directory, Files.createDirectory(temporary.toRealPath().resolve("app")), Deleted.SUPER_JOURNAL);
        assertRefused(files, "is not to be seen under this path, so nobody can tell whether it was committed");
    }

    @Test
    void refusesWhereTheSuperJournalKnowsTheJournalByAnotherPath() throws IOException {
        SeveralDatabases.crash(directory, directory, Deleted.SUPER_JOURNAL);
        Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        for (String name : List.of("other.db", "other.db-journal")) {
            Files.move(directory.resolve(name), elsewhere.resolve(name));
        }
        assertRefused(
                DatabaseFiles.of(elsewhere.resolve("other.db")),
                "knows it by another path, and would be deleted while the application still needs it");
    }

    @Test
    void aJournalOfALiveTransactionIsNotHot() throws Exception {
        SeveralDatabases.crash(
                directory, Files.createDirectory(temporary.toRealPath().resolve("app")), Deleted.SUPER_JOURNAL);
        Path kept = Files.move(files.journal(), temporary.resolve("kept"));
        Process application = new ProcessBuilder("sqlite3", files.main().toString())
                .redirectErrorStream(true)
                .start();
        try (var in = application.outputWriter();
                var out = application.inputReader()) {
            in.write("BEGIN IMMEDIATE; SELECT 'reserved';\n");
            in.flush();
            assertEquals("reserved", out.readLine());
            Files.copy(kept, files.journal());
            assertDoesNotThrow(() -> ask(files));
        } finally {
            application.destroyForcibly().waitFor();
        }
        assertRefused(files, "whether it was committed");
    }
}
