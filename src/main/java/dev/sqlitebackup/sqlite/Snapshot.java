package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.RegularFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a snapshot: a consistent copy of a live database, through SQLite's online backup in a single step, or, should
 * that fail, in steps under one read transaction. Either way no write makes it start over, so it always ends. It leaves
 * the database and its sidecars as they were; which way of opening does that depends on what lies there:
 *
 * <pre>
 *   -wal  -shm   header     how it is read
 *   yes   yes    any        mode=ro: both files are there already, so none appears
 *   no    any    WAL        immutable=1, which makes no file. A proof only with SHARED held from before the first look
 *                           until after the last: whoever comes in between leaves a -wal that he cannot remove
 *   yes   no     any        a private copy of main file and -wal (a crashed writer's), under the same proof
 *   no    any    rollback   mode=ro; with a hot -journal, which only a writer may roll back, a private copy of both
 * </pre>
 *
 * A WAL database without -wal that has other names is read by immutable=1 too, but under no lock (see
 * {@link #unlockedCopy}). All of that speaks of the files beside this name. That a live application has its WAL
 * elsewhere is noticed first, by {@link HiddenLog}.
 */
public final class Snapshot {
    private static final Logger LOG = LoggerFactory.getLogger(Snapshot.class);

    /**
     * A disturbed attempt finds sidecars on the next one, which no longer vanish; so two suffice, and more are spare.
     */
    private static final int ATTEMPTS = 10;

    private static final int COPY_CHUNK_BYTES = 1 << 20;

    private final DatabaseFiles source;
    private final Path target;
    private final boolean compact;
    private final Duration busyTimeout;
    private final Progress progress;
    private boolean isWal;
    private boolean isLive;
    private Fingerprint fingerprint;
    private final Proof.Locked locked;

    /**
     * What was taken.
     *
     * @param fingerprint of the database before: what it holds more than the snapshot was written after that
     * @param unseen what cannot be seen from here, a sentence each
     */
    public record Taken(Fingerprint fingerprint, List<String> unseen) {}

    private Snapshot(Path source, Path target, boolean compact, Duration busyTimeout, Progress progress) {
        this.source = DatabaseFiles.of(source);
        this.locked = new Proof.Locked(this.source.main());
        this.target = target;
        this.compact = compact;
        this.busyTimeout = busyTimeout;
        this.progress = progress;
    }

    /**
     * Takes a snapshot.
     *
     * @param source the resolved path of a regular file
     * @param target an empty file in a private directory, where a private copy may be made too; its mode stays
     * @param compact whether to leave out what is free, by {@code VACUUM INTO}: a copy of the content, no longer of the
     *     pages
     * @throws Failure BUSY if it stays locked, CORRUPT if it is no SQLite database, empty or unreadable inside, FAILURE
     *     if its log lies elsewhere
     */
    public static Taken take(Path source, Path target, boolean compact, Duration busyTimeout, Progress progress) {
        Snapshot snapshot = new Snapshot(source, target, compact, busyTimeout, progress);
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                if (snapshot.attempt()) {
                    PageChecksums.renewFirst(target);
                    return new Taken(snapshot.fingerprint, HiddenLog.warnings(source, snapshot.isLive));
                }
                Files.write(target, new byte[0]); // A second copy into the same file would not be byte-identical.
            }
        } catch (IOException e) {
            throw Failure.io("cannot take a snapshot of", source, e);
        }
        throw snapshot.locked.wasBroken()
                ? new Failure(
                        Failure.Kind.FAILURE,
                        "the database is written while SQLite holds a lock on it, so locks do not work here: " + source,
                        "close the application; or name the database by the path that the application uses, and "
                                + "let it use SQLite's ordinary locks")
                : new Failure(
                        Failure.Kind.BUSY,
                        "the database changed its journal mode again and again: " + source,
                        "try again");
    }

    private boolean attempt() throws IOException {
        Proof.Watch undisturbed;
        try (HiddenLog.Held held = HiddenLog.lock(source, busyTimeout)) {
            SharedLock lock = held.lock();
            isLive = held.live();
            fingerprint = Fingerprint.under(held, source);
            DatabaseHeader header = readHeader(lock.channel());
            isWal = header.isWal();
            DatabaseFiles.Present present = source.present();
            sayWhatIsThere();
            if (present.wal() && present.shm()) {
                return liveCopy();
            }
            if (present.wal()) {
                return privateCopy(lock, source.wal());
            }
            if (header.isWal() && present.journal()) {
                return privateCopy(lock, source.journal());
            }
            undisturbed = new Proof.Watch(source, present);
            if (header.isWal() && !held.names().any()) {
                return copy(source.main(), "mode=ro&immutable=1", undisturbed);
            }
        }
        return isWal ? unlockedCopy(undisturbed) : rollbackCopy();
    }

    private void sayWhatIsThere() {
        if (LOG.isDebugEnabled()) {
            LOG.debug(
                    "database: {}, {} bytes, in {} mode; WAL {} bytes, journal {} bytes; {}; snapshot: {}",
                    source.main(),
                    Databases.sizeBytes(source.main()),
                    isWal ? "WAL" : "rollback",
                    Databases.sizeBytes(source.wal()),
                    Databases.sizeBytes(source.journal()),
                    isLive ? "an application has it open" : "no application is seen to have it open",
                    target);
        }
    }

    private boolean liveCopy() throws IOException {
        try {
            return copy(source.main(), "mode=ro", Proof.ALWAYS);
        } catch (HotJournal e) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "a rollback journal lies beside a database in WAL mode, and may belong to it: " + source.journal(),
                    "open the database once with its application; if the journal stays, see who made it, and "
                            + "move it away");
        }
    }

    /**
     * Without our lock: an application that came under another name and closes meanwhile could not checkpoint its WAL,
     * and would leave it where we do not see it. So the proof is that nobody is there before and after, and that
     * nothing was written in between.
     */
    private boolean unlockedCopy(Proof.Watch undisturbed) throws IOException {
        return copy(source.main(), "mode=ro&immutable=1", () -> {
            try (HiddenLog.Held again = HiddenLog.lock(source, busyTimeout)) {
                return !again.live() && undisturbed.holds();
            }
        });
    }

    /**
     * Without our lock: a writer that waits for readers to go would wait for it, while SQLite here waits for the
     * writer.
     */
    private boolean rollbackCopy() throws IOException {
        try {
            return copy(source.main(), "mode=ro", locked);
        } catch (HotJournal e) {
            try (SharedLock lock = SharedLock.acquire(source.main(), busyTimeout)) {
                return source.present().journal() && privateCopy(lock, source.journal());
            }
        }
    }

    private static final class HotJournal extends RuntimeException {
        private static final long serialVersionUID = 1;

        HotJournal() {
            super(null, null, false, false);
        }
    }

    private DatabaseHeader readHeader(FileChannel channel) throws IOException {
        if (channel.size() == 0) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "the database is empty (0 bytes): " + source.main(),
                    "is this the right file? If it was lost or damaged, only a backup has what was in it");
        }
        DatabaseHeader header = DatabaseHeader.read(channel);
        if (header == null) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "the file is encrypted or not a SQLite database: " + source.main(),
                    "if it is encrypted, only the application that has its key can back it up; if it is "
                            + "damaged, only a backup has what was in it");
        }
        return header;
    }

    private boolean copy(Path database, String mode, Proof proof) throws IOException {
        return compact ? compactCopy(database, mode, proof) : pageCopy(database, mode, proof);
    }

    /** {@code VACUUM INTO} is one read transaction of its own, and cannot run in another. */
    private boolean compactCopy(Path database, String mode, Proof proof) throws IOException {
        try (SqliteConnection connection = SqliteConnection.open(database, mode, busyTimeout)) {
            progress.phase("snapshot", -1);
            connection.vacuumInto(target);
            Interruption.check();
            boolean proven = proof.holds();
            if (isWal) {
                DatabaseHeader.markAsWal(target);
            }
            return proven;
        } catch (SQLException e) {
            if (isHotJournal(e)) {
                throw new HotJournal();
            }
            Failure failure = explain(e);
            throw failure.hint() == null
                    ? failure.withHint(
                            "run it without --compact, which needs nothing of what the application adds to SQLite")
                    : failure;
        }
    }

    private boolean pageCopy(Path database, String mode, Proof proof) throws IOException {
        try (SqliteConnection connection = SqliteConnection.open(database, mode, busyTimeout)) {
            connection.beginRead();
            proof.begun();
            int pageSizeBytes = connection.pageSizeBytes();
            progress.phase("snapshot", connection.pageCount() * pageSizeBytes);
            if (!SqliteConnection.copyAtOnce(database, mode.replace("mode=rw", "mode=ro"), target)) {
                Files.write(target, new byte[0]);
                connection.backupTo(target, SqliteConnection.reporting(progress, pageSizeBytes));
            }
            Interruption.check();
            return proof.holds();
        } catch (SQLException e) {
            if (isHotJournal(e)) {
                throw new HotJournal();
            }
            throw explain(e);
        }
    }

    /** READONLY_ROLLBACK: a journal has to be rolled back first, which a reader cannot do. */
    private boolean isHotJournal(SQLException e) {
        return ResultCode.of(e) == ResultCode.READONLY && source.present().journal();
    }

    private Failure explain(SQLException said) {
        SQLException e = DiskProbe.explain(said, source.main());
        Failure failure = ResultCode.failure("cannot take a snapshot of", source.main(), e, target.getParent());
        if (failure.kind() == Failure.Kind.NO_SPACE) {
            return failure;
        }
        return switch (ResultCode.of(e)) {
            case ResultCode.CANTOPEN, ResultCode.READONLY ->
                failure.withHint("its sidecars cannot be read by this user: give it access to " + source.wal() + " and "
                        + source.shm() + ", or run as the owner");
            case ResultCode.CORRUPT, ResultCode.NOTADB ->
                failure.withHint("keep the last good backup, or try sqlite3's .recover on a copy of the database");
            default -> failure;
        };
    }

    /** Copies main file and one sidecar to our own directory, where SQLite may recover what a crashed writer left. */
    private boolean privateCopy(SharedLock lock, Path sidecar) throws IOException {
        Proof undisturbed = new Proof.Watch(source, source.present());
        if (sidecar.equals(source.journal())) {
            SuperJournal.refuseIfElsewhere(source, lock);
        }
        Path copy = target.getParent().resolve("source.db");
        Path copiedSidecar = target.getParent().resolve("source.db" + sidecarSuffix(sidecar));
        try {
            copyBytes(lock.channel(), copy);
            try (FileChannel in = RegularFiles.open(sidecar, StandardOpenOption.READ)) {
                copyBytes(in, copiedSidecar);
            } catch (NoSuchFileException e) {
                return false;
            }
            if (!undisturbed.holds()) {
                return false;
            }
            return copy(copy, "mode=rw", Proof.ALWAYS);
        } finally {
            DatabaseFiles copies = DatabaseFiles.of(copy);
            Files.deleteIfExists(copy);
            for (Path file : copies.sidecars()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private String sidecarSuffix(Path sidecar) {
        return sidecar.getFileName()
                .toString()
                .substring(source.main().getFileName().toString().length());
    }

    private static void copyBytes(FileChannel from, Path to) throws IOException {
        try (FileChannel out = PrivateFiles.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long size = from.size();
            for (long position = 0; position < size; ) {
                Interruption.check();
                long copied = from.transferTo(position, Math.min(COPY_CHUNK_BYTES, size - position), out);
                if (copied <= 0) {
                    return; // It shrank: the watch sees that, and the attempt is repeated.
                }
                position += copied;
            }
        }
    }
}
