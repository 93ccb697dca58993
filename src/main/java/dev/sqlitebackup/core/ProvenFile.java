package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.Digests;
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
 * Writes a snapshot as a full backup, and proves it: each block is decompressed and compared with the snapshot before
 * it is written, and the file, read back, has the SHA-256 of what was written.
 *
 * @param snapshot a finished private file
 * @param workspace takes the pages of a chain, while that is read
 */
record ProvenFile(Path snapshot, int pageSizeBytes, Workspace workspace, Compression compression, Progress progress) {
    /**
     * Writes a full backup, forces it, and meanwhile reads it back. Its blocks were proven before they were written, so
     * what is read has to be the bytes that were written.
     *
     * @param previous a backup whose blocks may be taken over
     * @throws Failure CORRUPT if what is read back is not what was written
     */
    BackupWriter.Written write(Path compressed, Instant createdAt, ReusableBlocks previous) throws IOException {
        progress.phase("compress", Files.size(snapshot));
        try (FileChannel out = PrivateFiles.open(compressed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            BackupWriter.Written written =
                    new BackupWriter(snapshot, pageSizeBytes, createdAt, compression, progress).write(out, previous);
            progress.phase("read back", -1);
            try (Background<Void> forced = new Background<>(() -> force(out, compressed))) {
                if (!Digests.sha256(compressed).equals(written.backupSha256())) {
                    throw notWhatWasWritten(compressed);
                }
                forced.await();
                return written;
            }
        }
    }

    static Failure notWhatWasWritten(Path compressed) {
        return new Failure(
                Failure.Kind.CORRUPT,
                "what was read back from " + compressed + " is not what was written",
                "the disk or the memory of this machine is failing");
    }

    /** @param isFastDeflateWrong whether a block had to be made again by the JDK */
    static List<String> warnings(boolean isFastDeflateWrong) {
        return isFastDeflateWrong
                ? List.of(
                        "ISA-L could not compress a block, or compressed it wrongly, and the JDK compressed it again: "
                                + "the backup is good; test the memory of this machine, and report a bug if that is good too")
                : List.of();
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
     * Reads a backup, with all that it builds on, and compares it with the snapshot, byte for byte, and with the
     * SHA-256 that it says.
     *
     * @return null if it is different
     * @throws Failure CORRUPT if it is damaged
     */
    Manifest manifestIfEqual(ChainReader chain) throws IOException {
        if (chain.manifest().databaseBytes() != Files.size(snapshot)) {
            return null;
        }
        progress.phase("verify", Files.size(snapshot));
        try (InputStream expected = Files.newInputStream(snapshot);
                FileChannel pages = workspace.scratch("pages")) {
            byte[] wanted = new byte[BackupReader.BUFFER_BYTES];
            long[] done = {0};
            return chain.read(pages, compression.threads(), true, (bytes, length) -> {
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
