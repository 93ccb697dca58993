package dev.sqlitebackup.archive;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Instant;

/**
 * What a backup says of itself ({@link Trailer}); of a gzip file that somebody else made, what was found by reading all
 * of it.
 *
 * @param createdAt when its snapshot was taken, to the second; null where the file does not say
 * @param databaseBytes size of the database that it holds; of an increment, of the database that it leads to
 * @param pageSizeBytes 0 where the file does not say
 * @param sha256 of that database, in hexadecimal
 * @param increment what an increment says besides, null for a full backup
 */
public record Manifest(Instant createdAt, long databaseBytes, int pageSizeBytes, String sha256, Increment increment) {
    /** How much of the end of a file {@link #parse} wants. */
    public static final int TAIL_BYTES = Trailer.MOST_BYTES;
    /** No backup of ours is shorter. */
    public static final int LEAST_BYTES = Trailer.LEAST_BYTES;

    /**
     * What an increment builds on, and what is in it.
     *
     * @param second its own place among the backups of its second, from 1
     * @param parentCreatedAt when the snapshot of its parent was taken
     * @param parentSecond the parent's place among the backups of that second
     * @param parentSha256 of the database that the parent leads to
     * @param number of the increment, counted from the full backup, which is 0
     * @param walBytes size of the WAL file that it holds
     */
    public record Increment(
            int second, Instant parentCreatedAt, int parentSecond, String parentSha256, int number, long walBytes) {}

    /** Of a full backup. */
    public Manifest(Instant createdAt, long databaseBytes, int pageSizeBytes, String sha256) {
        this(createdAt, databaseBytes, pageSizeBytes, sha256, null);
    }

    /**
     * Reads what a backup of ours says.
     *
     * @param tail the last bytes of a file, {@link #TAIL_BYTES} if it has so many
     * @return null if the file does not end like one of ours
     */
    public static Manifest parse(byte[] tail) {
        return Trailer.parse(tail);
    }

    /** The same of an open file, whose position it leaves alone. */
    public static Manifest of(FileChannel file) throws IOException {
        return parse(Channels.readTail(file, TAIL_BYTES));
    }

    /** Counted from the full backup, which is 0. */
    public int number() {
        return increment == null ? 0 : increment.number;
    }

    /** The number of the parent of an increment: its own with the lowest set bit cleared. So chains stay short. */
    public static int parentOf(int number) {
        return number & number - 1;
    }

    /** How many files lead to it: the number of each parent has one set bit less. */
    public int chainLength() {
        return 1 + Integer.bitCount(number());
    }

    /** How much its blocks hold: a database, or a WAL file. */
    long contentBytes() {
        return increment == null ? databaseBytes : increment.walBytes;
    }

    /** How much of that each block holds but the last. */
    int strideBytes() {
        return increment == null ? Bgzf.strideBytes(pageSizeBytes) : Bgzf.MAX_CONTENT_BYTES;
    }
}
