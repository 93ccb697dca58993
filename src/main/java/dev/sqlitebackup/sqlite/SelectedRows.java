package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which rows of a table in a backup a condition selects. It is asked as any question to a backup is
 * ({@link ReadOnlyQuery}), in a connection that has nothing else open, so a name in it is one of the backup's. What
 * identifies the rows goes to a private database.
 */
final class SelectedRows {
    static final String TABLE = "selected_rows";

    private SelectedRows() {}

    /**
     * Selects.
     *
     * @param backup the one that they are in
     * @param from the same, and where the selection goes
     * @param condition of SQL, which anybody may have written
     * @return how many rows
     * @throws Failure USAGE if it is not one condition, or none that fits the table; FAILURE where a key does not come
     *     through Java as it is
     */
    static long write(SqliteConnection backup, Undelete.From from, TableShape table, String condition)
            throws SQLException {
        SelectStatement.requireCondition(condition);
        List<String> identity = table.identity();
        String name = Sql.name(table.name());
        // A comment at its end ends with the line.
        String question = "SELECT " + Identity.of(identity, name) + ", "
                + identity.stream()
                        .map(column -> "hex(" + name + "." + Sql.name(column) + ")")
                        .collect(Collectors.joining(", "))
                + " FROM main." + name + " WHERE (" + SelectStatement.withNames(condition) + "\n)";
        try (SqliteConnection connection = SqliteConnection.open(from.selected(), "mode=rw", Duration.ZERO)) {
            connection.execute("PRAGMA encoding=" + Sql.text(backup.queryOne("PRAGMA encoding")));
            connection.query("PRAGMA journal_mode=OFF");
            connection.execute("BEGIN");
            connection.execute(
                    "CREATE TABLE " + TABLE + "(" + Identity.numbered(identity, "") + ", " + bytes(identity) + ")");
            Inserted rows = new Inserted(connection, 2 * identity.size());
            try (rows) {
                ReadOnlyQuery.ask(from.file(), "the backup " + from.what(), question, rows);
            } catch (Unfit e) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "--where does not fit table " + table.name() + " of the backup: " + e.getMessage(),
                        SelectStatement.CONDITION_HINT,
                        e);
            }
            refuseOthers(connection, identity);
            connection.execute("COMMIT");
            return rows.number;
        }
    }

    /** {@code h0, h1}: what identifies a row, byte for byte. */
    private static String bytes(List<String> identity) {
        return numbers(identity).map(i -> "h" + i).collect(Collectors.joining(", "));
    }

    private static Stream<Integer> numbers(List<String> identity) {
        return IntStream.range(0, identity.size()).boxed();
    }

    /** A text that is no valid one is another one in Java, which may identify another row. */
    private static void refuseOthers(SqliteConnection connection, List<String> identity) throws SQLException {
        String differs =
                Sql.all(numbers(identity).map(i -> "hex(i" + i + ") <> h" + i).toList(), "OR");
        long others = connection.count(TABLE + " WHERE " + differs);
        if (others > 0) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the keys of " + others
                            + " rows are no valid text, so they cannot be selected; nothing was changed",
                    "leave out --where to put back all that is missing");
        }
    }

    private static final class Inserted implements ReadOnlyQuery.Rows, AutoCloseable {
        private final PreparedStatement insert;
        private long number;

        Inserted(SqliteConnection connection, int columns) throws SQLException {
            insert = connection
                    .driver()
                    .prepareStatement("INSERT INTO " + TABLE + " VALUES ("
                            + String.join(", ", Collections.nCopies(columns, "?")) + ")");
        }

        @Override
        public void columns(List<String> names) {
            // Those that were asked for.
        }

        @Override
        public void row(List<Object> values) {
            try {
                for (int i = 0; i < values.size(); i++) {
                    insert.setObject(i + 1, values.get(i));
                }
                insert.executeUpdate();
                number++;
            } catch (SQLException e) {
                throw new Failure(
                        Failure.Kind.FAILURE, "cannot keep what was selected: " + ResultCode.describe(e), null, e);
            }
        }

        @Override
        public void close() throws SQLException {
            insert.close();
        }
    }
}
