package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.BreakingChannel;
import dev.sqlitebackup.testing.Lab;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gzip files that others made, and those of ours that were cut off or damaged where the trailer is. */
class BackupReaderTest {
    private static final Instant MADE_AT = Instant.parse("2026-04-06T14:30:22Z");

    @TempDir
    Path directory;

    private final byte[] content = content(200_000);

    private static byte[] content(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        Arrays.fill(bytes, 1000, length / 2, (byte) 7);
        return bytes;
    }

    /** @param madeAt seconds since 1970, 0 for none, as gzip notes it in its header (RFC 1952, MTIME) */
    private static byte[] gzip(byte[] content, long madeAt) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(content);
        }
        byte[] bytes = out.toByteArray();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(4, (int) madeAt);
        return bytes;
    }

    private Path file(byte[]... parts) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.write(part);
        }
        return Files.write(directory.resolve("b.gz"), all.toByteArray());
    }

    private record Read(Manifest manifest, byte[] bytes) {}

    private static Read read(Path file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Manifest manifest = BackupReader.read(file, 2, true, (bytes, length) -> out.write(bytes, 0, length));
        return new Read(manifest, out.toByteArray());
    }

    private static void assertRefused(String why, Path file) {
        Failure failure = assertThrows(Failure.class, () -> read(file));
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertTrue(failure.getMessage().contains(why), failure.getMessage());
    }

    @Test
    void readsEveryMemberAndTakesTheTimeOfTheFirst() throws IOException {
        byte[] half = Arrays.copyOf(content, 70_000);
        byte[] rest = Arrays.copyOfRange(content, 70_000, content.length);
        Read read = read(file(gzip(half, MADE_AT.getEpochSecond()), gzip(rest, MADE_AT.getEpochSecond() + 5)));
        assertArrayEquals(content, read.bytes);
        assertEquals(MADE_AT, read.manifest.createdAt());
        assertEquals(Lab.sha256(Files.write(directory.resolve("content"), content)), read.manifest.sha256());
        assertNull(read(file(gzip(content, 0))).manifest.createdAt(), "no time is not 1970");
    }

    @Test
    void refusesWhatIsCutShortDamagedOrFollowedByOtherBytes() throws IOException {
        byte[] gzip = gzip(content, 0);
        assertRefused("it is cut short", file(Arrays.copyOf(gzip, gzip.length - 1)));
        assertRefused("it is cut short", file(Arrays.copyOf(gzip, gzip.length / 2)));
        gzip[gzip.length - 6] ^= 1;
        assertRefused("CRC32 error", file(gzip));
        gzip[gzip.length - 6] ^= 1;
        assertRefused("after a valid .gz stream", file(gzip, new byte[] {0, 0}));
    }

    /** A disk that fails says nothing about the backup. */
    @Test
    void tellsADiskThatCannotBeReadFromADamagedBackup() throws IOException {
        Path file = file(gzip(content, 0));
        for (long place : new long[] {0, Files.size(file) / 2}) {
            try (FileChannel broken = new BreakingChannel(file, 4096, place)) {
                // The end of the file is looked at first, for a trailer.
                Failure failure = assertThrows(
                        Failure.class, () -> BackupReader.readMembers("b.gz", broken, (bytes, length) -> {}));
                assertEquals(Failure.Kind.FAILURE, failure.kind());
                assertTrue(failure.getMessage().contains(BreakingChannel.ERROR), failure.getMessage());
            }
        }
    }

    @Test
    void readsAFileThatComesInSmallPieces() throws IOException {
        try (FileChannel slow = new BreakingChannel(ours(content), 7, Long.MAX_VALUE)) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            BackupReader.read(slow, "b.gz", 2, true, (bytes, length) -> out.write(bytes, 0, length));
            assertArrayEquals(content, out.toByteArray());
        }
    }

    @Test
    void saysWhereAFileEndsTooEarly() throws IOException {
        try (FileChannel slow = new BreakingChannel(file(new byte[10]), 4, Long.MAX_VALUE)) {
            assertEquals(
                    "the file ends at 10",
                    assertThrows(IOException.class, () -> Channels.read(slow, 3, 20))
                            .getMessage());
        }
    }

    @Test
    void knowsAGzipFileByItsFirstTwoBytes() {
        assertTrue(BackupReader.isGzip(new byte[] {0x1f, (byte) 0x8b}));
        assertFalse(BackupReader.isGzip(new byte[] {0x1f}));
        assertFalse(BackupReader.isGzip(new byte[] {0x1f, 0x0b}));
        assertFalse(BackupReader.isGzip(new byte[] {0x1e, (byte) 0x8b}));
        assertFalse(BackupReader.isGzip(new byte[0]));
    }

    // ---- what is left of one of ours

    private Path ours(byte[] content) throws IOException {
        Path source = Files.write(directory.resolve("source"), content);
        Path file = directory.resolve("ours.gz");
        Files.deleteIfExists(file);
        try (FileChannel out = FileChannel.open(
                file, java.nio.file.StandardOpenOption.CREATE_NEW, java.nio.file.StandardOpenOption.WRITE)) {
            new BackupWriter(source, 4096, MADE_AT, new Compression(6, 2), dev.sqlitebackup.Progress.NONE)
                    .write(out, ReusableBlocks.none());
        }
        return file;
    }

    /** As a database starts, as far as this package looks into it: the page size. */
    private byte[] databaseOf(int length) {
        byte[] bytes = content(length);
        bytes[16] = 0x10;
        bytes[17] = 0;
        return bytes;
    }

    @Test
    void refusesOneOfOursWhoseTrailerIsMissingOrDamaged() throws IOException {
        byte[] whole = Files.readAllBytes(ours(databaseOf(200_000)));
        byte[] blocks = Arrays.copyOf(whole, whole.length - Trailer.LEAST_BYTES);
        byte[] tail = Arrays.copyOfRange(whole, whole.length - Trailer.LEAST_BYTES, whole.length);
        assertRefused("its trailer is missing", file(blocks, Bgzf.END));
        assertRefused("it is cut short", file(blocks));
        for (int at : new int[] {0, 21, 22, 40, 79, Trailer.LEAST_BYTES - 1}) {
            byte[] damaged = tail.clone();
            damaged[at] ^= 1;
            assertRefused("its trailer is damaged", file(blocks, damaged));
        }
        byte[] damaged = blocks.clone();
        damaged[30] ^= 1;
        assertThrows(Failure.class, () -> read(file(damaged, Bgzf.END)));
    }

    /** A trailer that nothing stands before; and what is as long as one and no gzip file at all. */
    @Test
    void refusesATrailerAlone() throws IOException {
        byte[] whole = Files.readAllBytes(ours(content));
        byte[] tail = Arrays.copyOfRange(whole, whole.length - Trailer.LEAST_BYTES, whole.length);
        assertRefused("there is no block at 0", file(tail));
        tail[50] ^= 1;
        assertRefused("its trailer is damaged", file(tail));
    }

    @Test
    void readsWhatBgzipMakesAndRefusesItWhenItIsCutOff() throws IOException {
        byte[] whole = Files.readAllBytes(ours(content(50_000)));
        byte[] likeBgzip = Arrays.copyOf(whole, whole.length - Trailer.LEAST_BYTES);
        assertArrayEquals(content(50_000), read(file(likeBgzip, Bgzf.END)).bytes);
        assertDoesNotThrow(() -> BackupReader.refuseIfCutOff(file(likeBgzip, Bgzf.END)));
        assertThrows(Failure.class, () -> BackupReader.refuseIfCutOff(file(likeBgzip)));
        assertRefused("it is cut short", file(likeBgzip));
        assertRefused("it is cut short", file(Arrays.copyOf(likeBgzip, likeBgzip.length / 2)));
        assertRefused("it is cut short", file(Arrays.copyOf(likeBgzip, 20)));
        assertEquals(0, read(file(Bgzf.END)).bytes.length);
    }

    @Test
    void saysWhatIsInAFileFromItsLastBytesAlone() throws IOException {
        byte[] whole = Files.readAllBytes(ours(content));
        byte[] tail = Arrays.copyOfRange(whole, whole.length - Manifest.LEAST_BYTES, whole.length);
        assertEquals(
                new Manifest(
                        MADE_AT, content.length, 4096, Lab.sha256(Files.write(directory.resolve("content"), content))),
                Manifest.parse(tail));
        assertNull(Manifest.parse(Arrays.copyOf(tail, tail.length - 1)));
        assertNull(Manifest.parse(gzip(content, 0)));
        assertNull(Manifest.parse(new byte[0]));
    }
}
