package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.OtherBackups;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.Snapshot;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a backup: plan, snapshot, verify, compress, publish, check what was published. */
public final class BackupService {
    private static final Logger LOG = LoggerFactory.getLogger(BackupService.class);

    /**
     * What a user asked for.
     *
     * @param database the live database, as the user named it
     * @param destination a backup file, or a directory for a history
     * @param name by which backups of this database go at that place, null for its file name
     * @param claim whether it may go on with backups of that name that were of another path
     * @param compact whether free pages are left out
     * @param full whether no increment is wanted
     * @param temporaryDirectory where the snapshot goes
     * @param busyTimeout how long to wait for each lock
     * @param rules what to keep of the history when the backup is made; empty to keep everything
     * @param allowShrink whether it is right that the database holds much less than it did
     */
    public record Request(
            Path database,
            Location destination,
            String name,
            Origin.Claim claim,
            boolean compact,
            boolean full,
            Compression compression,
            Path temporaryDirectory,
            Duration busyTimeout,
            RetentionRules rules,
            boolean allowShrink) {
        String nameOf(Path real) {
            return name == null ? real.getFileName().toString() : name;
        }
    }

    /**
     * What came of it.
     *
     * @param database the real path
     * @param backup where the backup is
     * @param unchanged whether the newest backup that was there already holds the same content, and was left as it is
     * @param whyFull why a new backup is no increment; null for an increment, and for what was there before
     * @param pruned backups that no rule keeps, and that were deleted
     * @param lockedUntil until when what was sent is proven to be locked, null for no lock
     * @param failure how the run has to end although the backup is made, null if all is well
     * @param comparedAt when the backup was compared with all of the database
     * @param backups how many of the database there are now, 0 where nothing is kept
     */
    public record Result(
            Path database,
            String backup,
            Manifest manifest,
            long backupBytes,
            boolean unchanged,
            String whyFull,
            Verification verification,
            List<Retention.Decision> pruned,
            Instant lockedUntil,
            Failure failure,
            Instant comparedAt,
            int backups) {}

    private final Clock clock;
    private final Progress progress;

    public BackupService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Makes a backup.
     *
     * @throws Failure NOT_FOUND if there is no such database, CORRUPT if it is damaged, BUSY if a lock cannot be had,
     *     NO_SPACE, USAGE if nothing may be backed up to there, SHRUNK if the one backup that there is would give way
     *     to a database that holds much less; what was there is untouched then
     */
    public Result backup(Request request) {
        Path database = existing(request);
        request.destination.requireFileSystem();
        Destination destination = Destination.of(request.destination, database, request.nameOf(database));
        refuseRulesWithoutHistory(request, destination, database);
        Store store = destination.store();
        store.create();
        try (StateFile.Turn turn = destination.stateFile().lock(request.busyTimeout)) {
            Instant at = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            AtDestination there = AtDestination.ask(destination, at);
            List<String> warnings = new ArrayList<>(Origin.refuseAnother(
                    there.before(), database, request.nameOf(database), request.destination, request.claim));
            warnings.addAll(there.emptied(destination, request.destination));
            Result confirmed =
                    new NothingToDo(request, database, destination, there, at).confirm(turn, warnings, clock);
            if (confirmed != null) {
                return confirmed;
            }
            try (Workspace temporary = Workspace.create(request.temporaryDirectory);
                    Workspace beside = Workspace.create(store.workingDirectory())) {
                BackupPlan plan = BackupPlan.of(request, database, destination, there, at, warnings);
                LOG.debug("{}", plan);
                return new Run(request, plan, turn).in(temporary, beside);
            }
        } catch (IOException e) {
            throw Failure.io("cannot back up to", request.destination, e);
        }
    }

    /**
     * The real path of the database.
     *
     * @throws Failure NOT_FOUND if there is none, USAGE if SQLite uses its name otherwise
     */
    static Path existing(Request request) {
        if (DatabaseFiles.isNamedAsSidecar(request.database)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "SQLite takes a file of that name for a sidecar of the database beside it: " + request.database,
                    "name the database itself; one that is really called so needs another name");
        }
        try {
            return Databases.existing(request.database);
        } catch (Failure e) {
            String restore = e.kind() == Failure.Kind.NOT_FOUND
                    ? OtherBackups.ofLost(request.database, request.destination, request.name)
                    : null;
            throw restore == null
                    ? e
                    : e.withHint(e.hint() + "; if it is lost, bring its newest backup back: " + restore);
        }
    }

    private static void refuseRulesWithoutHistory(Request request, Destination destination, Path database) {
        if (!request.rules.isEmpty() && !destination.keepsOlder()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--keep-… needs a directory as destination: " + request.destination
                            + " always holds just the newest backup",
                    "for a history name a directory: "
                            + Hints.command(
                                    "backup",
                                    database.toString(),
                                    "--to=" + Destination.elsewhere(request.destination)));
        }
    }

    /** @return what went wrong */
    static List<String> note(StateFile.Turn turn, State state) {
        try {
            turn.write(state);
            return List.of();
        } catch (Failure e) {
            return List.of(e.getMessage());
        }
    }

    /** A plan that is carried out, by who has the turn. */
    private final class Run {
        private final Request request;
        private final BackupPlan plan;
        private final StateFile.Turn turn;

        Run(Request request, BackupPlan plan, StateFile.Turn turn) {
            this.request = request;
            this.plan = plan;
            this.turn = turn;
        }

        /**
         * @param temporary takes the snapshot
         * @param beside takes the backup, where it can get its name from
         */
        Result in(Workspace temporary, Workspace beside) throws IOException {
            try (Parent parent = new Parent(request, plan, temporary)) {
                return in(new NewBackup.Prepared(temporary, beside, parent));
            }
        }

        private Result in(NewBackup.Prepared prepared) throws IOException {
            Path snapshot = prepared.temporary().createFile("snapshot.db");
            Snapshot.Taken taken = naming(
                    () -> Snapshot.take(plan.database(), snapshot, request.compact, request.busyTimeout, progress));
            try (Background<Verification> check = new Background<>(() ->
                    naming(() -> Verification.of(IntegrityCheck.check(snapshot, "the database " + plan.database()))))) {
                Publication.Published published = new Publication(request, plan, turn, check, progress)
                        .publish(snapshot, new NewBackup(request, plan, snapshot, prepared, progress));
                Verification found = check.await().withWarnings(taken.unseen());
                Verification verification = found.withWarnings(plan.warnings())
                        .withWarnings(published.warnings())
                        .withWarnings(plan.destination().store().warnings())
                        .withWarnings(published.there().warnings(plan.at()));
                State confirmed = plan.confirming(
                                published.manifest().createdAt(),
                                published.name(),
                                taken.fingerprint(),
                                found.leftOut(),
                                published.shrunk())
                        .from(ownership(published).toNote(plan.source()))
                        .madeOf(published.files())
                        .verified(published.there().verifiedAt())
                        .comparedBy(NothingToDo.note(request, plan, taken.fingerprint(), found));
                return finish(published, verification, confirmed);
            }
        }

        /** The backup is published and proven by now: what goes wrong from here on is a warning. */
        private Result finish(Publication.Published published, Verification checked, State confirmed) {
            request.destination.noteFileSystem();
            Verification verification = checked.full()
                    ? checked
                    : checked.after(
                            published.there().before() == null
                                    ? null
                                    : published.there().before().leftOut());
            List<String> unconfirmed = note(turn, confirmed);
            Store store = plan.destination().store();
            Failure failure = published.shrunkFailure() != null ? published.shrunkFailure() : store.shortfall();
            PruneService.Pruned pruned = published.shrunk() == null && failure == null
                    ? new PruneService(clock, progress)
                            .afterBackup(
                                    plan.destination(),
                                    published.name(),
                                    verification.leftOut(),
                                    request,
                                    ownership(published))
                    : PruneService.NOTHING;
            return new Result(
                    plan.database(),
                    store.location(published.name()),
                    published.manifest(),
                    published.sizeBytes(),
                    published.unchanged(),
                    published.whyFull(),
                    verification.withWarnings(unconfirmed).withWarnings(pruned.warnings()),
                    pruned.deleted(),
                    store.lockedUntil(),
                    failure,
                    plan.at(),
                    published.count(plan.destination()) - pruned.deleted().size());
        }

        private Ownership ownership(Publication.Published published) {
            return new Ownership(published.there().before(), plan.database(), request);
        }

        /** Says of a damaged database what there is instead. */
        private <T> T naming(Supplier<T> look) {
            try {
                return look.get();
            } catch (Failure e) {
                throw e.kind() == Failure.Kind.CORRUPT && plan.previousLocation() != null
                        ? e.withHint((e.hint() == null ? "" : e.hint() + "; ")
                                + "the last good backup is untouched, and to bring it back: "
                                + Hints.command("restore", plan.previousLocation(), "--to=" + plan.database()))
                        : e;
            }
        }
    }
}
