package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;

/**
 * Writes a snapshot as a backup file, and proves it: what is said to hold the snapshot was read again, decompressed and
 * compared with it, byte for byte.
 *
 * @param snapshot a finished private file
 */
record ProvenFile(Path snapshot, int pageSizeBytes, Compression compression, Progress progress) {
    /**
     * Writes a new file.
     *
     * @param previous a backup whose blocks may be taken over
     * @throws Failure CORRUPT if what is read back is not the snapshot
     */
    Manifest write(Path compressed, Instant createdAt, ReusableBlocks previous) throws IOException {
        Manifest written = writeOnce(compressed, createdAt, previous);
        if (written == null) {
            // A block of the previous backup was not what its footer says; if that was not it, the next reading says so
            // too.
            Files.delete(compressed);
            written = writeOnce(compressed, createdAt, ReusableBlocks.none());
        }
        if (written == null) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "what was read back from " + compressed + " is not what was written",
                    "the disk or the memory of this machine is failing");
        }
        return written;
    }

    /**
     * Writes a backup, forces it, and meanwhile reads it back. @return null if what was read back is not the snapshot
     */
    private Manifest writeOnce(Path compressed, Instant createdAt, ReusableBlocks previous) throws IOException {
        progress.phase("compress", Files.size(snapshot));
        try (FileChannel out = PrivateFiles.open(compressed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            String sha256 = new BackupWriter(snapshot, pageSizeBytes, createdAt, compression, progress)
                    .write(out, previous)
                    .manifest()
                    .sha256();
            try (Background<Void> forced = new Background<>(() -> force(out, compressed))) {
                Manifest written = manifestIfEqual(compressed, sha256);
                forced.await();
                return written;
            }
        }
    }

    private static Void force(FileChannel channel, Path file) {
        try {
            channel.force(true);
            return null;
        } catch (IOException e) {
            throw Failure.io("cannot write", file, e);
        }
    }

    /**
     * Reads a backup back, decompresses it and compares it with the snapshot, byte for byte.
     *
     * @param sha256 of the snapshot, null if it is not known yet
     * @return null if the backup is damaged or different
     */
    Manifest manifestIfEqual(Path backup, String sha256) throws IOException {
        progress.phase("verify", Files.size(snapshot));
        try (InputStream expected = Files.newInputStream(snapshot)) {
            byte[] wanted = new byte[BackupReader.BUFFER_BYTES];
            long[] done = {0};
            Manifest found = BackupReader.read(backup, compression.threads(), sha256 == null, (bytes, length) -> {
                int read = expected.readNBytes(wanted, 0, length);
                if (read != length || !Arrays.equals(wanted, 0, length, bytes, 0, length)) {
                    throw new Different();
                }
                done[0] += length;
                progress.at(done[0]);
            });
            return expected.read() < 0 && (sha256 == null || sha256.equals(found.sha256())) ? found : null;
        } catch (Different e) {
            return null;
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT) {
                return null;
            }
            throw e;
        }
    }

    /** Ends the reading of a backup at the first difference. */
    private static final class Different extends IOException {
        private static final long serialVersionUID = 1;
    }
}
