package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Writes a snapshot as a BGZF file: blocks at a fixed stride, the {@link Trailer}, the empty last block. Blocks that
 * the previous backup has already are copied as they are.
 */
public final class BackupWriter {
    private final FileChannel snapshot;
    private final long sizeBytes;
    private final int strideBytes;
    private final int level;
    private final boolean proves;

    private BackupWriter(FileChannel snapshot, int pageSizeBytes, int level, boolean proves) throws IOException {
        this.snapshot = snapshot;
        this.sizeBytes = snapshot.size();
        this.strideBytes = Bgzf.strideBytes(pageSizeBytes);
        this.level = level;
        this.proves = proves;
    }

    /** A piece of the database and the block that holds it; used again and again. */
    private static final class Piece {
        private final byte[] content = new byte[Bgzf.MAX_CONTENT_BYTES];
        private final byte[] block = new byte[Bgzf.MAX_BLOCK_BYTES];
        /** What the block holds, where that is looked at. */
        private byte[] proof;

        private int contentBytes;
        private int blockBytes;
    }

    /**
     * What was written.
     *
     * @param sha256 of the snapshot, in hexadecimal
     * @param backupBytes length of the whole backup
     */
    public record Written(String sha256, long backupBytes) {}

    /**
     * @param snapshot a finished private database
     * @param out where the backup goes; left open, and not forced
     * @param level 1 (fastest) to 9 (smallest), for the blocks that are compressed anew
     * @param reusable blocks of the previous backup
     */
    public static Written write(
            Path snapshot,
            int pageSizeBytes,
            FileChannel out,
            int level,
            Instant createdAt,
            ReusableBlocks reusable,
            int threads,
            Progress progress)
            throws IOException {
        return write(snapshot, pageSizeBytes, out, level, false, createdAt, reusable, threads, progress);
    }

    /**
     * The same to where nothing can be read back: every block is decompressed and compared with the snapshot before it
     * is written.
     *
     * @throws Failure of kind CORRUPT if one is not what it should be; what was written so far has no end, and is
     *     refused by every reader
     */
    public static Written writeProven(
            Path snapshot,
            int pageSizeBytes,
            WritableByteChannel out,
            int level,
            Instant createdAt,
            int threads,
            Progress progress)
            throws IOException {
        return write(snapshot, pageSizeBytes, out, level, true, createdAt, ReusableBlocks.none(), threads, progress);
    }

    /**
     * @param proves whether each block, also one of {@code reusable}, is decompressed and compared before it is written
     */
    static Written write(
            Path snapshot,
            int pageSizeBytes,
            WritableByteChannel out,
            int level,
            boolean proves,
            Instant createdAt,
            ReusableBlocks reusable,
            int threads,
            Progress progress)
            throws IOException {
        try (FileChannel channel = FileChannel.open(snapshot, StandardOpenOption.READ)) {
            BackupWriter writer = new BackupWriter(channel, pageSizeBytes, level, proves);
            Written blocks = writer.writeBlocks(out, reusable, threads, progress);
            byte[] tail = new Trailer(createdAt, writer.sizeBytes, pageSizeBytes, blocks.sha256).tail();
            Channels.write(out, tail, tail.length);
            return new Written(blocks.sha256, blocks.backupBytes + tail.length);
        }
    }

    private Written writeBlocks(WritableByteChannel out, ReusableBlocks reusable, int threads, Progress progress)
            throws IOException {
        MessageDigest digest = Digests.sha256();
        ArrayDeque<Piece> free = new ArrayDeque<>();
        long[] doneBytes = {0};
        long[] writtenBytes = {0};
        try (OrderedPipeline<Piece> pipeline = new OrderedPipeline<>(threads, piece -> {
            digest.update(piece.content, 0, piece.contentBytes);
            Channels.write(out, piece.block, piece.blockBytes);
            writtenBytes[0] += piece.blockBytes;
            doneBytes[0] += piece.contentBytes;
            progress.at(doneBytes[0]);
            free.add(piece);
        })) {
            for (long position = 0; position < sizeBytes; position += strideBytes) {
                long from = position;
                Piece piece = free.isEmpty() ? new Piece() : free.remove();
                pipeline.submit(() -> makeBlock(from, piece, reusable));
            }
            pipeline.finish();
        }
        return new Written(Digests.hex(digest), writtenBytes[0]);
    }

    private Piece makeBlock(long position, Piece piece, ReusableBlocks reusable) throws IOException {
        piece.contentBytes = (int) Math.min(strideBytes, sizeBytes - position);
        Channels.read(snapshot, position, piece.content, piece.contentBytes);
        piece.blockBytes = reusable.copyIfEqual(position / strideBytes, piece.content, piece.contentBytes, piece.block);
        if (piece.blockBytes == 0) {
            piece.blockBytes = Bgzf.compress(piece.content, piece.contentBytes, level, piece.block);
        }
        if (proves) {
            prove(piece);
        }
        return piece;
    }

    private static void prove(Piece piece) {
        if (piece.proof == null) {
            piece.proof = new byte[Bgzf.MAX_CONTENT_BYTES];
        }
        IOException damage = null;
        try {
            int length = Bgzf.decompress(piece.block, piece.blockBytes, piece.proof);
            if (Arrays.equals(piece.proof, 0, length, piece.content, 0, piece.contentBytes)) {
                return;
            }
        } catch (IOException e) {
            damage = e;
        }
        throw new Failure(
                Failure.Kind.CORRUPT,
                "a block does not hold what was compressed into it",
                "the memory of this machine is failing",
                damage);
    }
}
