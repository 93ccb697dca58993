package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a snapshot its name at a destination, once what is there already is known and does not forbid it. Nothing good
 * gives way to something worse. For one run, which has its turn.
 */
final class Publication {
    private static final Logger LOG = LoggerFactory.getLogger(Publication.class);

    /**
     * What is published now.
     *
     * @param name of the backup at the destination
     * @param sizeBytes of the backup
     * @param unchanged whether it was there before
     * @param whyFull why it is no increment, null for one, and for what was there before
     * @param shrunk what the database held before, null if it has not shrunk
     * @param shrunkFailure how the run has to end then, else null
     * @param there what is known by now of what was there
     * @param files that the backup is made of, on this machine, which were proven; null where they are not here
     * @param warnings what is wrong with the newest that was there, and what {@link Origin} warned of, where the
     *     destination answered only after the backup was made
     */
    record Published(
            String name,
            long sizeBytes,
            Manifest manifest,
            boolean unchanged,
            String whyFull,
            State.Shrunk shrunk,
            Failure shrunkFailure,
            AtDestination there,
            List<State.BackupFile> files,
            List<String> warnings) {
        /** How many backups there are by now. */
        int count(Destination destination) {
            return !destination.keepsOlder() ? 1 : there.count() + (unchanged ? 0 : 1);
        }
    }

    /**
     * What was there when the backup was finished.
     *
     * @param shrunk what the database held before, null if it has not shrunk
     * @param warnings likewise
     */
    private record Found(AtDestination there, State.Shrunk shrunk, List<String> warnings) {}

    private final BackupService.Request request;
    private final BackupPlan plan;
    private final StateFile.Turn turn;
    private final Background<Verification> check;
    private final Progress progress;
    private final Destination destination;

    /** @param check of the snapshot, which may be under way */
    Publication(
            BackupService.Request request,
            BackupPlan plan,
            StateFile.Turn turn,
            Background<Verification> check,
            Progress progress) {
        this.request = request;
        this.plan = plan;
        this.turn = turn;
        this.check = check;
        this.progress = progress;
        this.destination = plan.destination();
    }

    /**
     * Leaves the previous backup as it is if it holds the snapshot already; else makes a new one, which is proven to
     * hold the snapshot, and publishes it. It is read back before it takes the name, so that a bad one never replaces
     * the last good one; the store then proves that the name refers to that very file.
     */
    Published publish(Path snapshot, NewBackup backup) throws IOException {
        NewBackup.Made made = backup.make();
        if (made.isUnchanged()) {
            progress.phase("check", -1);
            check.await(); // First, because what is at the destination has to be there at the end.
            if (isStillAtDestination(plan.there().previous()) && backup.isFounded(made)) {
                return unchanged(snapshot, made);
            }
            made = backup.fullInstead("the newest one was removed or written meanwhile");
        }
        return publishNew(snapshot, backup, made);
    }

    /** Asked again: somebody who does not know the lock may have removed something of it meanwhile. */
    private boolean isStillAtDestination(Chain chain) {
        Store store = destination.store();
        return chain.members().stream()
                .map(Backup::name)
                .allMatch(name -> store.isRemote() ? store.local(name) != null : store.find(name) != null);
    }

    private Published unchanged(Path snapshot, NewBackup.Made made) throws IOException {
        State.Shrunk shrunk = shrunkSince(plan.there(), snapshot, false);
        return new Published(
                plan.there().previousName(),
                Files.size(plan.there().previousFile()),
                made.manifest(),
                true,
                null,
                shrunk,
                shrunk == null ? null : Shrinkage.failure(plan, request, snapshot, shrunk),
                plan.there(),
                made.buildsOn(),
                List.of());
    }

    private Published publishNew(Path snapshot, NewBackup backup, NewBackup.Made made) throws IOException {
        Found found = look(snapshot, backup, made);
        Failure failure = null;
        if (found.shrunk != null) {
            note(found);
            failure = Shrinkage.failure(plan, request, snapshot, found.shrunk);
            if (!destination.keepsOlder()) {
                throw failure;
            }
        }
        Interruption.check();
        progress.phase("publish", -1);
        NewBackup.Made published = made;
        long sizeBytes = Files.size(made.file());
        String name =
                made.next() == null ? destination.publish(made.file(), plan.at()) : publishIncrement(backup, made);
        if (name == null) {
            published = backup.fullInstead(
                    "the parent of the increment was removed or written meanwhile, or its name was taken");
            sizeBytes = Files.size(published.file());
            name = destination.publish(published.file(), plan.at());
        }
        LOG.debug("published: {}, {} bytes", destination.store().location(name), sizeBytes);
        List<String> warnings = new ArrayList<>(found.warnings);
        warnings.addAll(backup.warnings());
        return new Published(
                name,
                sizeBytes,
                published.manifest(),
                false,
                published.whyFull(),
                found.shrunk,
                failure,
                found.there,
                files(name, published),
                warnings);
    }

    private List<State.BackupFile> files(String name, NewBackup.Made published) throws IOException {
        Store store = destination.store();
        if (store.isRemote()) {
            return null;
        }
        // Its second name would go with the workspace, and that changes the time of its inode.
        Files.deleteIfExists(published.file());
        FileIdentity identity = FileIdentity.of(store.local(name));
        if (identity == null) {
            return null; // Somebody has removed it; the next run sees that.
        }
        List<State.BackupFile> files = new ArrayList<>(published.buildsOn());
        files.add(new State.BackupFile(identity, published.sha256()));
        return files;
    }

    /** @return null if it is not at the destination, or worth nothing there */
    private String publishIncrement(NewBackup backup, NewBackup.Made made) throws IOException {
        try {
            String name = destination.publish(made.file(), made.next());
            boolean isGood = name != null && isStillAtDestination(made.next().parent()) && backup.isFounded(made);
            return isGood ? name : null;
        } catch (Failure e) {
            if (!AtDestination.mayAnswerLater(destination, e)) {
                throw e;
            }
            throw keep(backup, made, e);
        }
    }

    /** What is kept on this machine has to be whole. */
    private Failure keep(NewBackup backup, NewBackup.Made made, Failure why) throws IOException {
        Path file = made.next() == null
                ? made.file()
                : backup.fullInstead("it is kept here alone").file();
        return destination.store().keepUnpublished(file, destination.name(plan.at()), why);
    }

    /** Looks at what there is to know before a finished backup is published. */
    private Found look(Path snapshot, NewBackup backup, NewBackup.Made made) throws IOException {
        progress.phase("check", -1);
        Verification verification = check.await(); // Of a damaged database nothing is kept anywhere.
        try {
            boolean late = plan.there().unknown() != null;
            AtDestination there = late ? AtDestination.askAgain(destination, plan.at()) : plan.there();
            List<String> warnings = late
                    ? Origin.refuseAnother(
                            there.before(),
                            plan.database(),
                            plan.source().name(),
                            request.destination(),
                            request.claim())
                    : List.of();
            State.Shrunk shrunk = shrunkSince(there, snapshot, true);
            LeftOut.refuseToReplaceBetter(plan, verification, request, progress);
            return new Found(there, shrunk, warnings);
        } catch (Failure e) {
            if (!AtDestination.mayAnswerLater(destination, e)) {
                throw e;
            }
            Failure unknown = new Failure(
                    e.kind(),
                    "the backup is made and verified, but what is at " + request.destination()
                            + " already could not be asked: " + e.getMessage(),
                    e.hint(),
                    e);
            throw keep(backup, made, unknown);
        }
    }

    /**
     * What an earlier run found in a history and nobody has settled counts first. A single file was left as it was, so
     * it still holds what to compare with.
     *
     * @param differs whether the snapshot differs from the newest backup
     */
    private State.Shrunk shrunkSince(AtDestination there, Path snapshot, boolean differs) throws IOException {
        if (request.allowShrink()) {
            return null;
        }
        State.Shrunk pending = there.before() != null && destination.keepsOlder()
                ? there.before().shrunk()
                : null;
        if (pending != null) {
            return Shrinkage.isPending(snapshot, pending) ? pending : null;
        }
        return differs && there.previous() != null ? Shrinkage.since(snapshot, destination.store(), there) : null;
    }

    /** Noted before a backup is published, because the next run would take that for what the database always held. */
    private void note(Found found) {
        Instant createdAt = Instant.parse(found.shrunk.createdAt());
        State known = found.there.before() != null
                ? found.there.before()
                : State.confirmed(createdAt, createdAt, FileIdentity.UNKNOWN, null)
                        .from(plan.source());
        turn.write(known.shrunkFrom(found.shrunk));
    }
}
