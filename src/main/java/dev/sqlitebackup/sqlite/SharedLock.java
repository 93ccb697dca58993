package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * SQLite's SHARED lock on a database, taken from outside SQLite, so that it can be held before the first look at the
 * sidecars. While it is held nobody can get EXCLUSIVE: no last connection can fold in and delete a {@code -wal}, no
 * rollback writer can change the main file, and nobody can switch the journal mode. In WAL mode it blocks no writer.
 *
 * <p>POSIX locks belong to the process, and closing any descriptor of the file drops all of them. So this is opened
 * before a SQLite connection to the same file, and closed after it; once such a connection has closed, this lock is
 * gone as well.
 */
final class SharedLock implements AutoCloseable {
    /** From SQLite's os.h: PENDING_BYTE, RESERVED_BYTE, then SHARED_FIRST with SHARED_SIZE bytes. */
    static final long PENDING_BYTE = 0x40000000L;
    private static final long SHARED_FIRST = PENDING_BYTE + 2;
    private static final long SHARED_SIZE = 510;
    private static final long POLL_MILLIS = 5;

    private final FileChannel channel;

    private SharedLock(FileChannel channel) {
        this.channel = channel;
    }

    /** @throws Failure of kind BUSY if somebody still has an exclusive lock after {@code timeout} */
    static SharedLock acquire(Path database, Duration timeout) throws IOException {
        Deadline deadline = Deadline.after(timeout);
        FileChannel channel = FileChannel.open(database, StandardOpenOption.READ);
        try {
            while (!tryLock(channel)) {
                if (deadline.hasPassed()) {
                    throw new Failure(Failure.Kind.BUSY, "the database stayed locked: " + database,
                            "another program holds an exclusive lock on it: wait, or give it longer with --busy-timeout");
                }
                Interruption.pause(POLL_MILLIS);
            }
            SharedLock lock = new SharedLock(channel);
            channel = null;
            return lock;
        } finally {
            if (channel != null) {
                channel.close();
            }
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock(SHARED_FIRST, SHARED_SIZE, true);
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** For reading the main file without opening it a second time. */
    FileChannel channel() {
        return channel;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
