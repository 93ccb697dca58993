package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Set;

/**
 * SQLite's SHARED lock on a database, taken from outside SQLite, so that it can be held before the first look at the
 * sidecars. While it is held nobody can get EXCLUSIVE: no last connection can checkpoint and delete a {@code -wal}, no
 * rollback writer can change the main file, and nobody can switch the journal mode. In WAL mode it blocks no writer.
 *
 * <p>SQLite on Unix read-locks all the shared bytes for SHARED and write-locks all of them for EXCLUSIVE (os_unix.c,
 * unixLock). Ours is the first of them, which is enough to be in the way of EXCLUSIVE, and leaves the others to ask
 * whether anybody but us is there: runs of this program do not take each other for an application.
 *
 * <p>POSIX locks belong to the process, and closing any descriptor of the file drops all of them. So this is opened
 * before a SQLite connection to the same file, and closed after it; once such a connection has closed, this lock is
 * gone as well.
 */
final class SharedLock implements AutoCloseable {
    /** From SQLite's os.h: PENDING_BYTE, RESERVED_BYTE, then SHARED_FIRST with SHARED_SIZE bytes. */
    static final long PENDING_BYTE = 0x40000000L;

    private static final long RESERVED_BYTE = PENDING_BYTE + 1;
    private static final long SHARED_FIRST = PENDING_BYTE + 2;
    private static final long SHARED_SIZE = 510;
    /** What an application's SHARED covers and ours does not. */
    static final long SHARED_REST = SHARED_FIRST + 1;

    private static final long POLL_MILLIS = 5;

    private final FileChannel channel;
    private final boolean writable;

    private SharedLock(FileChannel channel, boolean writable) {
        this.channel = channel;
        this.writable = writable;
    }

    /** @throws Failure of kind BUSY if somebody still has an exclusive lock after {@code timeout} */
    static SharedLock acquire(Path database, Duration timeout) throws IOException {
        Deadline deadline = Deadline.after(timeout);
        boolean writable = Files.isWritable(
                database); // Nothing is written: to ask for an exclusive lock takes a descriptor that could.
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    database,
                    writable
                            ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)
                            : Set.of(StandardOpenOption.READ));
        } catch (FileSystemException e) {
            channel = FileChannel.open(database, StandardOpenOption.READ); // An append-only file, say.
            writable = false;
        }
        try {
            while (isTaken(channel, SHARED_FIRST, 1, true, false)) {
                if (deadline.hasPassed()) {
                    throw new Failure(
                            Failure.Kind.BUSY,
                            "the database stayed locked: " + database,
                            "another program holds an exclusive lock on it: wait, or give it longer with "
                                    + "--busy-timeout");
                }
                Interruption.pause(POLL_MILLIS);
            }
            deadline.sayWaited(database);
            SharedLock lock = new SharedLock(channel, writable);
            channel = null;
            return lock;
        } finally {
            if (channel != null) {
                channel.close();
            }
        }
    }

    /** Whether {@link #isShared} can tell. */
    boolean isWritable() {
        return writable;
    }

    /**
     * Whether anybody but runs of this program has SHARED, now. Where nobody has, EXCLUSIVE is taken for some
     * microseconds: whoever asks for SHARED in these gets BUSY, as he does while another application opens or closes
     * the database. Not while this process has a connection.
     */
    boolean isShared() throws IOException {
        // Classes that are loaded under the lock would make milliseconds of it. SQLite does not use the byte after the
        // shared ones.
        isTaken(channel, SHARED_FIRST + SHARED_SIZE, 1, false, true);
        return isTaken(channel, SHARED_REST, SHARED_SIZE - 1, false, true);
    }

    /**
     * Whether somebody has RESERVED, now; whoever asks for it in these microseconds gets BUSY. Not while this process
     * has a connection.
     */
    boolean isReserved() throws IOException {
        return isTaken(channel, RESERVED_BYTE, 1, true, true);
    }

    /**
     * Asks for a lock without waiting. Where nobody has one that is in the way, it is had, and given back at once if it
     * is not to be kept.
     */
    static boolean isTaken(FileChannel channel, long position, long size, boolean shared, boolean giveBack)
            throws IOException {
        try {
            FileLock lock = channel.tryLock(position, size, shared);
            if (lock != null && giveBack) {
                lock.release();
            }
            return lock == null;
        } catch (OverlappingFileLockException e) {
            return true;
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
