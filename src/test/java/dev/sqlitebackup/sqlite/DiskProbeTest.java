package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.sqlitebackup.testing.BreakingChannel;
import dev.sqlitebackup.testing.UnreadableFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskProbeTest {
    private static final SQLException DAMAGE =
            new SQLException("database disk image is malformed", null, ResultCode.CORRUPT);
    private static final SQLException BUSY = new SQLException("database is locked", null, ResultCode.BUSY);

    @TempDir
    Path directory;

    @Test
    void callsDamageWhatItIsOnlyIfAllOfItCanBeRead() throws IOException {
        Path database = Files.write(directory.resolve("app.db"), new byte[200_000]);
        assertSame(DAMAGE, DiskProbe.explain(DAMAGE, database));
        Files.write(directory.resolve("app.db-wal"), new byte[10]);
        assertSame(DAMAGE, DiskProbe.explain(DAMAGE, database));
        Files.delete(directory.resolve("app.db-wal"));
        try (UnreadableFile wal = new UnreadableFile(directory.resolve("app.db-wal"))) {
            assertEquals(ResultCode.IOERR, DiskProbe.explain(DAMAGE, database).getErrorCode());
            assertSame(BUSY, DiskProbe.explain(BUSY, database));
        }
        try (UnreadableFile unreadable = new UnreadableFile(directory.resolve("dead.db"))) {
            assertEquals(
                    ResultCode.IOERR,
                    DiskProbe.explain(DAMAGE, directory.resolve("dead.db")).getErrorCode());
        }
    }

    /** To the last byte, through the descriptor that is open. */
    @Test
    void readsThroughAnOpenChannelWhereAnotherDescriptorWouldDropLocks() throws IOException {
        Path database = Files.write(directory.resolve("app.db"), new byte[200_000]);
        DatabaseFiles files = DatabaseFiles.of(database);
        try (FileChannel whole = new BreakingChannel(database, 4096, Long.MAX_VALUE);
                FileChannel broken = new BreakingChannel(database, 4096, 199_999)) {
            assertSame(DAMAGE, DiskProbe.explain(DAMAGE, whole, files));
            assertEquals(
                    ResultCode.IOERR, DiskProbe.explain(DAMAGE, broken, files).getErrorCode());
            assertSame(BUSY, DiskProbe.explain(BUSY, broken, files));
        }
    }
}
