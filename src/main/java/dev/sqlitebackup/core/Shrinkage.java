package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.history.FileKind;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Tells an emptied database from one that has changed. The commonest loss of all is a file that vanishes and that the
 * application makes anew, empty; to a run that looks no closer it is an ordinary change, and the only good backup would
 * give way to it.
 *
 * <p>What counts is the content, the pages that are in use: VACUUM is no shrinking. Both headers say it, that of the
 * snapshot and that of the newest backup.
 */
public final class Shrinkage {
    /** A backup of less may have been made before the application had written anything. */
    private static final long LEAST_BYTES = 32 << 10;

    private Shrinkage() {}

    /**
     * @param newest the newest backup, by its name, null for none
     * @param newestFile its content on this machine, null where there is none
     * @param pending what an earlier run found, and nobody has settled since: then that is what counts, and not what
     *     was backed up after it; null for nothing
     * @return what the database held before, null if it has not shrunk
     */
    static State.Shrunk find(Path snapshot, Store store, String newest, Path newestFile, State.Shrunk pending)
            throws IOException {
        long beforeBytes =
                pending != null ? pending.contentBytes() : newest == null ? 0 : contentBytes(store, newest, newestFile);
        if (beforeBytes < LEAST_BYTES
                || 2 * DatabaseHeader.of(snapshot).contentBytes() >= beforeBytes
                        && IntegrityCheck.hasTables(snapshot)) {
            return null;
        }
        return pending != null
                ? pending
                : new State.Shrunk(newest, createdAt(store, newest).toString(), beforeBytes);
    }

    /** @return 0 for a backup that does not say what it holds, since there is nothing to compare with */
    private static long contentBytes(Store store, String backup, Path file) {
        byte[] start = store.isNear() || file == null
                ? store.readStart(backup, FileKind.HEADER_IN_GZIP_BYTES)
                : startOf(file, backup, store);
        DatabaseHeader header = start == null ? null : FileKind.headerIn(start);
        return header == null ? 0 : header.contentBytes();
    }

    /** As its end says, else as the place does. */
    private static Instant createdAt(Store store, String backup) {
        byte[] tail = store.readTail(backup, BackupReader.SUMMARY_BYTES);
        BackupReader.Summary summary = tail == null ? null : BackupReader.Summary.parse(tail);
        Store.StoredFile stored = summary == null ? store.find(backup) : null;
        return summary != null
                ? summary.createdAt()
                : stored == null ? Instant.EPOCH : stored.modifiedAt().truncatedTo(ChronoUnit.SECONDS);
    }

    /** What was sent last is still here: no request. */
    private static byte[] startOf(Path file, String backup, Store store) {
        try (FileChannel channel = RegularFiles.open(file, StandardOpenOption.READ)) {
            return Channels.newInputStream(channel).readNBytes(FileKind.HEADER_IN_GZIP_BYTES);
        } catch (IOException e) {
            return store.readStart(backup, FileKind.HEADER_IN_GZIP_BYTES);
        }
    }

    /**
     * How a run says it.
     *
     * @param request of the run
     * @param made whether a backup was made all the same, beside the one from before
     */
    static Failure failure(
            Path database,
            Path snapshot,
            BackupService.Request request,
            Store store,
            State.Shrunk before,
            Instant now,
            boolean made)
            throws IOException {
        String last = store.location(before.backup());
        String message = String.format(
                Locale.ROOT,
                "%s has shrunk from %,d bytes in use (the backup of %s) to %,d (%s)%s; ",
                database,
                before.contentBytes(),
                before.createdAt(),
                DatabaseHeader.of(snapshot).contentBytes(),
                now,
                IntegrityCheck.hasTables(snapshot) ? "" : " and has no table any more");
        return new Failure(
                Failure.Kind.SHRUNK,
                message
                        + (made
                                ? "that backup is kept: " + last
                                        + "; the database as it is now has a backup of its own, and nothing is pruned"
                                : "that backup was left as it is: " + last),
                hint(database, last, request.destination(), request.name()));
    }

    /**
     * What to type in either case.
     *
     * @param last the last backup from before
     * @param name what the backups of the database are called there, null if the user did not say
     */
    static String hint(Path database, String last, Location destination, String name) {
        List<String> again = new ArrayList<>(List.of("backup", database.toString(), "--to=" + destination));
        if (name != null) {
            again.add("--name=" + name);
        }
        again.add("--allow-shrink");
        return "if something was lost: " + Hints.command("restore", last, "--to=" + database) + "; if this is right: "
                + Hints.command(again.toArray(String[]::new));
    }
}
