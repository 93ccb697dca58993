package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Collision;
import dev.sqlitebackup.testing.Descriptors;
import dev.sqlitebackup.testing.Heard;
import dev.sqlitebackup.testing.Lab;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BackupWriterTest {
    private static final int PAGE_SIZE = 4096;
    private static final int STRIDE = 61_440;
    private static final int BLOCKS = 6;

    @TempDir
    Path directory;

    private Path snapshot;

    @BeforeEach
    void makeSnapshot() throws IOException {
        byte[] bytes = new byte[BLOCKS * STRIDE - PAGE_SIZE];
        new Random(1).nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] &= 15;
        }
        snapshot = Files.write(directory.resolve("snapshot.db"), bytes);
    }

    private Path write(String name, ReusableBlocks reusable, int level, Heard heard) throws IOException {
        Path file = directory.resolve(name);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            new BackupWriter(snapshot, PAGE_SIZE, Instant.EPOCH, new Compression(level, 2), heard).write(out, reusable);
        }
        return file;
    }

    private static List<byte[]> blocks(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        List<byte[]> blocks = new java.util.ArrayList<>();
        for (int at = 0; blocks.size() < BLOCKS; ) {
            int length = ((bytes[at + 16] & 0xff) | (bytes[at + 17] & 0xff) << 8) + 1;
            blocks.add(Arrays.copyOfRange(bytes, at, at + length));
            at += length;
        }
        return blocks;
    }

    @Test
    void reportsEachBlockAndIsDoneAtTheEnd() throws IOException {
        Heard heard = new Heard();
        write("b.gz", ReusableBlocks.none(), 6, heard);
        assertEquals(List.of(new Heard.Phase("", -1, Files.size(snapshot))), heard.phases());
    }

    @Test
    void writesTheSameToAPipe() throws IOException {
        Path file = write("b.gz", ReusableBlocks.none(), 6, new Heard());
        ByteArrayOutputStream pipe = new ByteArrayOutputStream();
        BackupWriter.Written written = new BackupWriter(
                        snapshot, PAGE_SIZE, Instant.EPOCH, new Compression(6, 2), new Heard())
                .write(Channels.newChannel(pipe), ReusableBlocks.none());
        assertArrayEquals(Files.readAllBytes(file), pipe.toByteArray());
        assertEquals(
                new BackupWriter.Written(
                        new Manifest(Instant.EPOCH, Files.size(snapshot), PAGE_SIZE, Lab.sha256(snapshot)),
                        pipe.size(),
                        Lab.sha256(file),
                        false),
                written);
    }

    /** Other content with the right length and checksum: what is compared is the content. */
    @Test
    void makesABlockAnewThatDoesNotHoldWhatItsFooterSays() throws IOException {
        byte[] content = Files.readAllBytes(snapshot);
        Collision.apply(content, STRIDE + 100);
        Path other = Files.write(directory.resolve("other.db"), content);
        Path colliding = directory.resolve("colliding.gz");
        try (FileChannel out = FileChannel.open(colliding, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            new BackupWriter(other, PAGE_SIZE, Instant.EPOCH, new Compression(6, 2), new Heard())
                    .write(out, ReusableBlocks.none());
        }
        assertHoldsTheSnapshotAfter(colliding);
        byte[] damaged = Files.readAllBytes(write("whole.gz", ReusableBlocks.none(), 6, new Heard()));
        damaged[1000] ^= 1;
        assertHoldsTheSnapshotAfter(Files.write(directory.resolve("damaged.gz"), damaged));
    }

    private void assertHoldsTheSnapshotAfter(Path previous) throws IOException {
        try (ReusableBlocks reusable = ReusableBlocks.of(previous, PAGE_SIZE)) {
            Path next = write("after-" + previous.getFileName(), reusable, 9, new Heard());
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            BackupReader.read(next, 2, true, (bytes, length) -> read.write(bytes, 0, length));
            assertArrayEquals(Files.readAllBytes(snapshot), read.toByteArray());
        }
    }

    /** Up to the place where the previous backup makes no sense its blocks are used, and none behind. */
    @Test
    void usesThePreviousBackupAsFarAsItMakesSense() throws IOException {
        Path previous = write("previous.gz", ReusableBlocks.none(), 1, new Heard());
        List<byte[]> old = blocks(previous);
        List<byte[]> fresh = blocks(write("fresh.gz", ReusableBlocks.none(), 9, new Heard()));
        for (int broken = 0; broken <= BLOCKS; broken++) {
            int at = 0;
            for (byte[] block : old.subList(0, broken)) {
                at += block.length;
            }
            Path damaged = Files.copy(
                    previous, directory.resolve("damaged.gz"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            if (broken < BLOCKS) {
                try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
                    file.seek(at);
                    file.write(0);
                }
            }
            try (ReusableBlocks reusable = ReusableBlocks.of(damaged, PAGE_SIZE)) {
                assertEquals(Files.size(snapshot), reusable.previousDatabaseBytes());
                List<byte[]> blocks = blocks(write("next-" + broken + ".gz", reusable, 9, new Heard()));
                for (int i = 0; i < BLOCKS; i++) {
                    assertArrayEquals(
                            i < broken ? old.get(i) : fresh.get(i),
                            blocks.get(i),
                            "block " + i + " with " + broken + " broken");
                }
            }
            assertEquals(0, Descriptors.of(damaged));
        }
    }

    /** The length that the last block says would have it end in the trailer, or behind the file. */
    @Test
    void usesNoBlockThatDoesNotEndBeforeTheTrailer() throws IOException {
        Path previous = write("previous.gz", ReusableBlocks.none(), 1, new Heard());
        List<byte[]> old = blocks(previous);
        int last =
                old.stream().limit(BLOCKS - 1).mapToInt(block -> block.length).sum();
        for (int length : new int[] {old.get(BLOCKS - 1).length + 1, Bgzf.MAX_BLOCK_BYTES}) {
            try (RandomAccessFile file = new RandomAccessFile(previous.toFile(), "rw")) {
                file.seek(last + 16);
                file.write(length - 1);
                file.write(length - 1 >>> 8);
            }
            try (ReusableBlocks reusable = ReusableBlocks.of(previous, PAGE_SIZE)) {
                byte[] content = Arrays.copyOfRange(
                        Files.readAllBytes(snapshot), (BLOCKS - 1) * STRIDE, (int) Files.size(snapshot));
                assertEquals(
                        0, reusable.copyIfEqual(BLOCKS - 1, content, content.length, new byte[Bgzf.MAX_BLOCK_BYTES]));
            }
            assertThrows(Failure.class, () -> BackupReader.read(previous, 2, true, (bytes, n) -> {}));
        }
    }

    @Test
    void usesNothingOfWhatIsMissingForeignOrHasOtherPagesAndKeepsNothingOpen() throws IOException {
        assertEquals(
                0, ReusableBlocks.of(directory.resolve("missing"), PAGE_SIZE).previousDatabaseBytes());
        assertEquals(0, ReusableBlocks.of(snapshot, PAGE_SIZE).previousDatabaseBytes());
        Path previous = write("previous.gz", ReusableBlocks.none(), 1, new Heard());
        assertEquals(0, ReusableBlocks.of(previous, 2 * PAGE_SIZE).previousDatabaseBytes());
        assertThrows(IOException.class, () -> ReusableBlocks.of(directory, PAGE_SIZE));
        assertEquals(
                List.of(0, 0, 0),
                List.of(Descriptors.of(snapshot), Descriptors.of(previous), Descriptors.of(directory)));
    }

    /** Somebody cuts the previous backup while its blocks are looked at. */
    @Test
    void makesABlockAnewThatIsGoneMeanwhile() throws IOException {
        Path previous = write("previous.gz", ReusableBlocks.none(), 1, new Heard());
        try (ReusableBlocks reusable = ReusableBlocks.of(previous, PAGE_SIZE)) {
            try (FileChannel file = FileChannel.open(previous, StandardOpenOption.WRITE)) {
                file.truncate(10);
            }
            assertTrue(Files.size(write("next.gz", reusable, 9, new Heard())) > BLOCKS);
        }
        BackupReader.read(directory.resolve("next.gz"), 1, true, (bytes, length) -> {});
    }
}
