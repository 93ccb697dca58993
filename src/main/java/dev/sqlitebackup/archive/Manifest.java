package dev.sqlitebackup.archive;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.time.Instant;

/**
 * What a backup says of itself ({@link Trailer}); of a gzip file that somebody else made, what was found by reading all
 * of it.
 *
 * @param createdAt when its snapshot was taken, to the second; null where the file does not say
 * @param databaseBytes size of the database that it holds
 * @param pageSizeBytes 0 where the file does not say
 * @param sha256 of the database, in hexadecimal
 */
public record Manifest(Instant createdAt, long databaseBytes, int pageSizeBytes, String sha256) {
    /** How much of the end of a file {@link #parse} wants. */
    public static final int TAIL_BYTES = Trailer.TAIL_BYTES;

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
        long position = file.size() - TAIL_BYTES;
        return position < 0 ? null : parse(Channels.read(file, position, TAIL_BYTES));
    }
}
