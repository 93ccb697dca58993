package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * Writes a snapshot as a full backup, and proves it: what is said to hold the snapshot was read again, decompressed and
 * compared with it, byte for byte.
 *
 * @param snapshot a finished private file
 * @param workspace takes the pages of a chain, while that is read
 */
record ProvenFile(Path snapshot, int pageSizeBytes, Workspace workspace, Compression compression, Progress progress) {
    /**
     * Writes a full backup.
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
            throw notWhatWasWritten(compressed);
        }
        return written;
    }

    static Failure notWhatWasWritten(Path compressed) {
        return new Failure(
                Failure.Kind.CORRUPT,
                "what was read back from " + compressed + " is not what was written",
                "the disk or the memory of this machine is failing");
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
                Manifest written = readBack(compressed, sha256);
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

    private Manifest readBack(Path compressed, String sha256) throws IOException {
        try (ChainReader chain = ChainReader.open(List.of(new ChainReader.Member(compressed, compressed.toString())))) {
            return chain.manifest().sha256().equals(sha256) ? manifestIfEqual(chain, false) : null;
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT) {
                return null;
            }
            throw e;
        }
    }

    /**
     * Reads a backup, with all that it builds on, and compares it with the snapshot, byte for byte.
     *
     * @param checksSha256 whether its SHA-256 is compared with what it says, too
     * @return null if it is different
     * @throws Failure CORRUPT if it is damaged
     */
    Manifest manifestIfEqual(ChainReader chain, boolean checksSha256) throws IOException {
        if (chain.manifest().databaseBytes() != Files.size(snapshot)) {
            return null;
        }
        progress.phase("verify", Files.size(snapshot));
        try (InputStream expected = Files.newInputStream(snapshot);
                FileChannel pages = workspace.scratch("pages")) {
            byte[] wanted = new byte[BackupReader.BUFFER_BYTES];
            long[] done = {0};
            return chain.read(pages, compression.threads(), checksSha256, (bytes, length) -> {
                int read = expected.readNBytes(wanted, 0, length);
                if (read != length || !Arrays.equals(wanted, 0, length, bytes, 0, length)) {
                    throw new Different();
                }
                done[0] += length;
                progress.at(done[0]);
            });
        } catch (Different e) {
            return null;
        }
    }

    /** Ends the reading of a backup at the first difference. */
    private static final class Different extends IOException {
        private static final long serialVersionUID = 1;
    }
}
