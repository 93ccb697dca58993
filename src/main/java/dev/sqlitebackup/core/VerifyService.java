package dev.sqlitebackup.core;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Proves that a backup would restore, by doing all of it but the last step in a private place. */
public final class VerifyService {
    /**
     * @param backup where it is
     * @param commit that holds it in Git, else null
     * @param createdAt when its snapshot was taken, to the second
     * @param sha256 of the database that it holds, in hexadecimal
     */
    public record Result(
            String backup,
            String commit,
            Instant createdAt,
            long databaseBytes,
            long backupBytes,
            String sha256,
            Verification verification) {
        static Result of(StagedBackup staged, Verification verification) {
            return new Result(
                    staged.backup().location(),
                    staged.backup().commit(),
                    staged.createdAt(),
                    staged.databaseBytes(),
                    staged.backupBytes(),
                    staged.sha256(),
                    verification);
        }
    }

    private final Clock clock;
    private final Progress progress;

    public VerifyService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * @param database that decides where {@code backup} is a directory with several, and no name does
     * @param name what its backups are called there, null if the user did not say
     * @param notAfter the latest time of the backup, or null for the newest
     */
    public Result verify(
            Location backup,
            Path database,
            String name,
            Instant notAfter,
            Path temporaryDirectory,
            Duration busyTimeout) {
        Selection selection = Selection.of(
                backup, DatabaseChoice.of(name, database, true), notAfter, clock.instant(), Again.verify(backup, name));
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            StagedBackup staged = StagedBackup.stage(selection, workspace, busyTimeout, progress);
            Verification verification = staged.verification();
            for (String warning : IntegrityCheck.foreignKeyWarnings(staged.file())) {
                verification = verification.withWarning(warning);
            }
            return Result.of(staged, verification);
        }
    }
}
