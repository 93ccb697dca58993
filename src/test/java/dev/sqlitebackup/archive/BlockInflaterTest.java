package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class BlockInflaterTest {
    private static final int BLOCKS = 60;

    private final Random random = new Random(1);
    private final byte[] block = new byte[Bgzf.MAX_BLOCK_BYTES];
    private final byte[] content = new byte[Bgzf.MAX_CONTENT_BYTES];

    private byte[] some(int mostBytes) {
        byte[] some = new byte[1 + random.nextInt(mostBytes)];
        int alphabet = 1 + random.nextInt(256);
        for (int i = 0; i < some.length; i++) {
            some[i] = (byte) random.nextInt(alphabet);
        }
        return some;
    }

    @Test
    void findsTheSameAsTheJdkWhateverDeflated() throws IOException {
        try (BlockInflater fast = new BlockInflater(true)) {
            for (int i = 0; i < BLOCKS; i++) {
                byte[] some = some(Bgzf.MAX_CONTENT_BYTES);
                for (Deflater deflater :
                        new Deflater[] {new Deflater(1 + i % 9, true), FastDeflate.deflater(1 + i % 2)}) {
                    int length = Bgzf.compress(some, some.length, deflater, block);
                    assertEquals(some.length, fast.decompress(block, length, content));
                    assertArrayEquals(some, Arrays.copyOf(content, some.length));
                    deflater.end();
                }
            }
        }
    }

    /**
     * Each bit of some blocks is flipped. What both accept is the same content; and some of what gunzip refuses is
     * found all the same, which is why this never decides whether a backup is good.
     */
    @Test
    void findsNothingElseInADamagedBlockAndIsLenient() throws IOException {
        int flips = 0;
        int lenient = 0;
        try (BlockInflater fast = new BlockInflater(true)) {
            for (int i = 0; i < BLOCKS; i++) {
                byte[] some = some(400);
                int length = Bgzf.compress(some, some.length, new Deflater(1 + i % 9, true), block);
                int from = Bgzf.HEADER_BYTES * 8;
                for (int bit = from; bit < (length - Bgzf.FOOTER_BYTES) * 8; bit++, flips++) {
                    block[bit / 8] ^= (byte) (1 << bit % 8);
                    boolean isGood = isGood(length);
                    Integer found = found(fast, length);
                    assertTrue(found != null || !isGood);
                    if (found != null) {
                        assertArrayEquals(some, Arrays.copyOf(content, found));
                        lenient += isGood ? 0 : 1;
                    }
                    block[bit / 8] ^= (byte) (1 << bit % 8);
                }
            }
        }
        assertEquals(FastDeflate.inflater() != null, lenient > 0, lenient + " of " + flips);
    }

    private boolean isGood(int length) {
        try {
            Bgzf.decompress(block, length, content);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private Integer found(BlockInflater fast, int length) {
        try {
            return fast.decompress(block, length, content);
        } catch (IOException e) {
            return null;
        }
    }

    @Test
    void leavesItToTheJdkToSayWhatIsWrong() throws IOException {
        byte[] some = some(Bgzf.MAX_CONTENT_BYTES);
        int length = Bgzf.compress(some, some.length, new Deflater(6, true), block);
        block[length - 1] ^= 1; // Of the length that the footer says.
        try (BlockInflater fast = new BlockInflater(true)) {
            assertEquals(
                    assertThrows(IOException.class, () -> Bgzf.decompress(block, length, content))
                            .getMessage(),
                    assertThrows(IOException.class, () -> fast.decompress(block, length, content))
                            .getMessage());
        }
    }
}
