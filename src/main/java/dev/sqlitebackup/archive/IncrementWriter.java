package dev.sqlitebackup.archive;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the pages of a snapshot that differ from what another backup holds: a WAL file ({@link Wal}) in BGZF blocks,
 * the {@link Trailer}, the empty last block.
 */
public final class IncrementWriter {
    private static final Logger LOG = LoggerFactory.getLogger(IncrementWriter.class);

    /** Whole pages of any size, which is 64 KiB at most. */
    private static final int BUFFER_BYTES = 1 << 18;

    private final Path snapshot;
    private final Manifest manifest;
    private final Compression compression;
    private final Progress progress;

    /**
     * Writes one increment.
     *
     * @param snapshot a finished private database
     * @param manifest of the increment, but for the size of its WAL file
     */
    public IncrementWriter(Path snapshot, Manifest manifest, Compression compression, Progress progress) {
        this.snapshot = snapshot;
        this.manifest = manifest;
        this.compression = compression;
        this.progress = progress;
    }

    /**
     * What was written.
     *
     * @param backupBytes length of the whole increment
     * @param walSha256 of the WAL file in it, in hexadecimal
     * @param isFastDeflateWrong as {@link BackupWriter.Written} has it
     */
    public record Written(Manifest manifest, long backupBytes, String walSha256, boolean isFastDeflateWrong) {}

    /**
     * Compares the snapshot with the parent, and writes what differs.
     *
     * @param out where the increment goes; left open, and not forced
     * @param parent of whose pages nothing was compared yet; of the same page size
     * @param mostBytes how large it may become
     * @return null if it would become larger; what was written so far is no backup
     */
    public Written write(FileChannel out, PageDigests parent, long mostBytes) throws IOException {
        try (FileChannel content = FileChannel.open(snapshot, StandardOpenOption.READ);
                Blocks blocks = new Blocks(out, mostBytes)) {
            Frames frames = new Frames(blocks);
            compare(content, parent, frames);
            frames.finish();
            blocks.finish();
            Manifest whole = completed(blocks.contentBytes);
            byte[] tail = Trailer.tail(whole);
            blocks.write(tail, tail.length);
            LOG.debug(
                    "increment: {} pages compared, {} written; {} bytes of WAL, {} bytes of backup",
                    manifest.databaseBytes() / manifest.pageSizeBytes(),
                    frames.count,
                    blocks.contentBytes,
                    blocks.writtenBytes);
            return new Written(whole, blocks.writtenBytes, Digests.hex(blocks.digest), blocks.compressor.hasReplaced());
        } catch (TooLarge e) {
            LOG.debug("increment: given up above {} bytes, because a full backup is better", mostBytes);
            return null;
        }
    }

    private void compare(FileChannel content, PageDigests parent, Frames frames) throws IOException {
        int pageSizeBytes = manifest.pageSizeBytes();
        byte[] buffer = new byte[BUFFER_BYTES];
        for (long position = 0; position < manifest.databaseBytes(); ) {
            int count = (int) Math.min(buffer.length, manifest.databaseBytes() - position);
            Channels.read(content, position, buffer, count);
            for (int from = 0; from < count; from += pageSizeBytes) {
                boolean isSame = parent.isNext(buffer, from);
                // Page 1 is always there: readers find the database's header in the first bytes.
                if (!isSame || position + from == 0) {
                    frames.add((position + from) / pageSizeBytes + 1, buffer, from);
                }
            }
            position += count;
            progress.at(position);
        }
    }

    private Manifest completed(long walBytes) {
        Manifest.Increment increment = manifest.increment();
        return new Manifest(
                manifest.createdAt(),
                manifest.databaseBytes(),
                manifest.pageSizeBytes(),
                manifest.sha256(),
                new Manifest.Increment(
                        increment.second(),
                        increment.parentCreatedAt(),
                        increment.parentSecond(),
                        increment.parentSha256(),
                        increment.number(),
                        walBytes));
    }

    /** Makes a frame of each page. */
    private final class Frames {
        private final Blocks blocks;
        private final Wal wal = new Wal(manifest);
        /** The last page: only when another comes is it known not to be the commit. */
        private final byte[] pending = new byte[manifest.pageSizeBytes()];

        private long pendingNumber;
        private long count;

        Frames(Blocks blocks) throws IOException {
            this.blocks = blocks;
            blocks.add(wal.header());
        }

        void add(long number, byte[] bytes, int from) throws IOException {
            if (pendingNumber > 0) {
                flush(0);
            }
            pendingNumber = number;
            System.arraycopy(bytes, from, pending, 0, pending.length);
        }

        private void flush(long pageCount) throws IOException {
            count++;
            blocks.add(wal.frameHeader(pendingNumber, pageCount, pending));
            blocks.add(pending);
        }

        void finish() throws IOException {
            flush(manifest.databaseBytes() / manifest.pageSizeBytes());
        }
    }

    /** Compresses what comes, on several threads, and writes it. */
    private final class Blocks implements AutoCloseable {
        private final FileChannel out;
        private final long mostBytes;
        private final MessageDigest digest = Digests.sha256();
        private final ArrayDeque<Piece> free = new ArrayDeque<>();
        private final OrderedPipeline<Piece> pipeline = new OrderedPipeline<>(compression.threads(), this::write);
        private final BlockCompressor compressor = new BlockCompressor(compression.level());
        private Piece filling = new Piece(true);
        private long contentBytes;
        private long writtenBytes;

        Blocks(FileChannel out, long mostBytes) {
            this.out = out;
            this.mostBytes = mostBytes;
        }

        void add(byte[] bytes) throws IOException {
            digest.update(bytes);
            contentBytes += bytes.length;
            for (int taken = 0; taken < bytes.length; ) {
                int count = Math.min(bytes.length - taken, filling.content.length - filling.contentBytes);
                System.arraycopy(bytes, taken, filling.content, filling.contentBytes, count);
                taken += count;
                filling.contentBytes += count;
                if (filling.contentBytes == filling.content.length) {
                    submit();
                }
            }
        }

        private void submit() throws IOException {
            Piece piece = filling;
            pipeline.submit(() -> {
                compressor.compress(piece);
                return piece;
            });
            filling = free.isEmpty() ? new Piece(true) : free.remove();
            filling.contentBytes = 0;
        }

        private void write(Piece piece) throws IOException {
            write(piece.block, piece.blockBytes);
            free.add(piece);
        }

        void write(byte[] bytes, int length) throws IOException {
            writtenBytes += length;
            if (writtenBytes > mostBytes) {
                throw new TooLarge();
            }
            Channels.write(out, bytes, length);
        }

        void finish() throws IOException {
            if (filling.contentBytes > 0) {
                submit();
            }
            pipeline.finish();
        }

        @Override
        public void close() {
            pipeline.close();
            compressor.close();
        }
    }

    /** Ends the writing of an increment that is not worth its while. */
    private static final class TooLarge extends IOException {
        private static final long serialVersionUID = 1;
    }
}
