package dev.sqlitebackup.core;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/** Proves that a backup would restore, by doing all of it but the last step in a private place. */
public final class VerifyService {
    /**
     * @param createdAt when its snapshot was taken, to the second
     * @param sha256 of the database that it holds, in hexadecimal
     */
    public record Result(Path backup, Instant createdAt, long databaseBytes, long backupBytes, String sha256, Verification verification) {
        static Result of(StagedBackup staged, Verification verification) {
            return new Result(staged.backup(), staged.createdAt(), staged.databaseBytes(), staged.backupBytes(), staged.sha256(), verification);
        }
    }

    private final Progress progress;

    public VerifyService(Progress progress) {
        this.progress = progress;
    }

    public Result verify(Path backup, Path temporaryDirectory, Duration busyTimeout) {
        try (Workspace workspace = Workspace.create(temporaryDirectory)) {
            StagedBackup staged = StagedBackup.stage(backup, workspace, busyTimeout, progress);
            Verification verification = staged.verification();
            for (String warning : IntegrityCheck.foreignKeyWarnings(staged.file())) {
                verification = verification.withWarning(warning);
            }
            return Result.of(staged, verification);
        }
    }
}
