package dev.sqlitebackup.sqlite;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The checksums of SQLite's <a href="https://www.sqlite.org/cksumvfs.html">checksum VFS</a>, which this process's
 * SQLite neither writes nor looks at:
 *
 * <pre>
 *   header byte 20 is 8: each page ends with 8 bytes that are no content
 *   s1, s2     two unsigned 32-bit sums, little-endian, from 0: for each pair a, b of words before them,
 *              s1 += a + s2; s2 += b + s1
 * </pre>
 *
 * Copying through SQLite changes page 1 and no other (see {@link DatabaseContent}), so that page alone needs a new one.
 * An application that uses this VFS cannot read a page whose checksum is wrong. Others may use the same 8 bytes for
 * something else: they are touched only where all other pages hold.
 */
final class PageChecksums {
    static final int SIZE_BYTES = 8;
    private static final int RESERVED_OFFSET = 20;
    private static final int CHANGE_COUNTER_OFFSET = 24;
    private static final int SCHEMA_COOKIE_OFFSET = 40;
    private static final int VERSION_VALID_FOR_OFFSET = 92;
    private static final int VERSION_OFFSET = 96;

    private PageChecksums() {}

    static boolean mayBeIn(ByteBuffer firstPage) {
        return firstPage.get(RESERVED_OFFSET) == SIZE_BYTES;
    }

    /** @return whether every page but the first carries its checksum, and there is one */
    static boolean areIn(FileChannel database) throws IOException {
        ByteBuffer first = firstPage(database);
        if (first == null || !mayBeIn(first)) {
            return false;
        }
        int pageSizeBytes = first.capacity();
        ByteBuffer page = ByteBuffer.allocate(pageSizeBytes);
        long sizeBytes = database.size();
        for (long position = pageSizeBytes; position < sizeBytes; position += pageSizeBytes) {
            if (position != SharedLock.PENDING_BYTE && !(fill(page, database, position) && holds(page))) {
                return false;
            }
        }
        return sizeBytes > pageSizeBytes;
    }

    static boolean areIn(Path database) throws IOException {
        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.READ)) {
            return areIn(channel);
        }
    }

    /** Gives page 1 of a copy that nobody has open the checksum that belongs to it. */
    static void renewFirst(Path copy) throws IOException {
        try (FileChannel channel = FileChannel.open(copy, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (areIn(channel)) {
                write(channel, firstPage(channel));
            }
        }
    }

    /**
     * Gives page 1 of a staged database the checksum that will belong to it when SQLite has copied it over
     * {@code target}: one more in the change counter and the schema cookie of the target, and the version of SQLite
     * that writes.
     *
     * @param target as it is under the exclusive lock
     * @param sqliteVersion as SQLite puts it into the header, 3054001 for 3.54.1
     * @return whether there is a checksum
     */
    static boolean foresee(Path staged, FileChannel target, int sqliteVersion) throws IOException {
        try (FileChannel channel = FileChannel.open(staged, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (!areIn(channel)) {
                return false;
            }
            ByteBuffer page = firstPage(channel);
            ByteBuffer old = ByteBuffer.allocate(DatabaseHeader.SIZE_BYTES);
            fill(old, target, 0);
            int changeCounter = old.getInt(CHANGE_COUNTER_OFFSET) + 1;
            page.putInt(CHANGE_COUNTER_OFFSET, changeCounter)
                    .putInt(SCHEMA_COOKIE_OFFSET, old.getInt(SCHEMA_COOKIE_OFFSET) + 1);
            page.putInt(VERSION_VALID_FOR_OFFSET, changeCounter).putInt(VERSION_OFFSET, sqliteVersion);
            write(channel, page);
            return true;
        }
    }

    static boolean firstHolds(FileChannel database) throws IOException {
        ByteBuffer first = firstPage(database);
        return first != null && holds(first);
    }

    private static ByteBuffer firstPage(FileChannel database) throws IOException {
        DatabaseHeader header = DatabaseHeader.read(database);
        ByteBuffer page = header == null ? null : ByteBuffer.allocate(header.pageSizeBytes());
        return page != null && fill(page, database, 0) ? page : null;
    }

    private static boolean fill(ByteBuffer page, FileChannel database, long position) throws IOException {
        page.clear();
        while (page.hasRemaining()) {
            if (database.read(page, position + page.position()) < 0) {
                return false;
            }
        }
        return true;
    }

    private static void write(FileChannel database, ByteBuffer page) throws IOException {
        ByteBuffer sum = ByteBuffer.allocate(SIZE_BYTES).putLong(0, sum(page));
        long position = (long) page.capacity() - SIZE_BYTES;
        while (sum.hasRemaining()) {
            position += database.write(sum, position);
        }
    }

    private static boolean holds(ByteBuffer page) {
        return page.getLong(page.capacity() - SIZE_BYTES) == sum(page);
    }

    private static long sum(ByteBuffer page) {
        ByteBuffer words = page.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        int s1 = 0;
        int s2 = 0;
        for (int i = 0; i < page.capacity() - SIZE_BYTES; i += 8) {
            s1 += words.getInt(i) + s2;
            s2 += words.getInt(i + 4) + s1;
        }
        return Integer.toUnsignedLong(Integer.reverseBytes(s1)) << 32
                | Integer.toUnsignedLong(Integer.reverseBytes(s2));
    }
}
