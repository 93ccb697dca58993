package dev.sqlitebackup.testing;

/**
 * Changes bytes and leaves their CRC-32 (RFC 1952) as it was: the change is the checksum's own polynomial, whose
 * remainder is 0.
 */
public final class Collision {
    /** x^32 + x^26 + x^23 + … + 1, from the highest power on. */
    private static final long POLYNOMIAL = 0x104C11DB7L;

    private static final int BITS = 33;

    private Collision() {}

    /** @param at the first of five bytes that change */
    public static void apply(byte[] bytes, int at) {
        for (int i = 0; i < BITS; i++) {
            int bit = (int) (POLYNOMIAL >>> BITS - 1 - i & 1);
            bytes[at + i / 8] ^= (byte) (bit << i % 8);
        }
    }
}
