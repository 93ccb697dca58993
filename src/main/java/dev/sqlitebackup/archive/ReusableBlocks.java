package dev.sqlitebackup.archive;

import dev.sqlitebackup.files.RegularFiles;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.LongStream;
import java.util.zip.CRC32;

/**
 * The blocks of the previous backup, for a snapshot that may hold the same in the same places. A block is taken for
 * equal by the length and the CRC in its footer: a guess, made without decompressing anything. {@link BackupWriter}
 * decompresses it and compares it, byte for byte, with the snapshot. So a damaged or foreign previous backup costs
 * time, and never correctness.
 */
public final class ReusableBlocks implements AutoCloseable {
    private final FileChannel previous;
    private final Manifest manifest;
    /**
     * Where each block begins; behind the last, where that ends. Shorter than the backup if its blocks make no sense.
     */
    private final long[] offsets;

    private ReusableBlocks(FileChannel previous, Manifest manifest, long[] offsets) {
        this.previous = previous;
        this.manifest = manifest;
        this.offsets = offsets;
    }

    /** Nothing can be used again. */
    public static ReusableBlocks none() {
        return new ReusableBlocks(null, null, new long[0]);
    }

    /**
     * @param previous may be anything, or nothing
     * @param pageSizeBytes of the snapshot; with another one, no block is in the same place
     */
    public static ReusableBlocks of(Path previous, int pageSizeBytes) throws IOException {
        FileChannel channel;
        try {
            channel = RegularFiles.open(previous, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            return none();
        }
        try {
            Manifest manifest = Manifest.of(channel);
            if (manifest != null && manifest.increment() == null && manifest.pageSizeBytes() == pageSizeBytes) {
                return new ReusableBlocks(channel, manifest, offsets(channel));
            }
            channel.close();
            return none();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static long[] offsets(FileChannel previous) throws IOException {
        long end = previous.size() - Trailer.LEAST_BYTES;
        LongStream.Builder offsets = LongStream.builder();
        long offset = 0;
        for (int length = 0; length >= 0; length = Bgzf.blockBytes(previous, offset, end)) {
            offset += length;
            offsets.add(offset);
        }
        return offsets.build().toArray();
    }

    /** The size of the database in the previous backup, 0 where it does not say. */
    public long previousDatabaseBytes() {
        return manifest == null ? 0 : manifest.databaseBytes();
    }

    /**
     * Copies a block of the previous backup, if it says that it holds this content.
     *
     * @param index of the block
     * @param block takes it
     * @return its length, or 0 if it has to be made
     */
    int copyIfEqual(long index, byte[] content, int contentBytes, byte[] block) throws IOException {
        if (index + 1 >= offsets.length) {
            return 0;
        }
        int length = (int) (offsets[(int) index + 1] - offsets[(int) index]);
        try {
            Channels.read(previous, offsets[(int) index], block, length);
        } catch (EOFException e) {
            return 0; // Somebody cut the previous backup in the meantime.
        }
        CRC32 crc = new CRC32();
        crc.update(content, 0, contentBytes);
        return Bgzf.contentBytes(block, length) == contentBytes && Bgzf.crc32(block, length) == (int) crc.getValue()
                ? length
                : 0;
    }

    @Override
    public void close() throws IOException {
        if (previous != null) {
            previous.close();
        }
    }
}
