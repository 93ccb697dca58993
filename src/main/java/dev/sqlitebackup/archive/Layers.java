package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * A database in a private file that goes from the state of one backup to that of another: a full backup, and the
 * increments of a chain laid over it, one on the other. What the topmost has overwritten lies in a second file, so it
 * can be taken off again. Two backups of one full one share the beginning of their chains; who goes from the newest to
 * the oldest, or back, decompresses each file once.
 *
 * <p>Memory holds 4 bytes for each page that was overwritten.
 */
public final class Layers {
    /**
     * A file that was laid over others.
     *
     * @param sizeBefore of the database, in bytes
     * @param keptFrom where in the second file the pages begin that it has overwritten
     * @param kept their numbers, in the order in which they lie there
     */
    private record Layer(ChainFile of, long sizeBefore, long keptFrom, IntStream.Builder kept) {}

    private final FileChannel database;
    private final FileChannel overwritten;
    /** Asked before anything is written: how many bytes it will be at most. */
    private final LongConsumer room;

    private final int threads;
    private final List<Layer> layers = new ArrayList<>();
    private byte[] page;
    /** Where the second file ends. */
    private long keptEnd;

    private long pagesWritten;

    /**
     * @param database an empty private file, which takes the database
     * @param overwritten another one
     * @param room is asked for so many bytes in both, before they are written
     */
    public Layers(FileChannel database, FileChannel overwritten, int threads, LongConsumer room) {
        this.database = database;
        this.overwritten = overwritten;
        this.threads = threads;
        this.room = room;
    }

    /**
     * Begins anew.
     *
     * @param fast whether ISA-L may decompress, which takes some blocks that gunzip refuses
     * @throws Failure CORRUPT if anything about the file is wrong; then nothing is there
     */
    public void begin(ChainReader.Member full, boolean fast) throws IOException {
        clear();
        try (ChainFile opened = ChainFile.open(full, null)) {
            opened.requireCanHold();
            room.accept(opened.manifest().databaseBytes());
            long[] position = {0};
            new BlockReader(full.backup(), opened.file(), opened.manifest(), fast)
                    .readProven(threads, (bytes, length) -> {
                        Channels.write(database, position[0], bytes, length);
                        position[0] += length;
                    });
            page = new byte[opened.manifest().pageSizeBytes()];
            layers.add(new Layer(opened, 0, 0, IntStream.builder()));
        }
    }

    /** Forgets all: after an I/O error, what the database file holds is not known any more. */
    public void clear() throws IOException {
        layers.clear();
        keptEnd = 0;
        overwritten.truncate(0);
        database.truncate(0);
    }

    /** How many files of a chain lie there, the full backup among them. */
    public int size() {
        return layers.size();
    }

    /** What the state that is there says of itself. */
    public Manifest manifest() {
        return top().manifest();
    }

    /** How many pages were written so far, the full backups' aside. */
    public long pagesWritten() {
        return pagesWritten;
    }

    private ChainFile top() {
        return layers.get(layers.size() - 1).of;
    }

    /**
     * Lays an increment over what is there.
     *
     * @throws Failure CORRUPT if anything about it is wrong, or it does not build on what is there; then that is there
     *     as before
     * @throws IOException if the files here, or the increment, cannot be read or written: then {@link #clear} them
     */
    public void push(ChainReader.Member member) throws IOException {
        try (ChainFile increment = ChainFile.open(member, top())) {
            Layer layer = new Layer(increment, manifest().databaseBytes(), keptEnd, IntStream.builder());
            long cutBytes = Math.max(0, layer.sizeBefore - increment.manifest().databaseBytes());
            room.accept(increment.manifest().contentBytes() + cutBytes);
            layers.add(layer);
            try {
                lay(layer);
            } catch (Failure e) {
                pop();
                throw e;
            }
        }
    }

    private void lay(Layer layer) throws IOException {
        ChainFile increment = layer.of;
        long sizeAfter = increment.manifest().databaseBytes();
        long[] added = {0};
        IncrementReader.read(increment.file(), increment.member().backup(), threads, (number, bytes) -> {
            if (offset(number) < layer.sizeBefore) {
                keep(layer, number);
            } else {
                added[0] += bytes.length;
            }
            write(number, bytes);
        });
        if (layer.sizeBefore + added[0] < sizeAfter) {
            throw BackupReader.damaged(
                    increment.member().backup(), "pages behind the end of what it builds on are missing", null);
        }
        for (long offset = sizeAfter; offset < layer.sizeBefore; offset += page.length) {
            keep(layer, offset / page.length + 1);
        }
        database.truncate(sizeAfter);
    }

    private long offset(long number) {
        return (number - 1) * page.length;
    }

    private void keep(Layer layer, long number) throws IOException {
        Channels.read(database, offset(number), page, page.length);
        Channels.write(overwritten, keptEnd, page);
        keptEnd += page.length;
        layer.kept.add((int) number);
    }

    private void write(long number, byte[] bytes) throws IOException {
        Channels.write(database, offset(number), bytes);
        pagesWritten++;
    }

    /** Takes the topmost increment off again. */
    public void pop() throws IOException {
        Layer layer = layers.remove(layers.size() - 1);
        long from = layer.keptFrom;
        for (int number : layer.kept.build().toArray()) {
            Channels.read(overwritten, from, page, page.length);
            write(Integer.toUnsignedLong(number), page);
            from += page.length;
        }
        database.truncate(layer.sizeBefore);
        keptEnd = layer.keptFrom;
        overwritten.truncate(keptEnd);
    }

    /**
     * Reads all of the database back.
     *
     * @throws Failure CORRUPT if it has not the SHA-256 that the backup says
     */
    public void requireProven() throws IOException {
        BackupReader.requireSha256(top().member().backup(), manifest().sha256(), Digests.sha256(database));
    }
}
