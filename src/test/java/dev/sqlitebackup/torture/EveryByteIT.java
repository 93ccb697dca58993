package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.core.RestoreService;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A backup with any one of its bits flipped, or cut off anywhere: refused, or restored to the identical database. */
class EveryByteIT {
    private static final int PART = 300;
    private static final int LARGE_ROWS = 25_000;
    private static final int LARGE_SAMPLES = 300;
    private static final int LARGE_SAMPLES_PART = 3;
    private static final String REFUSED = "refused";

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ours", "gzip", "bgzip"})
    void ofASmallBackup(String maker) throws IOException {
        Path database = lab.path("small.db");
        Lab.sql(
                database,
                "PRAGMA page_size=512",
                "CREATE TABLE t(a)",
                "INSERT INTO t VALUES (hex(randomblob(60))), (hex(randomblob(60)))");
        byte[] good = Files.readAllBytes(backup(maker, database));
        String whole = restored(good);
        assertEquals(Lab.dump(database), Lab.dump(lab.path("restored.db")));
        int identical = 0;
        List<Integer> bits = Trials.choose(good.length * 8, good.length * 8, PART);
        for (int bit : bits) {
            byte[] flipped = good.clone();
            flipped[(bit - 1) / 8] ^= (byte) (1 << (bit - 1) % 8);
            String outcome = restored(flipped);
            assertTrue(
                    outcome.equals(REFUSED) || outcome.equals(whole),
                    () -> "with bit " + bit + " flipped other content was accepted");
            identical += outcome.equals(whole) ? 1 : 0;
        }
        List<Integer> lengths = Trials.choose(good.length, good.length, PART);
        for (int length : lengths) {
            assertEquals(REFUSED, restored(Arrays.copyOf(good, length - 1)), () -> "cut to " + (length - 1) + " bytes");
        }
        Figures.row("bytes", "small, by " + maker, good.length, bits.size(), identical, lengths.size());
    }

    /** At random places. */
    @ParameterizedTest
    @ValueSource(strings = {"ours", "gzip"})
    void ofALargeBackup(String maker) throws IOException {
        Path backup = backup(maker, lab.database("large.db", "wal", LARGE_ROWS, "g"));
        long sizeBytes = Files.size(backup);
        String whole = verified(backup);
        Random random = new Random(1);
        int identical = 0;
        int samples = Figures.count(LARGE_SAMPLES, LARGE_SAMPLES_PART);
        for (int i = 0; i < samples; i++) {
            long position = (long) (random.nextDouble() * sizeBytes);
            int mask = 1 << random.nextInt(8);
            flip(backup, position, mask);
            String outcome = verified(backup);
            assertTrue(
                    outcome.equals(REFUSED) || outcome.equals(whole),
                    () -> "with a bit of byte " + position + " flipped other content was accepted");
            identical += outcome.equals(whole) ? 1 : 0;
            flip(backup, position, mask);
        }
        assertEquals(whole, verified(backup));
        for (int i = 0; i < samples; i++) {
            Path cut = Files.copy(backup, lab.path("cut.gz"), StandardCopyOption.REPLACE_EXISTING);
            long length = (long) (random.nextDouble() * sizeBytes);
            try (RandomAccessFile file = new RandomAccessFile(cut.toFile(), "rw")) {
                file.setLength(length);
            }
            assertEquals(REFUSED, verified(cut), () -> "cut to " + length + " bytes");
        }
        Figures.row("bytes", "large, by " + maker, sizeBytes, samples, identical, samples);
    }

    private Path backup(String maker, Path database) throws IOException {
        Path backup = lab.path("good.gz");
        Files.deleteIfExists(backup);
        switch (maker) {
            case "ours" -> lab.json(0, "backup", database, "--to=good.gz");
            case "gzip" -> Tools.sh("gzip -c \"$1\" > \"$2\"", database, backup).ok();
            default -> {
                Tools.require("bgzip");
                Tools.sh("bgzip -c \"$1\" > \"$2\"", database, backup).ok();
            }
        }
        return backup;
    }

    /** In this process, by the packaged classes: tens of thousands of processes would take a day. */
    private String restored(byte[] backup) throws IOException {
        Path file = Files.write(lab.path("b.gz"), backup);
        Path target = lab.path("restored.db");
        Files.deleteIfExists(target);
        try {
            new RestoreService(Clock.systemUTC(), Progress.NONE)
                    .restore(
                            new RestoreService.Request(
                                    new RestoreService.Wanted.Chosen(Location.file(file), null, null, true),
                                    target,
                                    false,
                                    lab.temporary(),
                                    null,
                                    null,
                                    Duration.ZERO,
                                    false),
                            plan -> {});
            return Lab.sha256(target);
        } catch (Failure e) {
            assertEquals(Failure.Kind.CORRUPT, e.kind(), e.getMessage());
            assertFalse(Files.exists(target));
            return REFUSED;
        }
    }

    private String verified(Path backup) {
        try {
            return new VerifyService(Clock.systemUTC(), Progress.NONE)
                    .verify(new VerifyService.Request(
                            Location.file(backup), backup, null, null, lab.temporary(), Duration.ZERO))
                    .manifest()
                    .sha256();
        } catch (Failure e) {
            assertEquals(Failure.Kind.CORRUPT, e.kind(), e.getMessage());
            return REFUSED;
        }
    }

    private static void flip(Path file, long position, int mask) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(position);
            int old = bytes.read();
            bytes.seek(position);
            bytes.write(old ^ mask);
        }
    }
}
