package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Collision;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Heard;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.SmallDisk;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file as destination. A directory is {@link HistoryTest}'s. */
class BackupServiceTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final int PAGE_SIZE = 4096;
    private static final long MEGABYTE = 1 << 20;

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    private BackupService.Result backup(Path database, Path destination, Path temporaryDirectory, Progress progress) {
        return new BackupService(Clock.fixed(NOW, ZoneOffset.UTC), progress)
                .backup(Runs.request(
                        database,
                        Location.file(destination),
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        temporaryDirectory,
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
    }

    private BackupService.Result backup(Path database) {
        return backup(database, lab.path("b.gz"), lab.temporary(), Progress.NONE);
    }

    private byte[] content() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BackupReader.read(lab.path("b.gz"), 2, true, (bytes, length) -> out.write(bytes, 0, length));
        return out.toByteArray();
    }

    /** The file at the destination, as a good backup of this content. */
    private void makePrevious(byte[] content) throws IOException {
        Path snapshot = Files.write(lab.path("previous"), content);
        Files.deleteIfExists(lab.path("b.gz"));
        try (FileChannel out =
                FileChannel.open(lab.path("b.gz"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            new BackupWriter(snapshot, PAGE_SIZE, NOW.minusSeconds(60), new Compression(6, 2), Progress.NONE)
                    .write(out, ReusableBlocks.none());
        }
    }

    // ---- what the previous backup is good for

    /** A block of the previous backup with the length and the checksum of the new one, and other content. */
    @Test
    void provesTheContentOfABlockThatItTakesOverAndNotItsChecksum() throws IOException {
        Path database = lab.database("app.db", "delete", 300, "g");
        String sha256 = backup(database).manifest().sha256();
        byte[] content = content();
        Collision.apply(content, 50 * PAGE_SIZE - 50);
        makePrevious(content);
        BackupService.Result again = backup(database);
        assertFalse(again.unchanged());
        assertEquals(sha256, again.manifest().sha256());
        assertEquals(Lab.sha256(Files.write(lab.path("read"), content())), sha256);
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void leavesNoBackupWhoseOwnChecksumIsWrong() throws IOException {
        Path database = lab.database("app.db", "delete", 30, "g");
        String sha256 = backup(database).manifest().sha256();
        byte[] backup = Files.readAllBytes(lab.path("b.gz"));
        int trailer = backup.length - Manifest.LEAST_BYTES;
        backup[trailer + 44] ^= 1;
        CRC32 crc = new CRC32();
        crc.update(backup, trailer + 22, 54);
        ByteBuffer.wrap(backup).order(ByteOrder.LITTLE_ENDIAN).putInt(trailer + 76, (int) crc.getValue());
        Files.write(lab.path("b.gz"), backup);
        BackupService.Result again = backup(database);
        assertFalse(again.unchanged());
        assertEquals(sha256, again.manifest().sha256());
        content();
    }

    @Test
    void reportsHowFarItHasCome() throws IOException {
        Path database = lab.database("app.db", "delete", 300, "g");
        long sizeBytes = Files.size(database);
        Heard first = new Heard();
        backup(database, lab.path("b.gz"), lab.temporary(), first);
        assertEquals(
                List.of("snapshot", "compress", "read back", "check", "publish"),
                first.phases().stream().map(Heard.Phase::name).toList());
        assertEquals(
                new Heard.Phase("compress", sizeBytes, sizeBytes),
                first.phases().get(1));
        Heard unchanged = new Heard();
        assertTrue(
                backup(database, lab.path("b.gz"), lab.temporary(), unchanged).unchanged());
        assertEquals(
                List.of("snapshot", "hash", "check"),
                unchanged.phases().stream().map(Heard.Phase::name).toList());
    }

    @Test
    void leavesTheOneBackupOfADatabaseThatHasLessThanHalfOfItsContent() throws IOException {
        Path database = lab.path("app.db");
        Lab.sql(
                database,
                "CREATE TABLE t(a INTEGER PRIMARY KEY, page)",
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) "
                        + "SELECT i, zeroblob(4000) FROM n");
        backup(database);
        byte[] content = content();
        shrinkTo(database, content.length / 2);
        assertEquals(List.of(), backup(database).verification().warnings());
        makePrevious(content);
        shrinkTo(database, content.length / 2 - PAGE_SIZE);
        String before = Lab.sha256(lab.path("b.gz"));
        Failure shrunk = Expect.failure(
                Failure.Kind.SHRUNK,
                String.format(
                        Locale.ROOT,
                        "%s has shrunk from %,d bytes in use (the backup of %s) to %,d (%s); that backup was "
                                + "left as it is: %s",
                        database,
                        content.length,
                        Times.local(NOW.minusSeconds(60)),
                        Files.size(database),
                        Times.local(NOW),
                        lab.path("b.gz")),
                () -> backup(database));
        assertEquals(
                "what differs: sqlite-backup diff " + lab.path("b.gz") + " " + database
                        + "; if something was lost: sqlite-backup restore " + lab.path("b.gz") + " --to=" + database
                        + "; if this is right: sqlite-backup backup " + database + " --to=" + lab.path("b.gz")
                        + " --allow-shrink",
                shrunk.hint());
        assertEquals(before, Lab.sha256(lab.path("b.gz")));
    }

    private static void shrinkTo(Path database, long sizeBytes) throws IOException {
        Lab.sql(database, "DELETE FROM t WHERE a > " + (sizeBytes / PAGE_SIZE - 2));
        Lab.sql(database, "VACUUM");
        assertEquals(sizeBytes, Files.size(database));
    }

    // ---- what goes wrong

    @Test
    void keepsTheLastGoodBackupOfADatabaseThatIsDamagedAndSaysWhereItIs() throws IOException {
        Path database = lab.database("app.db", "delete", 300, "g");
        byte[] bytes = Files.readAllBytes(database);
        java.util.Arrays.fill(bytes, 20 * PAGE_SIZE, 24 * PAGE_SIZE, (byte) 0);
        Path damaged = Files.write(lab.path("damaged.db"), bytes);
        assertNull(assertThrows(Failure.class, () -> backup(damaged)).hint(), "there is none");
        backup(database);
        String before = Lab.sha256(lab.path("b.gz"));
        Files.move(damaged, database, StandardCopyOption.REPLACE_EXISTING);
        Failure failure = assertThrows(Failure.class, () -> backup(database));
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertEquals(
                "the last good backup is untouched, and to bring it back: sqlite-backup restore "
                        + lab.path("b.gz").toRealPath() + " --to=" + database,
                failure.hint());
        assertEquals(before, Lab.sha256(lab.path("b.gz")));
        assertEquals(List.of(), lab.litter());
    }

    /** It is published and proven by then. */
    @Test
    void warnsWhenItCannotNoteTheConfirmation() throws IOException {
        Path state = Files.createFile(lab.path(".b.gz.state"));
        try (SmallDisk full = SmallDisk.mount(lab.path("full"), 1 << 16)) {
            Tools.sh("touch \"$1\"; mount --bind \"$1\" \"$2\"", full.path("state"), state)
                    .ok();
            full.leave(0);
            try {
                BackupService.Result result = backup(lab.database("app.db", "delete", 30, "g"));
                assertTrue(result.verification().full());
                assertTrue(
                        result.verification().warnings().get(0).contains("cannot write the state file"),
                        result.verification().warnings().toString());
            } finally {
                Tools.sh("umount \"$1\"", state).ok();
            }
        }
    }

    // ---- room

    private void assertRefusedForLackOfRoom(Path database, Path destination, Path temporaryDirectory, Path where) {
        Heard heard = new Heard();
        Failure failure = assertThrows(Failure.class, () -> backup(database, destination, temporaryDirectory, heard));
        assertEquals(Failure.Kind.NO_SPACE, failure.kind());
        assertTrue(failure.getMessage().startsWith("not enough room in " + where), failure.getMessage());
        assertEquals(List.of(), heard.phases(), "nothing was begun");
    }

    @Test
    void refusesBeforeItBeginsWhereTheSnapshotHasNoRoom() throws IOException {
        Path database = lab.database("app.db", "wal", 2000, "g");
        Writer.start(database, "crash", "wal", 0).close();
        long neededBytes = Files.size(database) + Files.size(lab.path("app.db-wal"));
        try (SmallDisk disk = SmallDisk.mount(lab.path("small"), 16 * MEGABYTE)) {
            assertRefusedForLackOfRoom(
                    database,
                    lab.path("b.gz"),
                    disk.leave(neededBytes - PAGE_SIZE).path(""),
                    disk.path(""));
            backup(database, lab.path("b.gz"), disk.leave(12 * MEGABYTE).path(""), Progress.NONE);
        }
    }

    /**
     * As much as the previous one takes, which stays until the new one is proven, and in any case a twentieth of the
     * database.
     */
    @Test
    void refusesBeforeItBeginsWhereTheBackupHasNoRoom() throws IOException {
        Path database = lab.database("app.db", "delete", 3000, "g");
        try (SmallDisk disk = SmallDisk.mount(lab.path("small"), 8 * MEGABYTE)) {
            backup(database, disk.path("b.gz"), lab.temporary(), Progress.NONE);
            long backupBytes = Files.size(disk.path("b.gz"));
            Lab.sql(database, "UPDATE t SET generation = 'h' WHERE id = 1");
            disk.leave(backupBytes - PAGE_SIZE);
            assertRefusedForLackOfRoom(database, disk.path("b.gz"), lab.temporary(), disk.path(""));
            disk.leave(backupBytes + 16 * PAGE_SIZE);
            assertFalse(backup(database, disk.path("b.gz"), lab.temporary(), Progress.NONE)
                    .unchanged());

            Path empty = lab.path("empty.db");
            Lab.sql(empty, "CREATE TABLE t(a)", "INSERT INTO t VALUES (zeroblob(" + 10 * MEGABYTE + "))");
            disk.leave(MEGABYTE / 2);
            assertRefusedForLackOfRoom(empty, disk.path("e.gz"), lab.temporary(), disk.path(""));
            disk.leave(MEGABYTE / 2 + 16 * PAGE_SIZE);
            backup(empty, disk.path("e.gz"), lab.temporary(), Progress.NONE);
        }
    }
}
