package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.DurableFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Gives a database that others keep open the content of a staged one, as one transaction with ordinary locks. The
 * safety copy is taken between the first step of that transaction, after which nobody else can write, and the second:
 * the first step stays in the page cache, so what is read then is the old content, and no write falls between copy and
 * switch.
 *
 * <p>The staged database is the source connection, so a write transaction begun on it makes SQLite refuse the next
 * step: that is how the switch is called off when the safety copy fails.
 *
 * <p>The database keeps its journal mode, whatever the backup's: its applications chose it. SQLite sees to that in WAL
 * mode; in rollback mode it would copy the header of a WAL database, and whoever came first, we perhaps, would make
 * sidecars of his own.
 */
public final class LiveRestore {
    private static final long POLL_MILLIS = 2;

    private final Path target;
    private final StagedFile staged;
    private final SafetyCopy safety;
    private final Path safetyCopy;
    private final Path proof;
    private final Duration busyTimeout;
    private final Progress progress;
    private DatabaseHeader backup;
    private Failure safetyCopyFailure;
    /** Null until it is made. */
    private SafetyCopy.Kept kept;

    private LiveRestore(
            Path target, StagedFile staged, SafetyCopy safety, Path proof, Duration busyTimeout, Progress progress) {
        this.target = target;
        this.staged = staged;
        this.safety = safety;
        this.safetyCopy = safety.file();
        this.proof = proof;
        this.busyTimeout = busyTimeout;
        this.progress = progress;
    }

    /**
     * Restores under whoever has the database open.
     *
     * @param target an existing file that this user may write
     * @param proof an empty private file, for reading back what was written
     * @throws Failure BUSY if the write lock cannot be had within {@code busyTimeout}
     */
    public static Switched run(
            Path target, StagedFile staged, SafetyCopy safety, Path proof, Duration busyTimeout, Progress progress) {
        LiveRestore restore = new LiveRestore(target, staged, safety, proof, busyTimeout, progress);
        try (FileChannel file = FileChannel.open(target, StandardOpenOption.READ)) {
            if (!TargetProbe.isReadable(DatabaseFiles.of(target), file, busyTimeout)) {
                return Switched.UNREADABLE;
            }
            try (SqliteConnection connection = SqliteConnection.open(target, "mode=rw", busyTimeout)) {
                return restore.run(file, connection);
            }
        } catch (IOException e) {
            throw Failure.io("cannot restore over", target, e);
        } catch (SQLException e) {
            throw InPlaceRestore.notRestorable(target, e);
        }
    }

    /**
     * @param file the target, opened before any connection to it and closed after the last
     * @param connection kept open throughout, so that the sidecars stay
     */
    private Switched run(FileChannel file, SqliteConnection connection) throws SQLException, IOException {
        boolean wal;
        try {
            connection.query("SELECT count(*) FROM sqlite_schema");
            wal = connection.queryOne("PRAGMA journal_mode").equals("wal");
        } catch (SQLException e) {
            SQLException explained = DiskProbe.explain(e, file, DatabaseFiles.of(target));
            if (TargetProbe.isUnreadable(explained)) {
                return Switched.UNREADABLE;
            }
            throw explained;
        }
        backup = DatabaseHeader.read(staged.content());
        LiveRefusal.check(
                target, DatabaseHeader.read(file), backup, staged.content().size(), wal);
        LiveRefusal.checkChecksums(staged.path());
        if (!wal) {
            DatabaseHeader.markAsRollback(staged.path());
        }
        Interruption.checkBeforeChange();
        try (SqliteConnection source = SqliteConnection.open(staged.path(), "mode=rw", Duration.ZERO)) {
            switchContent(file, source);
        }
        forceEndOfJournal();
        progress.phase("read back", -1);
        try (Interruption.Blocking critical = Interruption.critical()) {
            return new Switched(readBack(), kept.file());
        } catch (SQLException e) {
            throw notReadBack(ResultCode.failure(
                    "cannot read back",
                    target,
                    DiskProbe.explain(e, file, DatabaseFiles.of(target)),
                    proof.getParent()));
        } catch (IOException e) {
            throw notReadBack(Failure.io("cannot read back", target, e));
        }
    }

    private Failure notReadBack(Failure e) {
        String why = e.kind() == Failure.Kind.INTERRUPTED
                ? "interrupted"
                : e.getMessage(); // It says that nothing was changed.
        return new Failure(
                e.kind(),
                "the backup was restored to " + target + ", but could not be read back: " + why,
                "the old content is in the safety copy; to bring it back: " + kept.undo(),
                e);
    }

    private void switchContent(FileChannel file, SqliteConnection source) throws SQLException {
        Deadline deadline = Deadline.after(busyTimeout);
        int pageSizeBytes = source.pageSizeBytes();
        progress.phase("restore", source.pageCount() * pageSizeBytes);
        while (true) {
            try (Interruption.Blocking critical = Interruption.critical()) {
                source.backupInStepsTo(target, (remaining, total) -> {
                    if (kept == null && safetyCopyFailure == null && !makeSafetyCopy(file, remaining)) {
                        callOff(source);
                    }
                    progress.at((long) (total - remaining) * pageSizeBytes);
                });
                deadline.sayWaited(target);
                return;
            } catch (SQLException e) {
                if (safetyCopyFailure != null) {
                    throw safetyCopyFailure;
                }
                boolean waits = ResultCode.of(e) == ResultCode.BUSY && kept == null;
                if (!waits || deadline.hasPassed()) {
                    throw e;
                }
            }
            Interruption.pause(POLL_MILLIS);
        }
    }

    /**
     * In rollback mode a transaction is over when its journal has gone, and SQLite forces that only with
     * {@code synchronous=EXTRA}.
     */
    private void forceEndOfJournal() {
        try {
            DurableFiles.forceDirectory(target.getParent());
        } catch (IOException e) {
            Failure failure = Failure.io("cannot force", target.getParent(), e);
            throw new Failure(
                    failure.kind(),
                    "the backup was restored to " + target + ", but a power failure may still undo that: "
                            + failure.getMessage(),
                    "restore it again",
                    e);
        }
    }

    private static void callOff(SqliteConnection source) {
        try {
            source.execute("BEGIN IMMEDIATE");
        } catch (SQLException e) {
            throw new IllegalStateException("a private database cannot be locked", e);
        }
    }

    /** Never throws: it is called from inside SQLite's copy, through native code. */
    private boolean makeSafetyCopy(FileChannel file, int remainingPages) {
        try {
            if (remainingPages == 0) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "SQLite restored " + target + " in one step, before there was a safety copy of it");
            }
            // Asked under the write lock, because an application may have changed the journal mode while we waited for
            // it.
            DatabaseHeader header = DatabaseHeader.read(file);
            boolean wal = DatabaseFiles.of(target).present().wal() || header != null && header.isWal();
            copyTwice(wal ? "mode=ro" : "mode=ro&immutable=1");
            LiveRefusal.checkEncoding(
                    target,
                    DatabaseHeader.of(safetyCopy),
                    backup); // Again: the first table may have been made, or be in the WAL alone.
            PageChecksums.renewFirst(safetyCopy);
            kept = safety.keep();
        } catch (SQLException e) {
            safetyCopyFailure = ResultCode.failure(
                    "cannot make a safety copy of",
                    target,
                    DiskProbe.explain(e, file, DatabaseFiles.of(target)),
                    safetyCopy.getParent());
        } catch (IOException e) {
            safetyCopyFailure = Failure.io("cannot make a safety copy of", target, e);
        } catch (Failure e) {
            safetyCopyFailure = e;
        }
        return kept != null;
    }

    /**
     * @param mode in rollback mode the switch holds the exclusive lock, so only immutable=1 can read; and that is
     *     right, because under that lock the main file is the whole database
     */
    private void copyTwice(String mode) throws SQLException, IOException {
        try (SqliteConnection reader = SqliteConnection.open(target, mode, Duration.ZERO)) {
            if (reader.pageCount() == 0) {
                throw LiveRefusal.because(Failure.Kind.FAILURE, "the database is empty: " + target);
            }
            reader.beginRead();
            reader.backupTo(safetyCopy, (remaining, total) -> {});
            reader.backupTo(proof, (remaining, total) -> {});
        }
        if (!sameContent(safetyCopy, proof)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the safety copy of " + target + " is not a faithful copy; the database is unchanged");
        }
    }

    /** The driver's word that it copied is not enough: what the database holds now is copied out again and compared. */
    private Switched.Outcome readBack() throws SQLException, IOException {
        Files.write(proof, new byte[0]);
        try (SqliteConnection reader = SqliteConnection.open(target, "mode=rw", busyTimeout)) {
            reader.beginRead();
            reader.backupTo(proof, (remaining, total) -> {});
        }
        if (holdsExpected(proof)) {
            return Switched.Outcome.VERIFIED;
        }
        if (sameContent(proof, safetyCopy)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "SQLite reported a restore that did not happen; the database holds the old content: " + target);
        }
        try {
            IntegrityCheck.check(proof, "the restored database " + target);
        } catch (Failure e) {
            throw notReadBack(e);
        }
        return Switched.Outcome.WRITTEN_SINCE;
    }

    private boolean holdsExpected(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return DatabaseContent.equalInAnyJournalMode(channel, staged.content());
        }
    }

    private static boolean sameContent(Path a, Path b) throws IOException {
        try (FileChannel channelOfA = FileChannel.open(a, StandardOpenOption.READ);
                FileChannel channelOfB = FileChannel.open(b, StandardOpenOption.READ)) {
            return DatabaseContent.equalInAnyJournalMode(channelOfA, channelOfB);
        }
    }
}
