package dev.sqlitebackup.archive;

import dev.sqlitebackup.archive.BackupReader.Sink;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.ArrayDeque;

/**
 * Decompresses a backup of ours on several threads. Every byte has to be what {@link BackupWriter} would have written
 * there.
 */
final class BlockReader {
    private final String backup;
    private final FileChannel file;
    private final Manifest manifest;
    private final int strideBytes;

    BlockReader(String backup, FileChannel file, Manifest manifest) {
        this.backup = backup;
        this.file = file;
        this.manifest = manifest;
        this.strideBytes = Bgzf.strideBytes(manifest.pageSizeBytes());
    }

    private static final class Piece {
        private final byte[] block = new byte[Bgzf.MAX_BLOCK_BYTES];
        private final byte[] content = new byte[Bgzf.MAX_CONTENT_BYTES];
        private int contentBytes;
    }

    Manifest read(int threads, boolean checksSha256, Sink sink) throws IOException {
        MessageDigest digest = Digests.sha256();
        ArrayDeque<Piece> free = new ArrayDeque<>();
        long end = file.size() - Trailer.TAIL_BYTES;
        long offset = 0;
        try (OrderedPipeline<Piece> pipeline = new OrderedPipeline<>(threads, piece -> {
            if (checksSha256) {
                digest.update(piece.content, 0, piece.contentBytes);
            }
            sink.write(piece.content, piece.contentBytes);
            free.add(piece);
        })) {
            for (long position = 0; position < manifest.databaseBytes(); position += strideBytes) {
                int length = Bgzf.blockBytes(file, offset, end);
                if (length < 0) {
                    throw BackupReader.damaged(backup, "there is no block at " + offset, null);
                }
                Piece piece = free.isEmpty() ? new Piece() : free.remove();
                long from = offset;
                int expectedBytes = (int) Math.min(strideBytes, manifest.databaseBytes() - position);
                pipeline.submit(() -> decompress(from, length, expectedBytes, piece));
                offset += length;
            }
            pipeline.finish();
        }
        if (offset != end) {
            throw BackupReader.damaged(backup, "it holds more than its trailer says", null);
        }
        String sha256 = checksSha256 ? Digests.hex(digest) : manifest.sha256();
        if (!sha256.equals(manifest.sha256())) {
            throw BackupReader.damaged(backup, "expected SHA-256 " + manifest.sha256() + ", found " + sha256, null);
        }
        return manifest;
    }

    private Piece decompress(long offset, int length, int expectedBytes, Piece piece) throws IOException {
        Channels.read(file, offset, piece.block, length);
        try {
            piece.contentBytes = Bgzf.decompress(piece.block, length, piece.content);
        } catch (IOException e) {
            throw BackupReader.damaged(backup, "the block at " + offset + " is damaged: " + e.getMessage(), e);
        }
        if (piece.contentBytes != expectedBytes) {
            throw BackupReader.damaged(
                    backup,
                    "the block at " + offset + ": expected " + expectedBytes + " bytes, found " + piece.contentBytes,
                    null);
        }
        return piece;
    }
}
