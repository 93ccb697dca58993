package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.HistoryDestination;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes backups that no rule keeps. What goes is decided by {@link Retention}; here is what that needs to know, and
 * in which order things are done: lock, look, prove the newest, decide, delete. Until the newest backup that verifies
 * is known, nothing is deleted.
 */
public final class PruneService {
    private static final Logger LOG = LoggerFactory.getLogger(PruneService.class);

    /**
     * What a user asked for.
     *
     * @param name of the one database to prune of a history, null for all
     * @param database whose backups alone the rules are for, null for whatever is there
     * @param claim whether the name was typed with it
     * @param temporaryDirectory where safety copies are verified
     */
    public record Request(
            Location location,
            String name,
            Path database,
            Origin.Claim claim,
            RetentionRules rules,
            Path temporaryDirectory,
            Duration busyTimeout) {
        /** For whatever is there. */
        public Request(
                Location location, String name, RetentionRules rules, Path temporaryDirectory, Duration busyTimeout) {
            this(location, name, null, Origin.Claim.NAMED, rules, temporaryDirectory, busyTimeout);
        }
    }

    /**
     * What stays, and what goes or would go.
     *
     * @param warnings about files that were neither counted nor deleted, and about damaged ones
     * @param undecided why nothing was deleted of some databases, of which no backup verifies
     * @param refused what to say where something may not be deleted, else null
     */
    public record Pruned(
            List<Retention.Decision> kept,
            List<Retention.Decision> deleted,
            List<String> warnings,
            List<String> undecided,
            Failure refused) {}

    static final Pruned NOTHING = new Pruned(List.of(), List.of(), List.of(), List.of(), null);

    private final Clock clock;
    private final Progress progress;

    public PruneService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Decides, and deletes nothing: a dry run.
     *
     * @throws Failure as {@link #prune}
     */
    public Pruned plan(Request request) {
        if (isOfSafetyCopies(request)) {
            return pruned(planForSafetyCopies(request), null);
        }
        History history = history(request);
        SortedSet<String> databases = databases(history, request);
        Ownership.refuseOthers(history.store(), databases, request);
        PrunePlan plan = planForHistory(history, databases, request);
        new Deletion(history.store(), plan).keepLocked();
        return pruned(plan, null);
    }

    /**
     * Decides, and deletes.
     *
     * @throws Failure NOT_FOUND if there is no such place or name, BUSY if a run there does not end, USAGE if there is
     *     no rule or nothing to prune; FAILURE if a backup cannot be read. Nothing was deleted then, unless the message
     *     says so
     */
    public Pruned prune(Request request) {
        if (isOfSafetyCopies(request)) {
            PrunePlan plan = planForSafetyCopies(request);
            Retention.inOrderOfDeletion(plan.decisions()).forEach(copy -> {
                LOG.debug("deleting what no rule keeps: {}", copy.location());
                SafetyCopies.delete(Path.of(copy.location()));
            });
            return pruned(plan, null);
        }
        History history = history(request);
        SortedSet<String> databases = databases(history, request);
        List<StateFile.Turn> turns = new ArrayList<>();
        try {
            // In the order of their names, so that two prunes cannot wait for each other.
            for (String database : databases) {
                turns.add(StateFile.of(history.store(), database).lock(request.busyTimeout));
            }
            Ownership.refuseOthers(history.store(), databases, request);
            PrunePlan plan = planForHistory(history, databases, request);
            return pruned(plan, new Deletion(history.store(), plan).run());
        } finally {
            turns.forEach(StateFile.Turn::close);
        }
    }

    /** @throws Failure USAGE for what cannot be pruned */
    private static boolean isOfSafetyCopies(Request request) {
        if (request.rules.isEmpty()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "no rule says what to keep, so everything would be deleted",
                    "give at least one, and look first: "
                            + Hints.command("prune", request.location.toString(), "--keep-daily=7", "--dry-run"));
        }
        Location.Kind kind = request.location.kind();
        if (kind == Location.Kind.BACKUP) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "nothing to prune: a single file always holds just the newest backup: " + request.location,
                    "name a directory with a history, or a database to prune its safety copies");
        }
        if (kind == Location.Kind.DATABASE && request.name != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--name is for a history, and this is a database: " + request.location,
                    "for its safety copies leave --name out, and look first: "
                            + Hints.command("prune", request.location.toString(), "--keep-last=3", "--dry-run"));
        }
        return kind == Location.Kind.DATABASE;
    }

    private static History history(Request request) {
        request.location.requireFileSystem();
        History history = request.location.history();
        history.store().requirePlace();
        if (request.name != null) {
            history.names().requireName(request.name);
        }
        return history;
    }

    private static SortedSet<String> databases(History history, Request request) {
        SortedSet<String> databases = new TreeSet<>(history.databases());
        databases.removeIf(database -> request.name != null && !database.equals(request.name)
                || history.newest(database, Instant.MAX, new ArrayList<>()) == null); // Named so by somebody else.
        return databases;
    }

    private PrunePlan planForHistory(History history, SortedSet<String> databases, Request request) {
        history.forget();
        History.Listing listing = whole(history.read(request.name));
        PrunePlan plan = new PrunePlan(request.rules, clock, listing.warnings());
        for (String database : databases) {
            plan.add(
                    database,
                    listing.of(database),
                    candidates -> history.ours(candidates, plan.warnings()),
                    new PruneProof(request.temporaryDirectory, progress).ofHistory(history.store()));
            plan.keepLastBefore(StateFile.of(history.store(), database).read());
        }
        plan.keepNeeded(listing.neededByOthers());
        return plan;
    }

    private PrunePlan planForSafetyCopies(Request request) {
        Path database = Databases.existingOrNew(request.location.path());
        List<Chain> copies =
                SafetyCopies.listOrRefuse(database).stream().map(Chain::of).toList();
        PrunePlan plan = new PrunePlan(request.rules, clock, List.of());
        plan.add(
                database.getFileName().toString(),
                copies,
                candidates -> candidates,
                new PruneProof(request.temporaryDirectory, progress).ofSafetyCopies(request.busyTimeout));
        return plan;
    }

    /** A backup that a disk cannot read may be the best one, so without it nothing is decided. */
    private static History.Listing whole(History.Listing listing) {
        if (listing.unreadable() != null) {
            throw new Failure(
                    listing.unreadable().kind(),
                    listing.unreadable().getMessage() + "; nothing was deleted",
                    "see whether the system's log says that a disk is failing",
                    listing.unreadable());
        }
        return listing;
    }

    /**
     * Prunes the history that a backup was just added to or confirmed in, under the lock that the caller holds. That
     * backup is known to verify. A backup is made by now whatever happens here, so what goes wrong is a warning.
     *
     * @param leftOut what of it could not be checked
     */
    Pruned afterBackup(
            Destination destination,
            String justProven,
            Set<String> leftOut,
            BackupService.Request request,
            Ownership ownership) {
        if (request.rules().isEmpty() || !(destination instanceof HistoryDestination history)) {
            return NOTHING;
        }
        if (ownership.isInDoubt()) {
            return notPruned(ownership.warning());
        }
        try {
            PrunePlan plan = planAround(history, justProven, leftOut, request);
            Failure refused = new Deletion(history.store(), plan).run();
            if (refused != null) {
                plan.warnings().add(notPrunedWarning(refused));
            }
            return pruned(plan, refused);
        } catch (Failure e) {
            return notPruned(notPrunedWarning(e));
        }
    }

    /** Decides the same, and deletes nothing. */
    Pruned planAfterBackup(
            Destination destination,
            String newest,
            Set<String> leftOut,
            BackupService.Request request,
            Ownership ownership) {
        if (request.rules().isEmpty() || !(destination instanceof HistoryDestination history)) {
            return NOTHING;
        }
        if (ownership.isInDoubt()) {
            return notPruned(ownership.warning());
        }
        try {
            return pruned(planAround(history, newest, leftOut, request), null);
        } catch (Failure e) {
            return notPruned(notPrunedWarning(e));
        }
    }

    private static Pruned notPruned(String warning) {
        return new Pruned(List.of(), List.of(), List.of(warning), List.of(), null);
    }

    private static String notPrunedWarning(Failure e) {
        return "the backup is made and verified, but old ones could not be pruned: " + e.getMessage();
    }

    private PrunePlan planAround(
            HistoryDestination destination, String justProven, Set<String> leftOut, BackupService.Request request) {
        History history = destination.history();
        History.Listing listing = whole(history.read(destination.database()));
        PrunePlan plan = new PrunePlan(request.rules(), clock, listing.warnings());
        plan.addProven(
                listing.of(destination.database()),
                justProven,
                leftOut,
                candidates -> history.ours(candidates, plan.warnings()),
                chain ->
                        LeftOut.found(BackupSource.of(history.store(), chain), request.temporaryDirectory(), progress));
        plan.keepNeeded(listing.neededByOthers());
        return plan;
    }

    private static Pruned pruned(PrunePlan plan, Failure refused) {
        return new Pruned(
                plan.decisions().stream().filter(Retention.Decision::kept).toList(),
                plan.decisions().stream().filter(decision -> !decision.kept()).toList(),
                plan.warnings(),
                plan.undecided(),
                refused);
    }
}
