package dev.sqlitebackup.archive;

import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.DigestException;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * The SHA-256 of each page that a chain leads to: enough to know which pages a snapshot has otherwise, once that is
 * there, and known before. They lie in a file, 32 bytes for each page.
 */
public final class PageDigests {
    private static final int DIGEST_BYTES = 32;
    private static final int BUFFER_DIGESTS = 2048;

    private final FileChannel file;
    private final int pageSizeBytes;
    private final MessageDigest digest = Digests.sha256();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_DIGESTS * DIGEST_BYTES);
    private final byte[] found = new byte[DIGEST_BYTES];

    private PageDigests(FileChannel file, int pageSizeBytes) {
        this.file = file;
        this.pageSizeBytes = pageSizeBytes;
    }

    /** How much is written to the file. */
    public static long sizeBytes(Manifest manifest) {
        return manifest.databaseBytes() / manifest.pageSizeBytes() * DIGEST_BYTES;
    }

    /**
     * Reads all of a chain.
     *
     * @param pages an empty private file, for {@link ChainReader#read}
     * @param checksSha256 likewise
     * @param file an empty private file, which takes the digests
     * @throws dev.sqlitebackup.Failure CORRUPT if anything about any of the chain's files is wrong
     */
    public static PageDigests of(
            ChainReader chain, FileChannel pages, int threads, boolean checksSha256, FileChannel file)
            throws IOException {
        PageDigests digests = new PageDigests(file, chain.manifest().pageSizeBytes());
        chain.read(pages, threads, checksSha256, digests.new Taking());
        digests.flush();
        digests.buffer.limit(0);
        file.position(0);
        return digests;
    }

    /** Takes a database, in order. */
    private final class Taking implements BackupReader.Sink {
        /** Of the page that has begun. */
        private int taken;

        @Override
        public void write(byte[] bytes, int length) throws IOException {
            for (int from = 0; from < length; ) {
                int count = Math.min(length - from, pageSizeBytes - taken);
                digest.update(bytes, from, count);
                from += count;
                taken += count;
                if (taken == pageSizeBytes) {
                    put();
                    taken = 0;
                }
            }
        }
    }

    private void put() throws IOException {
        if (!buffer.hasRemaining()) {
            flush();
        }
        take(buffer.array(), buffer.position());
        buffer.position(buffer.position() + DIGEST_BYTES);
    }

    private void flush() throws IOException {
        Channels.write(file, buffer.array(), buffer.position());
        buffer.clear();
    }

    private void take(byte[] into, int offset) {
        try {
            digest.digest(into, offset, DIGEST_BYTES);
        } catch (DigestException e) {
            throw new IllegalStateException("a SHA-256 has 32 bytes", e);
        }
    }

    /**
     * Compares a page. To be called for one after the other, from the first on.
     *
     * @param bytes holds the page from {@code from} on
     * @return false if it is another, or lies behind the last
     */
    boolean isNext(byte[] bytes, int from) throws IOException {
        digest.update(bytes, from, pageSizeBytes);
        take(found, 0);
        if (!buffer.hasRemaining()) {
            buffer.clear();
            while (buffer.hasRemaining() && file.read(buffer) >= 0) {
                // A read may give less than was asked for.
            }
            buffer.flip();
        }
        if (!buffer.hasRemaining()) {
            return false;
        }
        int at = buffer.position();
        buffer.position(at + DIGEST_BYTES);
        return Arrays.equals(found, 0, DIGEST_BYTES, buffer.array(), at, at + DIGEST_BYTES);
    }
}
