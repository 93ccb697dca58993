package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.Space;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Gives a database that nobody else uses the content of a staged one, through SQLite, as one transaction under one
 * exclusive lock:
 *
 * <ol>
 *   <li>{@code locking_mode=EXCLUSIVE} and {@code BEGIN EXCLUSIVE}: the lock, in both journal modes, until the end. It
 *       is asked for again and again, each time by a connection of its own that does not wait: one that waits for the
 *       last readers lets no new ones in
 *   <li>{@code journal_mode=TRUNCATE}: SQLite checkpoints the {@code -wal}, so that the main file is the whole
 *       database, with what was only in the {@code -wal}
 *   <li>the safety copy, through SQLite; it is compared with the main file, gets back the journal mode that the
 *       checkpoint took from it, and is kept
 *   <li>the switch: a transaction with a rollback journal. A crash before its commit leaves the old content, which
 *       SQLite rolls back to when it is opened next
 *   <li>the main file is compared with the staged one, and what is left of the sidecars is removed, still under the
 *       lock
 * </ol>
 *
 * The file is read through one descriptor that is opened before the connection and closed after it (closing it earlier
 * would drop SQLite's locks).
 */
public final class InPlaceRestore {
    private static final long POLL_MILLIS = 5;

    private final Path target;
    private final StagedFile staged;
    private final SafetyCopy safety;
    private final Path safetyCopy;
    private final Progress progress;
    private SafetyCopy.Kept kept;

    private InPlaceRestore(Path target, StagedFile staged, SafetyCopy safety, Progress progress) {
        this.target = target;
        this.staged = staged;
        this.safety = safety;
        this.safetyCopy = safety.file();
        this.progress = progress;
    }

    /**
     * Restores in place.
     *
     * @param target an existing file that this user may write
     * @throws Failure IN_USE if somebody else holds a lock on it after {@code busyTimeout}
     */
    public static Switched run(
            Path target, StagedFile staged, SafetyCopy safety, Duration busyTimeout, Progress progress) {
        try (FileChannel file = FileChannel.open(target, StandardOpenOption.READ)) {
            if (!TargetProbe.isReadable(DatabaseFiles.of(target), file, busyTimeout)) {
                return Switched.UNREADABLE;
            }
            return new InPlaceRestore(target, staged, safety, progress).run(file, busyTimeout);
        } catch (IOException e) {
            throw Failure.io("cannot restore over", target, e);
        } catch (SQLException e) {
            throw notRestorable(target, e);
        }
    }

    private Switched run(FileChannel file, Duration busyTimeout) throws SQLException, IOException {
        boolean wasEmpty = file.size() == 0;
        SqliteConnection locked;
        try {
            locked = lock(busyTimeout);
        } catch (SQLException e) {
            SQLException explained = DiskProbe.explain(e, file, DatabaseFiles.of(target));
            if (TargetProbe.isUnreadable(explained)) {
                return Switched.UNREADABLE;
            }
            throw explained;
        }
        try (SqliteConnection connection = locked) {
            restore(file, connection, wasEmpty);
            return new Switched(Switched.Outcome.VERIFIED, kept == null ? null : kept.file());
        }
    }

    private void restore(FileChannel file, SqliteConnection connection, boolean wasEmpty)
            throws SQLException, IOException {
        String journalMode = connection.queryOne("PRAGMA journal_mode");
        boolean done = false;
        try {
            checkpoint(connection);
            if (!wasEmpty) {
                makeSafetyCopy(connection);
                checkSafetyCopy(file);
                if (journalMode.equals("wal")) {
                    DatabaseHeader.markAsWal(safetyCopy);
                }
                PageChecksums.renewFirst(safetyCopy);
            }
            Interruption.checkBeforeChange();
            try (Interruption.Blocking critical = Interruption.critical()) {
                if (!wasEmpty) {
                    kept = safety.keep();
                }
                switchContent(file, connection);
            }
            done = true;
        } finally {
            if (!done) {
                restoreJournalMode(connection, journalMode);
            }
        }
    }

    /**
     * What to say of a target whose replacement was not begun, or was taken back. No connection to it is open any more.
     */
    static Failure notRestorable(Path target, SQLException e) {
        SQLException explained = DiskProbe.explain(e, target);
        Failure failure = ResultCode.failure("cannot restore over", target, explained, target.getParent());
        boolean dying = failure.kind() == Failure.Kind.FAILURE && ResultCode.of(explained) == ResultCode.IOERR;
        return dying
                ? failure.withHint(
                        "see whether the system's log says that a disk is failing; a backup can be restored to "
                                + "another place (--to), or here once the database and its sidecars are moved away")
                : failure;
    }

    /** @return false if the target is, as far as it shows without SQLite, none that could be restored in place */
    public static boolean looksPossible(Path target) {
        try (FileChannel file = FileChannel.open(target, StandardOpenOption.READ)) {
            return TargetProbe.looksReadable(DatabaseFiles.of(target), file);
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        }
    }

    /** The content is the old one then; the journal mode, which the checkpoint changed, shall be as well. */
    private static void restoreJournalMode(SqliteConnection connection, String journalMode) {
        try {
            connection.query("PRAGMA journal_mode=" + journalMode);
        } catch (SQLException e) {
            // What made the restore fail is said; the database is whole in either mode.
        }
    }

    /** @return a connection that has the exclusive lock until it is closed */
    private SqliteConnection lock(Duration busyTimeout) throws SQLException {
        Deadline deadline = Deadline.after(busyTimeout);
        while (true) {
            SqliteConnection connection = SqliteConnection.open(target, "mode=rw", Duration.ZERO);
            if (isLocked(connection)) {
                deadline.sayWaited(target);
                return connection;
            }
            if (deadline.hasPassed()) {
                throw OpenHandles.inUse(target, "close it, or add --live");
            }
            Interruption.pause(POLL_MILLIS);
        }
    }

    /** @return false if somebody else has a lock; then the connection is closed, and holds none of those that it got */
    private static boolean isLocked(SqliteConnection connection) throws SQLException {
        boolean locked = false;
        try {
            connection.execute("PRAGMA locking_mode=EXCLUSIVE");
            connection.execute("BEGIN EXCLUSIVE");
            connection.query("SELECT count(*) FROM sqlite_schema");
            connection.execute("COMMIT");
            locked = true;
        } catch (SQLException e) {
            if (ResultCode.of(e) != ResultCode.BUSY) {
                throw e;
            }
        } finally {
            if (!locked) {
                connection.close();
            }
        }
        return locked;
    }

    private void makeSafetyCopy(SqliteConnection connection) throws SQLException, IOException {
        int pageSizeBytes = connection.pageSizeBytes();
        progress.phase("safety copy", connection.pageCount() * pageSizeBytes);
        // immutable=1 is right under our exclusive lock, now that there is no WAL: the main file is the whole database.
        if (!SqliteConnection.copyAtOnce(target, "immutable=1", safetyCopy)) {
            Files.write(safetyCopy, new byte[0]);
            connection.backupTo(safetyCopy, SqliteConnection.reporting(progress, pageSizeBytes));
        }
    }

    /** Against the main file, which is the whole database now that the {@code -wal} is checkpointed. */
    private void checkSafetyCopy(FileChannel file) throws IOException {
        try (FileChannel copy = FileChannel.open(safetyCopy, StandardOpenOption.READ)) {
            if (copy.size() == 0 || !DatabaseContent.holds(file, copy)) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "the safety copy of " + target + " is not a faithful copy; the database is unchanged");
            }
        }
    }

    private void checkpoint(SqliteConnection connection) throws SQLException {
        String mode = connection.queryOne("PRAGMA journal_mode=TRUNCATE");
        if (!mode.equals("truncate")) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "cannot checkpoint the -wal of " + target + ": its journal mode stays " + mode);
        }
    }

    private void switchContent(FileChannel file, SqliteConnection connection) throws SQLException, IOException {
        progress.phase("restore", file.size());
        boolean checksums = PageChecksums.foresee(staged.path(), file, connection.versionNumber());
        boolean copied;
        try (SqliteConnection source = SqliteConnection.open(staged.path(), "mode=ro&immutable=1", Duration.ZERO)) {
            copied =
                    connection.restoreFrom(staged.path(), SqliteConnection.reporting(progress, source.pageSizeBytes()));
        }
        progress.phase("read back", -1);
        if (!copied || !DatabaseContent.equal(file, staged.content())) {
            throw notRestored(file);
        }
        if (checksums && !PageChecksums.firstHolds(file)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the backup was restored to " + target
                            + ", but its first page has got a checksum that the checksum VFS will refuse",
                    "run PRAGMA checksum_verification=OFF and VACUUM in the application");
        }
        try {
            DurableFiles.delete(target.getParent(), DatabaseFiles.of(target).sidecars());
        } catch (Failure e) {
            // The journal is empty by now, and says nothing.
            throw new Failure(
                    e.kind(),
                    "the backup was restored to " + target + ", but what is left of its sidecars could not be removed: "
                            + e.getMessage(),
                    "remove " + target + "-journal when the application is closed",
                    e);
        }
    }

    /**
     * The transaction was rolled back, most likely because the disk is full; or it could not even be rolled back; or it
     * was over, and only its end failed.
     */
    private Failure notRestored(FileChannel file) throws IOException {
        DatabaseFiles files = DatabaseFiles.of(target);
        boolean hot = files.present().journal();
        // What the switch had taken is free again by now, unless its journal is still there: so it is asked for what it
        // needs, the old pages in the journal and what the new content is longer.
        boolean full = Space.isExhausted(
                target.getParent(),
                hot
                        ? ResultCode.PROBE_BYTES
                        : Math.max(file.size(), staged.content().size()));
        Failure.Kind kind = full ? Failure.Kind.NO_SPACE : Failure.Kind.FAILURE;
        String hint = full ? "free some space on its file system" : null;
        if (hot) {
            return new Failure(
                    kind,
                    "SQLite could not write the backup into " + target
                            + ", nor take back what it had written: whoever opens the database next does that, from "
                            + files.journal(),
                    (full ? hint + "; then" : "do not remove that file;")
                            + " restore again, or open the database with sqlite3 for the old content");
        }
        if (DatabaseContent.holds(file, staged.content())) {
            return new Failure(
                    kind,
                    "the backup was restored to " + target
                            + ", but SQLite could not end that properly, and a power failure may still undo it",
                    full ? hint + " and restore again" : "restore it again");
        }
        try (FileChannel copy = FileChannel.open(safetyCopy, StandardOpenOption.READ)) {
            if (!DatabaseContent.holds(file, copy)) {
                return new Failure(
                        Failure.Kind.CORRUPT,
                        "the database does not hold the backup's content after the restore: " + target,
                        "the old content is in the safety copy; to bring it back: " + kept.undo());
            }
        }
        return new Failure(
                kind, "SQLite could not write the backup into " + target + "; the database is unchanged", hint);
    }
}
