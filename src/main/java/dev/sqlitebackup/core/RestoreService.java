package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Provenance;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.SafetyDirectory;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.HiddenLog;
import dev.sqlitebackup.sqlite.OpenHandles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * Brings a backup back: stage, verify, safety copy, switch, check the result. Nothing of the target is touched before
 * its replacement is proven.
 */
public final class RestoreService {
    /**
     * @param backup what to restore, or where to choose from
     * @param notAfter the latest time of the backup, or null for the newest
     * @param database the target, as the user named it; it need not exist
     * @param databaseNamed whether the user said which target is meant; the default one takes only backups of its own
     *     name from a history
     * @param live whether others may keep the target open
     * @param dryRun whether to stop before the target is touched
     * @param name what the backups of the database are called where the backup is chosen, null if the user did not say
     * @param temporaryDirectory where a dry run stages, so that it leaves even the target's directory alone
     * @param stagingDirectory where the backup is decompressed, null for beside the target
     * @param safetyDirectory where the safety copy goes, null likewise
     */
    public record Request(
            Location backup,
            Instant notAfter,
            Path database,
            boolean databaseNamed,
            String name,
            boolean live,
            boolean dryRun,
            Path temporaryDirectory,
            Path stagingDirectory,
            Path safetyDirectory,
            Duration busyTimeout) {}

    /** How the content came to the target. */
    public enum Method {
        IN_PLACE("in-place"),
        CREATED("created");

        private final String word;

        Method(String word) {
            this.word = word;
        }

        /** The word of the contract. */
        public String word() {
            return word;
        }
    }

    /**
     * @param safetyCopy null when there was nothing to save, and in a dry run
     * @param backup with its facts
     * @param changes what the target lost, or would lose
     */
    public record Result(
            Path database,
            VerifyService.Result backup,
            Path safetyCopy,
            Method method,
            Verification verification,
            Changes changes) {}

    private final Clock clock;
    private final Progress progress;
    private final BeforeSwitch beforeSwitch;

    public RestoreService(Clock clock, Progress progress, BeforeSwitch beforeSwitch) {
        this.clock = clock;
        this.progress = progress;
        this.beforeSwitch = beforeSwitch;
    }

    /**
     * Restores the newest safety copy of {@code request.database}; what {@code request} says of a backup is not looked
     * at.
     */
    public Result undo(Request request) {
        Path database = Databases.existingOrNew(request.database);
        WrongTarget.refuse(request.database, database);
        SafetyDirectory.refuseOfAnother(request.safetyDirectory, database);
        return restore(request, SafetyCopies.newest(database, request.safetyDirectory, clock.instant()), database);
    }

    public Result restore(Request request) {
        Path target = Databases.existingOrNew(request.database);
        WrongTarget.refuse(request.database, target);
        SafetyDirectory.refuseOfAnother(request.safetyDirectory, target);
        if (!request.databaseNamed && !request.backup.isDirectory()) {
            Provenance.refuseIfOfAnother(request.backup, request.database, target, request.notAfter);
        }
        Selection selection = Selection.of(
                request.backup,
                new DatabaseChoice(request.name, target, request.databaseNamed),
                request.notAfter,
                clock.instant(),
                RestoreHints.again(request, target));
        if (selection.isFile(target)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the backup and the database are the same file: " + target,
                    "choose another target with --to");
        }
        return restore(request, selection, target);
    }

    private Result restore(Request request, Selection selection, Path target) {
        boolean hadDirectory = Files.isDirectory(target.getParent());
        if (!request.dryRun) {
            DurableFiles.createDirectories(target.getParent());
            refuseIfNotWritable(target);
        }
        refuseIfInUse(target, request);
        Path staging = request.stagingDirectory == null ? target.getParent() : Databases.real(request.stagingDirectory);
        Path safety = request.safetyDirectory == null ? target.getParent() : Databases.real(request.safetyDirectory);
        boolean stagesElsewhere = request.dryRun && request.stagingDirectory == null;
        StagedBackup.Room room = new RestoreRoom(target, staging, safety, request.live)
                .and(stagesElsewhere ? request.temporaryDirectory : null);
        try (Workspace workspace = Workspace.create(stagesElsewhere ? request.temporaryDirectory : staging);
                Counting counting = new Counting(target, request.busyTimeout)) {
            StagedBackup staged = StagedBackup.stage(
                    selection, workspace, room, request.busyTimeout, progress, counting::countBackup);
            Changes changes = counting.finish();
            beforeSwitch.hear(target, VerifyService.Result.of(staged, staged.verification()), changes);
            List<String> unseen = refuseIfInUse(target, request);
            RestoreSwitch.Done done = request.dryRun
                    ? RestoreSwitch.foresee(target, staged, request.live)
                    : switchTo(target, staged, workspace, safety, request);
            Verification verification = done.verification().withWarnings(unseen);
            if (!hadDirectory && !request.dryRun) {
                verification = verification.withWarning("the directory " + target.getParent()
                        + " was made: whoever uses the database has to be able to write to it");
            }
            return new Result(
                    target,
                    VerifyService.Result.of(staged, verification),
                    done.safetyCopy(),
                    done.method(),
                    verification,
                    changes);
        }
    }

    private RestoreSwitch.Done switchTo(
            Path target, StagedBackup staged, Workspace staging, Path safety, Request request) {
        try (RestorePlaces places = RestorePlaces.of(staging, target, safety)) {
            return new RestoreSwitch(target, staged, places, request, clock, progress).run();
        }
    }

    private static void refuseIfNotWritable(Path target) {
        Path parent = target.getParent();
        for (Path needed : Files.exists(target) ? List.of(target, parent) : List.of(parent)) {
            if (!Files.isWritable(needed)) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "this user may not write " + needed,
                        "run the restore as the user who owns the database");
            }
        }
    }

    /** @return what cannot be seen from here, a sentence each */
    private static List<String> refuseIfInUse(Path target, Request request) {
        if (!Files.exists(target)) {
            return List.of();
        }
        List<String> unseen = HiddenLog.refuseToRestore(target, request.busyTimeout);
        OpenHandles.Found found = request.live ? OpenHandles.Found.NOBODY : OpenHandles.search(target);
        if (!found.holders().isEmpty()) {
            throw OpenHandles.inUse(
                    target,
                    unseen.isEmpty()
                            ? "close it, or restore under it with --live"
                            : "close it, and restore by the path that it uses");
        }
        return found.unseen().isEmpty()
                ? unseen
                : Stream.concat(unseen.stream(), Stream.of(found.warning(target)))
                        .toList();
    }
}
