package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.SafetyDirectory;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.InPlaceRestore;
import dev.sqlitebackup.sqlite.LiveRestore;
import dev.sqlitebackup.sqlite.Replacement;
import dev.sqlitebackup.sqlite.SafetyCopy;
import dev.sqlitebackup.sqlite.StagedFile;
import dev.sqlitebackup.sqlite.Switched;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a target the content of a staged backup, by the way that fits the target ({@link RestorePlan.Way}), after a
 * safety copy. For one run.
 */
final class RestoreSwitch {
    private static final Logger LOG = LoggerFactory.getLogger(RestoreSwitch.class);

    private final RestoreService.Request request;
    private final RestorePlan plan;
    private final Path target;
    private final StagedBackup staged;
    private final RestorePlaces places;
    private final Clock clock;
    private final Progress progress;

    RestoreSwitch(
            RestoreService.Request request,
            RestoreService.Proven proven,
            RestorePlaces places,
            Clock clock,
            Progress progress) {
        this.request = request;
        this.plan = proven.plan();
        this.target = plan.database();
        this.staged = proven.staged();
        this.places = places;
        this.clock = clock;
        this.progress = progress;
    }

    /** Another process may have made or removed the target since the plan, so it is looked at again. */
    RestoreService.Result run() {
        LOG.debug("target: {}, {}", target, plan.way().word());
        if (!Files.exists(target)) {
            return result(RestorePlan.Way.CREATE, null, create());
        }
        List<String> warnings =
                SafetyDirectory.claim(request.safetyDirectory(), target, clock.instant(), request.busyTimeout());
        RestoreService.Result result = request.live() ? switchLive() : switchInPlace();
        return result(result.way(), result.safetyCopy(), result.verification().withWarnings(warnings));
    }

    private RestoreService.Result result(RestorePlan.Way way, Path safetyCopy, Verification verification) {
        return new RestoreService.Result(plan, way, safetyCopy, verification);
    }

    private RestoreService.Result switchLive() {
        Switched switched = restoreLive();
        return switch (switched.outcome()) {
            case UNREADABLE -> replace();
            case VERIFIED -> result(RestorePlan.Way.LIVE, switched.safetyCopy(), staged.verification());
            case WRITTEN_SINCE ->
                result(
                        RestorePlan.Way.LIVE,
                        switched.safetyCopy(),
                        staged.verification().partial("others wrote to the database before it could be read back"));
        };
    }

    private RestoreService.Result switchInPlace() {
        List<String> restart = otherEncoding();
        Switched switched = restoreInPlace();
        return switched.outcome() == Switched.Outcome.UNREADABLE
                ? replace()
                : result(
                        RestorePlan.Way.IN_PLACE,
                        switched.safetyCopy(),
                        staged.verification().withWarnings(restart));
    }

    /**
     * An idle application holds no lock in rollback mode, and in another container it is not seen. So that one has it
     * open cannot be ruled out, and it is said that it has to be started again.
     */
    private List<String> otherEncoding() {
        try {
            DatabaseHeader old = DatabaseHeader.of(target);
            DatabaseHeader now = DatabaseHeader.of(staged.file());
            return old == null || old.textEncoding() == 0 || old.textEncoding() == now.textEncoding()
                    ? List.of()
                    : List.of("the text encoding of " + target + " is " + now.encodingName() + " now and was "
                            + old.encodingName()
                            + ": restart every application that had it open, also in other containers, "
                            + "which cannot be seen");
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        }
    }

    private Switched restoreInPlace() {
        try (StagedFile file = places.open(staged)) {
            return InPlaceRestore.run(target, file, safetyCopy(), request.busyTimeout(), progress);
        } catch (IOException e) {
            throw Failure.io("cannot read", staged.file(), e);
        }
    }

    private Switched restoreLive() {
        OwnersSidecars.refuseOthers(
                target, this::sample, "run the restore as the user who owns the database, or without --live");
        try (StagedFile file = places.open(staged)) {
            Path proof = places.staging().createFile("proof.db");
            return LiveRestore.run(target, file, safetyCopy(), proof, request.busyTimeout(), progress);
        } catch (IOException e) {
            throw Failure.io("cannot read", staged.file(), e);
        }
    }

    private SafetyCopy safetyCopy() {
        return new KeptSafetyCopy(
                places.safety(), target, request.safetyDirectory(), clock, RestoreHints.undo(request, target));
    }

    private PosixFileAttributeView sample() {
        return places.beside().attributes(places.beside().createFile("sidecar"));
    }

    private Verification create() {
        Path file = places.stagedBeside(staged);
        State noted = staged.source().content().noted();
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
                        .withWarning("this root may not give files away, so " + target
                                + " belongs to root and not to the owner and group of its directory, "
                                + "who may not be able to open it");
            }
        }
        return staged.verification();
    }

    /**
     * What SQLite cannot open cannot be copied through it either: it keeps a second name, which has to lie in the same
     * directory.
     */
    private RestoreService.Result replace() {
        Path name = SafetyCopies.freeName(target, clock.instant());
        Path file = places.stagedBeside(staged);
        FileIdentity proven = identity(file);
        Replacement.replaceUnreadable(target, file, places.beside().attributes(file), name);
        proveCreated(proven);
        Verification replaced = warnOfReplacement(target, staged.verification(), "was replaced");
        return result(
                RestorePlan.Way.REPLACE,
                name,
                request.safetyDirectory() == null
                        ? replaced
                        : replaced.withWarning(
                                "it is kept beside it, as " + name + ", and not in " + request.safetyDirectory()));
    }

    /** Nobody can prove that no process has it open, and one that has would write on into a file without a name. */
    static Verification warnOfReplacement(Path target, Verification verification, String what) {
        return verification.withWarning("SQLite cannot open " + target + ", so it " + what
                + " by a new file: restart every application that had it open, also in other containers, "
                + "which cannot be seen; else it goes on with the old file");
    }

    /** The staged file was read back when it was verified; now the name has to refer to that very file. */
    private void proveCreated(FileIdentity proven) {
        try {
            if (!proven.isSameFileAs(FileIdentity.of(target))
                    && !Digests.sha256(target).equals(staged.manifest().sha256())) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "what was read back from " + target + " is not what was written",
                        "an application may have written to it already; if not, the disk or the memory of this "
                                + "machine is failing");
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
