package dev.sqlitebackup.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * Whether two database files hold the same content. Copying through SQLite writes anew just these parts of the header:
 * change counter (24 to 27), schema cookie (40 to 43), and version-valid-for with the library's version (92 to 99). The
 * page that holds the lock bytes has no content.
 */
public final class DatabaseContent {
    private static final int CHUNK_BYTES = 1 << 16; // The largest page: every page lies within one chunk.

    private DatabaseContent() {}

    /**
     * Whether a database holds what {@code copy} holds, apart from the journal mode in its header (18 and 19), which a
     * checkpoint changes, and what may be the checksum of page 1. What lies behind the copy's size is not part of the
     * database.
     */
    static boolean holds(FileChannel database, FileChannel copy) throws IOException {
        return equal(database, copy, copy.size(), true);
    }

    /**
     * @return whether both files have the same size and hold the same content, apart from the journal mode in the
     *     header
     */
    static boolean equalInAnyJournalMode(FileChannel a, FileChannel b) throws IOException {
        return a.size() == b.size() && equal(a, b, a.size(), true);
    }

    /** @return whether both files have the same size and hold the same content */
    static boolean equal(FileChannel a, FileChannel b) throws IOException {
        return a.size() == b.size() && equal(a, b, a.size(), false);
    }

    private static boolean equal(FileChannel a, FileChannel b, long sizeBytes, boolean anyJournalMode)
            throws IOException {
        ByteBuffer bytesOfA = ByteBuffer.allocate(CHUNK_BYTES);
        ByteBuffer bytesOfB = ByteBuffer.allocate(CHUNK_BYTES);
        int pageSizeBytes = 0;
        for (long position = 0; position < sizeBytes; position += CHUNK_BYTES) {
            int length = (int) Math.min(CHUNK_BYTES, sizeBytes - position);
            if (!fill(a, bytesOfA, position, length) || !fill(b, bytesOfB, position, length)) {
                return false;
            }
            if (position == 0) {
                DatabaseHeader header = DatabaseHeader.parse(bytesOfA);
                pageSizeBytes = header == null ? 0 : header.pageSizeBytes();
                clearCounters(bytesOfA.array(), pageSizeBytes, anyJournalMode);
                clearCounters(bytesOfB.array(), pageSizeBytes, anyJournalMode);
            }
            if (position == SharedLock.PENDING_BYTE) {
                Arrays.fill(bytesOfA.array(), 0, Math.min(length, pageSizeBytes), (byte) 0);
                Arrays.fill(bytesOfB.array(), 0, Math.min(length, pageSizeBytes), (byte) 0);
            }
            if (!Arrays.equals(bytesOfA.array(), 0, length, bytesOfB.array(), 0, length)) {
                return false;
            }
        }
        return true;
    }

    private static boolean fill(FileChannel channel, ByteBuffer buffer, long position, int length) throws IOException {
        buffer.clear().limit(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    private static void clearCounters(byte[] firstPage, int pageSizeBytes, boolean anyJournalMode) {
        if (anyJournalMode) {
            Arrays.fill(firstPage, 18, 20, (byte) 0);
            if (PageChecksums.mayBeIn(ByteBuffer.wrap(firstPage)) && pageSizeBytes > 0) {
                Arrays.fill(firstPage, pageSizeBytes - PageChecksums.SIZE_BYTES, pageSizeBytes, (byte)
                        0); // It depends on the rest.
            }
        }
        Arrays.fill(firstPage, 24, 28, (byte) 0);
        Arrays.fill(firstPage, 40, 44, (byte) 0);
        Arrays.fill(firstPage, 92, 100, (byte) 0);
    }
}
