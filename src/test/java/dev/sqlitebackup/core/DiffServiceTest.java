package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.S3Location;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Which two states are compared. How rows are is in the tests of the comparison. */
class DiffServiceTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Runs runs;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 10, "g");
        runs = Runs.of(lab);
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(List.of(), lab.litter());
    }

    private static Instant hours(int afterNoon) {
        return NOON.plus(Duration.ofHours(afterNoon));
    }

    private void deleteRows(int number) {
        Lab.sql(database, "DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT " + number + ")");
    }

    private Difference diff(Location old, Location newer, String name, Instant notAfter) {
        return new DiffService(Clock.fixed(hours(100), ZoneOffset.UTC), Progress.NONE)
                .diff(new DiffService.Request(
                        old, newer, database, name, notAfter, null, 0, lab.temporary(), Duration.ZERO));
    }

    private static Location file(Path file) {
        return new Location.Local(file, false);
    }

    /** Rows of table t that only OLD has. */
    private static long gone(Difference difference) {
        assertEquals(1, difference.tables().size());
        assertEquals(0, difference.tables().get(0).onlyNew());
        return difference.tables().get(0).onlyOld();
    }

    private BackupService.Result backUp(Path of, Location destination, String name, int hour) {
        return new BackupService(Clock.fixed(hours(hour), ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        of,
                        destination,
                        name,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        true));
    }

    /** A history of 10, 9 and 7 rows at hours 0, 1 and 2, and a database of 3. */
    private void makeHistory() {
        runs.backUp(hours(0));
        deleteRows(1);
        runs.backUp(hours(1));
        deleteRows(2);
        runs.backUp(hours(2));
        deleteRows(4);
    }

    @Test
    void aTimeIsThatOfOldAndNewIsTheDatabase() {
        makeHistory();
        Difference newest = diff(runs.history(), null, null, null);
        assertEquals(4, gone(newest));
        assertEquals(hours(2), newest.old().createdAt());
        assertEquals(new Difference.Side(database.toString(), null), newest.newer());
        assertEquals(6, gone(diff(runs.history(), null, null, hours(2).minusSeconds(1))));
        assertEquals(7, gone(diff(runs.history(), file(database), null, hours(0))));
        Difference ofHistory = diff(runs.history(), runs.history(), null, hours(0));
        assertEquals(3, gone(ofHistory), "of a history as NEW, the newest counts");
        assertEquals(hours(0), ofHistory.old().createdAt());
        assertEquals(hours(2), ofHistory.newer().createdAt());
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup of app.db as old as ",
                () -> diff(runs.history(), null, null, hours(-1)));
        Expect.failure(
                Failure.Kind.USAGE,
                "--at chooses one of several backups",
                () -> diff(file(database), runs.history(), null, hours(0)));
    }

    @Test
    void aNameSaysWhoseBackupsAreMeant() {
        makeHistory();
        Path other = lab.database("other.db", "delete", 2, "o");
        backUp(other, runs.history(), "wiki", 3);
        Lab.sql(other, "DELETE FROM t");
        Difference named = diff(runs.history(), null, "wiki", null);
        assertEquals(2, gone(named));
        assertEquals(other.toString(), named.newer().location(), "the database that its state names");
        assertEquals(4, gone(diff(runs.history(), null, "app.db", null)));
        assertEquals(4, gone(diff(runs.history(), null, null, null)), "the default database's");
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup of a database called nobody in ",
                () -> diff(runs.history(), null, "nobody", null));
    }

    /** Without what was typed behind OLD, it would compare with another database. */
    @Test
    void theHintOfABrokenChainComparesTheSame() throws IOException {
        Lab.sql(database, "CREATE TABLE more(a)", "INSERT INTO more VALUES (randomblob(50000))");
        for (int hour = 0; hour < 4; hour++) {
            deleteRows(1);
            runs.backUp(hours(hour));
        }
        Path history = lab.path("history");
        Path newest = history.resolve("app-20261122T150000Z-since-20261122T140000Z.db-wal.gz");
        Files.delete(history.resolve("app-20261122T140000Z-since-20261122T120000Z.db-wal.gz"));
        DiffService service = new DiffService(Clock.fixed(hours(100), ZoneOffset.UTC), Progress.NONE);
        Failure broken = Expect.failure(
                Failure.Kind.NOT_FOUND,
                newest + " cannot be restored",
                () -> service.diff(new DiffService.Request(
                        runs.history(),
                        file(database),
                        database,
                        "app.db",
                        null,
                        "t t",
                        3,
                        lab.temporary(),
                        Duration.ZERO)));
        assertTrue(
                broken.hint()
                        .endsWith("the newest older one that can be restored: sqlite-backup diff " + history + " "
                                + database
                                + " '--table=t t' --limit=3 --name=app.db --at=2026-11-22T13:00:00Z"),
                broken.hint());
    }

    @Test
    void theStateOfABackupSaysWhichDatabaseItIsComparedWith() throws IOException {
        Path other = lab.database("other.db", "delete", 5, "o");
        Location backup = Location.file(lab.path("b.gz"));
        backUp(other, backup, null, 0);
        Lab.sql(other, "DELETE FROM t WHERE id = 1");
        Difference noted = diff(backup, null, null, null);
        assertEquals(1, gone(noted));
        assertEquals(other.toString(), noted.newer().location());
        Files.delete(lab.path(".b.gz.state"));
        assertEquals(
                database.toString(),
                diff(backup, null, null, null).newer().location(),
                "without a note, the default one");
        Path copy = lab.path("other.db.pre-restore-20261122120000");
        Files.copy(other, copy);
        assertEquals(
                other.toString(),
                diff(file(copy), null, null, null).newer().location(),
                "of a safety copy, the one beside it");
        Expect.failure(
                Failure.Kind.USAGE,
                "OLD and NEW are the same database",
                () -> diff(file(other), file(other), null, null));
        Expect.failure(Failure.Kind.USAGE, "OLD and NEW are the same backup", () -> diff(backup, backup, null, null));
    }

    @Test
    void whatComesByAPipeCanBeEitherSide() throws IOException {
        backUp(database, Location.file(lab.path("b.gz")), null, 0);
        deleteRows(3);
        try (var in = Files.newInputStream(lab.path("b.gz"))) {
            Difference difference = diff(new Location.Pipe(in), file(database), null, null);
            assertEquals(3, gone(difference));
            assertEquals(NOON, difference.old().createdAt());
        }
        try (var in = Files.newInputStream(lab.path("b.gz"))) {
            Difference difference = diff(file(database), new Location.Pipe(in), null, null);
            assertEquals(3, difference.tables().get(0).onlyNew());
            assertNull(difference.old().createdAt());
        }
        Location pipe = new Location.Pipe(InputStream.nullInputStream());
        Expect.failure(Failure.Kind.USAGE, "cannot both come from standard input", () -> diff(pipe, pipe, null, null));
        Expect.failure(
                Failure.Kind.USAGE, "standard input is a single one", () -> diff(pipe, file(database), null, hours(0)));
    }

    @Test
    void anObjectStoreIsComparedAsADirectoryIs() {
        Location history = new S3Location(S3Server.BUCKET, s3.prefix(), lab.path("cache"));
        backUp(database, history, null, 0);
        deleteRows(1);
        backUp(database, history, null, 1);
        deleteRows(2);
        Map<String, String> before = lab.state("app.db");
        assertEquals(2, gone(diff(history, null, null, null)));
        Difference old = diff(history, null, null, hours(0));
        assertEquals(3, gone(old));
        assertEquals(database.toString(), old.newer().location());
        assertEquals(1, gone(diff(history, history, null, hours(0))));
        assertEquals(before, lab.state("app.db"));
    }
}
