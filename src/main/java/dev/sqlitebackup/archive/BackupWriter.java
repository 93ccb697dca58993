package dev.sqlitebackup.archive;

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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a snapshot as a BGZF file: blocks at a fixed stride, the {@link Trailer}, the empty last block. Blocks that
 * the previous backup has already are copied as they are.
 */
public final class BackupWriter {
    private static final Logger LOG = LoggerFactory.getLogger(BackupWriter.class);

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

    /**
     * What was written.
     *
     * @param backupBytes length of the whole backup
     * @param backupSha256 of the whole backup, in hexadecimal
     * @param isFastDeflateWrong whether ISA-L could not make a block, or made it wrongly, and the JDK made it again
     */
    public record Written(Manifest manifest, long backupBytes, String backupSha256, boolean isFastDeflateWrong) {}

    /**
     * Writes the backup. Each block is decompressed and compared with the snapshot before it is written, so the backup
     * may go down a pipe.
     *
     * @param out where the backup goes; left open, and not forced
     * @param reusable blocks of the previous backup
     * @throws dev.sqlitebackup.Failure of kind CORRUPT if a block is not what it should be; what was written so far has
     *     no end, and is refused by every reader
     */
    public Written write(WritableByteChannel out, ReusableBlocks reusable) throws IOException {
        try (FileChannel content = FileChannel.open(snapshot, StandardOpenOption.READ);
                BlockCompressor compressor = new BlockCompressor(compression.level())) {
            Blocks blocks = new Blocks(content, content.size(), reusable, compressor, out);
            blocks.write();
            Manifest manifest =
                    new Manifest(createdAt, blocks.databaseBytes, pageSizeBytes, Digests.hex(blocks.contentDigest));
            byte[] tail = Trailer.tail(manifest);
            blocks.write(tail, tail.length);
            LOG.debug(
                    "blocks: {} taken over from the last backup, {} compressed anew",
                    blocks.takenOver,
                    blocks.madeAnew);
            LOG.debug(
                    "full backup: {} bytes of database, {} bytes of backup, ratio {}",
                    blocks.databaseBytes,
                    blocks.writtenBytes,
                    Math.round(10.0 * blocks.databaseBytes / blocks.writtenBytes) / 10.0);
            return new Written(
                    manifest, blocks.writtenBytes, Digests.hex(blocks.backupDigest), compressor.hasReplaced());
        }
    }

    private final class Blocks {
        private final FileChannel content;
        private final long databaseBytes;
        private final ReusableBlocks reusable;
        private final BlockCompressor compressor;
        private final WritableByteChannel out;
        private final int strideBytes = Bgzf.strideBytes(pageSizeBytes);
        private final MessageDigest contentDigest = Digests.sha256();
        private final MessageDigest backupDigest = Digests.sha256();
        private long writtenBytes;
        private long takenOver;
        private long madeAnew;

        Blocks(
                FileChannel content,
                long databaseBytes,
                ReusableBlocks reusable,
                BlockCompressor compressor,
                WritableByteChannel out) {
            this.content = content;
            this.databaseBytes = databaseBytes;
            this.reusable = reusable;
            this.compressor = compressor;
            this.out = out;
        }

        void write() throws IOException {
            ArrayDeque<Piece> free = new ArrayDeque<>();
            long[] doneBytes = {0};
            try (OrderedPipeline<Piece> pipeline = new OrderedPipeline<>(compression.threads(), piece -> {
                contentDigest.update(piece.content, 0, piece.contentBytes);
                write(piece.block, piece.blockBytes);
                takenOver += piece.isTakenOver ? 1 : 0;
                madeAnew += piece.isTakenOver ? 0 : 1;
                doneBytes[0] += piece.contentBytes;
                progress.at(doneBytes[0]);
                free.add(piece);
            })) {
                for (long position = 0; position < databaseBytes; position += strideBytes) {
                    long from = position;
                    Piece piece = free.isEmpty() ? new Piece(true) : free.remove();
                    pipeline.submit(() -> makeBlock(from, piece));
                }
                pipeline.finish();
            }
        }

        private Piece makeBlock(long position, Piece piece) throws IOException {
            piece.contentBytes = (int) Math.min(strideBytes, databaseBytes - position);
            Channels.read(content, position, piece.content, piece.contentBytes);
            piece.blockBytes =
                    reusable.copyIfEqual(position / strideBytes, piece.content, piece.contentBytes, piece.block);
            // A block of the previous backup that is not what its footer says is made anew.
            piece.isTakenOver = piece.blockBytes > 0 && BlockCompressor.holdsContent(piece);
            if (!piece.isTakenOver) {
                compressor.compress(piece);
            }
            return piece;
        }

        void write(byte[] bytes, int length) throws IOException {
            Channels.write(out, bytes, length);
            backupDigest.update(bytes, 0, length);
            writtenBytes += length;
        }
    }
}
