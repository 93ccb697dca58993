package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of a backup could not be checked without its application, and what follows from that: one that is verified in
 * part takes the place of no other that was checked where it is not.
 */
final class LeftOut {
    private LeftOut() {}

    /** What the last run noted of a backup. @return null if it noted nothing, or of another one */
    static Set<String> noted(StateFile stateFile, Backup backup) {
        State state = stateFile.read();
        return !backup.isConfirmedBy(state) || state.leftOut() == null ? null : Set.copyOf(state.leftOut());
    }

    /**
     * What a full check of a backup leaves out.
     *
     * @throws Failure CORRUPT or NOT_FOUND if it does not verify
     */
    static Set<String> found(BackupSource source, Path temporaryDirectory, Progress progress) {
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            return new Staging(workspace, Duration.ZERO, progress)
                    .stage(source)
                    .verification()
                    .leftOut();
        }
    }

    /**
     * @param verification of the backup that is about to be published
     * @throws Failure CORRUPT if it would replace one that was checked where it is not
     */
    static void refuseToReplaceBetter(
            BackupPlan plan, Verification verification, BackupService.Request request, Progress progress) {
        Destination destination = plan.destination();
        if (verification.leftOut().isEmpty() || destination.keepsOlder()) {
            return; // A history keeps the other one; what a prune may take of it, PrunePlan knows.
        }
        Store store = destination.store();
        Set<String> there = there(destination, request.temporaryDirectory(), progress);
        if (there != null && !there.containsAll(verification.leftOut())) {
            Set<String> fresh = new TreeSet<>(verification.leftOut());
            fresh.removeAll(there);
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "no backup of " + request.database()
                            + " was made: the previous one was checked in full where this one could not be, "
                            + "because only the application can: "
                            + String.join("; ", fresh),
                    "the last good backup is untouched: " + store.location(destination.name(plan.at()))
                            + "; if the application has a new collation or function of its own, move that file "
                            + "away and run this again, or keep both: "
                            + Hints.command(
                                    "backup",
                                    request.database().toString(),
                                    "--to=" + store.place() + (store.place().endsWith("/") ? "" : "/")));
        }
    }

    /** @return null if there is none that verifies, so that anything is better */
    private static Set<String> there(Destination destination, Path temporaryDirectory, Progress progress) {
        try {
            Backup replaced = destination.replaced();
            if (replaced == null) {
                return null;
            }
            Set<String> noted = noted(destination.stateFile(), replaced);
            return noted != null
                    ? noted
                    : found(BackupSource.of(destination.store(), Chain.of(replaced)), temporaryDirectory, progress);
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.CORRUPT && e.kind() != Failure.Kind.NOT_FOUND) {
                throw e;
            }
            return null;
        }
    }
}
