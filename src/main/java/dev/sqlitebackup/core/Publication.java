package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.HistoryDestination;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * Gives a snapshot its name at a destination, once what is there already is known and does not forbid it. Nothing good
 * gives way to something worse. For one run, which has its turn.
 */
final class Publication {
    /**
     * A snapshot that was taken.
     *
     * @param database the real path of the database
     * @param source what it looked like
     * @param at when, to the second
     * @param check of the snapshot, which may be under way
     */
    record Snapshotted(Path database, State.Source source, Path snapshot, Instant at, Background<Verification> check) {}

    /**
     * @param name of the backup at the destination
     * @param sizeBytes of the backup
     * @param shrunk what the database held before, null if it has not shrunk
     * @param there what is known by now of what was there
     * @param warnings of the origin of that, where it was known late
     */
    record Published(
            String name,
            long sizeBytes,
            BackupReader.Content content,
            boolean unchanged,
            State.Shrunk shrunk,
            AtDestination there,
            List<String> warnings) {}

    private final BackupService.Request request;
    private final Destination destination;
    private final StateFile.Turn turn;
    private final Snapshotted taken;
    private final Progress progress;
    private AtDestination there;
    private List<String> late = List.of();

    Publication(
            BackupService.Request request,
            Destination destination,
            StateFile.Turn turn,
            AtDestination there,
            Snapshotted taken,
            Progress progress) {
        this.request = request;
        this.destination = destination;
        this.turn = turn;
        this.there = there;
        this.taken = taken;
        this.progress = progress;
    }

    /**
     * Leaves the previous backup as it is if it holds the snapshot already; else publishes one that is proven to. It is
     * read back before it takes the name, so that a bad one never replaces the last good one; the store then proves
     * that the name refers to that very file.
     */
    Published publish(Path previousFile, Workspace beside) throws IOException {
        Path snapshot = taken.snapshot;
        ProvenFile file = new ProvenFile(
                snapshot, DatabaseHeader.of(snapshot).pageSizeBytes(), request.level(), request.threads(), progress);
        try (ReusableBlocks previous =
                previousFile == null ? ReusableBlocks.none() : ReusableBlocks.of(previousFile, file.pageSizeBytes())) {
            if (previous.previousDatabaseBytes() == Files.size(snapshot)) {
                BackupReader.Content content = file.contentIfEqual(previousFile, null);
                if (content != null) {
                    taken.check.await();
                    // Asked again: far away, somebody else may have removed it meanwhile.
                    if (destination.store().local(there.previous()) != null) {
                        return new Published(
                                there.previous(),
                                Files.size(previousFile),
                                content,
                                true,
                                shrunkSince(null, null),
                                there,
                                List.of());
                    }
                }
            }
            Path compressed = beside.path("backup.gz");
            BackupReader.Content content = file.write(compressed, taken.at, previous);
            State.Shrunk shrunk = look(compressed, previousFile);
            if (shrunk != null) {
                note(shrunk);
                if (!(destination instanceof HistoryDestination)) {
                    throw shrunk(shrunk, false);
                }
            }
            Interruption.check();
            long sizeBytes = Files.size(compressed);
            return new Published(
                    destination.publish(compressed, taken.at), sizeBytes, content, false, shrunk, there, late);
        }
    }

    /**
     * Looks at what there is to know before a finished backup is published.
     *
     * @return what the database held before it shrank, null if it has not
     */
    private State.Shrunk look(Path compressed, Path previousFile) throws IOException {
        Store store = destination.store();
        Verification verification = taken.check.await(); // Of a damaged database nothing is kept anywhere.
        try {
            if (there.unknown() != null) {
                there = AtDestination.askAgain(destination, taken.at);
                late = Origin.refuseAnother(
                        there.before(), taken.database, taken.source.name(), request.destination(), request.name());
            }
            State.Shrunk shrunk = shrunkSince(there.previous(), previousFile);
            LeftOut.refuseToReplaceBetter(destination, verification, request, progress);
            return shrunk;
        } catch (Failure e) {
            if (store.isNear() || e.kind() != Failure.Kind.FAILURE) {
                throw e;
            }
            Failure unknown = new Failure(
                    e.kind(),
                    "the backup is made and verified, but what is at " + request.destination()
                            + " already could not be asked: " + e.getMessage(),
                    e.hint(),
                    e);
            throw store.keepUnpublished(compressed, destination.name(taken.at), unknown);
        }
    }

    /**
     * What an earlier run found in a history and nobody has settled. A single file is compared itself: it was left as
     * it was.
     */
    private State.Shrunk pending() {
        return there.before() != null && destination instanceof HistoryDestination
                ? there.before().shrunk()
                : null;
    }

    /** @param newest to compare with, null for none, as {@code newestFile} is for what is not here */
    private State.Shrunk shrunkSince(String newest, Path newestFile) throws IOException {
        return request.allowShrink()
                ? null
                : Shrinkage.find(taken.snapshot, destination.store(), newest, newestFile, pending());
    }

    /**
     * How the run has to end.
     *
     * @param made whether a backup was made all the same
     */
    Failure shrunk(State.Shrunk since, boolean made) throws IOException {
        return Shrinkage.failure(taken.database, taken.snapshot, request, destination.store(), since, taken.at, made);
    }

    /** Noted before a backup is published, because the next run would take that for what the database always held. */
    private void note(State.Shrunk shrunk) {
        Instant createdAt = Instant.parse(shrunk.createdAt());
        State known = there.before() != null
                ? there.before()
                : State.confirmed(createdAt, createdAt, FileIdentity.UNKNOWN, null)
                        .from(taken.source);
        turn.write(known.shrunkFrom(shrunk));
    }
}
