package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.archive.Manifest;
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
     * Compares with the newest backup.
     *
     * @param there has one
     * @return what the database held before, null if it has not shrunk
     */
    static State.Shrunk since(Path snapshot, Store store, AtDestination there) throws IOException {
        long beforeBytes = contentBytes(store, there.previousName(), there.previousFile());
        return isLess(snapshot, beforeBytes)
                ? new State.Shrunk(
                        there.previousName(),
                        createdAt(store, there.previousName()).toString(),
                        beforeBytes)
                : null;
    }

    /**
     * Whether it is still so that a database holds less than an earlier run found, which nobody has settled since: then
     * that is what counts, and not what was backed up after it.
     */
    static boolean isPending(Path snapshot, State.Shrunk found) throws IOException {
        return isLess(snapshot, found.contentBytes());
    }

    private static boolean isLess(Path snapshot, long beforeBytes) throws IOException {
        return beforeBytes >= LEAST_BYTES
                && (2 * DatabaseHeader.of(snapshot).contentBytes() < beforeBytes
                        || !IntegrityCheck.hasTables(snapshot));
    }

    /** @return 0 for a backup that does not say what it holds, since there is nothing to compare with */
    private static long contentBytes(Store store, String backup, Path file) {
        byte[] start = !store.isRemote() || file == null
                ? store.readStart(backup, FileKind.HEADER_IN_GZIP_BYTES)
                : startOf(file, backup, store);
        DatabaseHeader header = start == null ? null : FileKind.headerIn(start);
        return header == null ? 0 : header.contentBytes();
    }

    /** As its end says, else as the place does. */
    private static Instant createdAt(Store store, String backup) {
        byte[] tail = store.readTail(backup, Manifest.TAIL_BYTES);
        Manifest manifest = tail == null ? null : Manifest.parse(tail);
        Store.StoredFile stored = manifest == null ? store.find(backup) : null;
        return manifest != null
                ? manifest.createdAt()
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
     * How a run has to end. In a history a backup is made all the same, beside the one from before; a single file is
     * left as it was.
     */
    static Failure failure(BackupPlan plan, BackupService.Request request, Path snapshot, State.Shrunk before)
            throws IOException {
        String last = plan.destination().store().location(before.backup());
        String message = String.format(
                Locale.ROOT,
                "%s has shrunk from %,d bytes in use (the backup of %s) to %,d (%s)%s; ",
                plan.database(),
                before.contentBytes(),
                Times.local(Instant.parse(before.createdAt())),
                DatabaseHeader.of(snapshot).contentBytes(),
                Times.local(plan.at()),
                IntegrityCheck.hasTables(snapshot) ? "" : " and has no table any more");
        return new Failure(
                Failure.Kind.SHRUNK,
                message
                        + (plan.destination().keepsOlder()
                                ? "that backup is kept: " + last
                                        + "; the database as it is now has a backup of its own, and nothing is pruned"
                                : "that backup was left as it is: " + last),
                hint(plan.database(), last, request.destination(), request.name()));
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
        return "what differs: " + Hints.command("diff", last, database.toString()) + "; if something was lost: "
                + Hints.command("restore", last, "--to=" + database) + "; if this is right: "
                + Hints.command(again.toArray(String[]::new));
    }
}
