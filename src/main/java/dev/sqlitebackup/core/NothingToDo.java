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

/**
 * Finds that the newest backup is still current without reading the database: nothing was written since all of it was
 * compared, and the backup's files are as they were then. The owner of that promise; whatever is not known for certain
 * makes the run compare again. For one run, which has its turn.
 */
final class NothingToDo {
    /** What no file's time tells, a bit that fell over on a disk, is looked for once a day. */
    private static final Duration MOST_AGE = Duration.ofHours(24);

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
     * What a run notes that has compared all of the database, for those after it.
     *
     * @return null if those after it have to compare too
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
        if (!isAsNoted() || !isDatabaseAsNoted()) {
            return null;
        }
        Manifest manifest = manifest();
        Set<String> leftOut = Set.copyOf(there.before().leftOut());
        PruneService.Pruned pruned = new PruneService(clock, Progress.NONE)
                .planAfterBackup(destination, there.previousName(), leftOut, request);
        if (manifest == null || !pruned.deleted().isEmpty()) {
            return null; // Nothing is deleted beside what was not proven in the same run.
        }
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
                        .withWarnings(BackupService.note(turn, there.before().confirmedAgain(at))),
                List.of(),
                null,
                there.before().compared().instant());
    }

    /** Whether the request and the backup leave it at that. */
    private boolean isAsNoted() throws IOException {
        State before = there.before();
        return !request.full()
                && !request.compact()
                && before != null
                && before.compared() != null
                && before.shrunk() == null
                && before.leftOut() != null
                && isRecent(before.compared())
                && before.compared().boot().equals(Host.bootId())
                && before.backups() != null
                && isSame(before.backups(), there.previousFiles());
    }

    /** Not one of a clock that was ahead, either. */
    private boolean isRecent(State.Compared compared) {
        return !compared.instant().isAfter(at)
                && compared.instant().plus(MOST_AGE).isAfter(at);
    }

    private static boolean isSame(List<State.BackupFile> noted, List<Path> files) throws IOException {
        boolean same = noted.size() == files.size() && !files.isEmpty() && !files.contains(null);
        for (int i = 0; same && i < files.size(); i++) {
            same = noted.get(i).identity().isSameFileAs(FileIdentity.of(files.get(i)));
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
