package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.SafetyDirectory;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.InPlaceRestore;
import dev.sqlitebackup.sqlite.LiveRestore;
import dev.sqlitebackup.sqlite.Replacement;
import dev.sqlitebackup.sqlite.StagedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Clock;
import java.util.List;

/**
 * Gives a target the content of a staged backup, in the one of the four ways (docs/design.md, "A restore") that it
 * allows, after a safety copy. For one run.
 */
final class RestoreSwitch {
    /**
     * How the content came, or would come, to the target, and what is to be said of it.
     *
     * @param safetyCopy null where there was nothing to save
     */
    record Done(RestoreService.Method method, Verification verification, Path safetyCopy) {}

    private final Path target;
    private final StagedBackup staged;
    private final RestorePlaces places;
    private final RestoreService.Request request;
    private final Clock clock;
    private final Progress progress;
    private Path safetyCopy;
    private List<String> warnings = List.of();

    RestoreSwitch(
            Path target,
            StagedBackup staged,
            RestorePlaces places,
            RestoreService.Request request,
            Clock clock,
            Progress progress) {
        this.target = target;
        this.staged = staged;
        this.places = places;
        this.request = request;
        this.clock = clock;
        this.progress = progress;
    }

    Done run() {
        if (!Files.exists(target)) {
            return done(RestoreService.Method.CREATED, create());
        }
        warnings = SafetyDirectory.claim(request.safetyDirectory(), target, clock.instant(), request.busyTimeout());
        if (request.live()) {
            return switch (restoreLive()) {
                case UNREADABLE -> replace();
                case VERIFIED -> done(RestoreService.Method.IN_PLACE, staged.verification());
                case WRITTEN_SINCE ->
                    done(
                            RestoreService.Method.IN_PLACE,
                            staged.verification().partial("others wrote to the database before it could be read back"));
            };
        }
        List<String> restart = otherEncoding();
        return restoreInPlace()
                ? done(RestoreService.Method.IN_PLACE, staged.verification().withWarnings(restart))
                : replace();
    }

    private Done done(RestoreService.Method method, Verification verification) {
        return new Done(method, verification.withWarnings(warnings), safetyCopy);
    }

    /** What {@link #run} would do, as far as it shows without SQLite. */
    static Done foresee(Path target, StagedBackup staged, boolean live) {
        if (!Files.exists(target)) {
            return new Done(RestoreService.Method.CREATED, staged.verification(), null);
        }
        if (!InPlaceRestore.looksPossible(target)) {
            return new Done(RestoreService.Method.CREATED, replaced(target, staged, "would be replaced"), null);
        }
        if (live) {
            LiveRestore.refuseWhatCannotBeSwitched(target, staged.file());
        }
        return new Done(RestoreService.Method.IN_PLACE, staged.verification(), null);
    }

    /** An idle application holds no lock in rollback mode, and in another container it is not seen. */
    private List<String> otherEncoding() {
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

    private boolean restoreInPlace() {
        try (StagedFile file = places.open(staged)) {
            return InPlaceRestore.run(
                    target, file, places.safety().createFile("safety.db"), this::keep, request.busyTimeout(), progress);
        } catch (IOException e) {
            throw Failure.io("cannot read", staged.file(), e);
        }
    }

    private LiveRestore.Outcome restoreLive() {
        refuseToLockOutTheOwner();
        try (StagedFile file = places.open(staged)) {
            return LiveRestore.run(
                    target,
                    file,
                    places.safety().createFile("safety.db"),
                    places.staging().createFile("proof.db"),
                    this::keep,
                    request.busyTimeout(),
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
    private void refuseToLockOutTheOwner() {
        try {
            DatabaseFiles.Present present = DatabaseFiles.of(target).present();
            DatabaseHeader header = DatabaseHeader.of(target);
            boolean makesSidecars =
                    (present.wal() || header != null && header.isWal()) && !(present.wal() && present.shm());
            if (makesSidecars && !PrivateFiles.ownerMayWrite(target, sample())) {
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
    private String keep(Path copy) {
        try {
            PrivateFiles.copyOwner(target, places.safety().attributes(copy));
        } catch (IOException e) {
            // Only root can give files away. Ours then, and still safe.
        }
        safetyCopy = SafetyCopies.keep(copy, SafetyCopies.in(request.safetyDirectory(), target), clock.instant());
        return RestoreHints.undo(request, target);
    }

    private PosixFileAttributeView sample() {
        return places.beside().attributes(places.beside().createFile("sidecar"));
    }

    private Verification create() {
        Path file = places.stagedBeside(staged);
        State noted = staged.backup().content().noted();
        PosixFileAttributeView ownership = places.beside().attributes(file);
        List<String> notGiven = FormerOwner.give(noted == null ? null : noted.source(), target, ownership);
        Verification owned = notGiven == null
                ? giveToOwnerOfDirectory(ownership)
                : staged.verification().withWarnings(notGiven);
        FileIdentity proven = identity(file);
        Path safetyName = SafetyCopies.freeName(target, clock.instant());
        boolean keptSidecars = Replacement.create(target, file, safetyName);
        proveCreated(proven);
        return keptSidecars
                ? owned.withWarning("sidecars of a database that is gone lay beside " + target
                        + ": they are kept beside " + safetyName)
                : owned;
    }

    /**
     * A database that root makes for an application has to be the application's; for anybody else this changes nothing.
     */
    private Verification giveToOwnerOfDirectory(PosixFileAttributeView file) {
        try {
            PrivateFiles.copyOwner(target.getParent(), file);
        } catch (IOException e) {
            if (PrivateFiles.belongsToRoot(file)) {
                return staged.verification()
                        .withWarning(
                                "this root may not give files away, so " + target
                                        + " belongs to root and not to the owner and group of its directory, who may not be able to open it");
            }
        }
        return staged.verification();
    }

    /**
     * What SQLite cannot open cannot be copied through it either: it keeps a second name, which has to lie in the same
     * directory.
     */
    private Done replace() {
        Path name = SafetyCopies.freeName(target, clock.instant());
        Path file = places.stagedBeside(staged);
        FileIdentity proven = identity(file);
        Replacement.replaceUnreadable(target, file, places.beside().attributes(file), name);
        safetyCopy = name;
        proveCreated(proven);
        Verification replaced = replaced(target, staged, "was replaced");
        return done(
                RestoreService.Method.CREATED,
                request.safetyDirectory() == null
                        ? replaced
                        : replaced.withWarning(
                                "it is kept beside it, as " + name + ", and not in " + request.safetyDirectory()));
    }

    /** Nobody can prove that no process has it open, and one that has would write on into a file without a name. */
    private static Verification replaced(Path target, StagedBackup staged, String what) {
        return staged.verification()
                .withWarning("SQLite cannot open " + target + ", so it " + what
                        + " by a new file: restart every application that had it open, also in other containers, "
                        + "which cannot be seen; else it goes on with the old file");
    }

    /** The staged file was read back when it was verified; now the name has to refer to that very file. */
    private void proveCreated(FileIdentity proven) {
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

    private FileIdentity identity(Path file) {
        try {
            return places.beside().identity(file);
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }
}
