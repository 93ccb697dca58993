package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;

/**
 * The state file beside a destination, and the lock on it that makes runs take turns. The lock is the operating
 * system's, so it dies with its process. It belongs to the inode: therefore the content is written in place and
 * the file is never replaced or removed. A crash while writing leaves something unreadable, which counts as absent.
 */
public final class DestinationLock implements AutoCloseable {
    /** Behind every byte of content: Windows locks are mandatory, and {@code status} reads while a backup runs. */
    private static final long LOCK_POSITION = Long.MAX_VALUE - 1;
    private static final int MAX_STATE_BYTES = 1 << 16;
    private static final long POLL_MILLIS = 20;
    private static final Gson GSON = new Gson();

    /**
     * When a backup was last found to be current.
     *
     * @param confirmedAt RFC 3339, UTC
     * @param database the source's main file at that time
     * @param wal its {@code -wal} at that time, null if there was none
     */
    public record State(String confirmedAt, FileIdentity database, FileIdentity wal) { }

    private final Path stateFile;
    private final FileChannel channel;

    private DestinationLock(Path stateFile, FileChannel channel) {
        this.stateFile = stateFile;
        this.channel = channel;
    }

    /** The state file of a destination that is a file: {@code .opencode.db.gz.state}. */
    public static Path stateFileOf(Path backup) {
        return backup.resolveSibling("." + backup.getFileName() + ".state");
    }

    /** @throws Failure of kind BUSY if another run still holds it after {@code timeout} */
    public static DestinationLock acquire(Path stateFile, Duration timeout) {
        Deadline deadline = Deadline.after(timeout);
        FileChannel channel = null;
        try {
            channel = PrivateFiles.open(stateFile, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            while (!tryLock(channel)) {
                if (deadline.hasPassed()) {
                    throw new Failure(Failure.Kind.BUSY, "another run is using the destination: " + stateFile + " is locked",
                            "wait for it to end, or give it longer with --busy-timeout");
                }
                Interruption.pause(POLL_MILLIS);
            }
            DestinationLock lock = new DestinationLock(stateFile, channel);
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
            return false;   // Another thread of this process.
        }
    }

    /** @return null if there is none that can be read */
    public State read() {
        try {
            ByteBuffer content = ByteBuffer.allocate((int) Math.min(channel.size(), MAX_STATE_BYTES));
            while (content.hasRemaining() && channel.read(content, content.position()) >= 0) { }
            return GSON.fromJson(new String(content.array(), 0, content.position(), StandardCharsets.UTF_8), State.class);
        } catch (IOException | JsonParseException e) {
            return null;
        }
    }

    public void write(State state) {
        try {
            ByteBuffer content = ByteBuffer.wrap((GSON.toJson(state) + "\n").getBytes(StandardCharsets.UTF_8));
            channel.truncate(0);
            while (content.hasRemaining()) {
                channel.write(content, content.position());
            }
            channel.force(true);
        } catch (IOException e) {
            throw Failure.io("cannot write the state file", stateFile, e);
        }
    }

    /** A state that confirms a backup now. */
    public static State confirmed(Instant at, FileIdentity database, FileIdentity wal) {
        return new State(at.toString(), database, wal);
    }

    @Override
    public void close() {
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
