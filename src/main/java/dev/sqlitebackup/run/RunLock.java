package dev.sqlitebackup.run;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The state file beside a destination, and the lock on it that makes runs take turns. The lock is the operating
 * system's, so it dies with its process. It belongs to the inode: therefore the content is written in place and the
 * file is never replaced or removed. A crash while writing leaves something unreadable, which counts as absent.
 *
 * <p>A process that closes any descriptor of a file lets go of all its locks on it. So what this process has locked, it
 * reads through the channel that has the lock.
 */
public final class RunLock implements AutoCloseable {
    /** Behind every byte of content: Windows locks are mandatory, and {@code status} reads while a backup runs. */
    private static final long LOCK_POSITION = Long.MAX_VALUE - 1;

    private static final int MAX_READS = 10;
    private static final long POLL_MILLIS = 20;

    /** By what tells the file from others, whatever its name. */
    private static final Map<Object, FileChannel> HELD = new ConcurrentHashMap<>();

    private final Path stateFile;
    private final Object key;
    private final FileChannel channel;

    private RunLock(Path stateFile, FileChannel channel) throws IOException {
        this.stateFile = stateFile;
        this.channel = channel;
        this.key = key(stateFile);
        HELD.put(key, channel);
    }

    private static Object key(Path file) throws IOException {
        Object inode = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
        return inode == null ? file.toAbsolutePath().normalize() : inode;
    }

    /** @throws Failure of kind BUSY if another run still holds it after {@code timeout} */
    public static RunLock acquire(Path stateFile, Duration timeout) {
        return acquire(
                stateFile, timeout, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** The same of a file that is there already: where there is none, it fails, and makes none. */
    public static RunLock acquireExisting(Path stateFile, Duration timeout) {
        return acquire(stateFile, timeout, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static RunLock acquire(Path stateFile, Duration timeout, OpenOption... options) {
        Deadline deadline = Deadline.after(timeout);
        FileChannel channel = null;
        try {
            channel = PrivateFiles.open(stateFile, options);
            while (!tryLock(channel)) {
                if (deadline.hasPassed()) {
                    throw new Failure(
                            Failure.Kind.BUSY,
                            "another run is using the destination: " + stateFile + " is locked",
                            "wait for it to end, or give it longer with --busy-timeout");
                }
                Interruption.pause(POLL_MILLIS);
            }
            deadline.sayWaited(stateFile);
            RunLock lock = new RunLock(stateFile, channel);
            channel = null;
            return lock;
        } catch (IOException e) {
            throw Failure.io("cannot lock the state file", stateFile, e);
        } finally {
            closeQuietly(channel);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock(LOCK_POSITION, 1, false);
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false; // Another thread of this process.
        }
    }

    /**
     * Reads a state without the lock, also where this user may only read.
     *
     * @return null if there is none that makes sense
     */
    public static State read(Path stateFile) {
        try {
            FileChannel held = HELD.get(key(stateFile));
            if (held != null) {
                return decode(held);
            }
            try (FileChannel channel = PrivateFiles.open(stateFile, StandardOpenOption.READ)) {
                return decode(channel);
            }
        } catch (IOException e) {
            return null;
        }
    }

    /**
     * What makes no sense may be half of what is written just now, by a process that may have to wait for a processor
     * in the middle of it: then it does a little later. A file without content is one that was only locked so far.
     */
    private static State decode(FileChannel channel) throws IOException {
        byte[] content = read(channel);
        State state = State.decode(content);
        for (int reads = 1; state == null && content.length > 0 && reads < MAX_READS; reads++) {
            Interruption.pause(POLL_MILLIS);
            content = read(channel);
            state = State.decode(content);
        }
        return state;
    }

    /** Asks for all at once, and not for its length before: it may be written meanwhile. */
    private static byte[] read(FileChannel channel) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(State.MAX_BYTES);
        int length;
        do {
            length = channel.read(content, content.position());
        } while (length > 0);
        return Arrays.copyOf(content.array(), content.position());
    }

    /**
     * In one write, so that whoever reads meanwhile sees the old line or the new one; what a longer old one leaves is
     * cut off afterwards.
     */
    public void write(State state) {
        try {
            ByteBuffer content = ByteBuffer.wrap(state.encode());
            while (content.hasRemaining()) {
                channel.write(content, content.position());
            }
            channel.truncate(content.limit());
            channel.force(true);
        } catch (IOException e) {
            throw Failure.io("cannot write the state file", stateFile, e);
        }
    }

    @Override
    public void close() {
        HELD.remove(key);
        closeQuietly(channel);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // The lock is gone either way, and all content was forced before.
        }
    }
}
