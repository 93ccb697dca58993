package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.Snapshot;
import dev.sqlitebackup.store.State;
import dev.sqlitebackup.store.StateLock;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;

/** Makes a backup: snapshot, verify, compress, publish, check what was published. */
public final class BackupService {
    /** No text compresses better than this; a guess that is too small is noticed later, with the same exit code. */
    private static final int MOST_COMPRESSION = 20;

    /**
     * @param database the live database, as the user named it
     * @param destination a backup file, or a directory for a history
     * @param compact whether free pages are left out
     * @param level of compression, 1 to 9
     * @param threads how many compress and decompress
     * @param temporaryDirectory where the snapshot goes
     * @param busyTimeout how long to wait for each lock
     * @param rules what to keep of the history when the backup is made; empty to keep everything
     */
    public record Request(Path database, Location destination, boolean compact, int level, int threads, Path temporaryDirectory, Duration busyTimeout, RetentionRules rules) { }

    /**
     * @param backup where the backup is
     * @param createdAt when the snapshot was taken, to the second
     * @param sha256 of the snapshot, in hexadecimal
     * @param unchanged whether the newest backup that was there already holds the same content, and was left as it is
     * @param pruned backups that no rule keeps, and that were deleted
     */
    public record Result(Path database, String backup, Instant createdAt, long databaseBytes, long backupBytes, String sha256,
            boolean unchanged, Verification verification, List<Retention.Decision> pruned) { }

    private final Clock clock;
    private final Progress progress;

    public BackupService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    public Result backup(Request request) {
        Path database = Databases.existing(request.database);
        request.destination.requireFileSystem();
        Destination destination = Destination.of(request.destination, database);
        if (!request.rules.isEmpty() && !(destination instanceof HistoryDestination)) {
            throw new Failure(Failure.Kind.USAGE, "--keep-… needs a directory as destination: " + request.destination + " always holds just the newest backup",
                    "write --to=DIRECTORY/ for a history");
        }
        Store store = destination.store();
        store.create();
        try (StateLock lock = store.lock(destination.stateFile(), request.busyTimeout);
                Workspace temporary = Workspace.create(request.temporaryDirectory);
                Workspace beside = Workspace.create(store.workingDirectory())) {
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            String previous = previous(destination, now);
            String ahead = previous == null ? null : destination.datedAfter(now);
            Path previousFile = previous == null ? null : store.local(previous);
            checkRoom(database, store, previousFile, request.temporaryDirectory);
            FileIdentity identity = FileIdentity.of(database);
            FileIdentity walIdentity = State.walIdentity(DatabaseFiles.of(database).wal());

            Path snapshot = temporary.createFile("snapshot.db");
            List<String> unseen = Snapshot.take(database, snapshot, request.compact, temporary.directory(), request.busyTimeout, progress);
            try (Background<Verification> check = new Background<>(() -> check(snapshot, database, previous == null ? null : store.location(previous)))) {
                Published published = publish(snapshot, destination, previous, previousFile, beside, request, now, check);
                Verification verification = warnIfShrunk(published, Math.max(Files.size(snapshot), Databases.sizeBytes(database)), check.await());
                verification = warnIfNotNewest(ahead, now, verification.withWarnings(unseen).withWarnings(store.warnings()));
                request.destination.noteFileSystem();
                verification = verification.full() ? verification : verification.after(leftOutBefore(store, destination));
                verification = confirm(lock, State.confirmed(now, published.content.createdAt(), identity, walIdentity).from(Origin.describe(database, database.getFileName().toString())).leavingOut(verification.leftOut()), verification);
                PruneService.Pruned pruned = new PruneService(clock, progress).afterBackup(destination, published.name, verification.leftOut(), request.rules, request.temporaryDirectory);
                for (String warning : pruned.warnings()) {
                    verification = verification.withWarning(warning);
                }
                return new Result(database, store.location(published.name), published.content.createdAt(), Files.size(snapshot), published.sizeBytes,
                        published.content.sha256(), published.unchanged, verification, pruned.deleted());
            }
        } catch (IOException e) {
            throw Failure.io("cannot back up to", request.destination, e);
        }
    }

    /** @return what people have been told of already, null for nothing. The backup is published by now, whether a store far away answers or not */
    private static List<String> leftOutBefore(Store store, Destination destination) {
        try {
            State before = store.readState(destination.stateFile());
            return before == null ? null : before.leftOut();
        } catch (Failure e) {
            return null;
        }
    }

    /** A store far away that cannot be reached has none to compare with. The backup is made all the same, and will be kept here when it cannot be sent. */
    private static String previous(Destination destination, Instant now) {
        try {
            return destination.previous(now);
        } catch (Failure e) {
            if (destination.store().isNear() || e.kind() != Failure.Kind.FAILURE) {
                throw e;
            }
            return null;
        }
    }

    private static void checkRoom(Path database, Store store, Path previous, Path temporaryDirectory) {
        long databaseBytes = Databases.sizeBytes(database) + Databases.sizeBytes(DatabaseFiles.of(database).wal());
        long previousBytes = previous == null ? 0 : Databases.sizeBytes(previous);
        long backupBytes = Math.max(previousBytes, databaseBytes / MOST_COMPRESSION);
        new Space().need(temporaryDirectory, databaseBytes).need(store.workingDirectory(), backupBytes)
                .check("free some space there, or choose another place with --to or --tmp-dir");
    }

    /** @param lastGood where the previous backup is, null for nowhere */
    private static Verification check(Path snapshot, Path database, String lastGood) {
        try {
            return Verification.of(IntegrityCheck.check(snapshot, "the database " + database));
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.CORRUPT && lastGood != null ? e.withHint("the last good backup is untouched: " + lastGood) : e;
        }
    }

    /**
     * @param name of the backup at the destination
     * @param sizeBytes of the backup
     * @param previousDatabaseBytes size of the database in the previous backup, 0 where there was none or it did not say
     */
    private record Published(String name, long sizeBytes, BackupReader.Content content, boolean unchanged, long previousDatabaseBytes) { }

    /**
     * Leaves the previous backup as it is if it holds the snapshot already; else publishes one that is proven to. It is read back before it
     * takes the name, so that a bad one never replaces the last good one; the store then proves that the name refers to that very file.
     */
    private Published publish(Path snapshot, Destination destination, String previousName, Path previousFile, Workspace beside, Request request, Instant now, Background<Verification> check)
            throws IOException {
        int pageSizeBytes = DatabaseHeader.of(snapshot).pageSizeBytes();
        try (ReusableBlocks previous = previousFile == null ? ReusableBlocks.none() : ReusableBlocks.of(previousFile, pageSizeBytes)) {
            if (previous.previousDatabaseBytes() == Files.size(snapshot)) {
                BackupReader.Content content = contentIfEqual(previousFile, snapshot, null, request.threads);
                if (content != null) {
                    check.await();
                    // Asked again: far away, somebody else may have removed it meanwhile.
                    if (destination.store().local(previousName) != null) {
                        return new Published(previousName, Files.size(previousFile), content, true, 0);
                    }
                }
            }
            Path compressed = beside.path("backup.gz");
            BackupReader.Content content = compress(compressed, snapshot, pageSizeBytes, request, now, previous);
            if (content == null) {
                // A block of the previous backup was not what its footer says; if that was not it, the next reading says so too.
                Files.delete(compressed);
                content = compress(compressed, snapshot, pageSizeBytes, request, now, ReusableBlocks.none());
            }
            if (content == null) {
                throw new Failure(Failure.Kind.CORRUPT, "what was read back from " + compressed + " is not what was written",
                        "the disk or the memory of this machine is failing");
            }
            LeftOut.refuseToReplaceBetter(destination, check.await(), request, progress);
            Interruption.check();
            long sizeBytes = Files.size(compressed);
            return new Published(destination.publish(compressed, now), sizeBytes, content, false, previous.previousDatabaseBytes());
        }
    }

    /** Writes a backup, forces it, and meanwhile reads it back. @return null if what was read back is not the snapshot */
    private BackupReader.Content compress(Path compressed, Path snapshot, int pageSizeBytes, Request request, Instant createdAt, ReusableBlocks previous)
            throws IOException {
        progress.phase("compress", Files.size(snapshot));
        try (FileChannel out = PrivateFiles.open(compressed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            String sha256 = BackupWriter.write(snapshot, pageSizeBytes, out, request.level, createdAt, previous, request.threads, progress).sha256();
            try (Background<Void> forced = new Background<>(() -> force(out, compressed))) {
                BackupReader.Content content = contentIfEqual(compressed, snapshot, sha256, request.threads);
                forced.await();
                return content;
            }
        }
    }

    private static Void force(FileChannel channel, Path file) {
        try {
            channel.force(true);
            return null;
        } catch (IOException e) {
            throw Failure.io("cannot write", file, e);
        }
    }

    /**
     * Reads a backup back, decompresses it and compares it with the snapshot, byte for byte.
     *
     * @param sha256 of the snapshot, null if it is not known yet
     * @return null if the backup is damaged or different
     */
    private BackupReader.Content contentIfEqual(Path backup, Path snapshot, String sha256, int threads) throws IOException {
        progress.phase("verify", Files.size(snapshot));
        try (InputStream expected = Files.newInputStream(snapshot)) {
            byte[] wanted = new byte[BackupReader.BUFFER_BYTES];
            long[] done = {0};
            BackupReader.Content content = BackupReader.read(backup, threads, sha256 == null, (bytes, length) -> {
                int found = expected.readNBytes(wanted, 0, length);
                if (found != length || !Arrays.equals(wanted, 0, length, bytes, 0, length)) {
                    throw new Different();
                }
                done[0] += length;
                progress.at(done[0]);
            });
            return expected.read() < 0 && (sha256 == null || sha256.equals(content.sha256())) ? content : null;
        } catch (Different e) {
            return null;
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT) {
                return null;
            }
            throw e;
        }
    }

    /** An application that lost its database makes an empty one, and the next run would take that for an ordinary change. */
    private static Verification warnIfShrunk(Published published, long databaseBytes, Verification verification) {
        return databaseBytes >= published.previousDatabaseBytes / 2 ? verification : verification.withWarning("the database has shrunk from "
                + published.previousDatabaseBytes + " to " + databaseBytes + " bytes since the previous backup; if data was lost, stop here and look for an older backup");
    }

    /** Whoever asks for the newest backup gets the one with the latest date. */
    private static Verification warnIfNotNewest(String ahead, Instant now, Verification verification) {
        return ahead == null ? verification
                : verification.withWarning(ahead + " is dated after now (" + now + ") and counts as the newest: a clock is or was wrong; if it was, move that file away");
    }

    /** Ends the reading of a backup at the first difference. */
    private static final class Different extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** The backup is published and proven by now; that its state cannot be noted is worth a warning, not a failure. */
    private static Verification confirm(StateLock lock, State state, Verification verification) {
        try {
            lock.write(state);
            return verification;
        } catch (Failure e) {
            return verification.withWarning(e.getMessage());
        }
    }
}
