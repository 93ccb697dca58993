package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupFormatTest {
    private static final Instant CREATED_AT = Instant.parse("2026-11-22T23:22:33Z");
    private static final int PAGE_SIZE = 4096;

    @TempDir
    Path directory;

    private Lab lab;
    private Path snapshot;
    private Path backup;

    @BeforeEach
    void makeBackup() throws IOException {
        lab = new Lab(directory);
        snapshot = lab.database("snapshot.db", "delete", 1500, "g");
        backup = write(snapshot, "b.gz", ReusableBlocks.none(), 6, 2);
    }

    private Path write(Path source, String name, ReusableBlocks reusable, int level, int threads) throws IOException {
        Path file = lab.path(name);
        Files.deleteIfExists(file);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            BackupWriter.Written written = new BackupWriter(
                            source, PAGE_SIZE, CREATED_AT, new Compression(level, threads), Progress.NONE)
                    .write(out, reusable);
            assertEquals(
                    new BackupWriter.Written(
                            new Manifest(CREATED_AT, Files.size(source), PAGE_SIZE, Lab.sha256(source)),
                            out.size(),
                            Lab.sha256(file),
                            false),
                    written);
        }
        return file;
    }

    private static byte[] read(Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Manifest manifest = BackupReader.read(file, 2, true, (bytes, length) -> out.write(bytes, 0, length));
        assertEquals(Lab.sha256(Files.write(file.resolveSibling("read.tmp"), out.toByteArray())), manifest.sha256());
        return out.toByteArray();
    }

    /** Takes a file apart as docs/format.md draws it, with none of the program's own code. */
    private static List<byte[]> blocks(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        List<byte[]> blocks = new ArrayList<>();
        for (int at = 0; at < bytes.length; ) {
            int length = Short.toUnsignedInt(ByteBuffer.wrap(bytes)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getShort(at + 16))
                    + 1;
            blocks.add(Arrays.copyOfRange(bytes, at, at + length));
            at += length;
        }
        return blocks;
    }

    private static Path join(Path file, List<byte[]> blocks) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] block : blocks) {
            out.write(block);
        }
        return Files.write(file, out.toByteArray());
    }

    @Test
    void isReadByEveryProgramThatReadsGzip() {
        Tools.require("gunzip", "zcat", "pigz", "bgzip", "python3");
        for (String program : List.of(
                "gunzip -c",
                "zcat",
                "pigz -dc",
                "bgzip -dc",
                "python3 -c 'import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())'")) {
            Tools.sh(program + " \"$1\" | cmp - \"$2\"", backup, snapshot).ok();
        }
        Tools.sh("gunzip -t \"$1\"; pigz -t \"$1\"; bgzip -t \"$1\"", backup).ok();
    }

    @Test
    void isLaidOutAsTheDocumentDrawsIt() throws IOException {
        List<byte[]> blocks = blocks(backup);
        long size = Files.size(snapshot);
        assertEquals((size + 61439) / 61440 + 2, blocks.size());
        for (byte[] block : blocks.subList(0, blocks.size() - 2)) {
            assertArrayEquals(
                    new byte[] {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 0xff, 6, 0, 'B', 'C', 2, 0},
                    Arrays.copyOf(block, 16));
        }
        ByteBuffer trailer = ByteBuffer.wrap(blocks.get(blocks.size() - 2)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(90, trailer.limit());
        assertEquals("SB", "" + (char) trailer.get(18) + (char) trailer.get(19));
        assertEquals(1, trailer.getShort(22));
        assertEquals(CREATED_AT.getEpochSecond(), trailer.getLong(24));
        assertEquals(size, trailer.getLong(32));
        assertEquals(PAGE_SIZE, trailer.getInt(40));
        assertEquals(Lab.sha256(snapshot), java.util.HexFormat.of().formatHex(trailer.array(), 44, 76));
        assertEquals(
                "1f8b08040000000000ff0600424302001b0003000000000000000000",
                java.util.HexFormat.of().formatHex(blocks.get(blocks.size() - 1)));
    }

    @Test
    void holdsWholePagesInEveryBlockWhereTheyFit() {
        for (int pageSize = 512; pageSize <= 32768; pageSize *= 2) {
            assertEquals(0, Bgzf.strideBytes(pageSize) % pageSize);
        }
        assertEquals(61440, Bgzf.strideBytes(4096));
        assertEquals(32768, Bgzf.strideBytes(65536));
    }

    @Test
    void fitsABlockEvenWhenNothingCanBeCompressed() throws IOException {
        byte[] noise = new byte[Bgzf.MAX_CONTENT_BYTES];
        new java.util.Random(7).nextBytes(noise);
        byte[] block = new byte[Bgzf.MAX_BLOCK_BYTES];
        byte[] content = new byte[Bgzf.MAX_CONTENT_BYTES];
        for (int level = 1; level <= 9; level++) {
            int length = Bgzf.compress(noise, noise.length, new Deflater(level, true), block);
            assertEquals(length, Bgzf.blockBytes(Arrays.copyOf(block, Bgzf.HEADER_BYTES)));
            assertEquals(noise.length, Bgzf.decompress(block, length, content));
            assertArrayEquals(noise, content);
        }
    }

    @Test
    void doesNotDependOnTheNumberOfThreads() throws IOException {
        assertArrayEquals(
                Files.readAllBytes(backup), Files.readAllBytes(write(snapshot, "one.gz", ReusableBlocks.none(), 6, 1)));
        assertArrayEquals(Files.readAllBytes(snapshot), read(backup));
    }

    @Test
    void takesEqualBlocksOverAndMakesTheOthersAnew() throws IOException {
        Path changed = Files.copy(snapshot, lab.path("changed.db"));
        try (FileChannel file = FileChannel.open(changed, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[100]), 5 * 61440L + 17);
        }
        // Level 1, so that a block that is made anew is seen to be.
        try (ReusableBlocks reusable = ReusableBlocks.of(backup, PAGE_SIZE)) {
            Path next = write(changed, "next.gz", reusable, 1, 2);
            List<byte[]> before = blocks(backup);
            List<byte[]> after = blocks(next);
            assertEquals(before.size(), after.size());
            for (int i = 0; i < before.size() - 2; i++) {
                assertEquals(i != 5, Arrays.equals(before.get(i), after.get(i)), "block " + i);
            }
            assertArrayEquals(Files.readAllBytes(changed), read(next));
        }
        try (ReusableBlocks reusable = ReusableBlocks.of(backup, 8192)) {
            assertEquals(0, reusable.previousDatabaseBytes(), "with another page size no block is in the same place");
        }
    }

    @Test
    void usesWhatItCanOfABackupThatIsLongerOrShorter() throws IOException {
        Path longer = Files.copy(snapshot, lab.path("longer.db"));
        Files.write(longer, new byte[7 * PAGE_SIZE], StandardOpenOption.APPEND);
        for (Path[] pair :
                new Path[][] {{backup, longer}, {write(longer, "longer.gz", ReusableBlocks.none(), 6, 2), snapshot}}) {
            try (ReusableBlocks reusable = ReusableBlocks.of(pair[0], PAGE_SIZE)) {
                assertArrayEquals(Files.readAllBytes(pair[1]), read(write(pair[1], "again.gz", reusable, 6, 2)));
            }
        }
    }

    @Test
    void refusesEveryBlockThatIsNotWhereItBelongs() throws IOException {
        Path other = Files.copy(snapshot, lab.path("other.db"));
        try (FileChannel file = FileChannel.open(other, StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[100]), 3 * 61440L);
        }
        List<byte[]> strange = blocks(write(other, "other.gz", ReusableBlocks.none(), 6, 2));
        List<byte[]> good = blocks(backup);
        int last = good.size() - 1;

        List<byte[]> strayed = new ArrayList<>(good);
        strayed.set(3, strange.get(3));
        assertRefused(strayed, "SHA-256");
        List<byte[]> swapped = new ArrayList<>(good);
        swapped.set(2, good.get(4));
        swapped.set(4, good.get(2));
        assertRefused(swapped, "SHA-256");
        for (int missing : new int[] {0, 1, last - 2, last - 1, last}) {
            List<byte[]> without = new ArrayList<>(good);
            without.remove(missing);
            assertRefused(without, "");
        }
        for (int twice : new int[] {0, 4, last - 1, last}) {
            List<byte[]> with = new ArrayList<>(good);
            with.add(twice, good.get(twice));
            assertRefused(with, "");
        }
        List<byte[]> othersTrailer = new ArrayList<>(good);
        othersTrailer.set(last - 1, strange.get(last - 1));
        assertRefused(othersTrailer, "SHA-256");
    }

    private void assertRefused(List<byte[]> blocks, String why) throws IOException {
        Path file = join(lab.path("refused.gz"), blocks);
        Failure failure = assertThrows(Failure.class, () -> read(file));
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertTrue(failure.getMessage().contains(why), failure.getMessage());
    }

    @Test
    void refusesEveryHeaderThatIsNotCanonical() throws IOException {
        List<byte[]> good = blocks(backup);
        for (int block : new int[] {0, 2, good.size() - 2, good.size() - 1}) {
            for (int at = 0; at < 18; at++) {
                List<byte[]> changed = new ArrayList<>(good);
                byte[] bytes = good.get(block).clone();
                bytes[at] ^= 1;
                changed.set(block, bytes);
                assertRefused(changed, "");
            }
        }
    }

    @Test
    void refusesLengthsThatLie() throws IOException {
        List<byte[]> good = blocks(backup);
        for (int length : new int[] {0, 17, 18, 27, 28, 65535}) {
            List<byte[]> lying = new ArrayList<>(good);
            byte[] bytes = good.get(1).clone();
            bytes[16] = (byte) length;
            bytes[17] = (byte) (length >>> 8);
            lying.set(1, bytes);
            assertRefused(lying, "");
        }
        // A deflate stream that ends before its footer: a byte between the two, and BSIZE to match.
        byte[] block = good.get(1);
        byte[] padded = Arrays.copyOf(block, block.length + 1);
        System.arraycopy(block, block.length - 8, padded, padded.length - 8, 8);
        padded[16] = (byte) (padded.length - 1);
        padded[17] = (byte) (padded.length - 1 >>> 8);
        List<byte[]> lying = new ArrayList<>(good);
        lying.set(1, padded);
        assertRefused(lying, "block");
    }
}
