package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class BgzfTest {
    private final byte[] block = new byte[2 * Bgzf.MAX_BLOCK_BYTES];

    /** Every low byte that a length can end with, because BSIZE is that of the length less one. */
    @Test
    void saysItsOwnLength() throws IOException {
        byte[] noise = new byte[1000];
        new Random(3).nextBytes(noise);
        for (int contentBytes = 0; contentBytes < 600; contentBytes++) {
            int length = Bgzf.compress(noise, contentBytes, new Deflater(6, true), block);
            assertEquals(length, Bgzf.blockBytes(block));
            assertEquals(contentBytes, Bgzf.contentBytes(block, length));
        }
    }

    @Test
    void isNoBlockUnlessItsHeaderIsWholeAndItsLengthCanBe() {
        byte[] header = Arrays.copyOf(Bgzf.END, Bgzf.HEADER_BYTES);
        assertEquals(28, Bgzf.blockBytes(header));
        header[16] = 26;
        assertEquals(-1, Bgzf.blockBytes(header));
        assertEquals(-1, Bgzf.blockBytes(Arrays.copyOf(header, Bgzf.HEADER_BYTES - 1)));
        header[16] = header[17] = (byte) 0xff;
        assertEquals(Bgzf.MAX_BLOCK_BYTES, Bgzf.blockBytes(header));
        header[3] = 0;
        assertEquals(-1, Bgzf.blockBytes(header));
    }

    @Test
    void isRefusedIfItHoldsMoreThanItMay() throws IOException {
        byte[] content = new byte[Bgzf.MAX_CONTENT_BYTES];
        int most =
                Bgzf.compress(new byte[Bgzf.MAX_CONTENT_BYTES], Bgzf.MAX_CONTENT_BYTES, new Deflater(6, true), block);
        assertEquals(Bgzf.MAX_CONTENT_BYTES, Bgzf.decompress(block, most, content));
        int more = Bgzf.compress(
                new byte[Bgzf.MAX_CONTENT_BYTES + 1], Bgzf.MAX_CONTENT_BYTES + 1, new Deflater(6, true), block);
        assertEquals(
                "a block holds more than it may",
                assertThrows(IOException.class, () -> Bgzf.decompress(block, more, content))
                        .getMessage());
        assertEquals(
                "a block is shorter than it says",
                assertThrows(
                                IOException.class,
                                () -> Bgzf.decompress(block, more + 1, new byte[Bgzf.MAX_CONTENT_BYTES + 1]))
                        .getMessage());
    }

    @Test
    void isSmallerTheMoreIsSpentOnIt() throws IOException {
        byte[] text = "so many words that say the same again, and then some more of them; "
                .repeat(900)
                .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < text.length; i += 97) {
            text[i] = (byte) i;
        }
        int least = Bgzf.compress(text, text.length, new Deflater(1, true), block);
        int usual = Bgzf.compress(text, text.length, new Deflater(6, true), block);
        int most = Bgzf.compress(text, text.length, new Deflater(9, true), block);
        assertTrue(most <= usual && usual < least, most + " " + usual + " " + least);
        // XFL, which gzip sets by level, stays 0: the same content is the same bytes.
        assertEquals(0, block[8]);
    }

    @Test
    void hasAHeaderOfItsOwnForALongerExtraField() {
        byte[] header = Bgzf.header(0x44);
        assertEquals(0x44, header[10]);
        header[10] = 6;
        assertArrayEquals(Arrays.copyOf(Bgzf.END, 16), header);
    }
}
