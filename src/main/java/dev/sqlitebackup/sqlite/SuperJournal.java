package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.RegularFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Refuses a hot rollback journal of a transaction over several databases where SQLite could not judge it by the path
 * that we have. Such a transaction is committed when its super-journal is deleted, and the journals of its databases
 * name that by the absolute path that the application has: by another one SQLite finds no such file, takes the
 * transaction for committed, and deletes the way back.
 *
 * <p>The end of such a journal (SQLite's pager.c, readSuperJournal):
 *
 * <pre>
 *   N bytes   path of the super-journal, UTF-8
 *   4 bytes   N, big-endian
 *   4 bytes   the sum of the path's bytes, each of them signed; where it is wrong, the journal names none
 *   8 bytes   d9d505f920a163d7
 * </pre>
 *
 * The super-journal is the paths of the journals, each with a zero byte after it. It is no sidecar of one database:
 * whichever of them is rolled back last deletes it, so nothing here moves or removes it. SQLite looks for those
 * journals by their paths, and so deletes it too early if it knows ours by another.
 */
final class SuperJournal {
    private static final int TRAILER_BYTES = 16;
    private static final long MAGIC = 0xd9d505f920a163d7L;
    private static final int MOST_PATH_BYTES = 4096;
    /** 125 databases can be attached at the most. */
    private static final int MOST_BYTES = 126 * (MOST_PATH_BYTES + 1);

    private static final String HINT =
            "name the database by the path that the application uses, or open it once with the application";

    private SuperJournal() {}

    /**
     * To be asked before SQLite may use the {@code -journal} of a database, or a copy of it.
     *
     * @param lock SHARED on the database: the journal of a live transaction, which has RESERVED, is not hot
     * @throws Failure FAILURE if SQLite could not tell from here whether the transaction was committed
     */
    static void refuseIfElsewhere(DatabaseFiles files, SharedLock lock) throws IOException {
        Optional<String> name = nameIn(files.journal());
        if (name.isEmpty()) {
            return;
        }
        String unseen = unseen(name.get(), files.journal());
        if (unseen != null && !lock.isReserved()) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the rollback journal of " + files.main()
                            + " belongs to a transaction over several databases, whose super-journal " + name.get()
                            + " " + unseen,
                    HINT);
        }
    }

    /**
     * The super-journal that a journal names. None for one that is not there, or not hot: SQLite sets its first byte to
     * zero where it keeps the file.
     */
    static Optional<String> nameIn(Path journal) throws IOException {
        try (FileChannel channel = RegularFiles.open(journal, StandardOpenOption.READ)) {
            ByteBuffer first = read(channel, 0, 1);
            long size = channel.size();
            ByteBuffer trailer = read(channel, size - TRAILER_BYTES, TRAILER_BYTES);
            if (first.remaining() < 1 || first.get() == 0 || trailer.remaining() < TRAILER_BYTES) {
                return Optional.empty();
            }
            int length = trailer.getInt();
            int sum = trailer.getInt();
            if (trailer.getLong() != MAGIC || length <= 0 || length > Math.min(MOST_PATH_BYTES, size - TRAILER_BYTES)) {
                return Optional.empty();
            }
            byte[] name = read(channel, size - TRAILER_BYTES - length, length).array();
            for (byte b : name) {
                sum -= b;
            }
            return sum == 0 && name.length > 0
                    ? Optional.of(new String(name, StandardCharsets.UTF_8))
                    : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Nothing where the file has not got that much. */
    private static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        int got = 0;
        while (position >= 0 && got >= 0 && buffer.hasRemaining()) {
            got = channel.read(buffer, position + buffer.position());
        }
        return buffer.hasRemaining() ? ByteBuffer.allocate(0) : buffer.flip();
    }

    /**
     * What is wrong with the super-journal as it is seen from here, or null: then SQLite judges as it does for the
     * application.
     */
    private static String unseen(String name, Path journal) throws IOException {
        Path path = path(name);
        long sizeBytes = path == null ? 0 : path.toAbsolutePath().toFile().length();
        if (sizeBytes > 0) { // SQLite takes an empty file for none.
            return lists(path, sizeBytes, journal)
                    ? null
                    : "knows it by another path, and would be deleted while the application still needs it";
        }
        boolean gone = path != null && isSame(path.getParent(), journal.getParent());
        return gone ? null : "is not to be seen under this path, so nobody can tell whether it was committed";
    }

    private static boolean lists(Path superJournal, long sizeBytes, Path journal) throws IOException {
        try (FileChannel channel = RegularFiles.open(superJournal, StandardOpenOption.READ)) {
            String names = StandardCharsets.UTF_8
                    .decode(read(channel, 0, (int) Math.min(sizeBytes, MOST_BYTES)))
                    .toString();
            for (String name : names.split("\0")) {
                if (isSame(path(name), journal)) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean isSame(Path one, Path other) throws IOException {
        return one != null && Files.exists(one) && Files.isSameFile(one, other);
    }

    /** Null for one that this process cannot name, in the C locale. */
    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            return null;
        }
    }
}
