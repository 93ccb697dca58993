package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.history.SingleFile;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.store.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of a backup could not be checked without its application, and what follows from that: one that is verified in
 * part takes the place of no other that was checked where it is not.
 */
final class LeftOut {
    private LeftOut() {}

    /** What the last run noted of a backup. @return null if it noted nothing, or of another one */
    static Set<String> noted(StateFile stateFile, Instant createdAt) {
        State state = stateFile.read();
        return state == null || state.leftOut() == null || !state.isOf(createdAt) ? null : Set.copyOf(state.leftOut());
    }

    /**
     * What a full check of a backup leaves out.
     *
     * @param createdAt of the backup, null if it is not known
     * @throws Failure CORRUPT or NOT_FOUND if it does not verify
     */
    static Set<String> found(Store store, String name, Instant createdAt, Path temporaryDirectory, Progress progress) {
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            Selection selection = new Selection(
                    store.location(name),
                    null,
                    createdAt,
                    null,
                    List.of(),
                    inside -> store.fetch(name, inside.directory()));
            return StagedBackup.stage(selection, workspace, Duration.ZERO, progress)
                    .verification()
                    .leftOut();
        }
    }

    /**
     * @param verification of the backup that is about to be published
     * @throws Failure CORRUPT if it would replace one that was checked where it is not
     */
    static void refuseToReplaceBetter(
            Destination destination, Verification verification, BackupService.Request request, Progress progress) {
        if (verification.leftOut().isEmpty() || !(destination instanceof SingleFile single)) {
            return; // A history keeps the other one; what a prune may take of it, PruneService knows.
        }
        Set<String> there = there(single, request.temporaryDirectory(), progress);
        if (there != null && !there.containsAll(verification.leftOut())) {
            Set<String> fresh = new TreeSet<>(verification.leftOut());
            fresh.removeAll(there);
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "no backup of " + request.database()
                            + " was made: the previous one was checked in full where this one could not be, because only the application can: "
                            + String.join("; ", fresh),
                    "the last good backup is untouched: " + single.store().location(single.name())
                            + "; if the application has a new collation or function of its own, move that file away and run this again, or keep both: "
                            + Hints.command(
                                    "backup",
                                    request.database().toString(),
                                    "--to=" + single.store().place()
                                            + (single.store().place().endsWith("/") ? "" : "/")));
        }
    }

    /** @return null if there is none that verifies, so that anything is better */
    private static Set<String> there(SingleFile single, Path temporaryDirectory, Progress progress) {
        try {
            Backup previous = single.find();
            if (previous == null) {
                return null;
            }
            Set<String> noted = noted(single.stateFile(), previous.createdAt());
            return noted != null ? noted : found(single.store(), single.name(), null, temporaryDirectory, progress);
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.CORRUPT && e.kind() != Failure.Kind.NOT_FOUND) {
                throw e;
            }
            return null;
        }
    }
}
