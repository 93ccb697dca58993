package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.store.DestinationLock;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Deletes backups that no rule keeps. What goes is decided by {@link Retention}; here is what that needs to know, and in which order things are done:
 * lock, look, prove the newest, decide, delete from the oldest on. Until the newest backup that verifies is known, nothing is deleted.
 */
public final class PruneService {
    /** @param temporaryDirectory where safety copies are verified */
    public record Request(Location location, RetentionRules rules, boolean dryRun, Path temporaryDirectory, Duration busyTimeout) { }

    /** @param warnings about files that were neither counted nor deleted */
    public record Pruned(List<Retention.Decision> kept, List<Retention.Decision> deleted, List<String> warnings) { }

    private static final Pruned NOTHING = new Pruned(List.of(), List.of(), List.of());

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
            case DATABASE -> pruneSafetyCopies(request);
            case BACKUP -> throw new Failure(Failure.Kind.USAGE, "nothing to prune: a single file always holds just the newest backup: " + request.location,
                    "name a directory with a history, or a database to prune its safety copies");
        };
    }

    private Pruned pruneHistory(Request request) {
        History history = History.at(request.location);
        Databases.requireDirectory(history.store().workingDirectory());
        List<DestinationLock> locks = new ArrayList<>();
        try {
            Set<String> databases = history.databases();
            if (!request.dryRun) {
                for (String database : databases) {     // In the order of their names, so that two prunes cannot wait for each other.
                    locks.add(history.store().lock(HistoryDestination.stateFile(database), request.busyTimeout));
                }
            }
            History.Listing listing = history.read();
            List<Retention.Decision> decisions = new ArrayList<>();
            for (String database : databases) {
                List<Backup> backups = listing.backups().stream().filter(backup -> backup.database().equals(database)).toList();
                Backup proven = newestThatVerifies(backups, backup -> verifies(history.store(), backup));
                decisions.addAll(plan(backups, proven, request.rules));
            }
            if (!request.dryRun) {
                delete(history.store(), decisions);
            }
            return pruned(decisions, listing.warnings());
        } finally {
            locks.forEach(DestinationLock::close);
        }
    }

    private Pruned pruneSafetyCopies(Request request) {
        Path database = Databases.existingOrNew(request.location.path());
        List<Backup> copies = SafetyCopies.list(database);
        try (Workspace workspace = Workspace.create(request.temporaryDirectory)) {
            Backup proven = newestThatVerifies(copies, copy -> verifies(copy, workspace, request.busyTimeout));
            List<Retention.Decision> decisions = plan(copies, proven, request.rules);
            if (!request.dryRun) {
                oldestFirst(decisions).forEach(decision -> SafetyCopies.delete(Path.of(decision.backup().location())));
            }
            return pruned(decisions, List.of());
        }
    }

    /**
     * Prunes the history that a backup was just added to or confirmed in, under the lock that the caller holds. That backup is known to verify. A
     * backup is made by now whatever happens here, so what goes wrong is a warning.
     */
    static Pruned afterBackup(Destination destination, String justProven, RetentionRules rules, Clock clock) {
        if (rules.isEmpty() || !(destination instanceof HistoryDestination history)) {
            return NOTHING;
        }
        try {
            History.Listing listing = history.history().read();
            List<Backup> backups = listing.backups().stream().filter(backup -> backup.database().equals(history.database())).toList();
            Backup proven = backups.stream().filter(backup -> backup.name().equals(justProven)).findFirst()
                    .orElseThrow(() -> new Failure(Failure.Kind.FAILURE, "the new backup is not listed: " + justProven));
            List<Retention.Decision> decisions = Retention.plan(backups, Set.of(proven), rules, clock.instant(), clock.getZone());
            delete(destination.store(), decisions);
            return pruned(decisions, listing.warnings());
        } catch (Failure e) {
            return new Pruned(List.of(), List.of(), List.of("the backup is made and verified, but old ones could not be pruned: " + e.getMessage()));
        }
    }

    private List<Retention.Decision> plan(List<Backup> backups, Backup proven, RetentionRules rules) {
        return Retention.plan(backups, proven == null ? Set.of() : Set.of(proven), rules, clock.instant(), clock.getZone());
    }

    /**
     * One that is dated after now stays in any case, and does not stand for those that are not.
     *
     * @return null if there are no backups at all
     * @throws Failure CORRUPT if there are some and none verifies
     */
    private Backup newestThatVerifies(List<Backup> newestFirst, Predicate<Backup> verifies) {
        List<Backup> counting = newestFirst.stream().filter(backup -> !backup.createdAt().isAfter(clock.instant())).toList();
        for (Backup backup : counting) {
            Interruption.check();
            if (verifies.test(backup)) {
                return backup;
            }
        }
        if (!counting.isEmpty()) {
            throw new Failure(Failure.Kind.CORRUPT, "none of these backups verifies, so nothing was deleted; the newest is " + counting.get(0).location(),
                    "make a backup first, and see `sqlite-backup verify` for what is wrong");
        }
        return null;
    }

    /** Its bytes are the ones that were verified when it was made: a backup is published after its structure was checked, and says their checksum. */
    private boolean verifies(Store store, Backup backup) {
        progress.phase("verify", backup.databaseBytes());
        long[] done = {0};
        try {
            BackupReader.read(store.localFile(backup.name()), Runtime.getRuntime().availableProcessors(), true, (bytes, length) -> {
                done[0] += length;
                progress.at(done[0]);
            });
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw Failure.io("cannot read the backup, so nothing was deleted:", backup.location(), e);
        } catch (Failure e) {
            return refuted(e);
        }
    }

    private boolean verifies(Backup copy, Workspace workspace, Duration busyTimeout) {
        try (Workspace inside = Workspace.create(workspace.directory())) {
            StagedBackup.stage(Selection.of(Path.of(copy.location())), inside, busyTimeout, progress);
            return true;
        } catch (Failure e) {
            return refuted(e);
        }
    }

    /** Only "it is damaged" and "it is gone" are answers; anything else means that we cannot tell. */
    private static boolean refuted(Failure e) {
        if (e.kind() != Failure.Kind.CORRUPT && e.kind() != Failure.Kind.NOT_FOUND) {
            throw e;
        }
        return false;
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

    private static Pruned pruned(List<Retention.Decision> decisions, List<String> warnings) {
        return new Pruned(decisions.stream().filter(Retention.Decision::kept).toList(), decisions.stream().filter(decision -> !decision.kept()).toList(), warnings);
    }
}
