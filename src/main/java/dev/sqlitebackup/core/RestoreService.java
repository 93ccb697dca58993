package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Provenance;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.SafetyDirectory;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.HiddenLog;
import dev.sqlitebackup.sqlite.InPlaceRestore;
import dev.sqlitebackup.sqlite.LiveRestore;
import dev.sqlitebackup.sqlite.OpenHandles;
import dev.sqlitebackup.sqlite.Replacement;
import dev.sqlitebackup.sqlite.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
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
    private Path safetyCopy;

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
        Selection newest = SafetyCopies.newest(database, request.safetyDirectory, clock.instant());
        try {
            return restore(request, newest, database);
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.CORRUPT && safetyCopy == null
                    ? e.withHint("the newest safety copy holds what was there before, and that was damaged; "
                            + "nothing was changed; to see the others: "
                            + Hints.command(
                                    "list",
                                    SafetyCopies.in(request.safetyDirectory, database)
                                            .toString()))
                    : e;
        }
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
            Switch done = request.dryRun
                    ? foresee(target, staged, request.live)
                    : switchTo(target, staged, workspace, safety, request);
            Verification verification = done.verification.withWarnings(unseen);
            if (!hadDirectory && !request.dryRun) {
                verification = verification.withWarning("the directory " + target.getParent()
                        + " was made: whoever uses the database has to be able to write to it");
            }
            return new Result(
                    target,
                    VerifyService.Result.of(staged, verification),
                    safetyCopy,
                    done.method,
                    verification,
                    changes);
        }
    }

    /** How the content came, or would come, to the target, and what is to be said of it. */
    private record Switch(Method method, Verification verification) {}

    private Switch switchTo(Path target, StagedBackup staged, Workspace staging, Path safety, Request request) {
        try (RestorePlaces places = RestorePlaces.of(staging, target, safety)) {
            if (!Files.exists(target)) {
                return new Switch(Method.CREATED, create(target, staged, places));
            }
            SafetyDirectory.claim(request.safetyDirectory, target, clock.instant(), request.busyTimeout);
            if (request.live) {
                return switch (restoreLive(target, staged, places, request)) {
                    case UNREADABLE -> replace(target, staged, places, request);
                    case VERIFIED -> new Switch(Method.IN_PLACE, staged.verification());
                    case WRITTEN_SINCE ->
                        new Switch(
                                Method.IN_PLACE,
                                staged.verification()
                                        .partial("others wrote to the database before it could be read back"));
                };
            }
            List<String> restart = otherEncoding(target, staged);
            return restoreInPlace(target, staged, places, request)
                    ? new Switch(Method.IN_PLACE, staged.verification().withWarnings(restart))
                    : replace(target, staged, places, request);
        }
    }

    /** An idle application holds no lock in rollback mode, and in another container it is not seen. */
    private static List<String> otherEncoding(Path target, StagedBackup staged) {
        try {
            DatabaseHeader old = DatabaseHeader.of(target);
            DatabaseHeader now = DatabaseHeader.of(staged.file());
            return old == null || old.textEncoding() == 0 || old.textEncoding() == now.textEncoding()
                    ? List.of()
                    : List.of(
                            "the text encoding of " + target + " is " + now.encodingName() + " now and was "
                                    + old.encodingName()
                                    + ": restart every application that had it open, also in other containers, which cannot be seen");
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        }
    }

    /** What {@link #switchTo} would do, as far as it shows without SQLite. */
    private static Switch foresee(Path target, StagedBackup staged, boolean live) {
        if (!Files.exists(target)) {
            return new Switch(Method.CREATED, staged.verification());
        }
        if (!InPlaceRestore.looksPossible(target)) {
            return replaced(target, staged, "would be replaced");
        }
        if (live) {
            LiveRestore.refuseWhatCannotBeSwitched(target, staged.file());
        }
        return new Switch(Method.IN_PLACE, staged.verification());
    }

    /** Nobody can prove that no process has it open, and one that has would write on into a file without a name. */
    private static Switch replaced(Path target, StagedBackup staged, String what) {
        return new Switch(
                Method.CREATED,
                staged.verification()
                        .withWarning(
                                "SQLite cannot open " + target + ", so it " + what
                                        + " by a new file: restart every application that had it open, also in other containers, which cannot be seen; else it goes on with the old file"));
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

    private boolean restoreInPlace(Path target, StagedBackup staged, RestorePlaces places, Request request) {
        try (StagedFile file = places.open(staged)) {
            return InPlaceRestore.run(
                    target,
                    file,
                    places.safety().createFile("safety.db"),
                    copy -> keep(copy, target, places, request),
                    request.busyTimeout,
                    progress);
        } catch (IOException e) {
            throw Failure.io("cannot read", staged.file(), e);
        }
    }

    private LiveRestore.Outcome restoreLive(Path target, StagedBackup staged, RestorePlaces places, Request request) {
        refuseToLockOutTheOwner(target, places.beside());
        try (StagedFile file = places.open(staged)) {
            return LiveRestore.run(
                    target,
                    file,
                    places.safety().createFile("safety.db"),
                    places.staging().createFile("proof.db"),
                    copy -> keep(copy, target, places, request),
                    request.busyTimeout,
                    progress);
        } catch (IOException e) {
            throw Failure.io("cannot read", staged.file(), e);
        }
    }

    /**
     * Where a WAL database has no sidecars, SQLite makes them for us, and whoever opens it meanwhile gets ours. An
     * application that may not write those can write nothing until it opens the database again. Without --live nobody
     * else gets in.
     */
    private static void refuseToLockOutTheOwner(Path target, Workspace workspace) {
        try {
            DatabaseFiles.Present present = DatabaseFiles.of(target).present();
            DatabaseHeader header = DatabaseHeader.of(target);
            boolean makesSidecars =
                    (present.wal() || header != null && header.isWal()) && !(present.wal() && present.shm());
            if (makesSidecars
                    && !PrivateFiles.ownerMayWrite(target, workspace.attributes(workspace.createFile("sidecar")))) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "this user's sidecars of " + target
                                + " could not be written by its owner, who may open it at any moment",
                        "run the restore as the user who owns the database, or without --live");
            }
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        }
    }

    /**
     * The safety copy is as private as it is, but belongs to whom the database belongs, so that he can undo.
     *
     * @return what to type to do that
     */
    private String keep(Path copy, Path target, RestorePlaces places, Request request) {
        try {
            PrivateFiles.copyOwner(target, places.safety().attributes(copy));
        } catch (IOException e) {
            // Only root can give files away. Ours then, and still safe.
        }
        safetyCopy = SafetyCopies.keep(copy, SafetyCopies.in(request.safetyDirectory, target), clock.instant());
        return RestoreHints.undo(request, target);
    }

    private Verification create(Path target, StagedBackup staged, RestorePlaces places) {
        Path file = places.stagedBeside(staged);
        State noted = staged.backup().content().noted();
        PosixFileAttributeView ownership = places.beside().attributes(file);
        List<String> notGiven = FormerOwner.give(noted == null ? null : noted.source(), target, ownership);
        Verification owned = notGiven == null
                ? giveToOwnerOfDirectory(target, ownership, staged.verification())
                : staged.verification().withWarnings(notGiven);
        FileIdentity proven = identity(places, file);
        Path safetyName = SafetyCopies.freeName(target, clock.instant());
        boolean keptSidecars = Replacement.create(target, file, safetyName);
        proveCreated(target, proven, staged);
        return keptSidecars
                ? owned.withWarning("sidecars of a database that is gone lay beside " + target
                        + ": they are kept beside " + safetyName)
                : owned;
    }

    /**
     * A database that root makes for an application has to be the application's; for anybody else this changes nothing.
     */
    private static Verification giveToOwnerOfDirectory(
            Path target, PosixFileAttributeView file, Verification verification) {
        try {
            PrivateFiles.copyOwner(target.getParent(), file);
        } catch (IOException e) {
            if (PrivateFiles.belongsToRoot(file)) {
                return verification.withWarning(
                        "this root may not give files away, so " + target
                                + " belongs to root and not to the owner and group of its directory, who may not be able to open it");
            }
        }
        return verification;
    }

    /**
     * What SQLite cannot open cannot be copied through it either: it keeps a second name, which has to lie in the same
     * directory.
     */
    private Switch replace(Path target, StagedBackup staged, RestorePlaces places, Request request) {
        Path name = SafetyCopies.freeName(target, clock.instant());
        Path file = places.stagedBeside(staged);
        FileIdentity proven = identity(places, file);
        Replacement.replaceUnreadable(target, file, places.beside().attributes(file), name);
        safetyCopy = name;
        proveCreated(target, proven, staged);
        Switch done = replaced(target, staged, "was replaced");
        return request.safetyDirectory == null
                ? done
                : new Switch(
                        done.method,
                        done.verification.withWarning(
                                "it is kept beside it, as " + name + ", and not in " + request.safetyDirectory));
    }

    /** The staged file was read back when it was verified; now the name has to refer to that very file. */
    private static void proveCreated(Path target, FileIdentity proven, StagedBackup staged) {
        try {
            if (!proven.isSameFileAs(FileIdentity.of(target))
                    && !Digests.sha256(target).equals(staged.sha256())) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "what was read back from " + target + " is not what was written",
                        "an application may have written to it already; if not, the disk or the memory of this machine is failing");
            }
        } catch (IOException e) {
            throw Failure.io("cannot read back", target, e);
        }
    }

    private static FileIdentity identity(RestorePlaces places, Path file) {
        try {
            return places.beside().identity(file);
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }
}
