package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which backup an alarm is about, and what it says. When it rings is in {@link HistoryTest}. */
class StatusServiceTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Location file;
    private Location history;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 3, "g");
        file = Location.file(lab.path("b.gz"));
        history = new Location.Local(lab.path("history"), true);
    }

    private void backUp(Path source, Location destination) {
        backUp(source, destination, NOON);
    }

    private void backUp(Path source, Location destination, Instant now) {
        new BackupService(Clock.fixed(now, ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        source,
                        destination,
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
    }

    private static StatusService.Result status(Path database, boolean named, Location destination) {
        return new StatusService(Clock.fixed(NOON.plusSeconds(100), ZoneOffset.UTC))
                .status(new StatusService.Request(database, named, destination, null, Duration.ofDays(1)));
    }

    private StatusService.Result status(Location destination) {
        return status(database, true, destination);
    }

    private void assertMissing(String missing, String hint, Location destination) {
        StatusService.Result result = status(destination);
        assertEquals(StatusService.Freshness.MISSING, result.freshness());
        assertEquals("missing", result.freshness().word());
        assertEquals(missing, result.missing());
        assertEquals(hint, result.hint());
        assertNull(result.backup());
        assertNull(result.age());
        assertNull(result.changedSince());
    }

    /** The hint can be pasted, and makes what was asked for. */
    @Test
    void saysHowToMakeABackupThatIsMissing() throws IOException {
        assertMissing(
                "there is no backup at " + file,
                "run one: sqlite-backup backup " + database + " --to=" + lab.path("b.gz"),
                file);
        assertMissing(
                "there is no backup of app.db in " + history,
                "run one: sqlite-backup backup " + database + " --to=" + history + "/",
                history);
        Location existing = Location.file(Files.createDirectory(lab.path("my history")));
        assertMissing(
                "there is no backup of app.db in " + existing,
                "run one: sqlite-backup backup " + database + " '--to=" + existing + "/'",
                existing);
    }

    /** A backup of it would fail. */
    @Test
    void saysOfADatabaseThatIsNotThereEitherThatItIsNot() throws IOException {
        Files.delete(database);
        String look = "look at the path of the database, or run one where that lies";
        assertMissing("there is no backup at " + file + ", and no database at " + database, look, file);
        assertMissing("there is no backup of app.db in " + history + ", and no database at " + database, look, history);
        backUp(lab.database("b.db", "delete", 3, "g"), history);
        assertMissing(
                "there is no backup of app.db in " + history + ", only of b.db, and no database at " + database,
                look + "; what is backed up there: sqlite-backup list " + history,
                history);
    }

    @Test
    void saysWhatIsThereInsteadOfTheBackupThatIsMissing() {
        String hint = "run one: sqlite-backup backup " + database + " --to=" + history + "/";
        backUp(lab.database("b.db", "delete", 3, "g"), history);
        assertMissing("there is no backup of app.db in " + history + ", only of b.db", hint, history);
        Lab.write(lab.path("history/app-20261122T120000Z.db.gz"), "half-copied");
        backUp(lab.database("c.db", "delete", 3, "g"), history);
        assertMissing("there is no backup of app.db in " + history + ", only of b.db, c.db", hint, history);
        assertEquals(1, status(history).warnings().size(), "the one that is none is named");
    }

    /** What is there instead of a backup is as bad as nothing; what cannot be read says nothing. */
    @Test
    void takesWhatIsNoBackupForAMissingOne() throws IOException {
        String hint = "run one: sqlite-backup backup " + database + " --to=" + file;
        backUp(database, file);
        byte[] whole = Files.readAllBytes(lab.path("b.gz"));
        Files.write(lab.path("b.gz"), Arrays.copyOf(whole, whole.length - 1));
        assertMissing("the backup " + file + " failed verification: it is cut short", hint, file);
        Lab.write(lab.path("b.gz"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
        assertMissing(
                "only a Git LFS pointer is at " + file + ", not the backup itself",
                "fetch it: git -C " + directory + "/ lfs pull; for an older version: git -C " + directory
                        + "/ lfs fetch --all",
                file);
        Expect.failure(Failure.Kind.FAILURE, "cannot read", () -> status(Location.file(lab.path("x".repeat(300)))));
    }

    /** Whoever put it there has not made a backup, however fresh it is. */
    @Test
    void takesAGzipFileOfSomethingElseForAMissingBackup() throws IOException {
        for (byte[] other : new byte[][] {
            "a tar archive, say ".repeat(1000).getBytes(StandardCharsets.UTF_8),
            "hello".getBytes(StandardCharsets.UTF_8),
            {}
        }) {
            try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(lab.path("other.gz")))) {
                out.write(other);
            }
            StatusService.Result result = status(Location.file(lab.path("other.gz")));
            assertEquals(StatusService.Freshness.MISSING, result.freshness());
            assertTrue(result.missing().endsWith("what it holds is not a SQLite database"), result.missing());
        }
    }

    @Test
    void refusesADirectoryForADatabase() {
        assertEquals(
                "did you mean its history? sqlite-backup status --to=" + directory + "/",
                Expect.failure(
                                Failure.Kind.USAGE,
                                "this is a directory and no database",
                                () -> status(directory, true, history))
                        .hint());
    }

    /** The default database need not exist, on a monitoring host say: the only one in the history is meant then. */
    @Test
    void looksForTheDatabaseThatWasNamedOrIsThereOrIsTheOnlyOne() {
        Path standard = lab.path("opencode.db");
        assertEquals(
                "there is no backup of opencode.db in " + history + ", and no database at " + lab.path("opencode.db"),
                status(standard, false, history).missing());
        backUp(database, history);
        assertEquals(
                "app-20261122T120000Z.db.gz",
                status(standard, false, history).backup().name());
        assertNull(status(standard, true, history).backup());
        backUp(lab.database("b.db", "delete", 3, "g"), history);
        Expect.failure(Failure.Kind.USAGE, "several databases are backed up", () -> status(standard, false, history));
        assertNull(status(standard, true, history).backup());
        lab.database("opencode.db", "delete", 3, "g");
        assertNull(status(standard, false, history).backup(), "it is there, and has no backup");
        backUp(standard, history);
        assertEquals(
                "opencode-20261122T120000Z.db.gz",
                status(standard, false, history).backup().name());
    }

    @Test
    void goesByAgeAloneWhereTheDatabaseHasAnotherNameBesideWhichALogMayLie() throws IOException {
        Instant later = Instant.now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
        Files.createLink(lab.path("other.db"), database);
        backUp(database, file, later);
        for (int hours : new int[] {1, 25}) {
            StatusService.Result result = new StatusService(
                            Clock.fixed(later.plus(Duration.ofHours(hours)), ZoneOffset.UTC))
                    .status(new StatusService.Request(database, true, file, null, Duration.ofDays(1)));
            assertNull(result.changedSince());
            assertEquals(hours == 1 ? "fresh" : "stale", result.freshness().word());
        }
    }

    @Test
    void findsTheStateBesideTheFileBehindALink() throws IOException {
        Instant later = Instant.now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS);
        backUp(database, file, later);
        Files.createDirectory(lab.path("d"));
        Location link = Location.file(Files.createSymbolicLink(lab.path("d/link.gz"), lab.path("b.gz")));
        StatusService.Result result = new StatusService(Clock.fixed(later, ZoneOffset.UTC))
                .status(new StatusService.Request(database, true, link, null, Duration.ofDays(1)));
        assertEquals(later, result.confirmedAt());
        assertEquals(Boolean.FALSE, result.changedSince());
        assertEquals("fresh", result.freshness().word());
        assertNull(result.missing());
        assertEquals(database, result.database());
    }

    /** After a clone, say: the state stays on the machine that wrote it. */
    @Test
    void withoutAStateALogThatWasWrittenSinceIsAChange() throws IOException {
        backUp(database, file);
        Files.delete(lab.path(".b.gz.state"));
        Path log = lab.path("app.db-wal");
        Files.setLastModifiedTime(database, FileTime.from(NOON.minusSeconds(1)));
        assertNull(status(file).changedSince());
        Lab.write(log, "log");
        Files.setLastModifiedTime(log, FileTime.from(NOON.minusSeconds(1)));
        assertNull(status(file).changedSince());
        Files.setLastModifiedTime(log, FileTime.from(NOON));
        assertEquals(Boolean.TRUE, status(file).changedSince());
        Files.delete(log);
        Files.setLastModifiedTime(database, FileTime.from(NOON));
        assertEquals(Boolean.TRUE, status(file).changedSince());
    }

    @Test
    void aNewerFileThatIsNoBackupHidesNone() {
        backUp(database, history);
        Lab.write(lab.path("history/app-20261122T120030Z.db.gz"), "half-copied");
        StatusService.Result result = status(history);
        assertEquals("app-20261122T120000Z.db.gz", result.backup().name());
        assertEquals(Duration.ofSeconds(100), result.age());
        assertEquals(StatusService.Freshness.FRESH, result.freshness());
    }
}
