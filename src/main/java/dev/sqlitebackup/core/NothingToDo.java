package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.FileTimes;
import dev.sqlitebackup.files.Host;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Fingerprint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds that the newest backup is still current without reading the database: nothing was written since all of it was
 * compared, and the backup's files are as they were then. The owner of that promise; whatever is not known for certain
 * makes the run compare again. For one run, which has its turn.
 */
final class NothingToDo {
    private static final Logger LOG = LoggerFactory.getLogger(NothingToDo.class);
    /** A bit that flips on a disk changes no time. */
    private static final Duration MAX_AGE = Duration.ofHours(24);

    private final BackupService.Request request;
    private final Path database;
    private final Destination destination;
    private final AtDestination there;
    private final Instant at;

    /** @param database the real path */
    NothingToDo(
            BackupService.Request request, Path database, Destination destination, AtDestination there, Instant at) {
        this.request = request;
        this.database = database;
        this.destination = destination;
        this.there = there;
        this.at = at;
    }

    /**
     * What a run that compared everything notes for later runs.
     *
     * @return null if the next one has to compare too
     */
    static State.Compared note(BackupService.Request request, BackupPlan plan, Fingerprint before, Verification found) {
        return request.compact() // Its pages are not those of the database.
                        || !found.others().isEmpty() // Nobody would hear of it again.
                        || before.counters() == null
                        || Host.bootId().isEmpty()
                        || !FileTimes.areKept(plan.database())
                ? null
                : new State.Compared(plan.at().toString(), Host.bootId(), before.counters());
    }

    /**
     * Confirms the newest backup, if it is known to be current.
     *
     * @param warnings where the backups there may be another database's
     * @return null if the run has to look at the database
     * @throws Failure BUSY if it stays locked, FAILURE if its log is elsewhere
     */
    BackupService.Result confirm(StateFile.Turn turn, List<String> warnings, Clock clock) throws IOException {
        String why = whyCompare();
        if (why != null) {
            LOG.debug("everything is compared, because {}", why);
            return null;
        }
        Set<String> leftOut = Set.copyOf(there.before().leftOut());
        Ownership ownership = new Ownership(there.before(), database, request);
        PruneService.Pruned pruned = new PruneService(clock, Progress.NONE)
                .planAfterBackup(destination, there.previousName(), leftOut, request, ownership);
        if (!pruned.deleted().isEmpty()) {
            LOG.debug("everything is compared, because nothing is deleted beside what was not proven in the same run");
            return null;
        }
        Manifest manifest = manifest();
        if (manifest == null) {
            return null; // Removed meanwhile.
        }
        State confirmed = there.before()
                .confirmedAgain(at)
                .from(ownership.toNote(Origin.describe(database, request.nameOf(database))));
        LOG.debug(
                "nothing to do: nothing was written since {}",
                there.before().compared().instant());
        Workspace.removeDead(destination.store().workingDirectory());
        request.destination().noteFileSystem();
        return new BackupService.Result(
                database,
                destination.store().location(there.previousName()),
                manifest,
                there.previous().tip().backupBytes(),
                true,
                null,
                new Verification(leftOut.isEmpty(), leftOut, true, warnings)
                        .withWarnings(destination.store().warnings())
                        .withWarnings(there.warnings(at))
                        .withWarnings(pruned.warnings())
                        .withWarnings(BackupService.note(turn, confirmed)),
                List.of(),
                null,
                null,
                there.before().compared().instant(),
                there.count());
    }

    /** @return null if database and backup are as they were noted */
    private String whyCompare() throws IOException {
        State before = there.before();
        if (request.full() || request.compact()) {
            return "that was asked for";
        }
        if (before == null || before.compared() == null || before.backups() == null || before.leftOut() == null) {
            return "no run has noted by what to know that nothing was written";
        }
        if (before.shrunk() != null) {
            return "the database has shrunk";
        }
        Instant comparedAt = before.compared().instant();
        if (comparedAt.isAfter(at) || !comparedAt.plus(MAX_AGE).isAfter(at)) {
            return "the last time was " + comparedAt;
        }
        if (!before.compared().boot().equals(Host.bootId())) {
            return "the machine was started since";
        }
        if (!isSame(before.backups(), there.previousFiles())) {
            return "the newest backup is not as it was published";
        }
        return isDatabaseAsNoted() ? null : "the database was written, or its files' times do not tell";
    }

    private static boolean isSame(List<State.BackupFile> noted, List<Path> files) throws IOException {
        boolean same = noted.size() == files.size() && !files.isEmpty() && !files.contains(null);
        for (int i = 0; same && i < files.size(); i++) {
            same = noted.get(i).identity().equals(FileIdentity.of(files.get(i))) && FileTimes.areKept(files.get(i));
        }
        return same;
    }

    private boolean isDatabaseAsNoted() throws IOException {
        State before = there.before();
        if (!FileTimes.areKept(database)
                // Seen without a lock, and mostly enough to see that there is something to do.
                || !isUnchanged(
                        FileIdentity.of(database),
                        Fingerprint.ofWal(DatabaseFiles.of(database).wal()))) {
            return false;
        }
        Fingerprint now = Fingerprint.of(database, request.busyTimeout());
        return isUnchanged(now.main(), now.wal())
                && before.compared().counters().equals(now.counters());
    }

    private boolean isUnchanged(FileIdentity main, FileIdentity wal) {
        return Boolean.FALSE.equals(there.before().hasChanged(main, wal));
    }

    private Manifest manifest() throws IOException {
        try (FileChannel file = RegularFiles.open(there.previousFile(), StandardOpenOption.READ)) {
            return Manifest.of(file);
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
