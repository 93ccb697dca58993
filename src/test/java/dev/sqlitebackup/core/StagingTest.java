package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.FileKind;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Heard;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.SmallDisk;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagingTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant MODIFIED = Instant.parse("2026-01-02T03:04:05.9Z");
    private static final int PAGE_SIZE = 4096;
    private static final int MEGABYTE = 1 << 20;

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private byte[] content;

    @BeforeEach
    void makeDatabase() throws IOException {
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 50, "g");
        content = Files.readAllBytes(database);
    }

    private StagedBackup stage(BackupSource source, Path where, Progress progress) {
        try (Workspace workspace = Workspace.create(where)) {
            StagedBackup staged = new Staging(workspace, Duration.ZERO, progress).stage(source);
            assertEquals(staged.manifest().sha256(), Lab.sha256(staged.file()));
            assertEquals(
                    staged.manifest().databaseBytes(), staged.file().toFile().length());
            return staged;
        }
    }

    private StagedBackup stage(Path backup) {
        return stage(BackupSource.of(backup), lab.temporary(), Progress.NONE);
    }

    private Path gzip(String name, byte[] bytes) throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(lab.path(name)))) {
            out.write(bytes);
        }
        Files.setLastModifiedTime(lab.path(name), FileTime.from(MODIFIED));
        return lab.path(name);
    }

    private Failure refused(Failure.Kind kind, Path backup) {
        Failure failure = assertThrows(Failure.class, () -> stage(backup));
        assertEquals(kind, failure.kind(), failure.getMessage());
        assertEquals(List.of(), lab.litter());
        return failure;
    }

    // ---- what a backup can be

    @Test
    void takesOneOfOursAndItsOwnTime() throws IOException {
        new BackupService(Clock.fixed(NOW, ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        database,
                        Location.file(lab.path("b.gz")),
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
        Heard heard = new Heard();
        StagedBackup staged = stage(BackupSource.of(lab.path("b.gz")), lab.temporary(), heard);
        assertEquals(NOW, staged.manifest().createdAt());
        assertEquals(Files.size(lab.path("b.gz")), staged.backupBytes());
        assertEquals(content.length, staged.manifest().databaseBytes());
        assertEquals(new Verification(true, List.of()), staged.verification());
        assertEquals(
                List.of(new Heard.Phase("verify", content.length, content.length), new Heard.Phase("check", -1, 0)),
                heard.phases());
    }

    @Test
    void takesAnyGzipFileAndTheTimeThatGzipNoted() throws IOException {
        Path backup = gzip("b.gz", content);
        assertEquals(MODIFIED.minusNanos(900_000_000), stage(backup).manifest().createdAt());
        byte[] bytes = Files.readAllBytes(backup);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(4, (int) NOW.getEpochSecond());
        assertEquals(NOW, stage(Files.write(backup, bytes)).manifest().createdAt());
    }

    /** What is known of it from outside is better than the time of a file that was checked out just now. */
    @Test
    void takesTheTimeThatItWasChosenBy() throws IOException {
        Path backup = gzip("b.gz", content);
        StagedBackup staged = stage(
                new BackupSource(
                        "b.gz",
                        "commit",
                        NOW,
                        BackupSource.HintIfDamaged.UNKNOWN,
                        List.of("one that was passed over"),
                        workspace -> one(backup)),
                lab.temporary(),
                Progress.NONE);
        assertEquals(NOW, staged.manifest().createdAt());
        assertEquals(List.of("one that was passed over"), staged.verification().warnings());
    }

    @Test
    void takesADatabaseAsItIsWithWhatIsInItsLog() throws IOException {
        Files.setLastModifiedTime(database, FileTime.from(MODIFIED));
        assertEquals(
                MODIFIED.minusNanos(900_000_000), stage(database).manifest().createdAt());
        assertEquals(content.length, stage(database).backupBytes());
        Writer.start(database, "crash", "wal", 0).close();
        try (Workspace workspace = Workspace.create(lab.temporary())) {
            assertEquals(
                    "500",
                    Lab.query(
                            new Staging(workspace, Duration.ZERO, Progress.NONE)
                                    .stage(BackupSource.of(database))
                                    .file(),
                            "SELECT count(*) FROM crashed"));
        }
        Arrays.fill(content, 5 * PAGE_SIZE, 9 * PAGE_SIZE, (byte) 0);
        refused(Failure.Kind.CORRUPT, Files.write(lab.path("damaged.db"), content));
        Files.write(lab.path("broken.db"), Arrays.copyOf(content, 5 * PAGE_SIZE + 7));
        assertTrue(refused(Failure.Kind.CORRUPT, lab.path("broken.db"))
                .getMessage()
                .contains("failed verification"));
    }

    // ---- what is none

    @Test
    void saysWhatElseLiesThere() throws IOException {
        Failure pointer = refused(
                Failure.Kind.NOT_FOUND,
                Files.writeString(
                        lab.path("pointer.gz"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"));
        assertTrue(pointer.hint().startsWith("fetch it: git -C " + directory + "/ lfs pull"), pointer.hint());
        assertTrue(refused(Failure.Kind.CORRUPT, Files.write(lab.path("empty.gz"), new byte[0]))
                .getMessage()
                .endsWith("it is empty (0 bytes)"));
        assertTrue(refused(Failure.Kind.CORRUPT, Files.writeString(lab.path("text.gz"), "text"))
                .getMessage()
                .endsWith("it is neither a gzip file nor a SQLite database"));
        assertTrue(refused(Failure.Kind.CORRUPT, gzip("text.gz", new byte[200]))
                .getMessage()
                .endsWith("what it holds is not a SQLite database"));
        assertTrue(refused(Failure.Kind.CORRUPT, gzip("short.gz", Arrays.copyOf(content, 99)))
                .getMessage()
                .contains("failed verification"));
        assertTrue(refused(Failure.Kind.NOT_FOUND, lab.path("missing.gz"))
                .getMessage()
                .startsWith("there is no backup at"));
        Files.createDirectory(lab.path("directory.gz"));
        assertEquals(
                "name the backup file itself",
                refused(Failure.Kind.FAILURE, lab.path("directory.gz")).hint());
    }

    @Test
    void saysWhatElseThereIsToRestore() throws IOException {
        Path damaged = gzip("b.gz", content);
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);
        assertEquals(
                "nothing was changed; no older one is known",
                refused(Failure.Kind.CORRUPT, damaged).hint());
        Files.createDirectory(lab.path(".git"));
        assertEquals(
                "nothing was changed; for an older one, where Git keeps them: sqlite-backup list " + damaged,
                refused(Failure.Kind.CORRUPT, damaged).hint());
        Path one = Files.copy(damaged, lab.path("app-20261122T120000Z.db.gz"));
        assertEquals(
                "nothing was changed; for an older one: sqlite-backup list " + directory + "/",
                refused(Failure.Kind.CORRUPT, one).hint(),
                "the others lie beside it");
        BackupSource far =
                new BackupSource("s3://b/p/b.gz", null, null, member -> null, List.of(), workspace -> one(damaged));
        assertEquals(
                "nothing was changed; the store has only this one",
                assertThrows(Failure.class, () -> stage(far, lab.temporary(), Progress.NONE))
                        .hint());
        BackupSource ofHistory = new BackupSource(
                "b.gz", null, NOW, member -> "the one before it", List.of(), workspace -> one(damaged));
        assertEquals(
                "the one before it",
                assertThrows(Failure.class, () -> stage(ofHistory, lab.temporary(), Progress.NONE))
                        .hint());
        BackupSource gone =
                new BackupSource("b.gz", null, NOW, member -> null, List.of(), workspace -> one(lab.path("gone.gz")));
        Failure deleted = assertThrows(Failure.class, () -> stage(gone, lab.temporary(), Progress.NONE));
        assertEquals(Failure.Kind.NOT_FOUND, deleted.kind());
        assertTrue(deleted.getMessage().contains("was deleted after it was chosen"), deleted.getMessage());
    }

    @Test
    void knowsAFileByItsFirstBytes() throws IOException {
        assertTrue(FileKind.isPlainDatabase(database));
        assertTrue(FileKind.isPlainDatabase(Files.write(lab.path("start"), Arrays.copyOf(content, 16))));
        assertFalse(FileKind.isPlainDatabase(Files.write(lab.path("start"), Arrays.copyOf(content, 15))));
        assertFalse(FileKind.isPlainDatabase(gzip("b.gz", content)));
        assertTrue(FileKind.isGzip(lab.path("b.gz")));
        assertFalse(FileKind.isGzip(database));
        assertEquals(
                Failure.Kind.FAILURE,
                assertThrows(Failure.class, () -> FileKind.isGzip(directory)).kind());
        assertEquals(
                Failure.Kind.NOT_FOUND,
                assertThrows(Failure.class, () -> FileKind.isGzip(lab.path("missing")))
                        .kind());
        FileKind.requireGzip(Files.readAllBytes(lab.path("b.gz")), "b.gz");
        assertThrows(Failure.class, () -> FileKind.requireGzip(content, "b.gz"));
    }

    /** Nobody shall make room for what a damaged header declares. */
    @Test
    void callsDamagedWhatDeclaresMoreThanItsFileCanHold() throws IOException {
        byte[] declares = content.clone();
        Arrays.fill(declares, 28, 32, (byte) 0x7f); // The number of pages: 8 TiB of them.
        refused(Failure.Kind.CORRUPT, gzip("declares.gz", declares));
    }

    // ---- bombs

    /** A gzip file whose database declares so many pages, and which holds this many bytes. */
    private Path declaring(int pages, int sizeBytes) throws IOException {
        byte[] bytes = Arrays.copyOf(content, sizeBytes);
        ByteBuffer header = ByteBuffer.wrap(bytes);
        header.putInt(28, pages);
        if (pages == 0) {
            header.putInt(92, header.getInt(24) + 1); // The count is not in use, as before SQLite 3.7.0.
        }
        return gzip("bomb.gz", bytes);
    }

    @Test
    void writesNotAByteMoreThanItsDatabaseDeclares() throws IOException {
        Failure failure = refused(Failure.Kind.CORRUPT, declaring(content.length / PAGE_SIZE, content.length + 1));
        assertTrue(
                failure.getMessage()
                        .endsWith("it holds more than the " + content.length + " bytes that its database declares"),
                failure.getMessage());
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), MEGABYTE)) {
            disk.leave(content.length + 64 * 1024);
            Path bomb = declaring(content.length / PAGE_SIZE, 100 * MEGABYTE);
            assertEquals(
                    Failure.Kind.CORRUPT,
                    assertThrows(Failure.class, () -> stage(BackupSource.of(bomb), disk.path(""), Progress.NONE))
                            .kind());
        }
    }

    @Test
    void refusesBeforeItWritesWhatDeclaresMoreThanThereIsRoomFor() throws IOException {
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), MEGABYTE)) {
            long room = disk.path("").toFile().getUsableSpace();
            Path bomb = declaring((int) (room / PAGE_SIZE) + 1, content.length);
            Heard heard = new Heard();
            Failure failure = assertThrows(Failure.class, () -> stage(BackupSource.of(bomb), disk.path(""), heard));
            assertEquals(Failure.Kind.NO_SPACE, failure.kind());
            assertTrue(failure.getMessage().startsWith("not enough room in"), failure.getMessage());
            assertEquals(List.of(), heard.phases());
        }
    }

    /** It is given what room there is but 64 MB, looked at after every 16. */
    @Test
    void leavesRoomWhereItDoesNotSayHowMuchItHolds() throws IOException {
        Heard heard = new Heard();
        assertEquals(
                content.length,
                stage(BackupSource.of(declaring(0, content.length)), lab.temporary(), heard)
                        .manifest()
                        .databaseBytes());
        assertEquals(
                new Heard.Phase("verify", -1, content.length), heard.phases().get(0));
        Path bomb = declaring(0, 60 * MEGABYTE);
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 110 * MEGABYTE)) {
            Heard stopped = new Heard();
            Failure failure = assertThrows(Failure.class, () -> stage(BackupSource.of(bomb), disk.path(""), stopped));
            assertEquals(Failure.Kind.NO_SPACE, failure.kind());
            assertTrue(failure.hint().startsWith("the backup does not say how much it holds"), failure.hint());
            assertEquals(48L * MEGABYTE, stopped.phases().get(0).doneBytes());
        }
    }

    // ---- room

    /** Asked for by what is known from outside, so that nothing is fetched where there is none. */
    @Test
    void asksForAllTheRoomBeforeItFetchesAnything() throws IOException {
        Path backup = gzip("b.gz", content);
        List<String> done = new ArrayList<>();
        BackupSource.Content far = new BackupSource.Content() {
            @Override
            public List<ChainReader.Member> in(Workspace workspace) {
                done.add("fetched");
                return one(backup);
            }

            @Override
            public Long fetchedBytes() {
                return 1000L;
            }

            @Override
            public Long databaseBytes() {
                return (long) content.length;
            }
        };
        stageAskingForRoom(new BackupSource("s3://b/p/b.gz", null, NOW, null, List.of(), far), done);
        assertEquals(List.of((1000 + content.length) + " of " + content.length, "fetched"), done);
    }

    @Test
    void asksForRoomByWhatABackupSaysAndElseByWhatItHeld() throws IOException {
        List<String> done = new ArrayList<>();
        stageAskingForRoom(BackupSource.of(gzip("b.gz", content)), done);
        assertEquals(List.of(content.length + " of " + content.length), done);
        done.clear();
        stageAskingForRoom(BackupSource.of(declaring(0, content.length)), done);
        assertEquals(List.of("0 of " + content.length), done);
        done.clear();
        stageAskingForRoom(BackupSource.of(database), done);
        assertEquals(List.of(content.length + " of " + content.length), done);
        Writer.start(database, "crash", "wal", 0).close();
        done.clear();
        stageAskingForRoom(BackupSource.of(database), done);
        long bytes = Files.size(database) + Files.size(lab.path("app.db-wal"));
        assertEquals(List.of(bytes + " of " + bytes), done);
    }

    private void stageAskingForRoom(BackupSource source, List<String> done) {
        try (Workspace workspace = Workspace.create(lab.temporary())) {
            new Staging(
                            workspace,
                            Duration.ZERO,
                            Progress.NONE,
                            (toStageBytes, stagedBytes) -> done.add(toStageBytes + " of " + stagedBytes),
                            file -> {})
                    .stage(source);
        }
    }

    @Test
    void warnsOfADatabaseInWalModeThatCameDownAPipeWithoutItsWal() throws IOException {
        Path wal = lab.database("wal.db", "wal", 30, "g");
        Path rollback = lab.database("rollback.db", "delete", 30, "g");
        assertEquals(1, piped(wal).verification().warnings().size());
        assertTrue(piped(wal).verification().warnings().get(0).contains("what was only in its WAL is missing"));
        assertEquals(List.of(), piped(rollback).verification().warnings());
        assertEquals(
                List.of(),
                piped(gzip("wal.gz", Files.readAllBytes(wal))).verification().warnings());
        assertEquals(List.of(), stage(wal).verification().warnings(), "a file may have its WAL beside it");
    }

    private static List<ChainReader.Member> one(Path file) {
        return List.of(new ChainReader.Member(file, file.toString()));
    }

    private StagedBackup piped(Path file) {
        return stage(
                new BackupSource("-", null, null, member -> null, List.of(), workspace -> one(file)),
                lab.temporary(),
                Progress.NONE);
    }
}
