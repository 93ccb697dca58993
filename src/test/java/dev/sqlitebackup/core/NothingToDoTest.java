package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.files.FileTimes;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.sqlite.Fingerprint;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clock of the runs is ahead of the machine's, so that every file is old enough from the start. */
class NothingToDoTest {
    private final Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private final Instant first = start.plus(Duration.ofHours(1));

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;
    private Instant now = first;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
        runs = Runs.of(lab);
    }

    private void backUpFirst(String journalMode) {
        lab.database("app.db", journalMode, 20, "g");
        assertEquals(first, runs.backUp(first).comparedAt());
    }

    private Instant later() {
        now = now.plusSeconds(60);
        return now;
    }

    private void assertNothingToDo() {
        BackupService.Result result = runs.backUp(later());
        assertTrue(result.unchanged());
        assertTrue(result.comparedAt().isBefore(now), "it was compared again");
    }

    private BackupService.Result assertCompared(BackupService.Result result) {
        assertEquals(now, result.comparedAt(), "it was not compared");
        return result;
    }

    private void assertCompared() {
        assertCompared(runs.backUp(later()));
    }

    private Path state() {
        return runs.file(".app.db.state");
    }

    private void editState(String from, String to) throws IOException {
        String state = Files.readString(state());
        assertTrue(state.contains(from), state);
        Files.writeString(state(), state.replace(from, to));
    }

    private Path backup() {
        try (var files = Files.list(lab.path("history"))) {
            return files.filter(file -> file.toString().endsWith(".gz"))
                    .max(Path::compareTo)
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete", "wal", "persist", "truncate"})
    void confirmsTheNewestBackupWithoutReadingTheDatabase(String journalMode) throws IOException {
        backUpFirst(journalMode);
        BackupService.Result compared = runs.backUp(later(), false, true, RetentionRules.NONE);
        assertNothingToDo();
        BackupService.Result again = runs.backUp(later());
        assertEquals(compared.manifest(), again.manifest());
        assertEquals(compared.backup(), again.backup());
        assertEquals(Files.size(backup()), again.backupBytes());
        assertEquals(compared.verification().full(), again.verification().full());
        assertTrue(Files.readString(state()).contains("\"confirmedAt\":\"" + now + "\""), "status asks for it");
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void comparesOnceADay() {
        backUpFirst("delete");
        now = first.plus(Duration.ofHours(24)).minusSeconds(61);
        assertNothingToDo();
        assertCompared();
        assertNothingToDo();
    }

    @Test
    void comparesAfterAClockWasWrong() {
        backUpFirst("delete");
        assertNothingToDo();
        now = first.minusSeconds(120);
        assertFalse(runs.backUp(later()).comparedAt().isAfter(now), "a comparison of tomorrow proves nothing today");
    }

    /** Two writes within a step of the file system's clock bear the same times. */
    @Test
    void takesNoTimeForAProofThatWasTooYoungWhenItWasNoted() {
        lab.database("app.db", "delete", 20, "g");
        now = start;
        assertCompared(runs.backUp(now));
        now = first;
        assertCompared();
        assertNothingToDo();
    }

    @Test
    void comparesWhereItIsToldTo() {
        backUpFirst("wal");
        assertCompared(runs.backUp(later(), false, true, RetentionRules.NONE));
        assertNothingToDo();
        assertCompared(runs.backUp(later(), true, false, RetentionRules.NONE));
        assertCompared(); // A compact snapshot has other pages than the database.
        Runs elsewhere = new Runs(lab, lab.path("app.db"), new Location.Local(lab.path("elsewhere"), true));
        assertCompared(elsewhere.backUp(later()));
        assertNothingToDo();
    }

    /** Each as an application does it, and each leaves the database with other content, or might. */
    @ParameterizedTest
    @ValueSource(strings = {"delete", "wal", "persist"})
    void seesEveryCommit(String journalMode) throws IOException {
        backUpFirst(journalMode);
        for (String statement : List.of(
                "UPDATE t SET generation = 'h' WHERE id = 1",
                "INSERT INTO t(generation) VALUES ('i')",
                "DELETE FROM t WHERE id = 2",
                "CREATE TABLE other(a)",
                "PRAGMA user_version = 7",
                "VACUUM",
                "PRAGMA journal_mode = delete",
                "PRAGMA journal_mode = wal",
                "PRAGMA wal_checkpoint(REstart)",
                "PRAGMA wal_checkpoint(TRUNCATE)")) {
            runs.backUp(later());
            assertNothingToDo();
            byte[] before = Files.readAllBytes(runs.database());
            Tools.sh("sqlite3 \"$1\" \"$2\"", runs.database(), statement).ok();
            BackupService.Result result = runs.backUp(later());
            if (!Arrays.equals(before, Files.readAllBytes(runs.database()))) {
                assertCompared(result);
            }
            assertEquals(Lab.dump(runs.database()), Lab.dump(runs.restored(runs.history(), now)), "after " + statement);
        }
    }

    @Test
    void seesWhatACrashedWriterLeftInItsLog() throws IOException {
        backUpFirst("wal");
        Path other = Files.createDirectory(lab.path("other"));
        Tools.sh("cp \"$1\" \"$2\"", runs.database(), other).ok();
        Tools.sh(
                        "python3 -c \"import os, sqlite3; c = sqlite3.connect('$1/app.db'); "
                                + "c.execute('INSERT INTO t(generation) VALUES (99)'); c.commit(); os.kill(os.getpid(), 9)\" || true",
                        other)
                .ok();
        runs.backUp(later());
        assertNothingToDo();
        Files.move(other.resolve("app.db-wal"), lab.path("app.db-wal"));
        assertFalse(assertCompared(runs.backUp(later())).unchanged());
    }

    @Test
    void comparesWhereAFileOfTheBackupIsNotAsItWasPublished() throws IOException {
        lab.database("app.db", "delete", 500, "g");
        runs.backUp(first);
        BackupService.Result increment = runs.change(later(), "UPDATE t SET generation = 'h' WHERE id = 1");
        assertEquals(first, increment.manifest().increment().parentCreatedAt());
        for (Path file : lab.contents("history").keySet().stream()
                .filter(name -> name.endsWith(".gz"))
                .map(runs::file)
                .toList()) {
            assertNothingToDo();
            Tools.sh("cp -p \"$1\" \"$1.copy\"; mv \"$1.copy\" \"$1\"", file).ok();
            assertCompared();
            assertNothingToDo();
            Tools.sh("touch \"$1\"", file).ok();
            assertCompared();
            assertNothingToDo();
            Tools.sh("touch -r \"$1\" \"$1.then\"; touch -r \"$1.then\" \"$1\"; rm \"$1.then\"", file)
                    .ok();
            assertCompared(); // The inode's own time tells that something was done to it.
        }
    }

    @Test
    void comparesAfterTheMachineWasStartedAnew() throws IOException {
        backUpFirst("wal");
        String boot =
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        editState(boot, "00000000-0000-4000-8000-000000000000");
        assertCompared();
        assertNothingToDo();
    }

    /** As after a power failure that kept the pages and took the times back. */
    @Test
    void comparesWhereACounterOfSqliteIsAnother() throws IOException {
        backUpFirst("delete");
        editState("\"counters\":\"closed:::000000", "\"counters\":\"closed:::100000");
        assertCompared();
        assertNothingToDo();
    }

    @Test
    void comparesWhereAJournalMayBeHot() throws IOException {
        backUpFirst("delete");
        Files.writeString(lab.path("app.db-journal"), "not a journal");
        assertCompared();
        assertCompared();
        Files.delete(lab.path("app.db-journal"));
        assertCompared();
        assertNothingToDo();
    }

    @Test
    void comparesWhereAnApplicationMayUseAnotherName() throws IOException {
        backUpFirst("delete");
        Files.createLink(lab.path("second.db"), runs.database());
        assertCompared();
        assertCompared();
    }

    @Test
    void comparesWhatHasShrunkUntilSomebodySettlesIt() throws IOException {
        backUpFirst("delete");
        assertNothingToDo();
        editState(
                "\"leftOut\":[]",
                "\"leftOut\":[],\"shrunk\":{\"backup\":\"a.gz\",\"createdAt\":\"" + first + "\",\"contentBytes\":1}");
        assertCompared();
    }

    /** What was not proven in this run must not be what others are deleted for. */
    @Test
    void comparesWhereSomethingIsToBePruned() {
        backUpFirst("delete");
        runs.change(later(), "UPDATE t SET generation = 'h'");
        runs.backUp(later(), false, true, RetentionRules.NONE);
        RetentionRules two = new RetentionRules(2, 0, 0, 0, 0, 0, Duration.ZERO);
        RetentionRules one = new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO);
        BackupService.Result kept = runs.backUp(later(), false, false, two);
        assertTrue(kept.comparedAt().isBefore(now), kept.toString());
        assertEquals(List.of(), kept.pruned());
        assertFalse(
                assertCompared(runs.backUp(later(), false, false, one)).pruned().isEmpty());
    }

    /** Its writer may have died between its last frame and the index: whoever opens it next finds a commit. */
    @Test
    void comparesWhereALogIsLeftThatNobodyUses() throws IOException {
        lab.database("app.db", "wal", 20, "g");
        try (Writer writer = Writer.start(runs.database(), "crash", "wal", 1000)) {
            writer.stop();
        }
        assertTrue(Files.size(lab.path("app.db-wal")) > 0);
        assertNull(Fingerprint.of(runs.database(), Duration.ZERO).counters());
        assertCompared(runs.backUp(first));
        assertCompared();
    }

    /** Whoever may put another state in its place could have all later commits left out. */
    @Test
    void believesNoStateThatSomebodyElseMayHaveWritten() throws IOException {
        Tools.requireRoot();
        backUpFirst("delete");
        for (String otherwise : List.of("chown nobody \"$2\"", "chmod 0666 \"$2\"", "chmod 0777 \"$1\"")) {
            assertNothingToDo();
            Tools.sh(otherwise, lab.path("history"), state()).ok();
            assertCompared();
            Tools.sh("chown root \"$2\"; chmod 0600 \"$2\"; chmod 0755 \"$1\"", lab.path("history"), state())
                    .ok();
            assertCompared(runs.backUp(later(), false, true, RetentionRules.NONE));
        }
        assertNothingToDo();
    }

    @Test
    void saysOnWhatFileSystemsTimesTell() {
        assertTrue(FileTimes.areKept(directory));
        assertFalse(FileTimes.areKept(Path.of("/proc/self/status")));
        assertFalse(FileTimes.areKept(lab.path("nothing")));
    }
}
