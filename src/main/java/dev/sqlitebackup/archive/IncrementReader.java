package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;

/** Reads one increment to its last byte: every block, every frame, every checksum. */
public final class IncrementReader {
    private IncrementReader() {}

    /** Takes the pages of an increment, in ascending order. */
    public interface Pages {
        /**
         * @param number from 1
         * @param page is used again for the next
         */
        void page(long number, byte[] page) throws IOException;
    }

    /**
     * Reads it.
     *
     * @param backup what people call it
     * @return the SHA-256 of the WAL file in it, in hexadecimal
     * @throws Failure CORRUPT if anything about it is wrong
     */
    public static String read(FileChannel file, String backup, int threads, Pages pages) throws IOException {
        Manifest manifest = Manifest.of(file);
        if (manifest == null || manifest.increment() == null) {
            throw BackupReader.damaged(backup, "it does not end like an increment", null);
        }
        WalReader wal = new WalReader(backup, manifest, pages);
        MessageDigest digest = Digests.sha256();
        new BlockReader(backup, file, manifest, false).read(threads, (bytes, length) -> {
            digest.update(bytes, 0, length);
            wal.write(bytes, length);
        });
        wal.finish();
        return Digests.hex(digest);
    }
}
