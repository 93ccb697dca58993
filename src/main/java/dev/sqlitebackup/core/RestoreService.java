package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Provenance;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.SafetyDirectory;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.HiddenLog;
import dev.sqlitebackup.sqlite.LiveRefusal;
import dev.sqlitebackup.sqlite.OpenHandles;
import java.io.IOException;
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
    /** Which backup is brought back. */
    public sealed interface Wanted {
        /**
         * One that a user named, or that is chosen from what he named.
         *
         * @param from what to restore, or where to choose from
         * @param notAfter the latest time of the backup, or null for the newest
         * @param name what the backups of the database are called there, null if the user did not say
         * @param databaseNamed whether the user said which target is meant; the default one takes only backups of its
         *     own name from a history
         */
        record Chosen(Location from, Instant notAfter, String name, boolean databaseNamed) implements Wanted {}

        /** The newest safety copy of the target: what was there before the last restore. */
        record SafetyCopy() implements Wanted {}
    }

    /**
     * What a user asked for.
     *
     * @param database the target, as the user named it; it need not exist
     * @param live whether others may keep the target open
     * @param temporaryDirectory where a dry run stages, so that it leaves even the target's directory alone
     * @param stagingDirectory where the backup is decompressed, null for beside the target
     * @param safetyDirectory where the safety copy goes, null likewise
     * @param compares whether somebody is to read, before anything is done, what it would change row by row
     */
    public record Request(
            Wanted wanted,
            Path database,
            boolean live,
            Path temporaryDirectory,
            Path stagingDirectory,
            Path safetyDirectory,
            Duration busyTimeout,
            boolean compares) {}

    /**
     * What came of it.
     *
     * @param plan what was carried out
     * @param way how the content came to the target, which SQLite may know better than the plan
     * @param safetyCopy null when there was nothing to save
     */
    public record Result(RestorePlan plan, RestorePlan.Way way, Path safetyCopy, Verification verification) {}

    private final Clock clock;
    private final Progress progress;

    public RestoreService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Decides and proves, and touches nothing: a dry run.
     *
     * @param beforeSwitch hears the plan, also where others use the target and so no restore could carry it out
     * @throws Failure as {@link #restore}
     */
    public RestorePlan plan(Request request, BeforeSwitch beforeSwitch) {
        Path target = target(request);
        BackupSource source = choose(request, target, true);
        Path staging = request.stagingDirectory == null
                ? request.temporaryDirectory
                : Databases.real(request.stagingDirectory);
        try (Workspace workspace = Workspace.create(staging)) {
            RestoreRoom room = RestoreRoom.of(request, target);
            Proven proven = prove(
                    request,
                    target,
                    source,
                    new Place(workspace, request.stagingDirectory == null ? room.and(staging) : room));
            RestorePlan plan = proven.plan;
            beforeSwitch.hear(plan);
            if (plan.way() == RestorePlan.Way.LIVE) {
                // By the header alone. A restore asks SQLite first, and replaces what that cannot open.
                LiveRefusal.check(target, proven.staged.file());
            }
            return plan.with(plan.content().verification().withWarnings(refuseIfInUse(target, request)));
        }
    }

    /**
     * Restores.
     *
     * @param beforeSwitch hears the plan
     * @throws Failure NOT_FOUND if there is no such backup, CORRUPT if it does not verify, IN_USE or BUSY if others use
     *     the target, NO_SPACE, USAGE if it is not clear what is meant. The target is untouched then, and a directory
     *     that was made for it removed, unless the message says that it was restored
     */
    public Result restore(Request request, BeforeSwitch beforeSwitch) {
        Path target = target(request);
        BackupSource source = choose(request, target, false);
        Path made = topmostMissing(target.getParent());
        try {
            DurableFiles.createDirectories(target.getParent());
            Result result = restore(request, target, source, beforeSwitch);
            return made == null
                    ? result
                    : new Result(
                            result.plan,
                            result.way,
                            result.safetyCopy,
                            result.verification.withWarning("the directory " + target.getParent()
                                    + " was made: whoever uses the database has to be able to write to it"));
        } catch (Failure e) {
            removeIfEmpty(target.getParent(), made);
            throw e;
        }
    }

    private Result restore(Request request, Path target, BackupSource source, BeforeSwitch beforeSwitch) {
        refuseIfNotWritable(target);
        refuseIfInUse(target, request);
        RestoreRoom room = RestoreRoom.of(request, target);
        try (Workspace staging = Workspace.create(room.staging())) {
            Proven proven = prove(request, target, source, new Place(staging, room));
            beforeSwitch.hear(proven.plan);
            List<String> unseen = refuseIfInUse(target, request);
            try (RestorePlaces places = RestorePlaces.of(staging, target, room.safety())) {
                Result result = new RestoreSwitch(request, proven, places, clock, progress).run();
                return new Result(result.plan, result.way, result.safetyCopy, result.verification.withWarnings(unseen));
            }
        }
    }

    /** @return null if the directory is there */
    private static Path topmostMissing(Path directory) {
        Path missing = null;
        for (Path above = directory; above != null && !Files.exists(above); above = above.getParent()) {
            missing = above;
        }
        return missing;
    }

    /** So that nothing was changed where that is said. What somebody has put something into meanwhile stays. */
    private static void removeIfEmpty(Path directory, Path topmost) {
        try {
            for (Path made = directory; topmost != null && made.startsWith(topmost); made = made.getParent()) {
                Files.deleteIfExists(made);
            }
        } catch (IOException e) {
            // It is not empty, or another user's.
        }
    }

    private static Path target(Request request) {
        WrongTarget.refuseDirectory(request.database);
        Path target = Databases.existingOrNew(request.database);
        WrongTarget.refuse(request.database, target);
        SafetyDirectory.refuseOfAnother(request.safetyDirectory, target);
        return target;
    }

    private BackupSource choose(Request request, Path target, boolean dryRun) {
        if (!(request.wanted instanceof Wanted.Chosen backup)) {
            return SafetyCopies.newest(target, request.safetyDirectory, clock.instant());
        }
        if (!backup.databaseNamed && !backup.from.isDirectory()) {
            Provenance.refuseIfOfAnother(backup.from, request.database, target, backup.notAfter);
        }
        BackupSource source = Selection.of(
                backup.from,
                new Selection.Wish(
                        new DatabaseChoice(backup.name, target, backup.databaseNamed),
                        backup.notAfter,
                        clock.instant(),
                        RestoreHints.again(request, backup, target, dryRun)));
        if (source.isFile(target)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the backup and the database are the same file: " + target,
                    "choose another target with --to");
        }
        return source;
    }

    /** Where a backup is staged, and the room that the whole takes. */
    private record Place(Workspace workspace, Staging.Room room) {}

    /** A plan, and the staged file that it rests on. */
    record Proven(RestorePlan plan, StagedBackup staged) {}

    private Proven prove(Request request, Path target, BackupSource source, Place place) {
        return Interruption.beforeChange(() -> stage(request, target, source, place));
    }

    private Proven stage(Request request, Path target, BackupSource source, Place place) {
        long startedNanos = System.nanoTime();
        boolean getsItsName =
                !Files.exists(target) && place.workspace.directory().getParent().equals(target.getParent());
        try (Counting counting = new Counting(target, request.busyTimeout);
                Forcing forcing = new Forcing()) {
            StagedBackup staged = new Staging(place.workspace, request.busyTimeout, progress, place.room, file -> {
                        counting.countBackup(file);
                        if (getsItsName) {
                            forcing.begin(file);
                        }
                    })
                    .stage(source);
            forcing.finish();
            Changes changes = counting.finish();
            Compared compared = compare(request, target, staged, place, startedNanos);
            return new Proven(RestorePlan.of(target, staged, request.live, changes, compared), staged);
        }
    }

    /**
     * It may take as long again as the staging has: of a large database much differs, and nobody waits twice as long
     * for that.
     */
    private Compared compare(Request request, Path target, StagedBackup staged, Place place, long startedNanos) {
        if (!request.compares || !Files.exists(target)) {
            return null;
        }
        Duration taken = Duration.ofNanos(System.nanoTime() - startedNanos);
        return new Comparing(target, request.busyTimeout, progress)
                .with(
                        staged,
                        place.workspace.directory().getParent(),
                        taken.compareTo(Counting.GRACE) > 0 ? taken : Counting.GRACE);
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
                    unseen.isEmpty() ? "close it, or add --live" : "close it, and restore by the path that it uses");
        }
        return found.unseen().isEmpty()
                ? unseen
                : Stream.concat(unseen.stream(), Stream.of(found.warning(target)))
                        .toList();
    }
}
