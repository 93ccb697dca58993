package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.Snapshot;
import dev.sqlitebackup.store.DestinationLock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;

/** Makes a backup: snapshot, verify, compress, publish, check what was published. */
public final class BackupService {
    /** No text compresses better than this; a guess that is too small is noticed later, with the same exit code. */
    private static final int MOST_COMPRESSION = 20;

    /**
     * @param database the live database, as the user named it
     * @param destination the backup file
     * @param level of compression, 1 to 9
     * @param threads how many compress and decompress
     * @param temporaryDirectory where the snapshot goes
     * @param busyTimeout how long to wait for each lock
     */
    public record Request(Path database, Path destination, int level, int threads, Path temporaryDirectory, Duration busyTimeout) { }

    /**
     * @param createdAt when the snapshot was taken, to the second
     * @param sha256 of the snapshot, in hexadecimal
     * @param unchanged whether the backup that was there already holds the same content, and was left as it is
     */
    public record Result(Path database, Path backup, Instant createdAt, long databaseBytes, long backupBytes, String sha256,
            boolean unchanged, Verification verification) { }

    private final Clock clock;
    private final Progress progress;

    public BackupService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    public Result backup(Request request) {
        Path database = Databases.existing(request.database);
        Path destination = destination(request.destination, database);
        Databases.createDirectories(destination.getParent());
        try (DestinationLock lock = DestinationLock.acquire(DestinationLock.stateFileOf(destination), request.busyTimeout);
                Workspace temporary = Workspace.create(request.temporaryDirectory);
                Workspace beside = Workspace.create(destination.getParent())) {
            checkRoom(database, destination, request.temporaryDirectory);
            FileIdentity identity = FileIdentity.of(database);
            FileIdentity walIdentity = FileIdentity.of(DatabaseFiles.of(database).wal());
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);

            Path snapshot = temporary.createFile("snapshot.db");
            Snapshot.take(database, snapshot, temporary.directory(), request.busyTimeout, progress);
            try (Background<Verification> check = new Background<>(() -> check(snapshot, database, destination))) {
                Published published = publish(snapshot, destination, beside, request, now, check);
                Verification verification = warnIfShrunk(published, Files.size(snapshot), check.await());
                verification = confirm(lock, DestinationLock.confirmed(now, identity, walIdentity), verification);
                return new Result(database, destination, published.content.createdAt(), Files.size(snapshot), Files.size(destination),
                        published.content.sha256(), published.unchanged, verification);
            }
        } catch (IOException e) {
            throw Failure.io("cannot back up to", destination, e);
        }
    }

    /**
     * The file that a destination refers to. A link is followed only if the user who runs us, or root, made it: in a
     * directory that others can write, a planted one would send the backup over another file of ours.
     */
    private static Path destination(Path given, Path database) {
        Path destination = Databases.inRealDirectory(given);
        if (!destination.getFileName().toString().endsWith(".gz")) {
            throw new Failure(Failure.Kind.USAGE, "the destination is not a file ending in .gz: " + given, "for example --to=backups/"
                    + database.getFileName() + ".gz");
        }
        if (Files.isSymbolicLink(destination)) {
            destination = followOwnLink(destination);
        }
        if (Files.exists(destination) && !Files.isRegularFile(destination)) {
            throw new Failure(Failure.Kind.FAILURE, "the destination is not a regular file: " + destination, "name a file ending in .gz");
        }
        if (Databases.isSameFile(database, destination)) {
            throw new Failure(Failure.Kind.USAGE, "the database and the destination are the same file: " + destination, "choose another destination with --to");
        }
        if (Files.exists(destination) && StagedBackup.isPlainDatabase(destination)) {
            throw new Failure(Failure.Kind.FAILURE, "the destination is itself a SQLite database, and no backup: " + destination,
                    "choose another destination with --to, or move that file away");
        }
        return destination;
    }

    private static Path followOwnLink(Path link) {
        try {
            if (!PrivateFiles.isOurs(link) && !Files.getOwner(link, LinkOption.NOFOLLOW_LINKS).getName().equals("root")) {
                throw new Failure(Failure.Kind.FAILURE, "the destination is a symbolic link that somebody else made: " + link, "name the file itself");
            }
            if (!Files.exists(link)) {
                throw new Failure(Failure.Kind.FAILURE, "the destination is a symbolic link that leads nowhere: " + link, "name the file itself, or remove the link");
            }
            return link.toRealPath();
        } catch (IOException e) {
            throw Failure.io("cannot resolve", link, e);
        }
    }

    private static void checkRoom(Path database, Path destination, Path temporaryDirectory) {
        long databaseBytes = Databases.sizeBytes(database) + Databases.sizeBytes(DatabaseFiles.of(database).wal());
        long backupBytes = Math.max(Databases.sizeBytes(destination), databaseBytes / MOST_COMPRESSION);
        new Space().need(temporaryDirectory, databaseBytes).need(destination.getParent(), backupBytes)
                .check("free some space there, or choose another place with --to or --tmp-dir");
    }

    private static Verification check(Path snapshot, Path database, Path destination) {
        try {
            return Verification.of(IntegrityCheck.check(snapshot, "the database " + database));
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.CORRUPT && Files.exists(destination)
                    ? e.withHint("the last good backup is untouched: " + destination) : e;
        }
    }

    /** @param previousDatabaseBytes size of the database in the backup that was replaced, 0 where there was none or it did not say */
    private record Published(BackupReader.Content content, boolean unchanged, long previousDatabaseBytes) { }

    /**
     * Leaves the backup as it is if it holds the snapshot already; else replaces it by one that is proven to. It is read back before it
     * takes the name, so that a bad one never replaces the last good one; afterwards the name has to refer to that very file.
     */
    private Published publish(Path snapshot, Path destination, Workspace beside, Request request, Instant now, Background<Verification> check)
            throws IOException {
        int pageSizeBytes = DatabaseHeader.of(snapshot).pageSizeBytes();
        try (ReusableBlocks previous = ReusableBlocks.of(destination, pageSizeBytes)) {
            if (previous.previousDatabaseBytes() == Files.size(snapshot)) {
                BackupReader.Content content = contentIfEqual(destination, snapshot, null, request.threads);
                if (content != null) {
                    check.await();
                    return new Published(content, true, 0);
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
                throw notWhatWasWritten(compressed);
            }
            check.await();
            Interruption.check();
            FileIdentity proven = FileIdentity.of(compressed);
            DurableFiles.replace(compressed, destination);
            if (!proven.isSameFileAs(FileIdentity.of(destination)) && contentIfEqual(destination, snapshot, content.sha256(), request.threads) == null) {
                throw notWhatWasWritten(destination);
            }
            return new Published(content, false, previous.previousDatabaseBytes());
        }
    }

    /** Writes a backup, forces it, and meanwhile reads it back. @return null if what was read back is not the snapshot */
    private BackupReader.Content compress(Path compressed, Path snapshot, int pageSizeBytes, Request request, Instant createdAt, ReusableBlocks previous)
            throws IOException {
        progress.phase("compress", Files.size(snapshot));
        try (FileChannel out = PrivateFiles.open(compressed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            String sha256 = BackupWriter.write(snapshot, pageSizeBytes, out, request.level, createdAt, previous, request.threads, progress);
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

    private static Failure notWhatWasWritten(Path file) {
        return new Failure(Failure.Kind.CORRUPT, "what was read back from " + file + " is not what was written",
                "the disk or the memory of this machine is failing");
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
                + published.previousDatabaseBytes + " to " + databaseBytes + " bytes since the backup that this one replaces; if data was lost, stop here and look for an older backup");
    }

    /** Ends the reading of a backup at the first difference. */
    private static final class Different extends IOException {
        private static final long serialVersionUID = 1;
    }

    /** The backup is published and proven by now; that its state cannot be noted is worth a warning, not a failure. */
    private static Verification confirm(DestinationLock lock, DestinationLock.State state, Verification verification) {
        try {
            lock.write(state);
            return verification;
        } catch (Failure e) {
            return verification.withWarning(e.getMessage());
        }
    }
}
