package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.Snapshot;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * Writes a backup to where it cannot be read back. So everything is proven before: the structure of the snapshot before
 * the first byte, each block before it is written. A run that fails leaves a beginning without an end, which every
 * reader refuses.
 */
public final class StreamService {
    private final Clock clock;
    private final Progress progress;

    public StreamService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Writes it.
     *
     * @param request whose destination is not looked at
     * @param out where the backup goes
     */
    public BackupService.Result backup(BackupService.Request request, WritableByteChannel out) {
        Path database = BackupService.existing(request);
        try (Workspace temporary = Workspace.create(request.temporaryDirectory())) {
            new Space()
                    .need(
                            request.temporaryDirectory(),
                            Databases.sizeBytes(database)
                                    + Databases.sizeBytes(
                                            DatabaseFiles.of(database).wal()))
                    .check("free some space there, or choose another place with --tmp-dir");
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            Path snapshot = temporary.createFile("snapshot.db");
            List<String> unseen = Snapshot.take(database, snapshot, request.compact(), request.busyTimeout(), progress)
                    .unseen();
            progress.phase("check", -1);
            Verification verification = Verification.of(IntegrityCheck.check(snapshot, "the database " + database))
                    .withWarnings(unseen);
            progress.phase("compress", Files.size(snapshot));
            BackupWriter.Written written = write(
                    new BackupWriter(
                            snapshot,
                            DatabaseHeader.of(snapshot).pageSizeBytes(),
                            now,
                            request.compression(),
                            progress),
                    out);
            return new BackupService.Result(
                    database,
                    Location.Pipe.NAME,
                    written.manifest(),
                    written.backupBytes(),
                    false,
                    null,
                    verification.withWarnings(ProvenFile.warnings(written.isFastDeflateWrong())),
                    List.of(),
                    null,
                    null,
                    now,
                    0);
        } catch (IOException e) {
            throw Failure.io("cannot take a snapshot of", database, e);
        }
    }

    private static BackupWriter.Written write(BackupWriter writer, WritableByteChannel out) {
        try {
            return writer.write(out, ReusableBlocks.none());
        } catch (IOException e) {
            throw Failure.io("cannot write the backup to", "standard output", e)
                    .withHint("what was written so far is no backup");
        }
    }
}
