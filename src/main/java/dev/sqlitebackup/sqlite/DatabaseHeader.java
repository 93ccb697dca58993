package dev.sqlitebackup.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * The first 100 bytes of a SQLite database, <a href="https://www.sqlite.org/fileformat2.html">file format, 1.3</a>.
 *
 * @param pageSizeBytes 512 to 65536
 * @param isWal whether the file wants a write-ahead log (read version 2)
 * @param pageCount pages that the header declares, 0 where the header's count is not in use
 * @param freePages of them, those on the freelist
 * @param sqliteVersion that wrote page 1 last, null where the header's note is not in use: SQLite before 3.7.0 left it
 *     as it was
 * @param textEncoding 1 for UTF-8, 2 and 3 for UTF-16; 0 as long as it is undecided, because there never was a table
 */
public record DatabaseHeader(
        int pageSizeBytes,
        boolean isWal,
        long pageCount,
        long freePages,
        SqliteVersion sqliteVersion,
        int textEncoding) {
    public static final int SIZE_BYTES = 100;
    private static final int WRITE_VERSION_OFFSET = 18;
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);

    /** @return null if these bytes are not the start of a SQLite database */
    public static DatabaseHeader parse(ByteBuffer bytes) {
        if (bytes.limit() < SIZE_BYTES) {
            return null;
        }
        byte[] magic = new byte[MAGIC.length];
        bytes.get(0, magic);
        int declared = Short.toUnsignedInt(bytes.getShort(16));
        int pageSizeBytes = declared == 1 ? 65536 : declared;
        if (!Arrays.equals(magic, MAGIC) || pageSizeBytes < 512 || Integer.bitCount(pageSizeBytes) != 1) {
            return null;
        }
        // The "version-valid-for number": whoever counts a change and knows these fields writes all of them.
        boolean countIsInUse = bytes.getInt(24) == bytes.getInt(92);
        int version = bytes.getInt(96);
        return new DatabaseHeader(
                pageSizeBytes,
                bytes.get(19) == 2,
                countIsInUse ? Integer.toUnsignedLong(bytes.getInt(28)) : 0,
                Integer.toUnsignedLong(bytes.getInt(36)),
                countIsInUse && version > 0 ? new SqliteVersion(version) : null,
                bytes.getInt(56));
    }

    /** @return null if a file that no connection of this process has open does not start like a SQLite database */
    public static DatabaseHeader of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return read(channel);
        }
    }

    /** @return null if the file does not start like a SQLite database */
    static DatabaseHeader read(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(SIZE_BYTES);
        while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {}
        return parse(bytes.flip());
    }

    /**
     * Makes a database that nobody has open want a write-ahead log (both version numbers), as {@code VACUUM INTO} does
     * not.
     */
    static void markAsWal(Path file) throws IOException {
        mark(file, (byte) 2);
    }

    /** Makes a database that nobody has open, and that is whole without a log, want a rollback journal. */
    static void markAsRollback(Path file) throws IOException {
        mark(file, (byte) 1);
    }

    private static void mark(Path file, byte version) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {version, version}), WRITE_VERSION_OFFSET);
        }
    }

    /** What is in use: VACUUM gives back the rest. 0 where the header's count is not in use. */
    public long contentBytes() {
        return Math.max(0, pageCount - freePages) * pageSizeBytes;
    }

    /** The text encoding as {@code PRAGMA encoding} names it. */
    public String encodingName() {
        return textEncoding == 2 ? "UTF-16le" : textEncoding == 3 ? "UTF-16be" : "UTF-8";
    }

    /** Whether the header's page count says that the file has this size. */
    public boolean matches(long fileSizeBytes) {
        return pageCount == 0 ? fileSizeBytes % pageSizeBytes == 0 : fileSizeBytes == pageCount * pageSizeBytes;
    }
}
