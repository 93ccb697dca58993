package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Predicate;
import org.sqlite.JDBC;
import org.sqlite.SQLiteConnection;
import org.sqlite.core.DB;

/** One connection to one database, as the rest of this package wants it: result codes instead of silence. */
final class SqliteConnection implements AutoCloseable {
    /** The driver wants one; with no retries allowed it never sleeps. */
    private static final int COPY_RETRY_MILLIS = 20;
    /**
     * Copied between two reports of progress. Below the page cache of 2 MB, so that the first step of a copy reaches no
     * file.
     */
    private static final int STEP_BYTES = 512 * 1024;

    private final SQLiteConnection connection;
    private final Interruption.Blocking stopper;
    private volatile boolean interrupted;

    private SqliteConnection(SQLiteConnection connection) {
        this.connection = connection;
        this.stopper = Interruption.onRequest(this::interrupt);
    }

    /** Ends what runs just now. */
    void interrupt() {
        interrupted = true;
        try {
            connection.getDatabase().interrupt();
        } catch (SQLException e) {
            // Closed in the meantime: nothing runs that could be stopped.
        }
    }

    /** @param parameters of the SQLite URI; they always name a mode that creates nothing */
    static SqliteConnection open(Path file, String parameters, Duration busyTimeout) throws SQLException {
        NativeLibrary.load();
        Properties none = new Properties();
        SQLiteConnection connection = JDBC.createConnection("jdbc:sqlite:" + DatabaseFiles.uri(file, parameters), none);
        connection.setBusyTimeout((int) Math.min(Integer.MAX_VALUE, busyTimeout.toMillis()));
        return new SqliteConnection(connection);
    }

    void execute(String sql) throws SQLException {
        onSecondLook(() -> {
            try (Statement statement = connection.createStatement()) {
                return statement.execute(sql);
            }
        });
    }

    /** @return how many rows it changed, without what triggers did */
    long update(String sql) throws SQLException {
        return onSecondLook(() -> {
            try (Statement statement = connection.createStatement()) {
                return statement.executeLargeUpdate(sql);
            }
        });
    }

    /** @return the first column of every row */
    List<String> query(String sql) throws SQLException {
        return query(sql, row -> row.getString(1));
    }

    /** @return one column of every row */
    List<String> query(String sql, String column) throws SQLException {
        return query(sql, row -> row.getString(column));
    }

    /** What is made of a row. */
    interface Reader<T> {
        T of(ResultSet row) throws SQLException;
    }

    /** @return what a reader makes of every row */
    <T> List<T> query(String sql, Reader<T> reader) throws SQLException {
        return onSecondLook(() -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                List<T> values = new ArrayList<>();
                while (rows.next()) {
                    values.add(reader.of(rows));
                }
                return values;
            }
        });
    }

    /**
     * @return the first column of the first rows that are wanted, {@code most} at most; however many others there are,
     *     they take no memory
     */
    List<String> queryWanted(String sql, Predicate<String> wanted, int most) throws SQLException {
        return onSecondLook(() -> {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(sql)) {
                List<String> values = new ArrayList<>();
                while (values.size() < most && rows.next()) {
                    String row = rows.getString(1);
                    if (wanted.test(row)) {
                        values.add(row);
                    }
                }
                return values;
            }
        });
    }

    /** For what only the driver's own type offers. */
    SQLiteConnection driver() {
        return connection;
    }

    private interface Work<T> {
        T run() throws SQLException;
    }

    /**
     * SQLite calls a disk that it cannot read a damaged database (os_unix.c, SQLITE_IOERR_CORRUPTFS). What is damaged
     * is so on a second look, for which SQLite reads the schema anew, and may then stumble over something that says
     * less.
     */
    private static <T> T onSecondLook(Work<T> work) throws SQLException {
        try {
            return work.run();
        } catch (SQLException first) {
            if (ResultCode.of(first) != ResultCode.CORRUPT) {
                throw first;
            }
            try {
                return work.run();
            } catch (SQLException second) {
                throw ResultCode.of(second) == ResultCode.ERROR ? first : second;
            }
        }
    }

    String queryOne(String sql) throws SQLException {
        return query(sql).get(0);
    }

    /** How many rows there are in what follows FROM. */
    long count(String from) throws SQLException {
        return Long.parseLong(queryOne("SELECT count(*) FROM " + from));
    }

    /** Opens a read transaction that is really there: BEGIN alone takes no lock. */
    void beginRead() throws SQLException {
        execute("BEGIN");
        query("SELECT count(*) FROM sqlite_schema");
    }

    int pageSizeBytes() throws SQLException {
        return Integer.parseInt(queryOne("PRAGMA page_size"));
    }

    /**
     * Copies what this connection sees into an empty file. A lock that cannot be had at once is an error
     * (ResultCode.BUSY). A copy that fails is rolled back, so the file is empty again for the second look.
     */
    void backupTo(Path target, DB.ProgressObserver observer) throws SQLException {
        onSecondLook(() -> {
            backup(target, observer, stepPages());
            return null;
        });
    }

    /**
     * Overwrites a database in place, in at least two steps, so that the observer is called before the last one
     * commits; takes two pages or more. A write transaction that the observer begins on this connection ends the copy
     * with ResultCode.BUSY, and then the target keeps its old content.
     */
    void backupInStepsTo(Path target, DB.ProgressObserver observer) throws SQLException {
        backup(target, observer, (int) Math.min(stepPages(), pageCount() - 1));
    }

    private void backup(Path target, DB.ProgressObserver observer, int stepPages) throws SQLException {
        int[] remainingPages = {-1};
        int code = connection
                .getDatabase()
                .backup(
                        "main",
                        nativePath(target),
                        observed(observer, remainingPages),
                        COPY_RETRY_MILLIS,
                        0,
                        stepPages);
        // The driver throws nothing and returns the code of whatever it looked at last; zero pages left is the proof.
        if (code != ResultCode.OK || remainingPages[0] != 0) {
            throw new SQLException(ResultCode.describe(code), null, code == ResultCode.OK ? ResultCode.ERROR : code);
        }
    }

    /**
     * Copies {@code source}, which nobody else has open, over this database.
     *
     * @return whether SQLite got to the last page; the driver's own result code is worth nothing here
     */
    boolean restoreFrom(Path source, DB.ProgressObserver observer) throws SQLException {
        return restore(DatabaseFiles.uri(source, "immutable=1"), observer, stepPages());
    }

    /**
     * Copies a database into a private file in a single step, which takes a single read transaction. In this direction
     * the file needs neither journal nor fsync, which is half of the time; the other one cannot be told so.
     *
     * @param parameters of the source's URI
     * @param target an empty private file
     * @return whether SQLite got to the last page; why it did not is only known to {@link #backupTo}
     */
    static boolean copyAtOnce(Path source, String parameters, Path target) throws SQLException {
        try (SqliteConnection connection = open(target, "mode=rw", Duration.ZERO)) {
            connection.execute("PRAGMA synchronous=OFF");
            connection.query("PRAGMA journal_mode=OFF");
            return connection.restore(
                    DatabaseFiles.uri(source, parameters), (remaining, total) -> {}, Integer.MAX_VALUE);
        }
    }

    /** Writes the content of this database, without what is free in it, into an empty private file. */
    void vacuumInto(Path target) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("VACUUM INTO ?")) {
            statement.setString(1, DatabaseFiles.uri(target, "mode=rw"));
            statement.execute();
        }
    }

    private boolean restore(String sourceUri, DB.ProgressObserver observer, int stepPages) throws SQLException {
        int[] remainingPages = {-1};
        connection
                .getDatabase()
                .restore("main", sourceUri, observed(observer, remainingPages), COPY_RETRY_MILLIS, 0, stepPages);
        return remainingPages[0] == 0;
    }

    private static DB.ProgressObserver observed(DB.ProgressObserver observer, int[] remainingPages) {
        return (remaining, total) -> {
            remainingPages[0] = remaining;
            observer.progress(remaining, total);
        };
    }

    private int stepPages() throws SQLException {
        return Math.max(1, STEP_BYTES / pageSizeBytes());
    }

    /**
     * The driver passes the name to SQLite in UTF-8, whatever the locale; a garbled one is refused where URIs are made.
     */
    private static String nativePath(Path target) {
        DatabaseFiles.uri(target, "");
        return target.toAbsolutePath().toString();
    }

    /** The library's version as it writes it into headers: 3054001 for 3.54.1. */
    int versionNumber() throws SQLException {
        String[] parts = queryOne("SELECT sqlite_version()").split("\\.");
        return Integer.parseInt(parts[0]) * 1_000_000 + Integer.parseInt(parts[1]) * 1_000 + Integer.parseInt(parts[2]);
    }

    long pageCount() throws SQLException {
        return Long.parseLong(queryOne("PRAGMA page_count"));
    }

    /** An observer that reports bytes of the current phase. */
    static DB.ProgressObserver reporting(Progress progress, int pageSizeBytes) {
        return (remaining, total) -> progress.at((long) (total - remaining) * pageSizeBytes);
    }

    @Override
    public void close() throws SQLException {
        stopper.close();
        if (interrupted) {
            endInterrupt();
        }
        connection.close();
    }

    /**
     * An interrupt that no statement has heard holds until the next one begins, and would end the checkpoint with which
     * the last connection closes: a restored database would stay in its WAL.
     */
    private void endInterrupt() {
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT 1");
        } catch (SQLException e) {
            // The checkpoint is left to whoever opens the database next.
        }
    }
}
