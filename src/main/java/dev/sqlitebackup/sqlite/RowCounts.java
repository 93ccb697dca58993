package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Counts the rows of every table of a database: one pass over the smallest index of each, which SQLite chooses for
 * {@code count(*)} itself. A live database is opened in the ways that {@link Snapshot} draws, so no sidecar appears;
 * what would take a private copy there is not counted. Each table is a read transaction of its own, so that in rollback
 * mode a writer waits for no more than one.
 *
 * <p>An object counts once. A damaged or malicious b-tree can be so deep that nobody sees the end, so it can be stopped
 * from outside.
 */
public final class RowCounts {
    /** As SQLite compares names: without regard to case, in ASCII alone. */
    public static final Comparator<String> BY_NAME = Comparator.comparing(RowCounts::folded);

    private static final String TABLES =
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = '%s' AND name NOT LIKE "
                    + "'sqlite\\_%%' ESCAPE '\\'";

    /**
     * @param rows by the name of the table; shadow tables, which belong to a virtual one, and SQLite's own are left out
     * @param uncounted virtual tables that only the application can read. Where SQLite does not know what keeps their
     *     content, that counts as tables
     */
    public record Counted(SortedMap<String, Long> rows, SortedSet<String> uncounted) {
        /** Of a database that does not exist. */
        public static Counted nothing() {
            return new Counted(new TreeMap<>(BY_NAME), new TreeSet<>(BY_NAME));
        }
    }

    private final Stopper stopper = new Stopper();

    private static String folded(String name) {
        StringBuilder folded = new StringBuilder(name);
        for (int i = 0; i < folded.length(); i++) {
            char c = folded.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded.setCharAt(i, (char) (c + 'a' - 'A'));
            }
        }
        return folded.toString();
    }

    /**
     * @param database a private file that nobody else has open
     * @throws Failure if it could not be counted
     */
    public Counted ofPrivate(Path database) {
        try {
            return count(database, "mode=ro&immutable=1", Duration.ZERO, Proof.ALWAYS);
        } catch (IOException e) {
            throw Failure.io("cannot read", database, e);
        }
    }

    /**
     * @param database the resolved path of a file that others may use meanwhile
     * @param busyTimeout for each lock
     * @throws Failure if it could not be counted
     */
    public Counted ofLive(Path database, Duration busyTimeout) {
        DatabaseFiles files = DatabaseFiles.of(database);
        try {
            Proof.Watch undisturbed;
            boolean isWal;
            try (HiddenLog.Held held = HiddenLog.lock(files, busyTimeout)) {
                DatabaseFiles.Present present = files.present();
                if (held.lock().channel().size() == 0 && !present.wal() && !present.journal()) {
                    return Counted.nothing();
                }
                DatabaseHeader header = DatabaseHeader.read(held.lock().channel());
                if (header == null) {
                    throw new Failure(
                            Failure.Kind.CORRUPT, "the file is encrypted or not a SQLite database: " + database);
                }
                isWal = header.isWal();
                if (present.wal() && present.shm()) {
                    return count(database, "mode=ro", busyTimeout, Proof.ALWAYS);
                }
                if (present.wal() || isWal && present.journal()) {
                    throw notRecovered(database);
                }
                undisturbed = new Proof.Watch(files, present);
                if (isWal && !held.names().any()) {
                    return count(database, "mode=ro&immutable=1", busyTimeout, undisturbed);
                }
            }
            // Not under our lock, for the two reasons for which Snapshot lets go of it there.
            return isWal
                    ? count(database, "mode=ro&immutable=1", busyTimeout, undisturbed)
                    : count(database, "mode=ro", busyTimeout, Proof.ALWAYS);
        } catch (IOException e) {
            throw Failure.io("cannot read", database, e);
        }
    }

    private static Failure notRecovered(Path database) {
        return new Failure(
                Failure.Kind.FAILURE,
                "a crash left a WAL or rollback journal beside " + database + " that has to be recovered first");
    }

    /** What ends the counting. */
    public Stopper stopper() {
        return stopper;
    }

    private Counted count(Path database, String parameters, Duration busyTimeout, Proof proof) throws IOException {
        try (SqliteConnection connection = SqliteConnection.open(database, parameters, busyTimeout)) {
            stopper.watch(connection);
            connection.execute("PRAGMA trusted_schema=OFF");
            Counted counted = Counted.nothing();
            for (String table : connection.query(String.format(TABLES, "table"))) {
                counted.rows.put(table, rows(connection, table, database));
            }
            for (String table : connection.query(String.format(TABLES, "virtual"))) {
                countVirtual(connection, table, database, counted);
            }
            if (!proof.holds()) {
                throw new Failure(Failure.Kind.BUSY, "the database was written meanwhile: " + database);
            }
            return counted;
        } catch (SQLException e) {
            // A reader cannot roll back a hot journal.
            throw ResultCode.of(e) == ResultCode.READONLY
                    ? notRecovered(database)
                    : ResultCode.failure("cannot read", database, e);
        } finally {
            stopper.watch(null);
        }
    }

    private void countVirtual(SqliteConnection connection, String table, Path database, Counted counted)
            throws SQLException {
        try {
            counted.rows.put(table, count(connection, table, database));
        } catch (SQLException e) {
            if (!isOfThisTable(e)) {
                throw e;
            }
            counted.uncounted.add(table);
        }
    }

    private long rows(SqliteConnection connection, String table, Path database) throws SQLException {
        try {
            return count(connection, table, database);
        } catch (SQLException e) {
            if (!isOfThisTable(e)) {
                throw e;
            }
            StandIns.on(
                    connection); // The smallest index has a collation of the application's: its order does not matter
            // here.
            return count(connection, table, database);
        }
    }

    private static boolean isOfThisTable(SQLException e) {
        return ResultCode.of(e) == ResultCode.ERROR;
    }

    private long count(SqliteConnection connection, String table, Path database) throws SQLException {
        if (stopper.isStopped()) {
            throw new Failure(Failure.Kind.FAILURE, "it took too long to read " + database);
        }
        return Long.parseLong(connection.queryOne("SELECT count(*) FROM main." + Sql.name(table)));
    }
}
