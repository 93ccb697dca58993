package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.store.State;
import dev.sqlitebackup.store.StateLock;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * Deletes backups that no rule keeps. What goes is decided by {@link Retention}; here is what that needs to know, and in which order things are done:
 * lock, look, prove the newest, decide, delete from the oldest on. Until the newest backup that verifies is known, nothing is deleted.
 */
public final class PruneService {
    /**
     * @param name of the one database to prune of a history, null for all
     * @param temporaryDirectory where safety copies are verified
     */
    public record Request(Location location, String name, RetentionRules rules, boolean dryRun, Path temporaryDirectory, Duration busyTimeout) { }

    /**
     * @param warnings about files that were neither counted nor deleted, and about damaged ones
     * @param undecided why nothing was deleted of some databases, of which no backup verifies
     */
    public record Pruned(List<Retention.Decision> kept, List<Retention.Decision> deleted, List<String> warnings, List<String> undecided) { }

    static final Pruned NOTHING = new Pruned(List.of(), List.of(), List.of(), List.of());

    private final Clock clock;
    private final Progress progress;

    public PruneService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    public Pruned prune(Request request) {
        if (request.rules.isEmpty()) {
            throw new Failure(Failure.Kind.USAGE, "no rule says what to keep, so everything would be deleted", "give at least one, such as --keep-daily=7");
        }
        return switch (request.location.kind()) {
            case DIRECTORY -> pruneHistory(request);
            case DATABASE -> {
                if (request.name != null) {
                    throw new Failure(Failure.Kind.USAGE, "--name chooses in a history, and this is a database: " + request.location, "leave --name out to prune its safety copies");
                }
                yield pruneSafetyCopies(request);
            }
            case BACKUP -> throw new Failure(Failure.Kind.USAGE, "nothing to prune: a single file always holds just the newest backup: " + request.location,
                    "name a directory with a history, or a database to prune its safety copies");
        };
    }

    private Pruned pruneHistory(Request request) {
        request.location.requireFileSystem();
        History history = History.at(request.location);
        history.store().requirePlace();
        if (request.name != null) {
            history.requireName(request.name);
        }
        List<StateLock> locks = new ArrayList<>();
        try {
            SortedSet<String> databases = new TreeSet<>(history.databases());
            databases.removeIf(database -> request.name != null && !database.equals(request.name) || history.newest(database, Instant.MAX, new ArrayList<>()) == null);     // Named so by somebody else.
            if (!request.dryRun) {
                for (String database : databases) {     // In the order of their names, so that two prunes cannot wait for each other.
                    locks.add(history.store().lock(Destination.stateFile(database), request.busyTimeout));
                }
            }
            history.forget();
            History.Listing listing = readAll(history);
            Plan plan = new Plan(request.rules, listing.warnings());
            for (String database : databases) {
                List<Backup> backups = listing.backups().stream().filter(backup -> backup.database().equals(database)).toList();
                plan.add(database, backups, candidates -> history.ours(candidates, plan.warnings), backup -> prove(history.store(), backup, request.temporaryDirectory));
                plan.keepLastBefore(history.store().readState(Destination.stateFile(database)));
            }
            if (!request.dryRun) {
                delete(history.store(), plan.decisions);
            }
            return plan.pruned();
        } finally {
            locks.forEach(StateLock::close);
        }
    }

    private Pruned pruneSafetyCopies(Request request) {
        Path database = Databases.existingOrNew(((Location.Local) request.location).path());
        List<Backup> copies = SafetyCopies.listOrRefuse(database);
        try (Workspace workspace = Workspace.create(request.temporaryDirectory)) {
            Plan plan = new Plan(request.rules, List.of());
            plan.add(database.getFileName().toString(), copies, candidates -> candidates, copy -> verify(copy, workspace, request.busyTimeout));
            if (!request.dryRun) {
                oldestFirst(plan.decisions).forEach(decision -> SafetyCopies.delete(Path.of(decision.backup().location())));
            }
            return plan.pruned();
        }
    }

    /** A backup that a disk cannot read may be the best one, so without it nothing is decided. */
    private static History.Listing readAll(History history) {
        History.Listing listing = history.read();
        if (listing.unreadable() != null) {
            throw new Failure(listing.unreadable().kind(), listing.unreadable().getMessage() + "; nothing was deleted", "see whether the system's log says that a disk is failing", listing.unreadable());
        }
        return listing;
    }

    /** Reads all of a backup. */
    private interface Proof {
        /**
         * @return what of it could not be checked without the application
         * @throws Failure CORRUPT or NOT_FOUND if it does not verify; anything else means that nobody can tell
         */
        Set<String> of(Backup backup);
    }

    private record Proven(Backup backup, Set<String> leftOut) { }

    /** What is to become of the backups of each database. */
    private final class Plan {
        private final RetentionRules rules;
        private final List<String> warnings;
        private final List<Retention.Decision> decisions = new ArrayList<>();
        private final List<String> undecided = new ArrayList<>();

        Plan(RetentionRules rules, List<String> warnings) {
            this.rules = rules;
            this.warnings = new ArrayList<>(warnings);
        }

        /** @param ours which of some are what they are named */
        void add(String database, List<Backup> newestFirst, UnaryOperator<List<Backup>> ours, Proof proof) {
            // One that is dated after now stays in any case, and does not stand for those that are not.
            List<Backup> counting = newestFirst.stream().filter(backup -> !backup.createdAt().isAfter(clock.instant())).toList();
            List<Backup> foreign = new ArrayList<>();
            Proven proven = newestThatVerifies(counting, ours, foreign, proof);
            if (proven == null && !counting.isEmpty()) {
                undecided.add("none of the backups of " + database + " verifies, so none was deleted");
                newestFirst.forEach(backup -> decisions.add(new Retention.Decision(backup, true, List.of("none verifies"))));
            } else {
                List<Retention.Decision> planned = decide(newestFirst.stream().filter(backup -> !foreign.contains(backup)).toList(), proven == null ? null : proven.backup, rules, clock, ours);
                decisions.addAll(proven == null ? planned : keepBetter(planned, proven.leftOut, proof));
            }
        }

        /** The last backup from before a database shrank may be all that is left of it. */
        void keepLastBefore(State state) {
            String last = state == null || state.shrunk() == null ? null : state.shrunk().backup();
            decisions.replaceAll(decision -> decision.kept() || !decision.backup().name().equals(last) ? decision
                    : new Retention.Decision(decision.backup(), true, List.of("the last from before the database shrank")));
        }

        /** @param foreign takes what turns out to be no backup of ours on the way */
        private Proven newestThatVerifies(List<Backup> newestFirst, UnaryOperator<List<Backup>> ours, List<Backup> foreign, Proof proof) {
            for (Backup backup : newestFirst) {
                Interruption.check();
                if (ours.apply(List.of(backup)).isEmpty()) {
                    foreign.add(backup);
                    continue;
                }
                try {
                    return new Proven(backup, proof.of(backup));
                } catch (Failure e) {
                    if (e.kind() != Failure.Kind.CORRUPT && e.kind() != Failure.Kind.NOT_FOUND) {
                        throw e;
                    }
                    warnings.add(e.getMessage());
                }
            }
            return null;
        }

        Pruned pruned() {
            return PruneService.pruned(decisions, warnings, undecided);
        }
    }

    /** What a rule would keep has to be a backup: what is not one does not count, and is left alone. */
    private static List<Retention.Decision> decide(List<Backup> newestFirst, Backup proven, RetentionRules rules, Clock clock, UnaryOperator<List<Backup>> ours) {
        List<Backup> counting = new ArrayList<>(newestFirst);
        while (true) {
            List<Retention.Decision> decisions = Retention.plan(counting, proven, rules, clock.instant(), clock.getZone());
            List<Backup> kept = decisions.stream().filter(Retention.Decision::kept).map(Retention.Decision::backup).toList();
            Set<Backup> proper = new HashSet<>(ours.apply(kept));
            if (!counting.removeIf(backup -> kept.contains(backup) && !proper.contains(backup))) {
                return decisions;
            }
        }
    }

    /**
     * Prunes the history that a backup was just added to or confirmed in, under the lock that the caller holds. That backup is known to verify. A
     * backup is made by now whatever happens here, so what goes wrong is a warning.
     */
    Pruned afterBackup(Destination destination, String justProven, Set<String> leftOut, RetentionRules rules, Path temporaryDirectory) {
        if (rules.isEmpty() || !(destination instanceof HistoryDestination history)) {
            return NOTHING;
        }
        try {
            History.Listing listing = readAll(history.history());
            List<Backup> backups = listing.backups().stream().filter(backup -> backup.database().equals(history.database())).toList();
            Backup proven = backups.stream().filter(backup -> backup.name().equals(justProven)).findFirst()
                    .orElseThrow(() -> new Failure(Failure.Kind.FAILURE, "the new backup is not listed: " + justProven));
            List<String> warnings = new ArrayList<>(listing.warnings());
            List<Retention.Decision> decisions = keepBetter(decide(backups, proven, rules, clock, candidates -> history.history().ours(candidates, warnings)), leftOut,
                    backup -> LeftOut.found(destination.store(), backup.name(), backup.createdAt(), temporaryDirectory, progress));
            delete(destination.store(), decisions);
            return pruned(decisions, warnings, List.of());
        } catch (Failure e) {
            return new Pruned(List.of(), List.of(), List.of("the backup is made and verified, but old ones could not be pruned: " + e.getMessage()), List.of());
        }
    }

    /**
     * One that is verified in part does not count as the newest that verifies where an older one was checked for more. So of those that would go, the newest that
     * was stays as well. Only these are looked at, and only then.
     */
    private static List<Retention.Decision> keepBetter(List<Retention.Decision> newestFirst, Set<String> leftOut, Proof proof) {
        if (leftOut.isEmpty()) {
            return newestFirst;
        }
        List<Retention.Decision> decisions = new ArrayList<>(newestFirst);
        for (int i = 0; i < decisions.size(); i++) {
            Retention.Decision decision = decisions.get(i);
            if (!decision.kept() && isBetter(decision.backup(), leftOut, proof)) {
                decisions.set(i, new Retention.Decision(decision.backup(), true, List.of("checked more fully than the newest that verifies")));
                break;
            }
        }
        return decisions;
    }

    private static boolean isBetter(Backup backup, Set<String> leftOut, Proof proof) {
        Interruption.check();
        try {
            return !proof.of(backup).containsAll(leftOut);
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.CORRUPT && e.kind() != Failure.Kind.NOT_FOUND) {
                throw e;
            }
            return false;
        }
    }

    /** The newest of a history: where the last run noted what it could not check, its bytes are enough. */
    private Set<String> prove(Store store, Backup backup, Path temporaryDirectory) {
        Set<String> noted = LeftOut.noted(store, Destination.stateFile(backup.database()), backup.createdAt());
        if (noted == null) {
            return LeftOut.found(store, backup.name(), backup.createdAt(), temporaryDirectory, progress);
        }
        verify(store, backup, temporaryDirectory);
        return noted;
    }

    /** Its bytes are the ones that were verified when it was made: a backup is published after its structure was checked, and says their checksum. */
    private void verify(Store store, Backup backup, Path temporaryDirectory) {
        progress.phase("verify", backup.databaseBytes() == null ? -1 : backup.databaseBytes());
        long[] done = {0};
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            BackupReader.read(store.fetch(backup.name(), workspace.directory()), Runtime.getRuntime().availableProcessors(), true, (bytes, length) -> {
                done[0] += length;
                progress.at(done[0]);
            });
        } catch (NoSuchFileException e) {
            throw new Failure(Failure.Kind.NOT_FOUND, "the backup " + backup.location() + " is gone", null, e);
        } catch (IOException e) {
            throw Failure.io("cannot read the backup, so nothing was deleted:", backup.location(), e);
        }
    }

    private Set<String> verify(Backup copy, Workspace workspace, Duration busyTimeout) {
        try (Workspace inside = Workspace.create(workspace.directory())) {
            return StagedBackup.stage(Selection.of(Path.of(copy.location())), inside, busyTimeout, progress).verification().leftOut();
        }
    }

    private static void delete(Store store, List<Retention.Decision> decisions) {
        List<String> names = oldestFirst(decisions).stream().map(decision -> decision.backup().name()).toList();
        if (!names.isEmpty()) {
            store.delete(names);
        }
    }

    /** What a crash leaves of a prune is then what an earlier prune would have left. */
    private static List<Retention.Decision> oldestFirst(List<Retention.Decision> decisions) {
        List<Retention.Decision> going = new ArrayList<>(decisions.stream().filter(decision -> !decision.kept()).toList());
        Collections.reverse(going);
        return going;
    }

    private static Pruned pruned(List<Retention.Decision> decisions, List<String> warnings, List<String> undecided) {
        return new Pruned(decisions.stream().filter(Retention.Decision::kept).toList(), decisions.stream().filter(decision -> !decision.kept()).toList(), warnings, undecided);
    }
}
