package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * The fuzz target of {@code make torture}: whatever a file holds, it is refused as damaged, or it is read as the JDK's
 * own gzip reads it. Half of the inputs are files of our form whose parts lie, with checksums that are right where the
 * lie is elsewhere: blind bytes would never get past the first of them.
 */
class BlockFuzz {
    private static final int MOST_BLOCKS = 4;
    private static final int PAGE_SIZE = 512;

    @TempDir
    static Path directory;

    private static Path file;
    private static long read;
    private static long accepted;

    @BeforeAll
    static void makeFile() {
        file = directory.resolve("fuzz.gz");
    }

    @AfterAll
    static void count() throws IOException {
        Files.createDirectories(Path.of("target/torture"));
        Files.writeString(Path.of("target/torture/fuzz.tsv"), "block reader\t" + read + "\t" + accepted + "\n");
    }

    @FuzzTest(maxDuration = "2m")
    void readsWhatGunzipReadsOrRefuses(FuzzedDataProvider data) throws IOException {
        byte[] bytes = data.consumeBoolean() ? data.consumeRemainingAsBytes() : lyingFile(data);
        Files.write(file, bytes);
        read++;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            BackupReader.read(file, 1, true, (content, length) -> out.write(content, 0, length));
        } catch (Failure e) {
            assertEquals(Failure.Kind.CORRUPT, e.kind(), e.getMessage());
            return;
        }
        accepted++;
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            assertArrayEquals(in.readAllBytes(), out.toByteArray());
        }
    }

    private static byte[] lyingFile(FuzzedDataProvider data) throws IOException {
        int stride = Bgzf.strideBytes(PAGE_SIZE);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int blocks = data.consumeInt(0, MOST_BLOCKS);
        for (int i = 0; i < blocks; i++) {
            byte[] piece = new byte
                    [i < blocks - 1 && data.consumeBoolean() ? stride : data.consumeInt(0, Bgzf.MAX_CONTENT_BYTES)];
            byte[] some = data.consumeBytes(64);
            System.arraycopy(some, 0, piece, 0, Math.min(some.length, piece.length));
            content.write(piece);
            byte[] block = new byte[Bgzf.MAX_BLOCK_BYTES];
            int length = Bgzf.compress(piece, piece.length, new Deflater(1, true), block);
            for (int lies = data.consumeInt(0, 3); lies > 0; lies--) {
                block[data.consumeInt(0, length - 1)] = data.consumeByte();
            }
            if (data.consumeBoolean()) {
                length = Math.max(1, Math.min(block.length, length + data.consumeInt(-20, 20)));
            }
            out.write(block, 0, length);
        }
        Manifest manifest = new Manifest(
                Instant.ofEpochSecond(data.consumeInt()),
                data.consumeBoolean() ? Math.max(1, content.size()) : data.consumeLong(1, Long.MAX_VALUE),
                data.consumeBoolean() ? PAGE_SIZE : data.consumeInt(1, 1 << 17),
                HexFormat.of().formatHex(Digests.sha256().digest(content.toByteArray())));
        byte[] tail = Trailer.tail(manifest);
        for (int lies = data.consumeInt(0, 4); lies > 0; lies--) {
            tail[data.consumeInt(0, tail.length - 1)] = data.consumeByte();
            fixChecksum(tail);
        }
        out.write(tail);
        return out.toByteArray();
    }

    /** The trailer's own checksum, over what docs/format.md says, made right again. */
    private static void fixChecksum(byte[] tail) {
        CRC32 crc = new CRC32();
        crc.update(tail, 22, 54);
        ByteBuffer.wrap(tail).order(ByteOrder.LITTLE_ENDIAN).putInt(76, (int) crc.getValue());
    }
}
