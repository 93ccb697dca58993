package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;

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
     * @param backup a private file
     * @param what it is, for messages
     * @param condition of SQL, which anybody may have written
     * @param file an empty private one
     * @return how many rows
     * @throws Failure USAGE if it is not one condition, or none that fits the table
     */
    static long write(Path backup, String what, TableShape table, String condition, Path file) throws SQLException {
        SelectStatement.requireCondition(condition);
        List<String> identity = table.identity();
        // A comment at its end ends with the line.
        String name = Sql.name(table.name());
        String question =
                "SELECT " + Identity.of(identity, name) + " FROM main." + name + " WHERE (" + condition + "\n)";
        try (SqliteConnection connection = SqliteConnection.open(file, "mode=rw", Duration.ZERO)) {
            connection.query("PRAGMA journal_mode=OFF");
            connection.execute("BEGIN");
            connection.execute("CREATE TABLE " + TABLE + "(" + Identity.numbered(identity, "") + ")");
            Inserted rows = new Inserted(connection, identity.size());
            try (rows) {
                ReadOnlyQuery.ask(backup, what, question, rows);
            } catch (ReadOnlyQuery.Unfit e) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "--where does not fit table " + table.name() + " of the backup: " + e.getMessage(),
                        SelectStatement.CONDITION_HINT,
                        e);
            }
            connection.execute("COMMIT");
            return rows.number;
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
