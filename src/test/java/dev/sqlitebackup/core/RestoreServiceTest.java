package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Holder;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.SmallDisk;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreServiceTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final String SAFETY_COPY = "app.db.pre-restore-20261122120000";
    private static final int OLD_ROWS = 40;
    private static final int NEW_ROWS = 60;
    private static final int SOMEBODY = 12001;

    @TempDir
    Path directory;

    private Lab lab;
    private Path target;
    private boolean live;
    private Progress progress = Progress.NONE;

    @BeforeEach
    void makeBackup() throws IOException {
        lab = new Lab(directory);
        target = lab.path("app.db");
        backUp(lab.database("source.db", "delete", NEW_ROWS, "new"));
    }

    private void backUp(Path source) {
        new BackupService(Clock.fixed(NOW, ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        source,
                        Location.file(lab.path("b.gz")),
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
    }

    private RestoreService.Request request(Path backup) {
        return new RestoreService.Request(
                new RestoreService.Wanted.Chosen(Location.file(backup), null, null, true),
                target,
                live,
                lab.temporary(),
                null,
                null,
                Duration.ZERO,
                false);
    }

    private RestoreService.Result restore() {
        return new RestoreService(Clock.fixed(NOW, ZoneOffset.UTC), progress)
                .restore(request(lab.path("b.gz")), plan -> {});
    }

    private RestorePlan plan() {
        return new RestoreService(Clock.fixed(NOW, ZoneOffset.UTC), progress)
                .plan(request(lab.path("b.gz")), plan -> {});
    }

    private RestoreService.Result undo() {
        return new RestoreService(Clock.fixed(NOW.plusSeconds(60), ZoneOffset.UTC), progress)
                .restore(
                        new RestoreService.Request(
                                new RestoreService.Wanted.SafetyCopy(),
                                target,
                                live,
                                lab.temporary(),
                                null,
                                null,
                                Duration.ZERO,
                                false),
                        plan -> {});
    }

    private static String content(Path database) {
        return Lab.query(database, "SELECT min(generation) || ' ' || count(*) FROM t");
    }

    private void assertOld(Path database) {
        assertEquals("old " + OLD_ROWS, content(database));
    }

    private void assertNew() {
        assertEquals("new " + NEW_ROWS, content(target));
        assertEquals(List.of(), lab.litter());
    }

    // ---- each way

    @ParameterizedTest
    @CsvSource({"wal, false", "delete, false", "wal, true", "delete, true"})
    void restoresInPlaceAndUndoesIt(String journalMode, boolean underAnApplication) throws IOException {
        live = underAnApplication;
        lab.database("app.db", journalMode, OLD_ROWS, "old");
        RestoreService.Result restored = restore();
        assertNew();
        assertEquals("in-place", restored.way().word());
        assertEquals(target, restored.plan().database());
        assertEquals(lab.path(SAFETY_COPY), restored.safetyCopy());
        assertEquals(new Verification(true, List.of()), restored.verification());
        assertEquals(
                Files.size(lab.path("source.db")),
                restored.plan().content().manifest().databaseBytes());
        assertOld(restored.safetyCopy());
        RestoreService.Result undone = undo();
        assertOld(target);
        assertEquals(lab.path(SAFETY_COPY).toString(), undone.plan().content().backup());
        assertEquals("new " + NEW_ROWS, content(undone.safetyCopy()));
    }

    @Test
    void createsWhatIsMissingAndTheDirectoriesAboveIt() {
        target = lab.path("new/directory/app.db");
        RestoreService.Result created = restore();
        assertNew();
        assertEquals("created", created.way().word());
        assertNull(created.safetyCopy());
        assertEquals(
                new Verification(
                        true,
                        List.of("the directory " + target.getParent()
                                + " was made: whoever uses the database has to be able to write to it")),
                created.verification());
        assertEquals(
                Failure.Kind.NOT_FOUND, assertThrows(Failure.class, this::undo).kind());
    }

    @Test
    void leavesNoDirectoryThatItMadeWhereItChangesNothing() {
        target = lab.path("new/directory/app.db");
        RestoreService service = new RestoreService(Clock.fixed(NOW, ZoneOffset.UTC), progress);
        Failure failure = Expect.failure(
                Failure.Kind.FAILURE,
                "not restored: nothing was changed",
                () -> service.restore(request(lab.path("b.gz")), plan -> {
                    assertTrue(Files.isDirectory(lab.path("new/directory")));
                    throw new Failure(Failure.Kind.FAILURE, "not restored: nothing was changed");
                }));
        assertNull(failure.hint());
        assertFalse(Files.exists(lab.path("new")));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void replacesWhatSqliteCannotOpenAndKeepsIt(boolean underAnApplication) throws IOException {
        live = underAnApplication;
        Lab.write(target, "encrypted ".repeat(1024));
        RestoreService.Result replaced = restore();
        assertNew();
        assertEquals(RestorePlan.Way.REPLACE, replaced.way());
        assertEquals(lab.path(SAFETY_COPY), replaced.safetyCopy());
        assertEquals("encrypted ".repeat(1024), Files.readString(replaced.safetyCopy()));
        Failure failure = assertThrows(Failure.class, this::undo);
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertTrue(failure.hint().startsWith("the newest safety copy holds what was there before"), failure.hint());
        assertNew();
    }

    /** It looks like one from outside: a header, and a log that belongs to another. */
    @Test
    void replacesWhatOnlyTurnsOutToBeUnreadable() throws IOException {
        byte[] bytes = Files.readAllBytes(lab.database("app.db", "delete", OLD_ROWS, "old"));
        bytes[100] = 77; // The kind of a page that no database has.
        Files.write(target, bytes);
        Lab.write(lab.path("app.db-wal"), "its log");
        assertEquals(RestorePlan.Way.REPLACE, restore().way());
        assertNew();
        assertEquals("its log", Files.readString(lab.path(SAFETY_COPY + "-wal")));
    }

    /** Another page size in its header is no reason to leave it, since no application can have it open. */
    @Test
    void replacesAnUnreadableDatabaseAlsoLiveWhateverItsHeaderSays() throws IOException {
        live = true;
        Lab.sql(target, "PRAGMA page_size=8192", "PRAGMA journal_mode=WAL", "CREATE TABLE t(a)");
        byte[] bytes = Files.readAllBytes(target);
        java.util.Arrays.fill(bytes, 100, 160, (byte) 0xee);
        Files.write(target, bytes);
        assertEquals(RestorePlan.Way.REPLACE, restore().way());
        assertNew();
    }

    @Test
    void keepsTheSidecarsOfADatabaseThatIsGoneAndSaysSo() throws IOException {
        Lab.write(lab.path("app.db-wal"), "its log");
        RestoreService.Result created = restore();
        assertNew();
        assertEquals("its log", Files.readString(lab.path(SAFETY_COPY + "-wal")));
        assertTrue(created.verification().full());
        assertTrue(
                created.verification().warnings().get(0).contains("they are kept beside " + lab.path(SAFETY_COPY)),
                created.verification().warnings().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"there", "missing", "garbage"})
    void aDryRunLeavesEverythingAsItIsAndSaysHowItWouldBe(String situation) throws IOException {
        switch (situation) {
            case "there" -> lab.database("app.db", "delete", OLD_ROWS, "old");
            case "garbage" -> Lab.write(target, "garbage".repeat(512));
            default -> target = lab.path("missing/app.db");
        }
        Map<String, String> before = lab.state("");
        assertEquals(
                switch (situation) {
                    case "there" -> RestorePlan.Way.IN_PLACE;
                    case "garbage" -> RestorePlan.Way.REPLACE;
                    default -> RestorePlan.Way.CREATE;
                },
                plan().way());
        assertEquals(before, lab.state(""));
        assertFalse(Files.exists(lab.path("missing")));
        assertEquals(List.of(), lab.litter());
    }

    // ---- what is refused

    @Test
    void refusesADatabaseThatSomebodyHasOpenBeforeAnythingElse() throws IOException {
        lab.database("app.db", "delete", OLD_ROWS, "old");
        Lab.write(lab.path("b.gz"), "damaged, but nobody looks");
        try (Holder holder = new Holder(target)) {
            Failure failure = assertThrows(Failure.class, this::restore);
            assertEquals(Failure.Kind.IN_USE, failure.kind());
            assertTrue(failure.getMessage().contains("pid " + holder.pid() + " ("), failure.getMessage());
            live = true;
            assertEquals(
                    Failure.Kind.CORRUPT,
                    assertThrows(Failure.class, this::restore).kind());
        }
        assertOld(target);
    }

    /** To stage a large backup takes a while. An idle connection to a rollback database holds no lock. */
    @Test
    void refusesADatabaseThatSomebodyOpensWhileTheBackupIsStaged() throws IOException {
        lab.database("app.db", "delete", OLD_ROWS, "old");
        Holder[] holder = {null};
        progress = during("check", () -> holder[0] = new Holder(target));
        assertEquals(
                Failure.Kind.IN_USE, assertThrows(Failure.class, this::restore).kind());
        holder[0].close();
        assertOld(target);
        assertEquals(List.of(), lab.safetyCopies("app.db"));
        assertEquals(List.of(), lab.litter());
    }

    private interface Action {
        void run() throws IOException;
    }

    /** Does something when a phase begins. */
    private static Progress during(String phase, Action action) {
        return new Progress() {
            @Override
            public void phase(String name, long totalBytes) {
                if (name.equals(phase)) {
                    try {
                        action.run();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                }
            }

            @Override
            public void at(long doneBytes) {}
        };
    }

    @Test
    void refusesTheDatabaseItselfAsItsBackup() {
        lab.database("app.db", "delete", OLD_ROWS, "old");
        Failure failure = assertThrows(
                Failure.class,
                () -> new RestoreService(Clock.systemUTC(), progress).restore(request(target), plan -> {}));
        assertEquals(Failure.Kind.USAGE, failure.kind());
        assertOld(target);
    }

    @Test
    void refusesWhereItMayNotWriteBeforeItStages() throws IOException {
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 1 << 20)) {
            target = disk.path("app.db");
            Files.copy(lab.database("old.db", "delete", OLD_ROWS, "old"), target);
            disk.makeReadOnly();
            Failure failure = assertThrows(Failure.class, this::restore);
            assertEquals(Failure.Kind.FAILURE, failure.kind());
            assertEquals("this user may not write " + target, failure.getMessage());
            target = disk.path("missing.db");
            assertEquals(
                    "this user may not write " + disk.path("").toRealPath(),
                    assertThrows(Failure.class, this::restore).getMessage());
        }
    }

    // ---- others

    /** What is in the database then is not what was restored, and not damaged either. */
    @Test
    void saysThatOthersWroteBeforeItCouldBeReadBack() {
        Tools.require("sqlite3");
        live = true;
        lab.database("app.db", "wal", OLD_ROWS, "old");
        progress = new Progress() {
            private boolean restoring;
            private long totalBytes;

            @Override
            public void phase(String name, long total) {
                restoring = name.equals("restore");
                totalBytes = total;
            }

            @Override
            public void at(long doneBytes) {
                if (restoring && doneBytes == totalBytes) { // The switch is committed by now.
                    Tools.sh("sqlite3 \"$1\" \"INSERT INTO t(generation) VALUES ('since')\"", target)
                            .ok();
                }
            }
        };
        RestoreService.Result result = restore();
        assertEquals("partial", result.verification().word());
        assertEquals(
                List.of("others wrote to the database before it could be read back"),
                result.verification().warnings());
        assertEquals("new " + (NEW_ROWS + 1), content(target));
    }

    @ParameterizedTest
    @ValueSource(strings = {"restored", "created"})
    void whatRootMakesBelongsToWhomTheDatabaseBelongs(String method) throws IOException {
        Tools.requireRoot();
        target = Files.createDirectory(lab.path("data")).resolve("app.db");
        Files.setAttribute(target.getParent(), "unix:uid", SOMEBODY);
        if (method.equals("restored")) {
            Files.move(lab.database("old.db", "delete", OLD_ROWS, "old"), target);
            Files.setAttribute(target, "unix:uid", SOMEBODY);
            assertEquals(SOMEBODY, Files.getAttribute(restore().safetyCopy(), "unix:uid"));
        } else {
            assertEquals(List.of(), restore().verification().warnings());
        }
        assertEquals(SOMEBODY, Files.getAttribute(target, "unix:uid"));
    }

    // ---- room

    /**
     * What is needed beside the staged backup: the safety copy (with --live a second one, to prove it), the journal or
     * log of the switch, what the database grows by.
     */
    @ParameterizedTest
    @CsvSource({
        "delete, false, 400, 900",
        "delete, false, 900, 400",
        "delete, true, 400, 900",
        "wal, true, 900, 400",
        "wal, true, 400, 900"
    })
    void refusesBeforeTheSwitchWhereThereIsNoRoomForIt(
            String journalMode, boolean underAnApplication, int oldRows, int newRows) throws IOException {
        live = underAnApplication;
        Files.delete(lab.path("source.db"));
        backUp(lab.database("source.db", "delete", newRows, "new"));
        long newBytes = Files.size(lab.path("source.db"));
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 12 << 20)) {
            target = disk.path("app.db");
            Files.copy(lab.database("old.db", journalMode, oldRows, "old"), target);
            long oldBytes = Files.size(target);
            long neededBytes = (live ? 2 * oldBytes + Math.max(oldBytes, newBytes) : 2 * oldBytes)
                    + Math.max(0, newBytes - oldBytes);
            disk.leave(newBytes + neededBytes - 16_384);
            Failure failure = assertThrows(Failure.class, this::restore);
            assertEquals(Failure.Kind.NO_SPACE, failure.kind());
            assertTrue(failure.getMessage().startsWith("not enough room in " + disk.path("")), failure.getMessage());
            assertEquals(
                    "nothing was changed; free some space there, or decompress elsewhere with --tmp-dir=DIR, or "
                            + "keep the safety copy elsewhere with --safety-dir=DIR",
                    failure.hint());
            assertEquals("old " + oldRows, content(target));
            disk.leave(newBytes + neededBytes + 300_000);
            restore();
            assertEquals("new " + newRows, content(target));
        }
    }

    @Test
    void needsNoMoreThanTheBackupsOwnRoomWhereThereWasNone() throws IOException {
        long newBytes = Files.size(lab.path("source.db"));
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 1 << 20)) {
            target = disk.leave(newBytes + newBytes / 2).path("app.db");
            restore();
            assertNew();
        }
    }

    /** It stages elsewhere, and says whether the database's own file system would take it. */
    @Test
    void aDryRunSaysThatThereIsNoRoom() throws IOException {
        long newBytes = Files.size(lab.path("source.db"));
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 4 << 20)) {
            target = disk.path("app.db");
            disk.leave(newBytes - 8192);
            assertEquals(
                    Failure.Kind.NO_SPACE,
                    assertThrows(Failure.class, this::plan).kind());
            disk.leave(newBytes + 8192);
            plan();
            Files.copy(
                    lab.database("old.db", "delete", OLD_ROWS, "old"),
                    disk.leave(2 << 20).path("app.db"));
            long oldBytes = Files.size(target);
            disk.leave(newBytes + 2 * oldBytes + newBytes - oldBytes - 8192);
            assertEquals(
                    Failure.Kind.NO_SPACE,
                    assertThrows(Failure.class, this::plan).kind());
            disk.leave(newBytes + 2 * oldBytes + newBytes - oldBytes + 8192);
            plan();
            assertOld(target);
        }
    }

    /** What is only in the log is part of the database that is saved. */
    @Test
    void countsTheLogOfACrashedWriter() throws IOException {
        long newBytes = Files.size(lab.path("source.db"));
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 4 << 20)) {
            target = disk.path("app.db");
            Files.copy(lab.database("old.db", "wal", OLD_ROWS, "old"), target);
            long oldBytes = Files.size(target);
            Files.write(disk.path("app.db-wal"), new byte[400_000]);
            long neededBytes = newBytes + (oldBytes + 400_000) + oldBytes;
            disk.leave(neededBytes - 8192);
            assertEquals(
                    Failure.Kind.NO_SPACE,
                    assertThrows(Failure.class, this::restore).kind());
            disk.leave(neededBytes + 8192);
            restore();
        }
    }
}
