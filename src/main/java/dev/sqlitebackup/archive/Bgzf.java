package dev.sqlitebackup.archive;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * One block of a BGZF file (<a href="https://samtools.github.io/hts-specs/SAMv1.pdf">SAM/BAM specification, 4.1</a>): a
 * whole gzip member (RFC 1952) that says its own length, so that the next one can be found without decompressing it.
 * Numbers are little-endian.
 *
 * <pre>
 *   offset  bytes                        meaning
 *        0  1f 8b 08 04                  gzip, deflate, FEXTRA
 *        4  00 00 00 00                  MTIME: none
 *        8  00 ff                        XFL: none, OS: unknown
 *       10  06 00                        XLEN: 6
 *       12  42 43 02 00                  subfield "BC" of two bytes
 *       16  BSIZE                        length of the whole block minus 1
 *       18  deflate stream               ends exactly at the CRC
 *     -  8  CRC32                        of the content
 *     -  4  ISIZE                        length of the content
 * </pre>
 *
 * Of the 18 bytes only BSIZE varies: a reader of our files refuses everything else.
 */
final class Bgzf {
    static final int HEADER_BYTES = 18;
    /** How much of a block's extra field the "BC" subfield takes. */
    static final int BC_SUBFIELD_BYTES = 6;

    static final int FOOTER_BYTES = 8;
    private static final int BSIZE_OFFSET = 16;
    /** BSIZE has 16 bits. */
    static final int MAX_BLOCK_BYTES = 1 << 16;
    /** So much content fits into a block even if it cannot be compressed; bgzip takes the same. */
    static final int MAX_CONTENT_BYTES = 0xff00;

    private static final int HALF_OF_THE_LARGEST_PAGE = 1 << 15;
    private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 0xff, 6, 0, 'B', 'C', 2, 0};
    private static final byte[] EMPTY_DEFLATE_STREAM = {3, 0};

    /** The block without content that ends every BGZF file: whoever does not find it knows that the file was cut. */
    static final byte[] END = emptyBlock(HEADER, new byte[0]);

    private Bgzf() {}

    /**
     * How much of a database goes into each block: whole pages where they fit, so that a changed page changes one
     * block.
     */
    static int strideBytes(int pageSizeBytes) {
        return pageSizeBytes > MAX_CONTENT_BYTES
                ? HALF_OF_THE_LARGEST_PAGE
                : MAX_CONTENT_BYTES / pageSizeBytes * pageSizeBytes;
    }

    /** A block without content, whose extra field goes on behind the "BC" subfield. */
    static byte[] emptyBlock(byte[] headerWithoutBsize, byte[] moreSubfields) {
        int length = HEADER_BYTES + moreSubfields.length + EMPTY_DEFLATE_STREAM.length + FOOTER_BYTES;
        return ByteBuffer.allocate(length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(headerWithoutBsize)
                .putShort((short) (length - 1))
                .put(moreSubfields)
                .put(EMPTY_DEFLATE_STREAM)
                .array();
    }

    /** The first 16 bytes of a block whose extra field has this length. */
    static byte[] header(int extraFieldBytes) {
        byte[] header = HEADER.clone();
        header[10] = (byte) extraFieldBytes;
        return header;
    }

    /**
     * @param header the first 18 bytes of a block
     * @return the length of the whole block, or -1 if this is not exactly such a header
     */
    static int blockBytes(byte[] header) {
        if (header.length < HEADER_BYTES || !Arrays.equals(header, 0, HEADER.length, HEADER, 0, HEADER.length)) {
            return -1;
        }
        int length = (header[BSIZE_OFFSET] & 0xff | (header[BSIZE_OFFSET + 1] & 0xff) << 8) + 1;
        return length < END.length ? -1 : length;
    }

    /**
     * @param offset at most {@code end}
     * @param end of all blocks, behind which the tail of a backup follows
     * @return the length of the block at an offset, or -1 if no whole one is there
     */
    static int blockBytes(FileChannel file, long offset, long end) throws IOException {
        int length = blockBytes(Channels.read(file, offset, HEADER_BYTES));
        return length > end - offset ? -1 : length;
    }

    /** The CRC of a block's content, as its footer has it. */
    static int crc32(byte[] block, int length) {
        return ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).getInt(length - FOOTER_BYTES);
    }

    /** The length of a block's content, as its footer has it. */
    static int contentBytes(byte[] block, int length) {
        return ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN).getInt(length - FOOTER_BYTES / 2);
    }

    /**
     * Makes a block of {@code content}.
     *
     * @param deflater for raw streams; it may be one that writes to the beginning of an array only
     * @param block takes it; {@link #MAX_BLOCK_BYTES} long
     * @return its length
     * @throws IOException if it does not fit
     */
    static int compress(byte[] content, int contentBytes, Deflater deflater, byte[] block) throws IOException {
        deflater.reset();
        deflater.setInput(content, 0, contentBytes);
        deflater.finish();
        int deflatedBytes = deflater.deflate(block, 0, block.length - HEADER_BYTES - FOOTER_BYTES);
        if (!deflater.finished()) {
            throw new IOException("a block holds more than it may");
        }
        int length = HEADER_BYTES + deflatedBytes + FOOTER_BYTES;
        System.arraycopy(block, 0, block, HEADER_BYTES, deflatedBytes);
        CRC32 crc = new CRC32();
        crc.update(content, 0, contentBytes);
        ByteBuffer.wrap(block)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(HEADER)
                .putShort((short) (length - 1))
                .position(length - FOOTER_BYTES)
                .putInt((int) crc.getValue())
                .putInt(contentBytes);
        return length;
    }

    /**
     * Takes the content out of a block: its checksum and length are right, and its deflate stream ends exactly at them.
     *
     * @param content takes it
     * @return its length
     * @throws IOException that says what is wrong with the block
     */
    static int decompress(byte[] block, int blockBytes, byte[] content) throws IOException {
        ByteArrayInputStream bytes = new ByteArrayInputStream(block, 0, blockBytes);
        try (GzipCompressorInputStream gzip = GzipCompressorInputStream.builder()
                .setInputStream(bytes)
                .setBufferSize(blockBytes)
                .get()) {
            int length = gzip.readNBytes(content, 0, content.length);
            if (length == content.length && gzip.read() >= 0) {
                throw new IOException("a block holds more than it may");
            }
            if (bytes.available() > 0) {
                throw new IOException("a block is shorter than it says");
            }
            return length;
        }
    }
}
