package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.NewestState;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.ForeignKeyCheck;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Proves that a backup would restore, by doing all of it but the last step in a private place. If it is the newest of
 * its database where it lies, that is noted there.
 */
public final class VerifyService {
    /**
     * What a backup was found to hold.
     *
     * @param backup where it is
     * @param commit that holds it in Git, else null
     */
    public record Result(String backup, String commit, Manifest manifest, long backupBytes, Verification verification) {
        static Result of(StagedBackup staged) {
            return new Result(
                    staged.source().location(),
                    staged.source().commit(),
                    staged.manifest(),
                    staged.backupBytes(),
                    staged.verification());
        }

        Result with(Verification other) {
            return new Result(backup, commit, manifest, backupBytes, other);
        }
    }

    /**
     * What a user asked for.
     *
     * @param database that decides where {@code backup} is a directory with several, and no name does
     * @param name what its backups are called there, null if the user did not say
     * @param notAfter the latest time of the backup, or null for the newest
     * @param assertions questions in SQL that have to be true of its content ({@link Assertions})
     * @param temporaryDirectory where the backup is decompressed
     */
    public record Request(
            Location backup,
            Path database,
            String name,
            Instant notAfter,
            List<String> assertions,
            Path temporaryDirectory,
            Duration busyTimeout) {
        /** Where it is enough that the backup is good. */
        public Request(
                Location backup,
                Path database,
                String name,
                Instant notAfter,
                Path temporaryDirectory,
                Duration busyTimeout) {
            this(backup, database, name, notAfter, List.of(), temporaryDirectory, busyTimeout);
        }
    }

    private final Clock clock;
    private final Progress progress;

    public VerifyService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Verifies a backup.
     *
     * @throws Failure NOT_FOUND if there is none, CORRUPT if anything about it is wrong, or not as asserted, NO_SPACE,
     *     USAGE if it is not clear which is meant, or what is asserted
     */
    public Result verify(Request request) {
        Assertions assertions = Assertions.of(request.assertions);
        return prove(request, choose(request), assertions);
    }

    BackupSource choose(Request request) {
        return Selection.of(
                request.backup,
                new Selection.Wish(
                        DatabaseChoice.of(request.name, request.database, true),
                        request.notAfter,
                        clock.instant(),
                        Again.verify(request.backup, request.name)));
    }

    Result prove(Request request, BackupSource source, Assertions assertions) {
        ProofNote note = ProofNote.of(() -> NewestState.of(request.backup, source, clock.instant()));
        Result proven;
        try {
            proven = prove(source, assertions, request);
        } catch (Failure e) {
            note.takeBack(e, request.busyTimeout);
            throw e;
        }
        return proven.with(proven.verification.withWarnings(note.note(clock.instant(), request.busyTimeout)));
    }

    private Result prove(BackupSource source, Assertions assertions, Request request) {
        try (Workspace workspace = Workspace.create(request.temporaryDirectory)) {
            StagedBackup staged = new Staging(workspace, request.busyTimeout, progress).stage(source);
            Verification verification = staged.verification().withWarnings(ForeignKeyCheck.warnings(staged.file()));
            assertions.require(
                    staged.file(),
                    source.toString(),
                    source.isPiped() || source.commit() != null ? null : source.location());
            return Result.of(staged).with(verification);
        }
    }
}
