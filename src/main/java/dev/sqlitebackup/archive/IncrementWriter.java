package dev.sqlitebackup.archive;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader.Sink;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Writes the pages of a snapshot that differ from what another backup holds: a WAL file ({@link Wal}) in BGZF blocks,
 * the {@link Trailer}, the empty last block.
 */
public final class IncrementWriter {
    private final Path snapshot;
    private final Manifest manifest;
    private final Compression compression;
    private final Progress progress;

    /**
     * Writes one increment.
     *
     * @param snapshot a finished private database
     * @param manifest of the increment, but for the size of its WAL file, and for its SHA-256 if that is not known yet
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
     * Compares the snapshot with the parent, and writes what differs. All of the parent's chain is read, and proven
     * against its SHA-256.
     *
     * @param out where the increment goes; left open, and not forced
     * @param pages an empty private file, for {@link ChainReader#read}
     * @param mostBytes how large it may become
     * @return null if it would become larger; what was written so far is no backup
     * @throws dev.sqlitebackup.Failure CORRUPT if anything about the parent's chain is wrong; likewise
     */
    public Written write(FileChannel out, ChainReader parent, FileChannel pages, long mostBytes) throws IOException {
        try (FileChannel content = FileChannel.open(snapshot, StandardOpenOption.READ);
                Blocks blocks = new Blocks(out, mostBytes)) {
            Differences differences = new Differences(content, blocks);
            parent.read(pages, compression.threads(), true, differences);
            differences.finish();
            blocks.finish();
            Manifest whole = completed(
                    manifest.sha256() != null ? manifest.sha256() : Digests.hex(differences.digest),
                    blocks.contentBytes);
            byte[] tail = Trailer.tail(whole);
            blocks.write(tail, tail.length);
            return new Written(whole, blocks.writtenBytes, Digests.hex(blocks.digest), blocks.compressor.hasReplaced());
        } catch (TooLarge e) {
            return null;
        }
    }

    private Manifest completed(String sha256, long walBytes) {
        Manifest.Increment increment = manifest.increment();
        return new Manifest(
                manifest.createdAt(),
                manifest.databaseBytes(),
                manifest.pageSizeBytes(),
                sha256,
                new Manifest.Increment(
                        increment.second(),
                        increment.parentCreatedAt(),
                        increment.parentSecond(),
                        increment.parentSha256(),
                        increment.number(),
                        walBytes));
    }

    /** Takes the parent's database, in order, and makes a frame of each page that the snapshot has otherwise. */
    private final class Differences implements Sink {
        private final FileChannel content;
        private final Blocks blocks;
        private final Wal wal = new Wal(manifest);
        /** Of the whole snapshot. */
        private final MessageDigest digest = Digests.sha256();

        private final int pageSizeBytes = manifest.pageSizeBytes();
        private final byte[] wanted = new byte[BackupReader.BUFFER_BYTES];
        private long position;
        private boolean differs;
        /** The last page that differs: only when another comes is it known not to be the commit. */
        private final byte[] pending = new byte[pageSizeBytes];

        private long pendingNumber;

        Differences(FileChannel content, Blocks blocks) throws IOException {
            this.content = content;
            this.blocks = blocks;
            blocks.add(wal.header());
        }

        @Override
        public void write(byte[] bytes, int length) throws IOException {
            int count = (int) Math.min(length, manifest.databaseBytes() - position);
            if (count <= 0) {
                return; // The parent is longer.
            }
            Channels.read(content, position, wanted, count);
            digest(wanted, count);
            for (int from = 0; from < count; ) {
                int to = (int) Math.min(count, from + pageSizeBytes - (position + from) % pageSizeBytes);
                differs |= !Arrays.equals(bytes, from, to, wanted, from, to);
                if ((position + to) % pageSizeBytes == 0) {
                    endPage((position + to) / pageSizeBytes);
                }
                from = to;
            }
            position += count;
            progress.at(position);
        }

        private void digest(byte[] bytes, int length) {
            if (manifest.sha256() == null) {
                digest.update(bytes, 0, length);
            }
        }

        private void endPage(long number) throws IOException {
            // Page 1 is always there: readers find the database's header in the first bytes.
            if (differs || number == 1) {
                frame(number);
            }
            differs = false;
        }

        private void frame(long number) throws IOException {
            if (pendingNumber > 0) {
                flush(0);
            }
            pendingNumber = number;
            Channels.read(content, (number - 1) * pageSizeBytes, pending, pageSizeBytes);
        }

        private void flush(long pageCount) throws IOException {
            blocks.add(wal.frameHeader(pendingNumber, pageCount, pending));
            blocks.add(pending);
        }

        /** What lies behind the parent's end. */
        void finish() throws IOException {
            for (; position < manifest.databaseBytes(); position += pageSizeBytes) {
                frame(position / pageSizeBytes + 1);
                digest(pending, pageSizeBytes);
                progress.at(position);
            }
            flush(manifest.databaseBytes() / pageSizeBytes);
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
