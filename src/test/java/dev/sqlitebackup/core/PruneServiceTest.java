package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Heard;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.OwnFunctions;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.UnreadableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is done around the decision about what goes: taking turns, proving the newest, and the order of deleting. */
class PruneServiceTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant LATER = NOON.plus(Duration.ofDays(1));
    private static final RetentionRules ONE = new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO);

    @TempDir
    Path directory;

    private Lab lab;
    private Path app;
    private Path other;
    private Location history;

    @BeforeEach
    void makeDatabases() {
        lab = new Lab(directory);
        app = lab.database("app.db", "delete", 3, "g");
        other = lab.database("other.db", "delete", 3, "g");
        history = new Location.Local(lab.path("history"), true);
    }

    private BackupService.Result backUp(Path database, Location destination, Instant now, RetentionRules rules) {
        Lab.sql(database, "UPDATE t SET generation = generation || 'x'");
        return new BackupService(Clock.fixed(now, ZoneOffset.UTC), Progress.NONE)
                .backup(request(database, destination, rules));
    }

    private BackupService.Request request(Path database, Location destination, RetentionRules rules) {
        return request(database, destination, null, rules);
    }

    /** @param name that was typed, null for none */
    private BackupService.Request request(Path database, Location destination, String name, RetentionRules rules) {
        return Runs.request(
                database,
                destination,
                name,
                false,
                false,
                new Compression(6, 2),
                lab.temporary(),
                Duration.ZERO,
                rules,
                false);
    }

    private void backUp(Path database, Instant... times) {
        for (Instant time : times) {
            backUp(database, history, time, RetentionRules.NONE);
        }
    }

    private PruneService.Pruned plan(Location location) {
        return new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE)
                .plan(new PruneService.Request(location, null, ONE, lab.temporary(), Duration.ZERO));
    }

    private PruneService.Pruned prune(Location location, Duration busyTimeout) {
        return new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE)
                .prune(new PruneService.Request(location, null, ONE, lab.temporary(), busyTimeout));
    }

    private PruneService.Pruned prune() {
        return prune(history, Duration.ZERO);
    }

    private StateFile.Turn lock(String stateFile) {
        return new StateFile(history.store(), stateFile).lock(Duration.ZERO);
    }

    private void damage(String name) throws IOException {
        Path file = lab.path("history/" + name);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 3] ^= 1;
        Files.write(file, bytes);
    }

    private static List<String> said(List<Retention.Decision> decisions) {
        return decisions.stream()
                .map(decision -> decision.backup().name() + " " + decision.reasons())
                .toList();
    }

    private List<String> names() {
        return new ListService()
                .list(history, null).backups().stream().map(Backup::name).toList();
    }

    @Test
    void whatIsCheckedInFullStaysThoughTheNewestIsOfTheSameSecond() {
        backUp(app, NOON);
        OwnFunctions.run(
                app,
                "CREATE TABLE extra(n TEXT COLLATE GERMAN)",
                "CREATE INDEX extra_n ON extra(n)",
                "INSERT INTO extra VALUES ('a'), ('b')");
        backUp(app, NOON, NOON);
        assertEquals(
                List.of(
                        "app-20261122T120000Z-3.db.gz [newest that verifies, last]",
                        "app-20261122T120000Z.db.gz [checked more fully than the newest that verifies]"),
                said(prune().kept()));
    }

    @Test
    void takesTurnsWithEveryRunAndADryRunWithNone() {
        backUp(app, NOON, NOON.plusSeconds(1));
        backUp(other, NOON);
        try (StateFile.Turn held = lock(".other.db.state")) {
            assertEquals(1, plan(history).deleted().size());
            Expect.failure(Failure.Kind.BUSY, "another run is using the destination", this::prune);
        }
        assertEquals(3, names().size());
        assertEquals(1, prune().deleted().size(), "it has let go of the locks that it had");
        lock(".app.db.state").close();
    }

    @Test
    @Timeout(60)
    void countsTheBackupThatCameWhileItWaited() throws Exception {
        backUp(app, NOON);
        backUp(other, NOON);
        backUp(other, new Location.Local(lab.path("elsewhere"), true), NOON.plusSeconds(1), RetentionRules.NONE);
        Path firstLock = lab.path("history/.app.db.state");
        Files.delete(firstLock);
        CompletableFuture<PruneService.Pruned> pruning;
        try (StateFile.Turn held = lock(".other.db.state")) {
            pruning = CompletableFuture.supplyAsync(() -> prune(history, Duration.ofSeconds(30)));
            while (!Files.exists(firstLock) && !pruning.isDone()) {
                Thread.onSpinWait();
            }
            // It has looked, has the first lock and waits for the second.
            Files.move(
                    lab.path("elsewhere/other-20261122T120001Z.db.gz"),
                    lab.path("history/other-20261122T120001Z.db.gz"));
        }
        assertEquals(
                List.of("other-20261122T120000Z.db.gz [no rule keeps it]"),
                said(pruning.get(30, TimeUnit.SECONDS).deleted()));
        assertEquals(List.of("other-20261122T120001Z.db.gz", "app-20261122T120000Z.db.gz"), names());
    }

    @Test
    void keepsEverythingOfADatabaseOfWhichNothingVerifies() throws IOException {
        backUp(app, NOON, NOON.plusSeconds(1));
        damage("app-20261122T120000Z.db.gz");
        damage("app-20261122T120001Z.db.gz");
        PruneService.Pruned pruned = prune();
        assertEquals(
                List.of("app-20261122T120001Z.db.gz [none verifies]", "app-20261122T120000Z.db.gz [none verifies]"),
                said(pruned.kept()));
        assertEquals(List.of(), pruned.deleted());
        assertEquals(List.of("none of the backups of app.db verifies, so none was deleted"), pruned.undecided());
    }

    /** It may be good, but its clock was not, or ours is not. */
    @Test
    void aBackupThatIsDatedAfterNowDoesNotStandForTheOthers() throws IOException {
        backUp(app, NOON, NOON.plusSeconds(1), NOON.plusSeconds(2), LATER.plusSeconds(1));
        damage("app-20261122T120002Z.db.gz");
        assertEquals(
                List.of(
                        "app-20261123T120001Z.db.gz [dated after now]",
                        "app-20261122T120002Z.db.gz [last]",
                        "app-20261122T120001Z.db.gz [newest that verifies]"),
                said(prune().kept()));
        Files.delete(lab.path("history/app-20261122T120002Z.db.gz"));
        Files.delete(lab.path("history/app-20261122T120001Z.db.gz"));
        assertEquals(List.of(), prune().undecided(), "where all are dated so, none goes, and that is decided");
    }

    /** It may be the best one. A backup into the same history is made all the same. */
    @Test
    void deletesNothingWhileADiskCannotReadOneOfThem() throws IOException {
        backUp(app, NOON, NOON.plusSeconds(1));
        try (UnreadableFile unreadable = new UnreadableFile(lab.path("history/app-20261122T120002Z.db.gz"))) {
            Failure failure =
                    Expect.failure(Failure.Kind.FAILURE, "Input/output error; nothing was deleted", this::prune);
            assertTrue(failure.hint().contains("a disk is failing"), failure.hint());
            BackupService.Result made = backUp(app, history, LATER, ONE);
            assertEquals(List.of(), made.pruned());
            assertTrue(
                    made.verification().warnings().get(0).contains("old ones could not be pruned"),
                    made.verification().warnings().toString());
            assertEquals(3, names().size());
        }
        assertEquals(2, prune().deleted().size());
    }

    /** That a backup cannot be read says nothing about it. */
    @Test
    void deletesNothingIfNobodyCanTellWhetherTheNewestIsGood() {
        backUp(app, NOON, NOON.plusSeconds(1));
        PruneService.Request unreadable =
                new PruneService.Request(history, null, ONE, app.resolve("tmp"), Duration.ZERO);
        Expect.failure(
                Failure.Kind.FAILURE,
                "cannot read the directory",
                () -> new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE).prune(unreadable));
        assertEquals(2, names().size());
    }

    @Test
    void saysHowFarItIsWithTheProof() throws IOException {
        backUp(app, NOON, NOON.plusSeconds(1));
        Heard heard = new Heard();
        new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), heard)
                .prune(new PruneService.Request(history, null, ONE, lab.temporary(), Duration.ZERO));
        assertEquals(
                List.of(new Heard.Phase("verify", Files.size(app), Files.size(app))),
                heard.phases(),
                "only the newest has to be read");
    }

    // ---- safety copies

    private List<String> safetyCopies() {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("app.db."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private Path safetyCopy(int second) throws IOException {
        return Files.copy(app, lab.path("app.db.pre-restore-2026112212000" + second));
    }

    @Test
    void provesSafetyCopiesToo() throws IOException {
        for (int second = 0; second < 3; second++) {
            safetyCopy(second);
        }
        Lab.write(safetyCopy(3), "SQLite format 3\0 and nothing else");
        PruneService.Pruned pruned = prune(Location.file(app), Duration.ZERO);
        assertEquals(
                List.of(
                        "app.db.pre-restore-20261122120003 [last]",
                        "app.db.pre-restore-20261122120002 [newest that verifies]"),
                said(pruned.kept()));
        assertEquals(1, pruned.warnings().size(), pruned.warnings().toString());
        assertEquals(List.of("app.db.pre-restore-20261122120002", "app.db.pre-restore-20261122120003"), safetyCopies());
        assertEquals(List.of(), lab.litter());
    }

    /** What is left by an end half-way is then what an earlier prune would have left. */
    @Test
    void deletesFromTheOldestOn() throws IOException {
        for (int second = 0; second < 4; second++) {
            safetyCopy(second);
        }
        // The log of the second can be no file of ours, and cannot be removed.
        Lab.write(
                Files.createDirectory(lab.path("app.db.pre-restore-20261122120001-wal"))
                        .resolve("x"),
                "x");
        assertEquals(3, plan(Location.file(app)).deleted().size());
        assertEquals(5, safetyCopies().size(), "a dry run deletes nothing");
        Expect.failure(Failure.Kind.FAILURE, "cannot remove files", () -> prune(Location.file(app), Duration.ZERO));
        assertEquals(
                List.of(
                        "app.db.pre-restore-20261122120001-wal",
                        "app.db.pre-restore-20261122120002",
                        "app.db.pre-restore-20261122120003"),
                safetyCopies());
    }

    // ---- after a backup

    @Test
    void aBackupPrunesItsOwnDatabaseAlone() {
        backUp(app, NOON, NOON.plusSeconds(1));
        backUp(other, NOON);
        BackupService.Result result = backUp(other, history, NOON.plusSeconds(2), ONE);
        assertEquals(List.of("other-20261122T120000Z.db.gz [no rule keeps it]"), said(result.pruned()));
        assertEquals(
                List.of("other-20261122T120002Z.db.gz", "app-20261122T120001Z.db.gz", "app-20261122T120000Z.db.gz"),
                names());
    }

    private PruneService.Pruned afterBackup(String justProven, RetentionRules rules) {
        BackupService.Request request = request(app, history, rules);
        return new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE)
                .afterBackup(
                        Destination.of(history, app, app.getFileName().toString()),
                        justProven,
                        Set.of(),
                        request,
                        new Ownership(null, app, request));
    }

    @Test
    void whatABackupHasJustProvenIsWhatStays() {
        backUp(app, NOON, NOON.plusSeconds(1), LATER.plusSeconds(1));
        assertEquals(
                new PruneService.Pruned(List.of(), List.of(), List.of(), List.of(), null),
                afterBackup("app-20261122T120001Z.db.gz", RetentionRules.NONE),
                "nothing was asked for");
        PruneService.Pruned pruned = afterBackup("app-20261122T120001Z.db.gz", ONE);
        assertEquals(
                List.of(
                        "app-20261123T120001Z.db.gz [dated after now]",
                        "app-20261122T120001Z.db.gz [newest that verifies, last]"),
                said(pruned.kept()));
        assertEquals(List.of("app-20261122T120000Z.db.gz [no rule keeps it]"), said(pruned.deleted()));
    }

    /** The backup is made by then: whatever happens here is a warning. */
    @Test
    void deletesNothingIfTheNewBackupIsNotToBeSeen() {
        backUp(app, NOON, NOON.plusSeconds(1));
        PruneService.Pruned pruned = afterBackup("app-20261122T120009Z.db.gz", ONE);
        assertEquals(
                List.of("the backup is made and verified, but old ones could not be pruned: the new backup is "
                        + "not listed: app-20261122T120009Z.db.gz"),
                pruned.warnings());
        assertTrue(pruned.deleted().isEmpty());
        assertEquals(2, names().size());
    }

    /** A warning about another one, in each run of each, is one that nobody reads any more. */
    @Test
    void whatIsWrongWithAnotherDatabaseIsNoWarningOfThisOne() {
        backUp(app, NOON, NOON.plusSeconds(1));
        backUp(other, NOON);
        Lab.write(lab.path("history/other-20261122T110000Z.db.gz"), "half-copied");
        BackupService.Result result = backUp(app, history, NOON.plusSeconds(2), ONE);
        assertEquals(List.of(), result.verification().news());
        assertEquals(2, result.pruned().size());
        PruneService service = new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE);
        assertEquals(List.of(), service.plan(prune(app, Origin.Claim.NAMED)).warnings());
        assertEquals(List.of(), new ListService().list(history, "app.db").warnings());
        assertEquals(1, new ListService().list(history, null).warnings().size());
        assertEquals(1, plan(history).warnings().size());
    }

    // ---- of another database, or of one that has moved

    private PruneService.Request prune(Path database, Origin.Claim claim) {
        return new PruneService.Request(history, "app.db", database, claim, ONE, lab.temporary(), Duration.ZERO);
    }

    /** It may just be away, and the backups may be all that is left of it. */
    @Test
    void rulesDeleteNothingOfADatabaseThatIsAwayUntilTheNameIsTyped() throws IOException {
        backUp(app, NOON, NOON.plusSeconds(1));
        Path moved = Files.createDirectories(lab.path("new")).resolve("app.db");
        Files.copy(app, moved);
        Files.delete(app);
        PruneService service = new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE);
        for (Consumer<PruneService.Request> run :
                List.<Consumer<PruneService.Request>>of(service::plan, service::prune)) {
            Failure refused = Expect.failure(
                    Failure.Kind.USAGE,
                    "the backups called app.db at " + history + " are of " + app + ", where no database is any more, "
                            + "and may not be of " + moved + ": nothing was deleted",
                    () -> run.accept(prune(moved, Origin.Claim.NAMED)));
            assertTrue(
                    refused.hint()
                            .contains("say so once: sqlite-backup backup " + moved + " --to=" + history
                                    + " --name=app.db; else give this one a name of its own"),
                    refused.hint());
        }
        for (int run = 2; run < 4; run++) { // Each warns: the first takes nothing over.
            BackupService.Result made = backUp(moved, history, NOON.plusSeconds(run), ONE);
            assertEquals(List.of(), made.pruned());
            String warnings = String.join("\n", made.verification().news());
            assertTrue(
                    warnings.contains("no older backup of app.db was deleted: they may not be of " + moved
                            + ", but of " + app + "; if it is the same database, which has moved, say so once: "
                            + "sqlite-backup backup " + moved + " --to=" + history + " --name=app.db"),
                    warnings);
        }
        assertEquals(4, names().size());
        BackupService.Result typed = new BackupService(Clock.fixed(NOON.plusSeconds(4), ZoneOffset.UTC), Progress.NONE)
                .backup(request(moved, history, "app.db", ONE));
        assertEquals(3, typed.pruned().size(), "its own by now");
        assertEquals(
                List.of(),
                backUp(moved, history, NOON.plusSeconds(5), RetentionRules.NONE)
                        .verification()
                        .news(),
                "and noted");
        assertEquals(
                1, service.prune(prune(moved, Origin.Claim.NAMED)).deleted().size());
    }

    @Test
    void aTypedNameIsTheWordOfWhoTypesIt() throws IOException {
        backUp(app, NOON, NOON.plusSeconds(1));
        Path moved = Files.move(app, Files.createDirectories(lab.path("new")).resolve("app.db"));
        PruneService service = new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE);
        assertEquals(
                1, service.prune(prune(moved, Origin.Claim.TYPED)).deleted().size());
    }

    @Test
    void whatHasMovedIsTakenOverWhereNoRuleDeletes() throws IOException {
        backUp(app, NOON);
        Path moved = Files.move(app, Files.createDirectories(lab.path("new")).resolve("app.db"));
        backUp(moved, history, NOON.plusSeconds(1), RetentionRules.NONE);
        BackupService.Result result = backUp(moved, history, NOON.plusSeconds(2), ONE);
        assertEquals(List.of(), result.verification().news());
        assertEquals(2, result.pruned().size());
    }
}
