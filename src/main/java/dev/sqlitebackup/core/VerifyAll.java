package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Entry;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.NewestState;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.sqlite.ForeignKeyCheck;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;

/**
 * Proves every backup of every database at a place, as {@link VerifyService} proves one, and reads each file once
 * ({@link StateWalk}). What is wrong with one is said, and the others are proven all the same. For one run.
 */
public final class VerifyAll {
    /**
     * What came of one backup.
     *
     * @param backup where it is
     * @param commit that holds it in Git, else null
     * @param database by whose name it goes there, null where a place has only one
     * @param createdAt null where nobody knows
     * @param since when what an increment builds on was made; null for a full backup
     * @param result what was proven, null if that failed
     * @param failure as of {@link VerifyService#verify}, null if it is good
     */
    public record Outcome(
            String backup,
            String commit,
            String database,
            Instant createdAt,
            Instant since,
            VerifyService.Result result,
            Failure failure) {
        private static Outcome of(Backup backup, VerifyService.Result result, Failure failure) {
            return new Outcome(
                    backup.location(),
                    backup.commit(),
                    backup.database(),
                    backup.createdAt(),
                    backup.since(),
                    result,
                    failure);
        }

        /** Whether it is known to be of no use, and not just not known to be good. */
        public boolean isBad() {
            return failure != null
                    && (failure.kind() == Failure.Kind.CORRUPT || failure.kind() == Failure.Kind.NOT_FOUND);
        }
    }

    /**
     * What came of all.
     *
     * @param outcomes by database, newest first
     * @param failure what to say if not all are good, null if they are
     */
    public record Result(List<Outcome> outcomes, List<String> warnings, Failure failure) {
        /** How many databases they are of. */
        public long databases() {
            return outcomes.stream()
                    .map(outcome -> String.valueOf(outcome.database))
                    .distinct()
                    .count();
        }
    }

    private final Clock clock;
    private final Progress progress;
    private final VerifyService.Request request;
    private final Consumer<Outcome> listener;
    private final List<Outcome> outcomes = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private long doneBytes;

    /**
     * @param request of the place; its time does not count
     * @param listener hears of each, as it comes
     */
    public VerifyAll(Clock clock, Progress progress, VerifyService.Request request, Consumer<Outcome> listener) {
        this.clock = clock;
        this.progress = progress;
        this.request = request;
        this.listener = listener;
    }

    /**
     * Verifies them. A place that is no directory holds one, as it is now.
     *
     * @throws Failure NOT_FOUND if there is none, NO_SPACE, USAGE if it is not clear what is asserted
     */
    public Result verify() {
        Assertions assertions = Assertions.of(request.assertions());
        if (request.backup().isPipe() || !request.backup().isDirectory()) {
            one(assertions);
            return new Result(outcomes, warnings, Verdict.of(outcomes, null));
        }
        ListService.Found found = new ListService().find(request.backup(), request.name());
        found.history().names().requireAny();
        SortedMap<String, List<Entry>> entries = Entry.of(found.listing());
        if (request.name() != null) {
            entries.keySet().retainAll(List.of(request.name()));
        }
        // What is said of each file is said of its backup.
        found.warnings().stream()
                .filter(warning -> !found.listing().warnings().contains(warning))
                .forEach(warnings::add);
        progress.phase(
                "verify",
                entries.values().stream()
                        .flatMap(List::stream)
                        .mapToLong(VerifyAll::bytes)
                        .sum());
        for (Map.Entry<String, List<Entry>> ofDatabase : entries.entrySet()) {
            each(ofDatabase.getKey(), ofDatabase.getValue(), found.history(), assertions);
        }
        if (outcomes.isEmpty()) {
            throw new Failure(Failure.Kind.NOT_FOUND, "all backups at " + request.backup() + " were deleted meanwhile");
        }
        warnings.addAll(found.history().store().warnings());
        return new Result(outcomes, warnings, Verdict.of(outcomes, found.history()));
    }

    private void one(Assertions assertions) {
        VerifyService service = new VerifyService(clock, progress);
        BackupSource source = service.choose(request);
        VerifyService.Result result = null;
        Failure failure = null;
        try {
            result = service.prove(request, source, assertions);
        } catch (Failure e) {
            failure = requireOfOne(e);
        }
        Instant since = result == null || result.manifest().increment() == null
                ? null
                : result.manifest().increment().parentCreatedAt();
        say(new Outcome(
                source.location(),
                source.commit(),
                null,
                result == null ? source.createdAt() : result.manifest().createdAt(),
                since,
                result,
                failure));
    }

    private static Failure requireOfOne(Failure e) {
        if (!Parent.Damaged.isOne(e)) {
            throw e;
        }
        return e;
    }

    private void each(String database, List<Entry> entries, History history, Assertions assertions) {
        String shrunk = history.names().shrunkBefore(entries.get(0).backup());
        if (shrunk != null) {
            warnings.add(entries.get(0).backup().location() + ": " + shrunk);
        }
        String newest = NewestState.newest(history, database, clock.instant());
        try (Workspace workspace = Workspace.create(request.temporaryDirectory());
                StateWalk walk = new StateWalk(workspace, history.store(), false)) {
            for (Entry entry : entries) {
                Interruption.check();
                Outcome outcome = entry.chain() == null
                        ? Outcome.of(entry.backup(), null, entry.why())
                        : prove(entry.chain(), walk, history, assertions);
                if (outcome == null) {
                    continue; // A prune has deleted it meanwhile.
                }
                say(outcome);
                if (entry.backup().name().equals(newest)) {
                    note(outcome, new ProofNote(StateFile.of(history.store(), database), null));
                }
                progress.at(doneBytes += bytes(entry));
            }
        } catch (IOException e) {
            throw Failure.io("cannot stage the backup in", request.temporaryDirectory(), e);
        }
    }

    private void note(Outcome ofNewest, ProofNote note) {
        if (ofNewest.result == null) {
            note.takeBack(ofNewest.failure, request.busyTimeout());
        } else {
            warnings.addAll(note.note(clock.instant(), request.busyTimeout()));
        }
    }

    /** @return null if it is not there any more */
    private static Outcome prove(Chain chain, StateWalk walk, History history, Assertions assertions) {
        Backup backup = chain.tip();
        try {
            Path file = walk.to(chain);
            Verification verification =
                    verify(file, backup.location(), walk).withWarnings(ForeignKeyCheck.warnings(file));
            assertions.require(file, backup.location(), backup.location());
            return Outcome.of(
                    backup,
                    new VerifyService.Result(
                            backup.location(), null, walk.manifest(), chain.backupBytes(), verification),
                    null);
        } catch (Failure e) {
            requireOfOne(e);
            return e.kind() == Failure.Kind.NOT_FOUND && history.store().find(backup.name()) == null
                    ? null
                    : Outcome.of(backup, null, e);
        }
    }

    /** Structure and, beside it, the bytes as they are read back. */
    private static Verification verify(Path file, String backup, StateWalk walk) {
        try (Background<Verification> check = new Background<>(
                () -> Verification.of(IntegrityCheck.check(file, "the database in the backup " + backup)))) {
            walk.requireProven();
            return check.await();
        }
    }

    private void say(Outcome outcome) {
        outcomes.add(outcome);
        listener.accept(outcome);
    }

    /** What takes the time is to check the database; far away, its size is not known before. */
    private static long bytes(Entry entry) {
        Backup backup = entry.backup();
        return backup.databaseBytes() == null ? backup.backupBytes() : backup.databaseBytes();
    }
}
