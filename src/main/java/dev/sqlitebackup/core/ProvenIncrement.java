package dev.sqlitebackup.core;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.IncrementReader;
import dev.sqlitebackup.archive.IncrementWriter;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.PageDigests;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Writes what a snapshot has otherwise than another backup, and proves it. The pages that are not in the increment have
 * the SHA-256 of the parent's, all of whose chain was read for that; those that are in it are read back and compared
 * with the snapshot. Together this proves that parent and increment give the snapshot.
 *
 * @param snapshot a finished private file
 */
record ProvenIncrement(Path snapshot, Compression compression, Progress progress) {
    /**
     * Writes it.
     *
     * @param compressed takes it; made, and of no use if none was written
     * @param manifest of the increment, as far as it is known
     * @param mostBytes how large it may become
     * @return null if it would become larger
     * @throws Failure CORRUPT if what is read back is not what was written
     */
    IncrementWriter.Written write(Path compressed, Manifest manifest, PageDigests parent, long mostBytes)
            throws IOException {
        try (FileChannel out = PrivateFiles.open(
                compressed, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            IncrementWriter.Written written =
                    new IncrementWriter(snapshot, manifest, compression, progress).write(out, parent, mostBytes);
            if (written == null) {
                return null;
            }
            progress.phase("read back", -1);
            out.force(true);
            readBack(compressed, out, written);
            return written;
        }
    }

    /** Each page is compared with the snapshot, and the whole with what was written, so that none is missing. */
    private void readBack(Path compressed, FileChannel file, IncrementWriter.Written written) throws IOException {
        byte[] wanted = new byte[written.manifest().pageSizeBytes()];
        try (FileChannel channel = FileChannel.open(snapshot, StandardOpenOption.READ)) {
            InputStream expected = Channels.newInputStream(channel);
            String walSha256 =
                    IncrementReader.read(file, compressed.toString(), compression.threads(), (number, page) -> {
                        channel.position((number - 1) * wanted.length);
                        if (expected.readNBytes(wanted, 0, wanted.length) < wanted.length
                                || !Arrays.equals(wanted, page)) {
                            throw ProvenFile.notWhatWasWritten(compressed);
                        }
                    });
            if (!walSha256.equals(written.walSha256()) || !Manifest.of(file).equals(written.manifest())) {
                throw ProvenFile.notWhatWasWritten(compressed);
            }
        }
    }
}
