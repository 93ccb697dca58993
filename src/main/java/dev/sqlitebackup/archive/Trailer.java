package dev.sqlitebackup.archive;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * The form of a {@link Manifest}, in an empty block before the last one. So one read of the last {@link #TAIL_BYTES}
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
 */
final class Trailer {
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

    private Trailer() {}

    /** The last bytes of the file. */
    static byte[] tail(Manifest manifest) {
        ByteBuffer payload = ByteBuffer.allocate(PAYLOAD_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) VERSION)
                .putLong(manifest.createdAt().getEpochSecond())
                .putLong(manifest.databaseBytes())
                .putInt(manifest.pageSizeBytes())
                .put(HexFormat.of().parseHex(manifest.sha256()));
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
     * @return null if they are not, to the last bit, what {@link #tail} makes
     */
    static Manifest parse(byte[] tail) {
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
        // In the range of an Instant; a value that this changes fails the comparison below.
        Manifest manifest = new Manifest(
                Instant.ofEpochSecond(Math.floorMod(payload.getLong(), 1L << 40)),
                payload.getLong(),
                payload.getInt(),
                HexFormat.of().formatHex(bytes, payload.position(), payload.position() + 32));
        return manifest.databaseBytes() > 0 && manifest.pageSizeBytes() > 0 && Arrays.equals(tail(manifest), tail)
                ? manifest
                : null;
    }

    /**
     * Whether a tail that {@link #parse} does not accept was ours once. Its first 22 bytes are constant; one with at
     * most two of them wrong is taken for ours.
     */
    static boolean isDamaged(byte[] tail) {
        byte[] expected = tail(new Manifest(Instant.EPOCH, 1, 1, "00".repeat(32)));
        int same = 0;
        for (int i = 0; i < PAYLOAD_OFFSET; i++) {
            same += tail[i] == expected[i] ? 1 : 0;
        }
        return same >= PAYLOAD_OFFSET - 2;
    }
}
