package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import java.io.ByteArrayInputStream;
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

/** Which backup is meant, and what is said where there is none. */
class SelectionTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant LATER = NOON.plus(Duration.ofDays(30));

    private static final Again AGAIN = new Again(List.of("verify", "/b"));

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Path file;
    private Location history;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 3, "g");
        file = lab.path("b.gz");
        history = new Location.Local(lab.path("history"), true);
    }

    private void backUp(Location destination, Instant now) {
        Lab.sql(database, "UPDATE t SET generation = generation || 'x'");
        new BackupService(Clock.fixed(now, ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        database,
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

    private void commit(String time) {
        Tools.sh(
                        "cd \"$1\"; [ -e .git ] || git init -q; git add b.gz; GIT_COMMITTER_DATE=\"$2\" git -c "
                                + "user.name=u -c user.email=u@example.org commit -q -m backup",
                        directory,
                        time)
                .ok();
    }

    private static BackupSource select(Location location, Instant notAfter) {
        return Selection.of(
                location,
                new Selection.Wish(new DatabaseChoice(null, Path.of("app.db"), true), notAfter, LATER, AGAIN));
    }

    @Test
    void ofAPipeThereIsOneBackupThatIsNoFileAndWhoseDatabaseHasToBeNamed() throws IOException {
        backUp(Location.file(file), NOON);
        Location pipe = new Location.Pipe(new ByteArrayInputStream(Files.readAllBytes(file)));
        BackupSource selection = select(pipe, null);
        assertEquals("-", selection.location());
        assertEquals("from standard input", selection.toString());
        assertFalse(selection.isFile(Path.of("-")));
        assertTrue(BackupSource.of(file).isFile(file));
        assertFalse(BackupSource.of(file).isFile(database));
        try (Workspace workspace = Workspace.create(lab.temporary())) {
            assertArrayEquals(
                    Files.readAllBytes(file),
                    Files.readAllBytes(selection.content().in(workspace).get(0).file()));
        }
        Expect.failure(
                Failure.Kind.USAGE,
                "--at chooses one of several backups, and standard input is a single one",
                () -> select(pipe, NOON));
        Failure unnamed = Expect.failure(
                Failure.Kind.USAGE,
                "a pipe does not say of which database its backup is, and no database is named",
                () -> Provenance.refuseIfOfAnother(pipe, database, database, null));
        assertTrue(
                unnamed.hint()
                        .endsWith("restore - --to=" + Path.of("restored.db").toAbsolutePath()),
                unnamed.hint());
    }

    private BackupSource select(Instant notAfter) {
        return select(Location.file(file), notAfter);
    }

    private byte[] content(BackupSource selection) throws IOException {
        try (Workspace workspace = Workspace.create(lab.temporary())) {
            return Files.readAllBytes(selection.content().in(workspace).get(0).file());
        }
    }

    // ---- a file

    @Test
    void aFileIsTakenAsItIs() throws IOException {
        backUp(Location.file(file), NOON);
        BackupSource selection = select(null);
        assertEquals(file.toString(), selection.location());
        assertEquals(file.toString(), selection.toString());
        assertNull(selection.createdAt(), "only its content would tell");
        assertArrayEquals(Files.readAllBytes(file), content(selection));
        assertTrue(Expect.failure(
                        Failure.Kind.NOT_FOUND,
                        "there is no backup at " + lab.path("missing.gz"),
                        () -> select(Location.file(lab.path("missing.gz")), null))
                .hint()
                .contains("see what there is: "));
        Files.createDirectory(lab.path("d"));
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no history in " + lab.path("d"),
                () -> select(Location.file(lab.path("d")), null));
    }

    @Test
    void aFileThatIsNewerThanAskedForIsRefused() {
        backUp(Location.file(file), NOON);
        assertEquals(file.toString(), select(NOON).location());
        Failure failure = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup as old as " + Times.local(Instant.parse("2026-11-22T11:59:59Z")) + ": " + file
                        + " is of " + Times.local(Instant.parse("2026-11-22T12:00:00Z")),
                () -> select(NOON.minusNanos(1)));
        assertTrue(failure.hint().contains("a directory as destination"), failure.hint());
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup at " + lab.path("missing.gz"),
                () -> select(Location.file(lab.path("missing.gz")), NOON));
    }

    /** A safety copy, say: it is one moment, whatever its file's date. */
    @Test
    void aSingleDatabaseHasNoTimesToChooseFrom() throws IOException {
        Path copy = Files.copy(database, lab.path("app.db.pre-restore-20261122120000"));
        assertEquals(copy.toString(), select(Location.file(copy), null).location());
        Failure failure = Expect.failure(
                Failure.Kind.USAGE,
                "--at chooses one of several backups, and this is a single database: " + copy,
                () -> select(Location.file(copy), LATER));
        assertTrue(failure.hint().endsWith("sqlite-backup list " + copy), failure.hint());
    }

    // ---- a file in Git

    @Test
    void aTimeChoosesTheNewestCommitThatIsNotAfterIt() throws IOException {
        Tools.require("git");
        backUp(Location.file(file), NOON);
        byte[] first = Files.readAllBytes(file);
        commit("2026-11-23T00:00:00Z");
        backUp(Location.file(file), NOON.plusSeconds(5));
        byte[] second = Files.readAllBytes(file);
        commit("2026-11-24T00:00:00Z");
        backUp(Location.file(file), NOON.plusSeconds(10));

        BackupSource chosen = select(Instant.parse("2026-11-23T23:59:59Z"));
        assertEquals(Instant.parse("2026-11-23T00:00:00Z"), chosen.createdAt());
        assertEquals(file + " of commit " + chosen.commit(), chosen.toString());
        assertArrayEquals(first, content(chosen));
        assertArrayEquals(second, content(select(Instant.parse("2026-11-24T00:00:00Z"))));
        assertArrayEquals(Files.readAllBytes(file), content(select(null)));
        Failure failure = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup as old as " + Times.local(Instant.parse("2026-11-22T23:59:59Z")) + ": " + file
                        + " was first committed at " + Times.local(Instant.parse("2026-11-23T00:00:00Z")),
                () -> select(Instant.parse("2026-11-22T23:59:59.9Z")));
        assertEquals("see what Git keeps: sqlite-backup list " + file, failure.hint());

        // Lost, and Git has it.
        Files.delete(file);
        assertArrayEquals(second, content(select(LATER)));
        assertEquals(
                "Git has it, as it was committed on " + Times.local(Instant.parse("2026-11-24T00:00:00Z"))
                        + ": sqlite-backup verify /b --at=0s",
                Expect.failure(Failure.Kind.NOT_FOUND, "there is no backup at " + file, () -> select(null))
                        .hint());
    }

    @Test
    void aRepositoryThatDoesNotHaveTheFileChangesNothing() {
        Tools.require("git");
        Tools.sh("cd \"$1\"; git init -q", directory).ok();
        backUp(Location.file(file), NOON);
        assertEquals(file.toString(), select(NOON).toString());
        Expect.failure(Failure.Kind.NOT_FOUND, "there is no backup as old as", () -> select(NOON.minusSeconds(1)));
    }

    // ---- a history

    @Test
    void aHistoryGivesTheNewestAndSaysWhichOneIsBeforeIt() throws IOException {
        backUp(history, NOON);
        BackupSource only = select(history, null);
        assertNull(only.hintIfDamaged().of(0), "there is nothing else");
        backUp(history, NOON.plusSeconds(60));
        backUp(history, NOON.plusSeconds(60));
        BackupSource newest = select(history, null);
        assertEquals(lab.path("history/app-20261122T120100Z-2.db.gz").toString(), newest.location());
        assertEquals(NOON.plusSeconds(60), newest.createdAt());
        assertEquals(
                "the backup before it: sqlite-backup verify /b --at=2026-11-22T12:00:00Z",
                newest.hintIfDamaged().of(0),
                "--at could not tell two of a second apart");
        assertEquals(List.of(), newest.warnings());
        assertArrayEquals(Files.readAllBytes(Path.of(newest.location())), content(newest));
        assertEquals(only.location(), select(history, NOON.plusSeconds(59)).location());
    }

    @Test
    void saysWhatThereIsWhereAHistoryHasNothingForIt() {
        backUp(history, NOON);
        Failure failure = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup of app.db as old as " + Times.local(Instant.parse("2026-11-22T11:59:59Z")) + " in "
                        + history,
                () -> select(history, NOON.minusNanos(1)));
        assertEquals("see what is there: sqlite-backup list " + history, failure.hint());

        Lab.write(lab.path("history/app-20261122T120000Z.db.gz"), "half-copied");
        Failure passedOver = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup of app.db in " + history + "; " + lab.path("history/app-20261122T120000Z.db.gz")
                        + " has the name of a backup and does not end like one",
                () -> select(history, null));
        assertEquals("it can be named itself, all the same", passedOver.hint());
    }

    @Test
    void warnsOfNewerOnesThatWerePassedOverAndOfAClockThatWasWrong() {
        backUp(history, NOON);
        Lab.write(lab.path("history/app-20261122T120001Z.db.gz"), "half-copied");
        assertEquals(
                List.of(lab.path("history/app-20261122T120001Z.db.gz")
                        + " has the name of a backup and does not end like one: half-copied, damaged, "
                        + "or of another program; it is ignored"),
                select(history, null).warnings());
        BackupSource early = Selection.of(
                history,
                new Selection.Wish(new DatabaseChoice(null, Path.of("app.db"), true), null, NOON.minusNanos(1), AGAIN));
        assertTrue(
                early.warnings()
                        .get(1)
                        .endsWith("is dated after now (" + Times.local(Instant.parse("2026-11-22T11:59:59Z"))
                                + "): a clock is or was wrong; for the "
                                + "newest that is not: sqlite-backup verify /b --at=0s"),
                early.warnings().toString());
        // Who says a time knows what he wants.
        assertEquals(
                1,
                Selection.of(
                                history,
                                new Selection.Wish(
                                        new DatabaseChoice(null, Path.of("app.db"), true),
                                        LATER,
                                        NOON.minusNanos(1),
                                        AGAIN))
                        .warnings()
                        .size());
        assertEquals(
                1,
                Selection.of(
                                history,
                                new Selection.Wish(
                                        new DatabaseChoice(null, Path.of("app.db"), true), null, NOON, AGAIN))
                        .warnings()
                        .size());
    }

    @Test
    void takesAnotherDatabasesHistoryOnlyForATargetThatWasNamed() {
        backUp(history, NOON);
        Failure failure = Expect.failure(
                Failure.Kind.USAGE,
                history + " holds backups of app.db, not of opencode.db, which is the default",
                () -> Selection.of(
                        history,
                        new Selection.Wish(
                                new DatabaseChoice(null, Path.of("opencode.db"), false), null, LATER, AGAIN)));
        assertEquals(
                "say where it goes: sqlite-backup restore " + history + " --to="
                        + Path.of("app.db").toAbsolutePath(),
                failure.hint());
        assertEquals(
                NOON,
                Selection.of(
                                history,
                                new Selection.Wish(
                                        new DatabaseChoice(null, Path.of("opencode.db"), true), null, LATER, AGAIN))
                        .createdAt());
        Path source = lab.path("app.db");
        assertEquals(
                NOON,
                Selection.of(history, new Selection.Wish(new DatabaseChoice(null, source, false), null, LATER, AGAIN))
                        .createdAt());
        Path namesake = lab.path("elsewhere/app.db");
        Expect.failure(
                Failure.Kind.USAGE,
                history + " holds backups of another app.db, not of " + namesake + ", which is the default",
                () -> Selection.of(
                        history, new Selection.Wish(new DatabaseChoice(null, namesake, false), null, LATER, AGAIN)));
        // A name says which backups, and not over what.
        Expect.failure(
                Failure.Kind.USAGE,
                history + " holds backups of another app.db, not of " + namesake + ", which is the default",
                () -> Selection.of(
                        history,
                        new Selection.Wish(new DatabaseChoice("app.db", namesake, false), null, LATER, AGAIN)));
    }
}
