package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.zip.Deflater;

/**
 * Makes blocks, and proves each: the JDK inflates it to the same content. So two implementations agree on what ISA-L
 * deflates. For any number of threads.
 */
final class BlockCompressor implements AutoCloseable {
    private final int level;
    private final Supplier<Deflater> deflaters;
    private final Queue<Deflater> idle = new ConcurrentLinkedQueue<>();
    private volatile boolean replaced;

    BlockCompressor(int level) {
        this(level, () -> FastDeflate.deflater(level));
    }

    /** @param deflaters makes those that are tried before the JDK's */
    BlockCompressor(int level, Supplier<Deflater> deflaters) {
        this.level = level;
        this.deflaters = deflaters;
    }

    /**
     * Makes the block of a piece.
     *
     * @throws Failure of kind CORRUPT if what the JDK deflates is not the content either
     */
    void compress(Piece piece) {
        Deflater taken = idle.poll();
        Deflater deflater = taken == null ? deflaters.get() : taken;
        boolean isMade = isMade(piece, deflater);
        idle.add(deflater);
        if (!isMade && deflater.getClass() != Deflater.class) {
            replaced = true;
            Deflater jdk = new Deflater(level, true);
            isMade = isMade(piece, jdk);
            jdk.end();
        }
        if (!isMade) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "a block does not hold what was compressed into it",
                    "test the memory of this machine, then run it again");
        }
    }

    private static boolean isMade(Piece piece, Deflater deflater) {
        try {
            piece.blockBytes = Bgzf.compress(piece.content, piece.contentBytes, deflater, piece.block);
        } catch (IOException | RuntimeException e) {
            return false; // It does not fit; ISA-L has an error of its own for that.
        }
        return holdsContent(piece);
    }

    /** Whether the block of a piece, wherever it comes from, holds its content. */
    static boolean holdsContent(Piece piece) {
        try {
            int length = Bgzf.decompress(piece.block, piece.blockBytes, piece.proof);
            return Arrays.equals(piece.proof, 0, length, piece.content, 0, piece.contentBytes);
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether the JDK had to make a block that ISA-L could not make, or made wrongly. */
    boolean hasReplaced() {
        return replaced;
    }

    @Override
    public void close() {
        idle.forEach(Deflater::end);
    }
}
