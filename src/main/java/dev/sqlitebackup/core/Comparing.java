package dev.sqlitebackup.core;

import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.sqlite.DatabaseDiff;
import dev.sqlitebackup.sqlite.Stopper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Compares what a restore has staged with the target, as {@code diff} would. The target is read once, into a private
 * snapshot that is gone when this returns. Whatever goes wrong with it is no failure of the restore.
 */
final class Comparing {
    private final Path target;
    private final Duration busyTimeout;
    private final Progress progress;

    /** @param target a database that exists */
    Comparing(Path target, Duration busyTimeout, Progress progress) {
        this.target = target;
        this.busyTimeout = busyTimeout;
        this.progress = progress;
    }

    /**
     * Compares them.
     *
     * @param place where there is room for a snapshot, perhaps
     * @param atMost how long the comparison may take; the snapshot always ends
     */
    Compared with(StagedBackup staged, Path place, Duration atMost) {
        BestEffort.Outcome<Difference> outcome = inPrivate(staged, place, atMost);
        Interruption.check();
        return new Compared(outcome.value(), outcome.whyNot());
    }

    private BestEffort.Outcome<Difference> inPrivate(StagedBackup staged, Path place, Duration atMost) {
        BestEffort.Outcome<BestEffort.Outcome<Difference>> tried = BestEffort.Outcome.of(() -> {
            try (Workspace workspace = Workspace.create(place)) {
                return compare(DiffService.Staged.of(staged), workspace, atMost);
            }
        });
        return tried.value() == null ? new BestEffort.Outcome<>(null, tried.whyNot()) : tried.value();
    }

    private BestEffort.Outcome<Difference> compare(DiffService.Staged old, Workspace workspace, Duration atMost) {
        DiffService.Staged newer =
                DiffService.snapshot(target, workspace, Counting.patienceForLocks(busyTimeout), progress);
        progress.phase("compare", -1);
        Stopper stopper = new Stopper();
        try (BestEffort<Difference> work = new BestEffort<>(
                stopper,
                () -> Difference.of(
                        old.side(),
                        newer.side(),
                        DatabaseDiff.of(
                                old.toCompare(),
                                newer.toCompare(),
                                workspace.directory(),
                                DatabaseDiff.Wanted.ALL,
                                stopper),
                        List.of()))) {
            return work.within(atMost);
        }
    }
}
