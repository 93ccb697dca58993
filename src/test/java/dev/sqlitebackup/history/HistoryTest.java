package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.core.PruneService;
import dev.sqlitebackup.core.RestoreService;
import dev.sqlitebackup.core.StatusService;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A directory as destination over the months, with a clock that the test sets. */
class HistoryTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Location history;
    private int rows;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 3, "g");
        history = new Location.Local(lab.path("history"), true);
    }

    private static Clock at(Instant now) {
        return Clock.fixed(now, ZoneOffset.UTC);
    }

    private BackupService.Result backup(Instant now, RetentionRules rules) {
        return new BackupService(at(now), Progress.NONE)
                .backup(Runs.request(
                        database,
                        history,
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        rules,
                        false));
    }

    private BackupService.Result change(Instant now) {
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('" + ++rows + "')");
        return backup(now, RetentionRules.NONE);
    }

    private List<String> names() {
        return new ListService()
                .list(history, null).backups().stream().map(Backup::name).toList();
    }

    private PruneService.Request pruning(int last) {
        return new PruneService.Request(
                history, null, new RetentionRules(last, 0, 0, 0, 0, 0, Duration.ZERO), lab.temporary(), Duration.ZERO);
    }

    private PruneService.Pruned prune(Instant now, int last) {
        return new PruneService(at(now), Progress.NONE).prune(pruning(last));
    }

    private StatusService.Result status(Instant now, Path ofDatabase) {
        return new StatusService(at(now)).status(new StatusService.Request(ofDatabase, true, history, null, DAY));
    }

    private String verified(String named, Instant notAfter, Instant now) {
        String backup = new VerifyService(at(now), Progress.NONE)
                .verify(new VerifyService.Request(
                        history, lab.path(named), null, notAfter, lab.temporary(), Duration.ZERO))
                .backup();
        return Path.of(backup).getFileName().toString();
    }

    private void damage(String name) throws IOException {
        Path file = lab.path("history/" + name);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 3] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void addsAFileARunAndNoneForAnUnchangedDatabase() {
        change(NOON);
        assertTrue(backup(NOON.plusSeconds(60), RetentionRules.NONE).unchanged());
        assertEquals(List.of("app-20261122T120000Z.db.gz"), names());
        change(NOON.plusSeconds(120));
        change(NOON.plusSeconds(120));
        assertEquals(
                List.of("app-20261122T120200Z-2.db.gz", "app-20261122T120200Z.db.gz", "app-20261122T120000Z.db.gz"),
                names());
        assertEquals("app-20261122T120200Z-2.db.gz", verified("app.db", null, NOON.plus(DAY)));
        assertEquals("app-20261122T120200Z-2.db.gz", verified("app.db", NOON.plusSeconds(120), NOON.plus(DAY)));
        assertEquals("app-20261122T120000Z.db.gz", verified("app.db", NOON.plusSeconds(119), NOON.plus(DAY)));
        assertEquals(
                Failure.Kind.NOT_FOUND,
                assertThrows(Failure.class, () -> verified("app.db", NOON.minusSeconds(1), NOON))
                        .kind());
    }

    @Test
    void tellsDatabasesApartByTheirWholeName() {
        change(NOON);
        Path first = database;
        database = lab.database("app.sqlite", "delete", 3, "other");
        change(NOON.plusSeconds(1));
        assertEquals(List.of("app-20261122T120001Z.sqlite.gz", "app-20261122T120000Z.db.gz"), names());
        database = first;
        assertTrue(backup(NOON.plusSeconds(2), RetentionRules.NONE).unchanged());
        assertEquals("app-20261122T120000Z.db.gz", verified("app.db", null, NOON.plus(DAY)));
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(Failure.class, () -> verified("third.db", null, NOON))
                        .kind());
        assertEquals(2, prune(NOON.plus(DAY), 1).kept().size());
    }

    @Test
    void neverListsChoosesOrDeletesWhatIsNotOurs() throws IOException {
        change(NOON);
        change(NOON.plusSeconds(1));
        Path place = lab.path("history");
        Lab.write(place.resolve("app-20261231T000000Z.db.gz"), "somebody's notes");
        Files.copy(place.resolve("app-20261122T120000Z.db.gz"), place.resolve("app-20261222T000000Z.db.gz"));
        Files.write(
                place.resolve("app-20261122T130000Z.db.gz"),
                java.util.Arrays.copyOf(Files.readAllBytes(place.resolve("app-20261122T120000Z.db.gz")), 300));
        Files.createDirectory(place.resolve("app-20261122T140000Z.db.gz"));
        Files.createSymbolicLink(
                place.resolve("app-20261122T150000Z.db.gz"), place.resolve("app-20261122T120000Z.db.gz"));
        Lab.write(place.resolve("app.db.gz"), "x");
        Lab.write(place.resolve("notes.txt"), "x");

        ListService.Listing listing = new ListService().list(history, null);
        assertEquals(List.of("app-20261122T120001Z.db.gz", "app-20261122T120000Z.db.gz"), names());
        assertEquals(3, listing.warnings().size(), listing.warnings().toString());
        assertEquals("app-20261122T120001Z.db.gz", verified("app.db", null, Instant.MAX));
        assertTrue(backup(NOON.plusSeconds(2), RetentionRules.NONE).unchanged());
        PruneService.Pruned pruned = prune(NOON.plus(DAY), 1);
        assertEquals(1, pruned.deleted().size());
        assertEquals(3, pruned.warnings().size());
        try (java.util.stream.Stream<Path> files = Files.list(place)) {
            assertEquals(
                    List.of(
                            ".app.db.state",
                            "app-20261122T120001Z.db.gz",
                            "app-20261122T130000Z.db.gz",
                            "app-20261122T140000Z.db.gz",
                            "app-20261122T150000Z.db.gz",
                            "app-20261222T000000Z.db.gz",
                            "app-20261231T000000Z.db.gz",
                            "app.db.gz",
                            "notes.txt"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }

    @Test
    void neverPrunesTheNewestThatVerifiesWhateverTheRulesSay() throws IOException {
        for (int day = 0; day < 5; day++) {
            change(NOON.plus(DAY.multipliedBy(day)));
        }
        Instant later = NOON.plus(Duration.ofDays(9));
        damage("app-20261126T120000Z.db.gz");
        damage("app-20261125T120000Z.db.gz");
        PruneService.Pruned dry = new PruneService(at(later), Progress.NONE).plan(pruning(1));
        assertEquals(2, dry.warnings().size(), "the damaged ones are named");
        assertEquals(
                List.of(List.of("last"), List.of("newest that verifies")),
                dry.kept().stream().map(Retention.Decision::reasons).toList());
        assertEquals(5, names().size());
        prune(later, 1);
        assertEquals(List.of("app-20261126T120000Z.db.gz", "app-20261124T120000Z.db.gz"), names());

        damage("app-20261124T120000Z.db.gz");
        change(NOON.plus(DAY)); // A damaged previous backup costs time, never correctness.
        damage("app-20261123T120000Z.db.gz");
        database = lab.database("other.db", "delete", 3, "g");
        change(NOON);
        change(NOON.plus(DAY));
        PruneService.Pruned undecided = prune(later, 1);
        assertEquals(List.of("none of the backups of app.db verifies, so none was deleted"), undecided.undecided());
        assertEquals(3, undecided.warnings().size(), "each is said to be damaged");
        assertEquals(
                List.of(
                        "app-20261126T120000Z.db.gz",
                        "app-20261124T120000Z.db.gz",
                        "other-20261123T120000Z.db.gz",
                        "app-20261123T120000Z.db.gz"),
                names(),
                "nothing is deleted of a database while nobody can tell which backup is good; the other one is pruned");
    }

    @Test
    void refusesAnEmptyPolicyAndAPlaceWithoutHistory() {
        change(NOON);
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(Failure.class, () -> prune(NOON, 0)).kind());
        Location missing = new Location.Local(lab.path("nowhere"), true);
        RetentionRules rules = new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO);
        assertEquals(
                Failure.Kind.NOT_FOUND,
                assertThrows(
                                Failure.class,
                                () -> new PruneService(at(NOON), Progress.NONE)
                                        .prune(new PruneService.Request(
                                                missing, null, rules, lab.temporary(), Duration.ZERO)))
                        .kind());
        history = Location.file(lab.path("b.gz"));
        backup(NOON, RetentionRules.NONE);
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(Failure.class, () -> prune(NOON, 1)).kind());
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(Failure.class, () -> backup(NOON, rules)).kind());
    }

    @Test
    void aBackupPrunesAfterItsSuccessAndKeepsWhatItJustMade() {
        RetentionRules one = new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO);
        change(NOON);
        change(NOON.plusSeconds(1));
        BackupService.Result unchanged = backup(NOON.plusSeconds(2), one);
        assertTrue(unchanged.unchanged());
        assertEquals(1, unchanged.pruned().size());
        assertEquals(List.of("app-20261122T120001Z.db.gz"), names());
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('new')");
        BackupService.Result made = backup(NOON.plusSeconds(3), one);
        assertEquals(lab.path("history/app-20261122T120003Z.db.gz").toString(), made.backup());
        assertEquals(List.of("app-20261122T120003Z.db.gz"), names());

        Lab.write(database, "no database any more, but long enough to be looked at ".repeat(50));
        assertEquals(
                Failure.Kind.CORRUPT,
                assertThrows(Failure.class, () -> backup(NOON.plusSeconds(4), one))
                        .kind());
        assertEquals(List.of("app-20261122T120003Z.db.gz"), names(), "a failed run prunes nothing");
    }

    @Test
    void aClockThatJumpsBackLosesNothingAndIsSaid() {
        RetentionRules one = new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO);
        change(NOON);
        change(NOON.plusSeconds(1));
        Instant before = NOON.minus(Duration.ofDays(300));
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('back')");
        BackupService.Result result = backup(before, one);
        assertEquals(3, names().size());
        assertTrue(
                result.verification()
                        .warnings()
                        .toString()
                        .contains(lab.path("history/app-20261122T120001Z.db.gz") + " is dated after now"),
                result.verification().warnings().toString());
        // The next run compares with the one that it made, not with those that are dated later.
        assertTrue(backup(before.plusSeconds(10), one).unchanged());
        assertEquals(
                StatusService.Freshness.FRESH,
                status(before.plusSeconds(20), database).freshness());
        // The clock is right again: the odd one is the oldest, and goes when the rules say so.
        assertEquals(2, prune(NOON.plus(DAY), 1).deleted().size());
        assertEquals(List.of("app-20261122T120001Z.db.gz"), names());
    }

    @Test
    void aBackupFromTheFarFutureSilencesNoAlarm() throws IOException {
        change(NOON.plus(Duration.ofDays(2000)));
        change(NOON);
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('since')");
        assertEquals(
                StatusService.Freshness.FRESH,
                status(NOON.plusSeconds(60), database).freshness());
        assertEquals(
                StatusService.Freshness.STALE,
                status(NOON.plus(DAY).plusSeconds(60), database).freshness());
        assertTrue(status(NOON.plusSeconds(60), database).changedSince());
        // Nor does one that is alone, without a state.
        Files.delete(lab.path("history/app-20261122T120000Z.db.gz"));
        Files.delete(lab.path("history/.app.db.state"));
        assertEquals(StatusService.Freshness.STALE, status(NOON, database).freshness());
        assertTrue(new VerifyService(at(NOON), Progress.NONE)
                .verify(new VerifyService.Request(history, database, null, null, lab.temporary(), Duration.ZERO))
                .verification()
                .warnings()
                .toString()
                .contains("dated after now"));
    }

    @Test
    void statusTellsAnIdleDatabaseFromADeadCronJob() throws IOException {
        Instant later = Instant.now()
                .plus(Duration.ofHours(1))
                .truncatedTo(ChronoUnit.SECONDS); // The times of its files are long past then.
        assertEquals(StatusService.Freshness.MISSING, status(later, database).freshness());
        change(later);
        StatusService.Result fresh = status(later.plusSeconds(100), database);
        assertEquals(StatusService.Freshness.FRESH, fresh.freshness());
        assertEquals(Boolean.FALSE, fresh.changedSince());
        assertEquals(100, fresh.age().toSeconds());
        // Idle for a month, confirmed or not.
        assertEquals(
                StatusService.Freshness.FRESH,
                status(later.plus(Duration.ofDays(30)), database).freshness());
        assertTrue(backup(later.plus(Duration.ofDays(40)), RetentionRules.NONE).unchanged());
        assertEquals(
                later.plus(Duration.ofDays(40)),
                status(later.plus(Duration.ofDays(41)), database).confirmedAt());
        // Written to: the alarm waits for as long as a backup may take, and then rings.
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('since')");
        Instant confirmed = later.plus(Duration.ofDays(40));
        assertEquals(
                StatusService.Freshness.FRESH,
                status(confirmed.plus(DAY), database).freshness());
        StatusService.Result stale = status(confirmed.plus(DAY).plusSeconds(1), database);
        assertEquals(StatusService.Freshness.STALE, stale.freshness());
        assertEquals(Boolean.TRUE, stale.changedSince());

        // On a monitoring host there is no database: age alone counts.
        StatusService.Result elsewhere = status(confirmed.plus(DAY), lab.path("nowhere/app.db"));
        assertNull(elsewhere.changedSince());
        assertEquals(StatusService.Freshness.FRESH, elsewhere.freshness());
        assertEquals(
                StatusService.Freshness.STALE,
                status(confirmed.plus(DAY).plusSeconds(1), lab.path("nowhere/app.db"))
                        .freshness());

        // Without a state that can be read, the backup's own date and the file's times have to do.
        Files.writeString(lab.path("history/.app.db.state"), "{");
        assertEquals(
                StatusService.Freshness.STALE,
                status(later.plus(Duration.ofDays(2)), database).freshness());
        assertNull(status(later, database).confirmedAt());
        Files.setLastModifiedTime(database, FileTime.from(later.minusSeconds(5)));
        StatusService.Result unknown = status(later.plus(Duration.ofDays(2)), database);
        assertNull(
                unknown.changedSince(), "an old file may be another one: only a state proves that nothing has changed");
        assertEquals(StatusService.Freshness.STALE, unknown.freshness());
    }

    @Test
    void followsALinkToTheDatabaseThatBackupsGoBy() throws IOException {
        change(NOON);
        Path link = Files.createSymbolicLink(lab.path("link.db"), database);
        assertEquals(StatusService.Freshness.FRESH, status(NOON, link).freshness());
        assertEquals("app-20261122T120000Z.db.gz", verified("link.db", null, NOON));
    }

    /** They are found by several threads at once. */
    @Test
    void warnsInTheOrderOfNames() {
        change(NOON);
        List<String> names = new ArrayList<>();
        for (int i = 10; i < 60; i++) {
            names.add(lab.path("history/app-20261122T0000" + i + "Z.db.gz").toString());
        }
        List<String> shuffled = new ArrayList<>(names);
        Collections.shuffle(shuffled, new Random(1));
        shuffled.forEach(name -> Lab.write(Path.of(name), "half-copied"));
        assertEquals(
                names,
                new ListService()
                        .list(history, null).warnings().stream()
                                .map(warning -> warning.substring(0, warning.indexOf(' ')))
                                .toList());
    }

    @Test
    void givesAHundredNamesASecondAndThenUp() throws IOException {
        change(NOON);
        for (int number = 2; number < 100; number++) {
            Files.createFile(lab.path("history/app-20261122T120000Z-" + number + ".db.gz"));
        }
        change(NOON);
        assertTrue(Files.size(lab.path("history/app-20261122T120000Z-100.db.gz")) > 0);
        Expect.failure(Failure.Kind.FAILURE, "no name is free for this second in " + history, () -> change(NOON));
        assertEquals(2, names().size());
    }

    @Test
    void saysWhatElseThereIsWhereThereIsNoHistory() throws IOException {
        History empty = history.history();
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no directory at " + history,
                () -> empty.names().choose(new DatabaseChoice(null, Path.of("app.db"), true)));
        Files.createDirectory(lab.path("history"));
        assertTrue(Expect.failure(
                        Failure.Kind.NOT_FOUND,
                        "there is no history in " + history,
                        () -> empty.names().choose(new DatabaseChoice(null, Path.of("app.db"), true)))
                .hint()
                .contains("make a backup first"));
        for (String name : List.of("c.gz", "b.gz", ".hidden.gz", "notes.txt")) {
            Lab.write(lab.path("history/" + name), "");
        }
        assertEquals(
                "name the backup itself: " + lab.path("history/b.gz") + " or " + lab.path("history/c.gz"),
                Expect.failure(
                                Failure.Kind.NOT_FOUND,
                                "there is no history in " + history,
                                () -> empty.names().choose(new DatabaseChoice(null, Path.of("app.db"), true)))
                        .hint());
    }

    @Test
    void neverTakesOneBackupOfAHistoryForADestination() {
        change(NOON);
        history = Location.file(lab.path("history/app-20261122T120000Z.db.gz"));
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(Failure.class, () -> change(NOON)).kind());
    }

    @Test
    void restoresAnotherDatabasesHistoryOnlyWhereItIsTold() {
        change(NOON);
        Path other = lab.path("other.db");
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(Failure.class, () -> restore(other, false)).kind());
        assertFalse(Files.exists(other));
        restore(other, true);
        assertTrue(Files.exists(other));
    }

    private void restore(Path target, boolean named) {
        new RestoreService(at(NOON), Progress.NONE)
                .restore(
                        new RestoreService.Request(
                                new RestoreService.Wanted.Chosen(history, null, null, named),
                                target,
                                false,
                                lab.temporary(),
                                null,
                                null,
                                Duration.ZERO,
                                false),
                        plan -> {});
    }

    @Test
    void aCutOffFileIsNoBackup() throws IOException {
        history = Location.file(lab.path("b.gz"));
        change(NOON);
        byte[] whole = Files.readAllBytes(lab.path("b.gz"));
        Files.write(lab.path("b.gz"), java.util.Arrays.copyOf(whole, whole.length / 2));
        assertEquals(StatusService.Freshness.MISSING, status(NOON, database).freshness());
        assertEquals(
                Failure.Kind.CORRUPT,
                assertThrows(Failure.class, () -> new ListService().list(history, null))
                        .kind());
    }

    @Test
    void aStateOfAnotherBackupConfirmsNothing() throws IOException {
        change(NOON);
        change(NOON.plus(DAY));
        Files.delete(lab.path("history/app-20261123T120000Z.db.gz"));
        StatusService.Result status = status(NOON.plus(DAY.multipliedBy(3)), lab.path("nowhere/app.db"));
        assertNull(status.confirmedAt());
        assertEquals(StatusService.Freshness.STALE, status.freshness());
        assertFalse(status.backup().name().contains("20261123"));
    }

    /** A name says what to look for, and the end of the file whether it is that. */
    @Test
    void aFullBackupUnderTheNameOfAnIncrementIsNamedAndLeftAlone() throws IOException {
        Path full = Path.of(change(NOON).backup());
        Path increment = full.resolveSibling("app-20261123T120000Z-since-20261122T120000Z.db-wal.gz");
        Files.copy(full, increment);
        ListService.Listing listing = new ListService().list(history, null);
        assertEquals(
                List.of(full.toString()),
                listing.backups().stream().map(Backup::location).toList());
        assertEquals(
                List.of(increment + " holds a backup of 20261122T120000Z, which is not what its name says; it is "
                        + "left alone"),
                listing.warnings());
        PruneService.Pruned pruned = prune(NOON.plus(DAY.multipliedBy(2)), 1);
        assertEquals(1, pruned.kept().size());
        assertEquals(List.of(), pruned.deleted());
        assertTrue(Files.exists(increment));
        assertEquals(full.toString(), status(NOON, database).backup().location());
    }

    @Test
    void refusesANameWhoseBackupsWouldBeTakenForIncrements() {
        for (String name : List.of("x-20200101T000000Z-since.db-wal", "x-20300101T000000Z-since.db-wal")) {
            Failure failure = assertThrows(Failure.class, () -> Destination.of(history, database, name));
            assertEquals(Failure.Kind.USAGE, failure.kind());
            assertTrue(failure.getMessage().endsWith(": " + name), failure.getMessage());
        }
    }

    @Test
    void safetyCopiesAreListedAndPrunedWithTheirSidecarsAndNotUnasked() throws IOException {
        change(NOON);
        for (int i = 0; i < 4; i++) {
            new RestoreService(at(NOON.plusSeconds(i)), Progress.NONE)
                    .restore(
                            new RestoreService.Request(
                                    new RestoreService.Wanted.Chosen(history, null, null, true),
                                    database,
                                    false,
                                    lab.temporary(),
                                    null,
                                    null,
                                    Duration.ZERO,
                                    false),
                            plan -> {});
        }
        Location copies = Location.file(database);
        assertEquals(4, new ListService().list(copies, null).backups().size());
        Lab.write(lab.path("app.db.pre-restore-20261122120000-wal"), "the log of a copy");
        Lab.write(lab.path("app.db.pre-restore-mine"), "mine");
        PruneService.Pruned pruned = new PruneService(at(NOON.plus(DAY)), Progress.NONE)
                .prune(new PruneService.Request(
                        copies,
                        null,
                        new RetentionRules(2, 0, 0, 0, 0, 0, Duration.ZERO),
                        lab.temporary(),
                        Duration.ZERO));
        assertEquals(2, pruned.deleted().size());
        assertEquals(
                List.of(
                        "app.db",
                        "app.db.pre-restore-20261122120002",
                        "app.db.pre-restore-20261122120003",
                        "app.db.pre-restore-mine"),
                lab.files("app.db").stream()
                        .map(file -> file.getFileName().toString())
                        .toList());
        // The database is gone: its copies can be listed all the same.
        Files.delete(database);
        assertEquals(2, new ListService().list(copies, null).backups().size());
        assertEquals(
                Failure.Kind.NOT_FOUND,
                assertThrows(Failure.class, () -> new ListService().list(Location.file(lab.path("never.db")), null))
                        .kind());
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(
                                Failure.class,
                                () -> new ListService()
                                        .list(Location.file(lab.path("app.db.pre-restore-20261122120002")), null))
                        .kind());
        Files.createSymbolicLink(
                lab.path("app.db.pre-restore-20270101000000"), lab.path("app.db.pre-restore-20261122120002"));
        assertEquals(2, new ListService().list(copies, null).backups().size(), "a link is nobody's safety copy");
    }
}
