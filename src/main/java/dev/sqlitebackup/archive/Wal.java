package dev.sqlitebackup.archive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/**
 * A SQLite write-ahead log (<a href="https://www.sqlite.org/fileformat2.html#walformat">file format, 4</a>): what an
 * increment holds, so that SQLite itself can bring it back. Numbers are big-endian. One frame for each page, in
 * ascending order, page 1 always among them; the last frame is the commit.
 *
 * <pre>
 *   offset  bytes  the header
 *        0      4  37 7f 06 83: checksums are big-endian
 *        4      4  3007000
 *        8      4  page size
 *       12      4  checkpoint sequence number: the increment's number
 *       16      8  salt-1 and salt-2: the first 8 bytes of the SHA-256 of the database that the parent leads to
 *       24      8  checksum of the bytes before
 *                  each frame
 *        0      4  page number, from 1
 *        4      4  of the last frame the number of pages that the database has then, else 0
 *        8      8  the salts
 *       16      8  checksum of the file's first 24 bytes, and of the first 8 bytes and the page of each frame so far
 *       24         the page
 * </pre>
 */
final class Wal {
    static final int HEADER_BYTES = 32;
    static final int FRAME_HEADER_BYTES = 24;
    /** Every increment begins with page 1. */
    static final int PAGE_1_OFFSET = HEADER_BYTES + FRAME_HEADER_BYTES;

    static final int MAGIC = 0x377f0683;
    private static final int VERSION = 3007000;
    private static final int CHECKED_HEADER_BYTES = 24;
    private static final int CHECKED_FRAME_HEADER_BYTES = 8;
    private static final int SALT_HEX_DIGITS = 8;
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private final Manifest manifest;
    private final int salt1;
    private final int salt2;
    private int checksum1;
    private int checksum2;

    /** @param manifest of the increment */
    Wal(Manifest manifest) {
        this.manifest = manifest;
        this.salt1 = salt(manifest.increment(), 0);
        this.salt2 = salt(manifest.increment(), SALT_HEX_DIGITS);
    }

    private static int salt(Manifest.Increment increment, int fromDigit) {
        return HexFormat.fromHexDigits(increment.parentSha256(), fromDigit, fromDigit + SALT_HEX_DIGITS);
    }

    /** @return how many frames are in a file of this size, 0 if none has it */
    static long frames(long walBytes, int pageSizeBytes) {
        long frameBytes = FRAME_HEADER_BYTES + (long) pageSizeBytes;
        long framesBytes = walBytes - HEADER_BYTES;
        return framesBytes > 0 && framesBytes % frameBytes == 0 ? framesBytes / frameBytes : 0;
    }

    /** The size of a file with so many frames. */
    static long bytes(long frames, int pageSizeBytes) {
        return HEADER_BYTES + frames * (FRAME_HEADER_BYTES + (long) pageSizeBytes);
    }

    /** The header, from which the checksums go on. */
    byte[] header() {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES)
                .putInt(MAGIC)
                .putInt(VERSION)
                .putInt(manifest.pageSizeBytes())
                .putInt(manifest.number())
                .putInt(salt1)
                .putInt(salt2);
        add(header.array(), CHECKED_HEADER_BYTES);
        return header.putInt(checksum1).putInt(checksum2).array();
    }

    /**
     * The header of the next frame.
     *
     * @param number of the page, from 1
     * @param pageCount of the database if the frame is the last, else 0
     */
    byte[] frameHeader(long number, long pageCount, byte[] page) {
        ByteBuffer header =
                ByteBuffer.allocate(FRAME_HEADER_BYTES).putInt((int) number).putInt((int) pageCount);
        add(header.array(), CHECKED_FRAME_HEADER_BYTES);
        add(page, page.length);
        return header.putInt(salt1)
                .putInt(salt2)
                .putInt(checksum1)
                .putInt(checksum2)
                .array();
    }

    /** File format, 4.2. */
    private void add(byte[] bytes, int length) {
        int s1 = checksum1;
        int s2 = checksum2;
        for (int i = 0; i < length; i += 2 * Integer.BYTES) {
            s1 += (int) INTS.get(bytes, i) + s2;
            s2 += (int) INTS.get(bytes, i + Integer.BYTES) + s1;
        }
        checksum1 = s1;
        checksum2 = s2;
    }
}
