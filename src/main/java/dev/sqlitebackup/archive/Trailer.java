package dev.sqlitebackup.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * What a backup says of itself, in an empty block before the last one. So one read of the last {@link #TAIL_BYTES}
 * answers what is in a file, and the checksum of the whole finds a block that strayed in from another backup.
 * Little-endian.
 *
 * <pre>
 *   offset  bytes                        meaning
 *        0  1f 8b 08 04 .. 44 00 .. 59 00  a BGZF header as in {@link Bgzf}, with XLEN 68 and BSIZE 89
 *       18  53 42 3a 00                  subfield "SB" of 58 bytes
 *       22  version                      2 bytes, 1
 *       24  createdAt                    8 bytes, seconds since 1970 UTC
 *       32  databaseBytes                8 bytes
 *       40  pageSizeBytes                4 bytes
 *       44  sha256                       32 bytes, of the database
 *       76  crc32                        4 bytes, of the 54 bytes before it
 *       80  03 00, CRC32 0, ISIZE 0      nothing, compressed
 *       90  the last block               28 bytes, {@link Bgzf#END}
 * </pre>
 *
 * @param sha256 in hexadecimal
 */
record Trailer(Instant createdAt, long databaseBytes, int pageSizeBytes, String sha256) {
    private static final int VERSION = 1;
    private static final byte[] SUBFIELD = {'S', 'B', 58, 0};
    private static final int PAYLOAD_BYTES = 58;
    private static final int EXTRA_FIELD_BYTES = 6 + SUBFIELD.length + PAYLOAD_BYTES;
    private static final byte[] HEADER = Bgzf.header(EXTRA_FIELD_BYTES);
    private static final int BYTES = encode(new byte[PAYLOAD_BYTES]).length;
    private static final int PAYLOAD_OFFSET = Bgzf.HEADER_BYTES + SUBFIELD.length;
    private static final int CHECKED_BYTES = PAYLOAD_BYTES - 4;

    /** Trailer and last block. */
    static final int TAIL_BYTES = BYTES + Bgzf.END.length;

    /** The last bytes of the file. */
    byte[] tail() {
        ByteBuffer payload = ByteBuffer.allocate(PAYLOAD_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) VERSION)
                .putLong(createdAt.getEpochSecond())
                .putLong(databaseBytes)
                .putInt(pageSizeBytes)
                .put(HexFormat.of().parseHex(sha256));
        payload.putInt(crc32(payload.array()));
        return tail(payload.array());
    }

    private static byte[] tail(byte[] payload) {
        byte[] tail = Arrays.copyOf(encode(payload), TAIL_BYTES);
        System.arraycopy(Bgzf.END, 0, tail, BYTES, Bgzf.END.length);
        return tail;
    }

    private static byte[] encode(byte[] payload) {
        return Bgzf.emptyBlock(
                HEADER,
                ByteBuffer.allocate(SUBFIELD.length + PAYLOAD_BYTES)
                        .put(SUBFIELD)
                        .put(payload)
                        .array());
    }

    private static int crc32(byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload, 0, CHECKED_BYTES);
        return (int) crc.getValue();
    }

    /**
     * @param tail the last {@link #TAIL_BYTES} of a file
     * @return null if they are not, to the last bit, what {@link #tail()} makes
     */
    static Trailer parse(byte[] tail) {
        if (tail.length != TAIL_BYTES) {
            return null;
        }
        byte[] bytes = Arrays.copyOfRange(tail, PAYLOAD_OFFSET, PAYLOAD_OFFSET + PAYLOAD_BYTES);
        ByteBuffer payload = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (payload.getShort() != VERSION
                || payload.getInt(CHECKED_BYTES) != crc32(bytes)
                || !Arrays.equals(tail(bytes), tail)) {
            return null;
        }
        Trailer trailer = new Trailer(
                Instant.ofEpochSecond(Math.floorMod(payload.getLong(), 1L << 40)),
                payload.getLong(),
                payload.getInt(),
                HexFormat.of().formatHex(bytes, payload.position(), payload.position() + 32));
        return trailer.databaseBytes > 0 && trailer.pageSizeBytes > 0 && Arrays.equals(trailer.tail(), tail)
                ? trailer
                : null;
    }

    /**
     * Whether a tail that {@link #parse} does not accept was ours once: its first 22 bytes are always the same, and
     * hardly any damage changes them all.
     */
    static boolean isDamaged(byte[] tail) {
        byte[] expected = new Trailer(Instant.EPOCH, 1, 1, "00".repeat(32)).tail();
        int same = 0;
        for (int i = 0; i < PAYLOAD_OFFSET; i++) {
            same += tail[i] == expected[i] ? 1 : 0;
        }
        return same >= PAYLOAD_OFFSET - 2;
    }

    /** @return null if the file does not end like one of ours */
    static Trailer read(FileChannel file) throws IOException {
        long position = file.size() - TAIL_BYTES;
        return position < 0 ? null : parse(Channels.read(file, position, TAIL_BYTES));
    }
}
