package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockCompressorTest {
    @TempDir
    Path directory;

    private final Random random = new Random(14);

    private Piece piece(int contentBytes, int alphabet) {
        Piece piece = new Piece(true);
        piece.contentBytes = contentBytes;
        for (int i = 0; i < contentBytes; i++) {
            piece.content[i] = (byte) random.nextInt(alphabet);
        }
        return piece;
    }

    /** From zeros to noise, of every length that a last block may have. */
    private List<Piece> pieces() {
        return List.of(
                piece(Bgzf.MAX_CONTENT_BYTES, 1),
                piece(Bgzf.MAX_CONTENT_BYTES, 256),
                piece(61_440, 20),
                piece(32_768, 200),
                piece(512, 256),
                piece(1, 256));
    }

    @Test
    void makesBlocksThatGunzipReadsWithIsaL() throws Exception {
        boolean isForThisMachine = System.getProperty("os.arch").equals("amd64")
                && System.getProperty("os.name").equals("Linux");
        try (BlockCompressor compressor = new BlockCompressor(1)) {
            assertEquals(
                    isForThisMachine, FastDeflate.deflater(1).getClass() != Deflater.class, "ISA-L was not loaded");
            for (Piece piece : pieces()) {
                compressor.compress(piece);
                assertEquals(piece.blockBytes, Bgzf.blockBytes(piece.block));
                Path file = Files.write(directory.resolve("b.gz"), Arrays.copyOf(piece.block, piece.blockBytes));
                Tools.sh("gunzip -f \"$1\"", file).ok();
                assertArrayEquals(
                        Arrays.copyOf(piece.content, piece.contentBytes), Files.readAllBytes(directory.resolve("b")));
            }
            assertFalse(compressor.hasReplaced());
        }
    }

    @Test
    void leavesTheSmallerSizesToTheJdk() {
        for (int level = 3; level <= 9; level++) {
            assertSame(Deflater.class, FastDeflate.deflater(level).getClass());
        }
    }

    /** Makes something of other content, or nothing. */
    private static final class Lying extends Deflater {
        private final boolean fails;

        Lying(boolean fails) {
            super(1, true);
            this.fails = fails;
        }

        @Override
        public void setInput(byte[] input, int offset, int length) {
            byte[] other = Arrays.copyOf(input, length);
            other[length - 1] ^= 1;
            super.setInput(other, 0, length);
        }

        @Override
        public int deflate(byte[] output, int offset, int length) {
            if (fails) {
                throw new IllegalStateException("Output buffer too small.");
            }
            return super.deflate(output, offset, length);
        }
    }

    @Test
    void hasTheJdkMakeWhatAnotherMadeWrongly() throws Exception {
        for (boolean fails : new boolean[] {false, true}) {
            try (BlockCompressor compressor = new BlockCompressor(1, () -> new Lying(fails));
                    BlockCompressor jdk = new BlockCompressor(1, () -> new Deflater(1, true))) {
                for (Piece piece : pieces()) {
                    compressor.compress(piece);
                    byte[] block = Arrays.copyOf(piece.block, piece.blockBytes);
                    jdk.compress(piece);
                    assertArrayEquals(Arrays.copyOf(piece.block, piece.blockBytes), block);
                }
                assertTrue(compressor.hasReplaced());
                assertFalse(jdk.hasReplaced());
            }
        }
    }
}
