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
    private final Path snapshot;
    private final int pageSizeBytes;
    private final Instant createdAt;
    private final Compression compression;
    private final Progress progress;

    /**
     * Writes one snapshot, once or several times.
     *
     * @param snapshot a finished private database
     */
    public BackupWriter(
            Path snapshot, int pageSizeBytes, Instant createdAt, Compression compression, Progress progress) {
        this.snapshot = snapshot;
        this.pageSizeBytes = pageSizeBytes;
        this.createdAt = createdAt;
        this.compression = compression;
        this.progress = progress;
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
     * @param backupBytes length of the whole backup
     */
    public record Written(Manifest manifest, long backupBytes) {}

    /**
     * Writes it to a file.
     *
     * @param out where the backup goes; left open, and not forced
     * @param reusable blocks of the previous backup
     */
    public Written write(FileChannel out, ReusableBlocks reusable) throws IOException {
        return write(out, reusable, false);
    }

    /**
     * The same to where nothing can be read back: every block is decompressed and compared with the snapshot before it
     * is written.
     *
     * @throws Failure of kind CORRUPT if one is not what it should be; what was written so far has no end, and is
     *     refused by every reader
     */
    public Written writeProven(WritableByteChannel out) throws IOException {
        return write(out, ReusableBlocks.none(), true);
    }

    /**
     * Writes the backup to any channel.
     *
     * @param proves whether each block, also one of {@code reusable}, is decompressed and compared before it is written
     */
    Written write(WritableByteChannel out, ReusableBlocks reusable, boolean proves) throws IOException {
        try (FileChannel channel = FileChannel.open(snapshot, StandardOpenOption.READ)) {
            Blocks blocks = new Blocks(channel, channel.size(), reusable, proves);
            MessageDigest digest = Digests.sha256();
            long blocksBytes = blocks.write(out, digest);
            Manifest manifest = new Manifest(createdAt, blocks.databaseBytes, pageSizeBytes, Digests.hex(digest));
            byte[] tail = Trailer.tail(manifest);
            Channels.write(out, tail, tail.length);
            return new Written(manifest, blocksBytes + tail.length);
        }
    }

    private final class Blocks {
        private final FileChannel content;
        private final long databaseBytes;
        private final ReusableBlocks reusable;
        private final boolean proves;
        private final int strideBytes = Bgzf.strideBytes(pageSizeBytes);

        Blocks(FileChannel content, long databaseBytes, ReusableBlocks reusable, boolean proves) {
            this.content = content;
            this.databaseBytes = databaseBytes;
            this.reusable = reusable;
            this.proves = proves;
        }

        /** @return how many bytes were written */
        long write(WritableByteChannel out, MessageDigest digest) throws IOException {
            ArrayDeque<Piece> free = new ArrayDeque<>();
            long[] doneBytes = {0};
            long[] writtenBytes = {0};
            try (OrderedPipeline<Piece> pipeline = new OrderedPipeline<>(compression.threads(), piece -> {
                digest.update(piece.content, 0, piece.contentBytes);
                Channels.write(out, piece.block, piece.blockBytes);
                writtenBytes[0] += piece.blockBytes;
                doneBytes[0] += piece.contentBytes;
                progress.at(doneBytes[0]);
                free.add(piece);
            })) {
                for (long position = 0; position < databaseBytes; position += strideBytes) {
                    long from = position;
                    Piece piece = free.isEmpty() ? new Piece() : free.remove();
                    pipeline.submit(() -> makeBlock(from, piece));
                }
                pipeline.finish();
            }
            return writtenBytes[0];
        }

        private Piece makeBlock(long position, Piece piece) throws IOException {
            piece.contentBytes = (int) Math.min(strideBytes, databaseBytes - position);
            Channels.read(content, position, piece.content, piece.contentBytes);
            piece.blockBytes =
                    reusable.copyIfEqual(position / strideBytes, piece.content, piece.contentBytes, piece.block);
            if (piece.blockBytes == 0) {
                piece.blockBytes = Bgzf.compress(piece.content, piece.contentBytes, compression.level(), piece.block);
            }
            if (proves) {
                prove(piece);
            }
            return piece;
        }
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
