package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every damage to a small backup: refused, or the identical database. */
class DamagedBackupTest {
    @TempDir
    Path directory;

    private Path damaged;
    private byte[] good;
    private String sha256;

    @BeforeEach
    void makeBackup() throws IOException {
        Lab lab = new Lab(directory);
        Path source = lab.path("source.db");
        Lab.sql(
                source,
                "PRAGMA page_size=512",
                "CREATE TABLE t(a)",
                "INSERT INTO t VALUES (hex(randomblob(60))), (hex(randomblob(60)))");
        BackupService.Result result = new BackupService(Clock.systemUTC(), Progress.NONE)
                .backup(Runs.request(
                        source,
                        Location.file(lab.path("good.gz")),
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
        good = Files.readAllBytes(Path.of(result.backup()));
        sha256 = result.manifest().sha256();
        damaged = lab.path("damaged.gz");
        assertEquals(sha256, verify(good));
    }

    @Test
    void isRefusedCutAtAnyByte() throws IOException {
        for (int length = 0; length < good.length; length++) {
            assertEquals("CORRUPT", verify(Arrays.copyOf(good, length)), "cut to " + length + " bytes");
        }
    }

    @Test
    void isRefusedOrIdenticalWithAnyBitFlipped() throws IOException {
        int accepted = 0;
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] flipped = good.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            String outcome = verify(flipped);
            assertTrue(outcome.equals("CORRUPT") || outcome.equals(sha256), "bit " + bit + ": " + outcome);
            accepted += outcome.equals(sha256) ? 1 : 0;
        }
        // The last byte of a deflate stream may have up to seven bits that mean nothing.
        assertTrue(accepted < 8, accepted + " flips were accepted");
    }

    private String verify(byte[] content) throws IOException {
        Files.write(damaged, content);
        try {
            return new VerifyService(Clock.systemUTC(), Progress.NONE)
                    .verify(new VerifyService.Request(
                            Location.file(damaged), damaged, null, null, directory.resolve("tmp"), Duration.ZERO))
                    .manifest()
                    .sha256();
        } catch (Failure e) {
            return e.kind().name();
        }
    }
}
