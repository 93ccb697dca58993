package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What there is to restore. */
class ListServiceTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Path file;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 3, "g");
        file = lab.path("b.gz");
    }

    private void backUp(Instant now) {
        Lab.sql(database, "UPDATE t SET generation = '" + now + "'");
        new BackupService(Clock.fixed(now, ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        database,
                        Location.file(file),
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
    }

    private void commit(String time) {
        Tools.sh(
                        "cd \"$1\"; [ -e .git ] || git init -q; git add b.gz; GIT_COMMITTER_DATE=\"$2\" git -c "
                                + "user.name=u -c user.email=u@example.org commit -q -m backup",
                        directory,
                        time)
                .ok();
    }

    private static ListService.Listing list(Location location) {
        return new ListService().list(location, null);
    }

    private ListService.Listing listFile() {
        return list(Location.file(file));
    }

    private ListService.Listing listDirectory(String name) {
        return list(new Location.Local(lab.path(name), true));
    }

    @Test
    void aPlaceThatIsEmptyIsAListOfNothingAndOneThatIsMissingAFailure() throws IOException {
        Files.createDirectory(lab.path("empty"));
        assertEquals(new ListService.Listing(List.of(), List.of()), listDirectory("empty"));
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no directory at " + lab.path("missing"),
                () -> listDirectory("missing"));
        Expect.failure(Failure.Kind.NOT_FOUND, "there is no backup at " + file, this::listFile);
    }

    @Test
    void saysWhatToListWhereThereAreOnlySingleBackups() throws IOException {
        Path place = Files.createDirectory(lab.path("my backups"));
        for (String name : List.of("b.gz", "a.gz", ".hidden.gz", "notes.txt")) {
            Lab.write(place.resolve(name), "x");
        }
        assertEquals(
                List.of(
                        "this is a single backup and no history: sqlite-backup list '" + place + "/a.gz'",
                        "this is a single backup and no history: sqlite-backup list '" + place + "/b.gz'"),
                listDirectory("my backups").warnings());
        Lab.write(place.resolve("app-20261122T120000Z.db.gz"), "half-copied");
        assertEquals(
                List.of(place
                        + "/app-20261122T120000Z.db.gz has the name of a backup and does not end like "
                        + "one: half-copied, damaged, or of another program; it is ignored"),
                listDirectory("my backups").warnings().subList(0, 1));
        assertEquals(
                3,
                listDirectory("my backups").warnings().size(),
                "one that has a name of a history is no single backup");
        // One that is a history says nothing of them.
        file = place;
        backUp(NOON);
        assertEquals(1, listDirectory("my backups").backups().size());
        Files.delete(place.resolve("app-20261122T120000Z.db.gz"));
        backUp(NOON);
        assertEquals(List.of(), listDirectory("my backups").warnings());
    }

    @Test
    void aFileIsTheOnlyBackupWhereGitDoesNotKeepIt() throws IOException {
        backUp(NOON);
        List<Backup> expected = List.of(
                new Backup(file.toString(), "b.gz", null, NOON, 1, Files.size(file), Files.size(database), null));
        assertEquals(new ListService.Listing(expected, List.of()), listFile());
        Tools.require("git");
        Tools.sh("cd \"$1\"; git init -q", directory).ok();
        assertEquals(new ListService.Listing(expected, List.of()), listFile(), "in a repository without a commit");
        Lab.write(file, "damaged");
        Expect.failure(Failure.Kind.CORRUPT, "neither a gzip file nor a SQLite database", this::listFile);
    }

    @Test
    void aFileInGitIsItsCommitsAndItselfWhereItIsAnother() throws IOException {
        Tools.require("git");
        backUp(NOON);
        long firstBytes = Files.size(file);
        commit("2026-11-23T00:00:00Z");
        backUp(NOON.plusSeconds(5));
        commit("2026-11-24T00:00:00Z");
        ListService.Listing committed = listFile();
        assertEquals(
                List.of(Instant.parse("2026-11-24T00:00:00Z"), Instant.parse("2026-11-23T00:00:00Z")),
                committed.backups().stream().map(Backup::createdAt).toList());
        Backup first = committed.backups().get(1);
        assertEquals(
                new Backup(
                        file.toString(),
                        "b.gz",
                        null,
                        Instant.parse("2026-11-23T00:00:00Z"),
                        1,
                        firstBytes,
                        null,
                        first.commit()),
                first);
        assertEquals(40, first.commit().length());

        backUp(NOON.plusSeconds(10));
        ListService.Listing modified = listFile();
        assertEquals(NOON.plusSeconds(10), modified.backups().get(0).createdAt());
        assertNull(modified.backups().get(0).commit());
        assertEquals(committed.backups(), modified.backups().subList(1, 3));

        // What is wrong with the file takes nothing from its history.
        Lab.write(file, "damaged");
        ListService.Listing damaged = listFile();
        assertEquals(committed.backups(), damaged.backups());
        assertEquals(
                List.of("the backup " + file + " failed verification: it is neither a gzip file nor a SQLite database"),
                damaged.warnings());
        Files.delete(file);
        assertEquals(committed, listFile());
    }

    @Test
    void aDatabaseIsItsSafetyCopies() throws IOException {
        Files.copy(database, lab.path("app.db.pre-restore-20261122120000"));
        ListService.Listing listing = list(Location.file(database));
        assertEquals(
                List.of("app.db.pre-restore-20261122120000"),
                listing.backups().stream().map(Backup::name).toList());
        assertEquals(List.of(), listing.warnings());
    }
}
