package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.IncrementReader;
import dev.sqlitebackup.archive.IncrementWriter;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * Writes what a snapshot has otherwise than another backup, and proves it. The pages that are not in the increment were
 * compared with the parent meanwhile, all of whose chain is read for that; those that are in it are read back and
 * compared with the snapshot. Together this proves that parent and increment give the snapshot, byte for byte.
 *
 * @param snapshot a finished private file
 * @param workspace takes the pages of the parent's chain, while that is read
 */
record ProvenIncrement(Path snapshot, Workspace workspace, Compression compression, Progress progress) {
    /** What an increment was to build on is not good any more. */
    static final class DamagedParent extends Exception {
        private static final long serialVersionUID = 1;

        DamagedParent(Failure why) {
            super(why.getMessage(), why);
        }

        /** What is wrong with a backup that is there already, and not with this run: such a run goes on without it. */
        static boolean isOne(Failure e) {
            return e.kind() == Failure.Kind.CORRUPT
                    || e.kind() == Failure.Kind.NOT_FOUND
                    || e.kind() == Failure.Kind.FAILURE;
        }
    }

    /**
     * Writes it.
     *
     * @param compressed takes it; made, and of no use if none was written
     * @param manifest of the increment, as far as it is known
     * @param mostBytes how large it may become
     * @param isParentProven whether the parent's files are, to the byte, those that a run has proven
     * @return null if it would become larger
     * @throws DamagedParent if the parent cannot be built upon
     * @throws Failure CORRUPT if what is read back is not what was written
     */
    IncrementWriter.Written write(
            Path compressed, Manifest manifest, List<ChainReader.Member> parent, long mostBytes, boolean isParentProven)
            throws IOException, DamagedParent {
        progress.phase("compare", Files.size(snapshot));
        try (FileChannel out = PrivateFiles.open(
                compressed, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            IncrementWriter.Written written = compare(out, manifest, parent, mostBytes, isParentProven);
            if (written == null) {
                return null;
            }
            progress.phase("read back", -1);
            out.force(true);
            readBack(compressed, out, written);
            return written;
        }
    }

    private IncrementWriter.Written compare(
            FileChannel out, Manifest manifest, List<ChainReader.Member> parent, long mostBytes, boolean isParentProven)
            throws IOException, DamagedParent {
        try (ChainReader chain = isParentProven ? ChainReader.open(parent).allowFast() : ChainReader.open(parent);
                FileChannel pages = workspace.scratch("pages")) {
            return new IncrementWriter(snapshot, manifest, compression, progress).write(out, chain, pages, mostBytes);
        } catch (NoSuchFileException e) {
            throw new DamagedParent(
                    new Failure(Failure.Kind.NOT_FOUND, e.getMessage() + " was deleted meanwhile", null, e));
        } catch (Failure e) {
            if (DamagedParent.isOne(e)) {
                throw new DamagedParent(e);
            }
            throw e;
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
