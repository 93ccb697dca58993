package dev.sqlitebackup.archive;

import dev.sqlitebackup.archive.Manifest.Increment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * The form of a {@link Manifest}, in an empty block before the last one. So one read of the last {@link #MOST_BYTES}
 * answers what is in a file, and the checksum of the whole finds a block that strayed in from another backup.
 * Little-endian. Version 1 is of a full backup, version 2 of an increment.
 *
 * <pre>
 *   offset  bytes  version 1 and 2
 *        0     18  a BGZF header as in {@link Bgzf}, with XLEN 68 or 128 and BSIZE 89 or 149
 *       18      4  53 42 3a 00 or 53 42 76 00: subfield "SB" of 58 or 118 bytes
 *       22      2  version, 1 or 2
 *       24      8  createdAt, seconds since 1970 UTC
 *       32      8  databaseBytes
 *       40      4  pageSizeBytes
 *       44     32  sha256, of the database
 *                  version 2 alone
 *       76      4  second: its place among the backups of its second
 *       80      8  parentCreatedAt, seconds since 1970 UTC
 *       88      4  parentSecond
 *       92     32  parentSha256
 *      124      4  number, counted from the full backup, which is 0
 *      128      8  walBytes
 *                  version 1 and 2
 *       76 or 136  crc32, of the bytes from the version on
 *       80 or 140  03 00, CRC32 0, ISIZE 0: nothing, compressed
 *       90 or 150  the last block, 28 bytes, {@link Bgzf#END}
 * </pre>
 */
final class Trailer {
    private static final int FULL_VERSION = 1;
    private static final int INCREMENT_VERSION = 2;
    private static final int FULL_PAYLOAD_BYTES = 58;
    private static final int INCREMENT_PAYLOAD_BYTES = 118;
    private static final int SUBFIELD_HEADER_BYTES = 4;
    private static final int PAYLOAD_OFFSET = Bgzf.HEADER_BYTES + SUBFIELD_HEADER_BYTES;
    private static final int CRC_BYTES = 4;
    private static final int SHA256_BYTES = 32;
    /** In the range of an Instant; a value that this changes fails the comparison in {@link #parse}. */
    private static final long SECONDS_LIMIT = 1L << 40;

    /** Trailer and last block of a full backup. */
    static final int LEAST_BYTES = tail(new byte[FULL_PAYLOAD_BYTES]).length;

    /** Trailer and last block of an increment. */
    static final int MOST_BYTES = tail(new byte[INCREMENT_PAYLOAD_BYTES]).length;

    private Trailer() {}

    /** How many bytes {@link #tail} has. */
    static int bytes(Manifest manifest) {
        return manifest.increment() == null ? LEAST_BYTES : MOST_BYTES;
    }

    /** The last bytes of the file. */
    static byte[] tail(Manifest manifest) {
        Increment increment = manifest.increment();
        ByteBuffer payload = ByteBuffer.allocate(increment == null ? FULL_PAYLOAD_BYTES : INCREMENT_PAYLOAD_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort((short) (increment == null ? FULL_VERSION : INCREMENT_VERSION))
                .putLong(manifest.createdAt().getEpochSecond())
                .putLong(manifest.databaseBytes())
                .putInt(manifest.pageSizeBytes())
                .put(HexFormat.of().parseHex(manifest.sha256()));
        if (increment != null) {
            payload.putInt(increment.second())
                    .putLong(increment.parentCreatedAt().getEpochSecond())
                    .putInt(increment.parentSecond())
                    .put(HexFormat.of().parseHex(increment.parentSha256()))
                    .putInt(increment.number())
                    .putLong(increment.walBytes());
        }
        payload.putInt(crc32(payload.array()));
        return tail(payload.array());
    }

    private static byte[] tail(byte[] payload) {
        byte[] subfield = ByteBuffer.allocate(SUBFIELD_HEADER_BYTES + payload.length)
                .put(new byte[] {'S', 'B', (byte) payload.length, 0})
                .put(payload)
                .array();
        byte[] block = Bgzf.emptyBlock(Bgzf.header(Bgzf.BC_SUBFIELD_BYTES + subfield.length), subfield);
        byte[] tail = Arrays.copyOf(block, block.length + Bgzf.END.length);
        System.arraycopy(Bgzf.END, 0, tail, block.length, Bgzf.END.length);
        return tail;
    }

    private static int crc32(byte[] payload) {
        CRC32 crc = new CRC32();
        crc.update(payload, 0, payload.length - CRC_BYTES);
        return (int) crc.getValue();
    }

    /**
     * @param end the last bytes of a file, {@link #MOST_BYTES} if it has so many
     * @return null if they do not end with, to the last bit, what {@link #tail} makes
     */
    static Manifest parse(byte[] end) {
        Manifest full = parse(end, FULL_PAYLOAD_BYTES, LEAST_BYTES);
        return full != null ? full : parse(end, INCREMENT_PAYLOAD_BYTES, MOST_BYTES);
    }

    private static Manifest parse(byte[] end, int payloadBytes, int tailBytes) {
        if (end.length < tailBytes) {
            return null;
        }
        byte[] tail = Arrays.copyOfRange(end, end.length - tailBytes, end.length);
        byte[] bytes = Arrays.copyOfRange(tail, PAYLOAD_OFFSET, PAYLOAD_OFFSET + payloadBytes);
        ByteBuffer payload = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (payload.getInt(payloadBytes - CRC_BYTES) != crc32(bytes)) {
            return null;
        }
        Manifest manifest = decode(payload, payloadBytes == INCREMENT_PAYLOAD_BYTES);
        // Whatever was not understood, such as another version, makes a difference here.
        return makesSense(manifest) && Arrays.equals(tail(manifest), tail) ? manifest : null;
    }

    private static Manifest decode(ByteBuffer payload, boolean isIncrement) {
        payload.getShort();
        Instant createdAt = seconds(payload);
        long databaseBytes = payload.getLong();
        int pageSizeBytes = payload.getInt();
        String sha256 = sha256(payload);
        return new Manifest(
                createdAt,
                databaseBytes,
                pageSizeBytes,
                sha256,
                !isIncrement
                        ? null
                        : new Increment(
                                payload.getInt(),
                                seconds(payload),
                                payload.getInt(),
                                sha256(payload),
                                payload.getInt(),
                                payload.getLong()));
    }

    private static Instant seconds(ByteBuffer payload) {
        return Instant.ofEpochSecond(Math.floorMod(payload.getLong(), SECONDS_LIMIT));
    }

    private static String sha256(ByteBuffer payload) {
        byte[] sha256 = new byte[SHA256_BYTES];
        payload.get(sha256);
        return HexFormat.of().formatHex(sha256);
    }

    private static boolean makesSense(Manifest manifest) {
        Increment increment = manifest.increment();
        return manifest.databaseBytes() > 0
                && manifest.pageSizeBytes() > 0
                && (increment == null
                        || increment.second() > 0
                                && increment.parentSecond() > 0
                                && increment.number() > 0
                                && Wal.frames(increment.walBytes(), manifest.pageSizeBytes()) > 0
                                && manifest.databaseBytes() % manifest.pageSizeBytes() == 0);
    }

    /**
     * Whether a file whose end {@link #parse} does not accept ended like one of ours once. The first 22 bytes of each
     * form are constant; one with at most two of them wrong is taken for ours.
     */
    static boolean isDamaged(byte[] end) {
        return isDamaged(end, FULL_PAYLOAD_BYTES) || isDamaged(end, INCREMENT_PAYLOAD_BYTES);
    }

    private static boolean isDamaged(byte[] end, int payloadBytes) {
        byte[] expected = tail(new byte[payloadBytes]);
        int start = end.length - expected.length;
        int same = 0;
        for (int i = 0; start >= 0 && i < PAYLOAD_OFFSET; i++) {
            same += end[start + i] == expected[i] ? 1 : 0;
        }
        return same >= PAYLOAD_OFFSET - 2;
    }
}
