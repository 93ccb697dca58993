package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.BackupReader.Sink;
import dev.sqlitebackup.files.Digests;
import java.io.EOFException;
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
    private final BlockInflater inflater;

    /** @param fast whether {@link FastDeflate#inflater} may decompress */
    BlockReader(String backup, FileChannel file, Manifest manifest, boolean fast) {
        this.backup = backup;
        this.file = file;
        this.manifest = manifest;
        this.strideBytes = manifest.strideBytes();
        this.inflater = new BlockInflater(fast);
    }

    /** Reads all blocks, and compares what is in them with the SHA-256 that a full backup says. */
    Manifest readProven(int threads, Sink sink) throws IOException {
        MessageDigest digest = Digests.sha256();
        read(threads, (bytes, length) -> {
            digest.update(bytes, 0, length);
            sink.write(bytes, length);
        });
        BackupReader.requireSha256(backup, manifest.sha256(), Digests.hex(digest));
        return manifest;
    }

    /** Reads all blocks. */
    Manifest read(int threads, Sink sink) throws IOException {
        ArrayDeque<Piece> free = new ArrayDeque<>();
        long end = file.size() - Trailer.bytes(manifest);
        long offset = 0;
        try (inflater;
                OrderedPipeline<Piece> pipeline = new OrderedPipeline<>(threads, piece -> {
                    sink.write(piece.content, piece.contentBytes);
                    free.add(piece);
                })) {
            for (long position = 0; position < manifest.contentBytes(); position += strideBytes) {
                int length = blockBytes(offset, end);
                if (length < 0) {
                    throw BackupReader.damaged(backup, "there is no block at " + offset, null);
                }
                Piece piece = free.isEmpty() ? new Piece(false) : free.remove();
                long from = offset;
                int expectedBytes = (int) Math.min(strideBytes, manifest.contentBytes() - position);
                pipeline.submit(() -> decompress(from, length, expectedBytes, piece));
                offset += length;
            }
            pipeline.finish();
        }
        if (offset != end) {
            throw BackupReader.damaged(backup, "it holds more than its trailer says", null);
        }
        return manifest;
    }

    private int blockBytes(long offset, long end) {
        try {
            return Bgzf.blockBytes(file, offset, end);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** That is the disk, and neither the place where its content goes nor what is in it. */
    private Failure unreadable(IOException e) {
        return e instanceof EOFException
                ? BackupReader.damaged(backup, "it is cut short", e)
                : Failure.io("cannot read the backup", backup, e);
    }

    private Piece decompress(long offset, int length, int expectedBytes, Piece piece) throws IOException {
        try {
            Channels.read(file, offset, piece.block, length);
        } catch (IOException e) {
            throw unreadable(e);
        }
        try {
            piece.contentBytes = inflater.decompress(piece.block, length, piece.content);
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
