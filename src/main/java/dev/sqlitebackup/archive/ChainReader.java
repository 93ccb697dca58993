package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.BackupReader.Sink;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Streams the database that a chain leads to: the full backup, block by block, with the pages of the increments laid
 * over it. The pages lie in a file meanwhile. Memory holds 8 bytes for each of them (twice while they are merged), and
 * nothing that grows with the database itself.
 *
 * <p>The files are opened once, and not looked at by their names any more: a prune may take those away.
 */
public final class ChainReader implements AutoCloseable {
    /**
     * A file of a chain.
     *
     * @param backup what people call it
     */
    public record Member(Path file, String backup) {}

    private final List<ChainFile> members = new ArrayList<>();
    /** Ascending. */
    private int[] numbers = new int[0];
    /** Where the page of that number lies in the file of pages, in pages. */
    private int[] slots = new int[0];

    private int reading;
    private boolean fast;

    private ChainReader() {}

    /**
     * Opens a chain, and compares what its trailers say of each other.
     *
     * @param members the full backup first
     * @throws Failure CORRUPT if they are no chain
     */
    public static ChainReader open(List<Member> members) throws IOException {
        ChainReader chain = new ChainReader();
        try {
            for (Member member : members) {
                chain.members.add(ChainFile.open(member, chain.members.isEmpty() ? null : chain.tip()));
            }
            return chain;
        } catch (IOException | RuntimeException e) {
            chain.close();
            throw e;
        }
    }

    private ChainFile tip() {
        return members.get(members.size() - 1);
    }

    /**
     * Lets ISA-L decompress the full backup, which takes some blocks that gunzip refuses
     * ({@link FastDeflate#inflater}): only for who proves the content, or the bytes of the file, himself.
     */
    public ChainReader allowFast() {
        fast = true;
        return this;
    }

    /** Of the last of the chain: what it leads to. */
    public Manifest manifest() {
        return tip().manifest();
    }

    /** Which of its files was being read when something turned out to be wrong. */
    public int reading() {
        return reading;
    }

    /** How much is written to the file of pages at most. */
    public long pagesBytes() {
        return members.stream()
                .filter(member -> member.manifest().increment() != null)
                .mapToLong(member -> member.manifest().increment().walBytes())
                .sum();
    }

    /** The length of all its files. */
    public long backupBytes() throws IOException {
        long bytes = 0;
        for (ChainFile member : members) {
            bytes += member.file().size();
        }
        return bytes;
    }

    /**
     * Reads all of it.
     *
     * @param pages an empty private file, for the pages of the increments
     * @param checksSha256 whether the SHA-256 is compared with what the last trailer says; if not, the caller has to
     *     prove it in a better way
     * @param sink takes the database, in order
     * @return of the last of the chain
     * @throws Failure CORRUPT if anything about any of its files is wrong
     * @throws IOException if reading them, the file of pages, or the sink, fails
     */
    public Manifest read(FileChannel pages, int threads, boolean checksSha256, Sink sink) throws IOException {
        for (reading = 1; reading < members.size(); reading++) {
            unpack(members.get(reading), pages, threads);
        }
        reading = 0;
        MessageDigest digest = Digests.sha256();
        Overlay overlay = new Overlay(
                pages,
                !checksSha256
                        ? sink
                        : (bytes, length) -> {
                            digest.update(bytes, 0, length);
                            sink.write(bytes, length);
                        });
        ChainFile full = members.get(0);
        new BlockReader(full.member().backup(), full.file(), full.manifest(), fast).read(threads, overlay);
        overlay.finish();
        if (checksSha256) {
            BackupReader.requireSha256(tip().member().backup(), manifest().sha256(), Digests.hex(digest));
        }
        return manifest();
    }

    private void unpack(ChainFile increment, FileChannel pages, int threads) throws IOException {
        int pageSizeBytes = manifest().pageSizeBytes();
        int firstSlot = Math.toIntExact(pages.size() / pageSizeBytes);
        IntStream.Builder added = IntStream.builder();
        long[] position = {pages.size()};
        IncrementReader.read(increment.file(), increment.member().backup(), threads, (number, page) -> {
            Channels.write(pages, position[0], page);
            position[0] += pageSizeBytes;
            added.add((int) number);
        });
        merge(added.build().toArray(), firstSlot);
    }

    /** Of two pages with the same number the later one counts. */
    private void merge(int[] added, int firstSlot) {
        int[] mergedNumbers = new int[numbers.length + added.length];
        int[] mergedSlots = new int[mergedNumbers.length];
        int length = 0;
        for (int old = 0, fresh = 0; old < numbers.length || fresh < added.length; length++) {
            int order = old == numbers.length
                    ? 1
                    : fresh == added.length ? -1 : Integer.compareUnsigned(numbers[old], added[fresh]);
            mergedNumbers[length] = order < 0 ? numbers[old] : added[fresh];
            mergedSlots[length] = order < 0 ? slots[old] : firstSlot + fresh;
            old += order <= 0 ? 1 : 0;
            fresh += order >= 0 ? 1 : 0;
        }
        numbers = Arrays.copyOf(mergedNumbers, length);
        slots = Arrays.copyOf(mergedSlots, length);
    }

    /** Lays the pages over what comes from the full backup, cuts it, or goes on behind it. */
    private final class Overlay implements Sink {
        private final FileChannel pages;
        private final Sink sink;
        private final long databaseBytes = manifest().databaseBytes();
        private final int pageSizeBytes = manifest().pageSizeBytes();
        private long position;
        /** The first page that is not wholly before {@link #position}. */
        private int next;

        Overlay(FileChannel pages, Sink sink) {
            this.pages = pages;
            this.sink = sink;
        }

        @Override
        public void write(byte[] bytes, int length) throws IOException {
            int count = (int) Math.min(length, databaseBytes - position);
            if (count <= 0) {
                return;
            }
            long end = position + count;
            for (; next < numbers.length && start(next) < end; next++) {
                long from = Math.max(start(next), position);
                long to = Math.min(start(next) + pageSizeBytes, end);
                long inPage = from - start(next);
                ByteBuffer target = ByteBuffer.wrap(bytes, (int) (from - position), (int) (to - from));
                Channels.read(pages, (long) slots[next] * pageSizeBytes + inPage, target);
                if (start(next) + pageSizeBytes > end) {
                    break; // Half of it is in the next block.
                }
            }
            sink.write(bytes, count);
            position = end;
        }

        private long start(int index) {
            return (Integer.toUnsignedLong(numbers[index]) - 1) * pageSizeBytes;
        }

        /** What lies after the full backup's end is in the increments alone. */
        void finish() throws IOException {
            byte[] page = new byte[pageSizeBytes];
            for (; position < databaseBytes; next++) {
                if (next == numbers.length || start(next) != position) {
                    throw BackupReader.damaged(
                            tip().member().backup(), "page " + (position / pageSizeBytes + 1) + " is missing", null);
                }
                Channels.read(pages, (long) slots[next] * pageSizeBytes, page, pageSizeBytes);
                sink.write(page, pageSizeBytes);
                position += pageSizeBytes;
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (ChainFile member : members) {
            member.file().close();
        }
    }
}
