package dev.sqlitebackup.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;

/**
 * Tells a disk that cannot be read from a damaged database. SQLite calls both damage (os_unix.c,
 * SQLITE_IOERR_CORRUPTFS), but whoever is told that a backup or a database is damaged looks for another one, and not
 * for another disk. So what is called damaged is read again, all of it.
 */
final class DiskProbe {
    private static final int BUFFER_BYTES = 1 << 16;

    private DiskProbe() {}

    /**
     * @param file the main file, which no connection of this process has open any more
     * @return what SQLite said, or that it is an I/O error
     */
    static SQLException explain(SQLException e, Path file) {
        return isOfDamage(e)
                        && (isUnreadable(file)
                                || isUnreadable(DatabaseFiles.of(file).wal()))
                ? readError(e)
                : e;
    }

    /**
     * The same while a connection is open, whose locks another descriptor would drop.
     *
     * @param file the main file, opened before any connection to it
     */
    static SQLException explain(SQLException e, FileChannel file, DatabaseFiles files) {
        return isOfDamage(e) && (isUnreadable(file) || isUnreadable(files.wal())) ? readError(e) : e;
    }

    private static boolean isOfDamage(SQLException e) {
        return ResultCode.of(e) == ResultCode.CORRUPT;
    }

    private static SQLException readError(SQLException e) {
        return new SQLException(ResultCode.describe(ResultCode.IOERR), null, ResultCode.IOERR, e);
    }

    private static boolean isUnreadable(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return isUnreadable(channel);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static boolean isUnreadable(FileChannel file) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try {
            long position = 0;
            for (int length; (length = file.read(buffer.clear(), position)) >= 0; position += length) {}
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
