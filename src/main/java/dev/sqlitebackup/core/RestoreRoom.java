package dev.sqlitebackup.core;

import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Path;

/**
 * All the room that a restore takes, asked for at once and before its first byte, so that nobody makes room again and
 * again:
 *
 * <pre>
 *   of a database of {@code old} bytes with its WAL, replaced by one of {@code staged}:
 *
 *   where it stages             what has to be brought here; {@code staged};
 *                               with --live {@code old}, to prove the safety copy
 *   where the safety copy goes  {@code old}
 *   beside the database         the rollback journal or WAL of the switch, what the database grows by;
 *                               a second {@code staged} if it is staged elsewhere and may have to be put there
 * </pre>
 *
 * @param staging where the backup is decompressed
 * @param safety where the safety copy is made
 */
record RestoreRoom(Path target, Path staging, Path safety, boolean live) implements Staging.Room {
    static RestoreRoom of(RestoreService.Request request, Path target) {
        Path beside = target.getParent();
        return new RestoreRoom(
                target,
                request.stagingDirectory() == null ? beside : Databases.real(request.stagingDirectory()),
                request.safetyDirectory() == null ? beside : Databases.real(request.safetyDirectory()),
                request.live());
    }

    /** @param dryRun where a dry run stages, so that the database's directory stays as it is */
    Staging.Room and(Path dryRun) {
        return (toStageBytes, stagedBytes) -> {
            require(toStageBytes, stagedBytes);
            Staging.Room.in(dryRun).require(toStageBytes, stagedBytes);
        };
    }

    @Override
    public void require(long toStageBytes, long stagedBytes) {
        long mainBytes = Databases.sizeBytes(target);
        long oldBytes = mainBytes + Databases.sizeBytes(DatabaseFiles.of(target).wal());
        Path beside = Databases.existingParent(target);
        Space space = new Space().need(Databases.existing(staging, target), toStageBytes);
        long fileBytes = staging.equals(target.getParent()) ? 0 : stagedBytes;
        if (oldBytes > 0) {
            long switchBytes =
                    (live ? Math.max(oldBytes, stagedBytes) : mainBytes) + Math.max(0, stagedBytes - oldBytes);
            space.need(Databases.existing(safety, target), oldBytes).need(beside, Math.max(switchBytes, fileBytes));
            if (live) {
                space.need(Databases.existing(staging, target), oldBytes);
            }
        } else {
            space.need(beside, fileBytes);
        }
        space.check("nothing was changed; free some space there"
                + (fileBytes == 0 ? ", or decompress elsewhere with --tmp-dir=DIR" : "")
                + (oldBytes > 0 && safety.equals(target.getParent())
                        ? ", or keep the safety copy elsewhere with --safety-dir=DIR"
                        : ""));
    }
}
