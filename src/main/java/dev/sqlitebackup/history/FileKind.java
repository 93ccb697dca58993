package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.Databases;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** What a file is, by its first bytes: a gzip file, a SQLite database, a Git LFS pointer. */
public final class FileKind {
    /** Enough for all that is asked here but {@link #headerIn}. */
    public static final int START_BYTES = DatabaseHeader.SIZE_BYTES;
    /**
     * Enough to decompress a database's header from any gzip file whose own header carries no more than a file name and
     * a comment.
     */
    public static final int HEADER_IN_GZIP_BYTES = 4096;

    private static final String LFS_POINTER = "version https://git-lfs.github.com/spec/";
    private static final byte[] SQLITE_MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    private FileKind() {}

    /**
     * The header of the database in a backup.
     *
     * @param start the first {@link #HEADER_IN_GZIP_BYTES} of a gzip file
     * @return null if there is none
     */
    public static DatabaseHeader headerIn(byte[] start) {
        return DatabaseHeader.parse(ByteBuffer.wrap(BackupReader.startOfDatabase(start, DatabaseHeader.SIZE_BYTES)));
    }

    /**
     * Refuses a gzip file of something else, such as a tar archive, as far as its beginning tells.
     *
     * @param start the first {@link #HEADER_IN_GZIP_BYTES} of it, or all
     * @throws Failure as {@link #requireGzip}, and CORRUPT
     */
    static void requireGzipOfDatabase(byte[] start, String backup) {
        requireGzip(start, backup);
        byte[] content = BackupReader.startOfContent(start, START_BYTES);
        boolean tells = content.length >= SQLITE_MAGIC.length || start.length < HEADER_IN_GZIP_BYTES;
        if (tells && !startsAsDatabase(content)) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "the backup " + backup + " failed verification: what it holds is not a SQLite database");
        }
    }

    private static byte[] start(Path file) {
        Databases.requireRegularFile(file, "backup", Selection.hintIfMissing(file.toString()));
        try (FileChannel channel = RegularFiles.open(file, StandardOpenOption.READ)) {
            return java.nio.channels.Channels.newInputStream(channel).readNBytes(DatabaseHeader.SIZE_BYTES);
        } catch (IOException e) {
            throw Failure.io("cannot read the backup", file, e);
        }
    }

    public static boolean isPlainDatabase(Path file) {
        return startsWith(start(file), SQLITE_MAGIC);
    }

    public static boolean isGzip(Path file) {
        return BackupReader.isGzip(start(file));
    }

    /**
     * @param start the first {@link #START_BYTES} of it
     * @throws Failure NOT_FOUND for a Git LFS pointer, CORRUPT for anything else that does not begin like a gzip file
     */
    public static void requireGzip(byte[] start, String backup) {
        if (!BackupReader.isGzip(start)) {
            throw notABackup(backup, start);
        }
    }

    /** The same, for anything that can be restored. */
    static void requireBackup(byte[] start, String backup) {
        if (!startsAsDatabase(start)) {
            requireGzip(start, backup);
        }
    }

    /** @param start of a file, or of what a file decompresses to */
    public static boolean startsAsDatabase(byte[] start) {
        return startsWith(start, SQLITE_MAGIC);
    }

    public static boolean startsAsLfsPointer(byte[] start) {
        return startsWith(start, LFS_POINTER.getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length >= prefix.length
                && ByteBuffer.wrap(bytes, 0, prefix.length).equals(ByteBuffer.wrap(prefix));
    }

    public static Failure notABackup(String backup, byte[] start) {
        if (startsAsLfsPointer(start)) {
            return new Failure(
                    Failure.Kind.NOT_FOUND,
                    "only a Git LFS pointer is at " + backup + ", not the backup itself",
                    OtherBackups.ifPointer(backup));
        }
        String found = start.length == 0 ? "it is empty (0 bytes)" : "it is neither a gzip file nor a SQLite database";
        return new Failure(Failure.Kind.CORRUPT, "the backup " + backup + " failed verification: " + found);
    }
}
