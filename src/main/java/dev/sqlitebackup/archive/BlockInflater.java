package dev.sqlitebackup.archive;

import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses blocks: by ISA-L if it may and can, else by the JDK. A block that ISA-L refuses is tried again by the
 * JDK, which words the error. For any number of threads.
 */
final class BlockInflater implements AutoCloseable {
    private final boolean fast;
    private final Queue<Inflater> idle = new ConcurrentLinkedQueue<>();

    BlockInflater(boolean fast) {
        this.fast = fast;
    }

    /** As {@link Bgzf#decompress}, which also decides what is wrong with a block. */
    int decompress(byte[] block, int blockBytes, byte[] content) throws IOException {
        int expectedBytes = Bgzf.contentBytes(block, blockBytes);
        Inflater inflater = fast && expectedBytes > 0 && expectedBytes <= content.length ? take() : null;
        if (inflater != null) {
            boolean isWhole = isWhole(inflater, block, blockBytes, content, expectedBytes);
            idle.add(inflater);
            if (isWhole) {
                return expectedBytes;
            }
        }
        return Bgzf.decompress(block, blockBytes, content);
    }

    private Inflater take() {
        Inflater taken = idle.poll();
        return taken == null ? FastDeflate.inflater() : taken;
    }

    private static boolean isWhole(Inflater inflater, byte[] block, int blockBytes, byte[] content, int expectedBytes) {
        try {
            inflater.reset();
            inflater.setInput(block, Bgzf.HEADER_BYTES, blockBytes - Bgzf.HEADER_BYTES - Bgzf.FOOTER_BYTES);
            if (inflater.inflate(content, 0, content.length) != expectedBytes) {
                return false;
            }
        } catch (DataFormatException | RuntimeException e) {
            return false;
        }
        CRC32 crc = new CRC32();
        crc.update(content, 0, expectedBytes);
        return (int) crc.getValue() == Bgzf.crc32(block, blockBytes);
    }

    @Override
    public void close() {
        idle.forEach(Inflater::end);
    }
}
