package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who wrote a database last, and which versions have the WAL-reset bug. */
class LastWriterTest {
    private static final int OLD = 3_045_001;
    private static final int PAGE_BYTES = 4096;
    private static final int FRAME_BYTES = 24 + PAGE_BYTES;

    @TempDir
    Path directory;

    private static boolean hasBug(int version) {
        return new SqliteVersion(version).hasWalResetBug();
    }

    @Test
    void theBugIsInTheVersionsThatSqliteNamesAndInNoOther() {
        for (int with : List.of(3_007_000, 3_007_017, 3_044_005, 3_045_000, 3_050_006, 3_051_000, 3_051_002)) {
            assertTrue(hasBug(with), new SqliteVersion(with).toString());
        }
        for (int without : List.of(3_006_023, 3_006_999, 3_044_006, 3_050_007, 3_051_003, 3_052_000, 4_000_000)) {
            assertTrue(!hasBug(without), new SqliteVersion(without).toString());
        }
        assertEquals("3.45.1", new SqliteVersion(OLD).toString());
        assertEquals("3.7.0", new SqliteVersion(3_007_000).toString());
        assertEquals("3.51.12", new SqliteVersion(3_051_012).toString());
    }

    private Path named(String mode, int version) throws IOException {
        Path database = new Lab(directory).database("app.db", mode, 3, "g");
        write(database, 96, version);
        return database;
    }

    private static void write(Path file, int offset, int value) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        ByteBuffer.wrap(bytes).putInt(offset, value);
        Files.write(file, bytes);
    }

    @Test
    void readsItFromTheHeaderInEitherMode() throws IOException {
        assertEquals(new LastWriter(new SqliteVersion(OLD), false), LastWriter.of(named("delete", OLD)));
        Files.delete(directory.resolve("app.db"));
        assertEquals(new LastWriter(new SqliteVersion(OLD), true), LastWriter.of(named("wal", OLD)));
    }

    /** A version before 3.7.0 counts its changes, and leaves what a newer one noted. */
    @Test
    void saysNothingWhereTheNoteIsAnotherWritersOrThereIsNone() throws IOException {
        Path database = named("delete", OLD);
        write(database, 24, 7777);
        assertNull(LastWriter.of(database));
        Files.delete(database);
        assertNull(LastWriter.of(named("delete", 0)));
        assertNull(LastWriter.of(Files.writeString(directory.resolve("text"), "no database")));
        assertNull(LastWriter.of(directory.resolve("nothing")));
        assertNull(LastWriter.of(directory));
    }

    /** A log with two transactions, each of which writes page 1 as the version of our driver. */
    private Path withLog() throws IOException, SQLException {
        Path live = new Lab(directory).database("live.db", "wal", 3, "g");
        Path copy = directory.resolve("copy.db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + live);
                Statement sql = connection.createStatement()) {
            sql.execute("CREATE TABLE one(x)");
            sql.execute("CREATE TABLE two(x)");
            Files.copy(live, copy);
            Files.copy(DatabaseFiles.of(live).wal(), DatabaseFiles.of(copy).wal());
        }
        write(copy, 96, OLD);
        return copy;
    }

    private static String version(Path database) {
        return LastWriter.of(database).version().toString();
    }

    @Test
    void theNewestPageThatWasCommittedInTheLogCounts() throws IOException, SQLException {
        Path copy = withLog();
        Path wal = DatabaseFiles.of(copy).wal();
        byte[] log = Files.readAllBytes(wal);
        int last = (log.length - 32) / FRAME_BYTES - 1;
        int page1 = last; // Of the second transaction.
        while (ByteBuffer.wrap(log).getInt(32 + page1 * FRAME_BYTES) != 1) {
            page1--;
        }
        write(wal, 32 + page1 * FRAME_BYTES + 24 + 96, 3_052_000);
        assertEquals("3.52.0", version(copy));
        write(wal, 32 + last * FRAME_BYTES + 4, 0);
        assertEquals(Lab.query(directory.resolve("live.db"), "SELECT sqlite_version()"), version(copy), "no commit");
        write(wal, 16, 0);
        assertEquals("3.45.1", version(copy), "another round");
        Files.write(wal, new byte[0]);
        assertEquals("3.45.1", version(copy), "empty");
    }
}
