package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.RegularFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HexFormat;

/**
 * Shows, without reading a database, whether it was written: its files' identities, and what SQLite itself counts in
 * them. Every commit changes one of them at least:
 *
 * <pre>
 *   journal mode   a commit writes              which changes
 *   rollback       page 1 of the main file      the change counter in it, size or times of the file
 *   WAL            frames, then the -shm        size or times of the -wal; the index header in the -shm
 *   WAL, anew      the header of the -wal       its salts, too
 *   (a checkpoint) pages of the main file       times of that, though no content
 * </pre>
 *
 * The counters see what times do not: a writer that was held up between the moment at which a write sets the time and
 * the moment at which its bytes are there.
 *
 * @param main identity of the main file
 * @param wal of its {@code -wal}, null for none, without the inode's own time: SQLite, run by root, sets the WAL's
 *     owner whenever it opens it, even to read
 * @param counters whether an application uses it, the header of the {@code -wal}, that of the index in the
 *     {@code -shm}, and the change counter of the main file, in hexadecimal; null where it cannot be told from here
 *     whether anything was written
 */
public record Fingerprint(FileIdentity main, FileIdentity wal, String counters) {
    /** The file format's "file change counter". */
    private static final int CHANGE_COUNTER_OFFSET = 24;

    private static final int CHANGE_COUNTER_BYTES = 4;
    /** Magic, version, page size, checkpoint number, salts, checksum. */
    private static final int WAL_HEADER_BYTES = 32;
    /** The first of the two copies of {@code WalIndexHdr} in wal.c: how often it changed, frames, salts, checksums. */
    private static final int INDEX_HEADER_BYTES = 48;

    /** What a {@code -wal} is known by, null if there is none. */
    public static FileIdentity ofWal(Path wal) throws IOException {
        FileIdentity identity = FileIdentity.of(wal);
        return identity == null
                ? null
                : new FileIdentity(identity.sizeBytes(), identity.inode(), identity.modifiedAt(), null);
    }

    /**
     * Takes it under SHARED. Not while this process has a connection, whose POSIX locks would go with our descriptors.
     *
     * @throws dev.sqlitebackup.Failure BUSY if the database stays locked, FAILURE if its log is elsewhere
     */
    public static Fingerprint of(Path database, Duration busyTimeout) throws IOException {
        DatabaseFiles files = DatabaseFiles.of(database);
        try (HiddenLog.Held held = HiddenLog.lock(files, busyTimeout)) {
            return under(held, files);
        }
    }

    /**
     * Takes it under a lock that is held. The {@code -wal} comes first: content goes from there into the main file, and
     * never back, so what has left the one by then is seen in the other.
     */
    static Fingerprint under(HiddenLog.Held held, DatabaseFiles files) throws IOException {
        FileIdentity wal = ofWal(files.wal());
        String counters;
        try {
            counters = (held.live() ? "live:" : "closed:") + start(files.wal(), WAL_HEADER_BYTES) + ":"
                    + start(files.shm(), INDEX_HEADER_BYTES) + ":"
                    + hex(held.lock().channel(), CHANGE_COUNTER_OFFSET, CHANGE_COUNTER_BYTES);
        } catch (IOException e) {
            counters = null; // Not for this user to read.
        }
        return new Fingerprint(FileIdentity.of(files.main()), wal, isSeen(held, files, wal) ? counters : null);
    }

    /**
     * Whether the counters tell. What is in a WAL that nobody uses is decided by the frames in it, when somebody opens
     * it next: its writer may have died between them and the {@code -shm}. A journal may be hot, likewise. And an
     * application that uses another name writes a log that is not seen here.
     */
    private static boolean isSeen(HiddenLog.Held held, DatabaseFiles files, FileIdentity wal) throws IOException {
        return (held.live() || wal == null || wal.sizeBytes() == 0)
                && (held.live() || !held.names().any())
                && !OtherNames.holdsSomething(files.journal());
    }

    private static String start(Path file, int bytes) throws IOException {
        try (FileChannel channel = RegularFiles.open(file, StandardOpenOption.READ)) {
            return hex(channel, 0, bytes);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    /** @return fewer digits if the file is shorter */
    private static String hex(FileChannel file, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        int count = 0;
        while (buffer.hasRemaining() && count >= 0) {
            count = file.read(buffer, position + buffer.position());
        }
        return HexFormat.of().formatHex(buffer.array(), 0, buffer.position());
    }
}
