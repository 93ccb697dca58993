package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.sqlite.SQLiteConnection;

/**
 * Asks a private database a question, which anybody may have written, as anybody may have written the database. Nothing
 * can be written or opened by it:
 *
 * <ul>
 *   <li>its words are those of one statement that reads ({@link SelectStatement});
 *   <li>SQLite's program for it begins no write transaction: what sqlite3_stmt_readonly says, and the driver does not;
 *   <li>the file is opened read-only and immutable, and query_only is on: a function that writes fails, such as FTS3's
 *       optimize();
 *   <li>no other database can be attached, whatever tries to: the limit is 0 (ATTACH, VACUUM INTO);
 *   <li>extensions are off, and the schema may call no function that does more than compute;
 *   <li>sorting goes to memory, and to no temporary file.
 * </ul>
 */
public final class ReadOnlyQuery {
    /** SQLITE_LIMIT_ATTACHED. */
    private static final int LIMIT_ATTACHED = 7;
    /** As JDBC says it. */
    private static final int ALL = 0;
    /** What makes a program one that writes (vdbeaux.c, resolveP2Values), besides a Transaction whose P2 is not 0. */
    private static final Set<String> WRITING = Set.of("Vacuum", "JournalMode", "Checkpoint");

    /** Takes an answer, a row after the other. */
    public interface Rows {
        /** Before the first row, and where there is none. */
        void columns(List<String> names);

        /** @param values a Long, Double, String or byte[] each, or null */
        void row(List<Object> values);
    }

    private ReadOnlyQuery() {}

    /**
     * Looks at the words of a question, without any database.
     *
     * @throws Failure USAGE if it is not one statement that reads
     */
    public static void requireReading(String sql) {
        SelectStatement.explained(sql);
    }

    /**
     * The same with all that is wrong with a question whatever the database: SQLite compiles it for an empty one.
     *
     * @throws Failure USAGE too if no database has an answer, or it only explains itself
     */
    public static void requireAnswerable(String sql) {
        if (!SelectStatement.explained(sql).equals(sql)) {
            throw SelectStatement.refused("an EXPLAIN says nothing of what is in a database");
        }
        try (SqliteConnection connection = open(Path.of("/empty"), "mode=memory")) {
            String named = SelectStatement.withNames(sql);
            requireReadOnly(connection, named);
            prepare(connection, named).close();
        } catch (SQLException e) {
            throw failure("an empty database", e);
        } catch (Unfit e) {
            if (!e.mayFitAnother()) {
                throw new Failure(Failure.Kind.USAGE, "SQLite cannot run this: " + e.getMessage(), null, e);
            }
        }
    }

    /**
     * Asks it. What is in double quotes is a name, and no text.
     *
     * @param database a private file that nobody else has open
     * @param what it is, for messages
     * @throws Unfit if SQLite cannot compile the question for this database; nothing was given to {@code rows} then
     * @throws Failure USAGE if it would write, CORRUPT if the database is damaged, FAILURE if a row cannot be computed
     */
    public static void ask(Path database, String what, String sql, Rows rows) throws Unfit {
        ask(database, what, sql, rows, ALL);
    }

    /**
     * Asks for the first row alone, as above.
     *
     * @return its values, as {@link Rows#row} takes them; nothing if there is no row
     */
    public static List<Object> first(Path database, String what, String sql) throws Unfit {
        List<Object> first = new ArrayList<>();
        Rows rows = new Rows() {
            @Override
            public void columns(List<String> names) {
                // Only the values count.
            }

            @Override
            public void row(List<Object> values) {
                first.addAll(values);
            }
        };
        ask(database, what, sql, rows, 1);
        return first;
    }

    private static void ask(Path database, String what, String sql, Rows rows, int mostRows) throws Unfit {
        String named = SelectStatement.withNames(sql);
        String explained = SelectStatement.explained(named);
        try (SqliteConnection connection = open(database)) {
            try {
                requireReadOnly(connection, explained);
                try (PreparedStatement statement = prepare(connection, named);
                        PreparedStatement typed = prepare(connection, sql)) {
                    statement.setMaxRows(mostRows);
                    read(statement, labels(typed.getMetaData()), rows);
                }
            } catch (Unfit e) {
                throw e.in(connection);
            }
        } catch (SQLException e) {
            throw failure(what, e);
        }
    }

    /**
     * Counts the rows of a table or view.
     *
     * @param database a private file that nobody else has open
     * @param what it is, for messages
     * @return null if there is no such table
     * @throws Failure CORRUPT if the database is damaged, FAILURE if only the application can count them
     */
    public static Long count(Path database, String what, String table) {
        try (SqliteConnection connection = open(database)) {
            String quoted = table.replace("\"", "\"\"");
            boolean exists = !connection
                    .query("SELECT 1 FROM pragma_table_list('" + table.replace("'", "''") + "') WHERE schema = 'main'")
                    .isEmpty();
            return exists ? Long.valueOf(connection.queryOne("SELECT count(*) FROM main.\"" + quoted + "\"")) : null;
        } catch (SQLException e) {
            throw failure(what, e);
        }
    }

    /**
     * Names its tables and views, without SQLite's own and those that keep the content of virtual ones.
     *
     * @param database a private file that nobody else has open
     * @param what it is, for messages
     * @throws Failure CORRUPT if the database is damaged
     */
    public static List<String> tables(Path database, String what) {
        try (SqliteConnection connection = open(database)) {
            return tables(connection);
        } catch (SQLException e) {
            throw failure(what, e);
        }
    }

    static List<String> tables(SqliteConnection connection) throws SQLException {
        return connection.query("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' "
                + "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name");
    }

    private static SqliteConnection open(Path database) throws SQLException {
        return open(database, "mode=ro&immutable=1");
    }

    private static SqliteConnection open(Path database, String parameters) throws SQLException {
        SqliteConnection connection = SqliteConnection.open(database, parameters, Duration.ZERO);
        SQLiteConnection driver = connection.driver();
        driver.getDatabase().enable_load_extension(false);
        driver.getDatabase().limit(LIMIT_ATTACHED, 0);
        connection.execute("PRAGMA query_only=ON");
        connection.execute("PRAGMA trusted_schema=OFF");
        connection.execute("PRAGMA temp_store=MEMORY");
        return connection;
    }

    private static PreparedStatement prepare(SqliteConnection connection, String sql) throws SQLException, Unfit {
        PreparedStatement statement;
        try {
            statement = connection.driver().prepareStatement(sql);
        } catch (SQLException e) {
            throw unfit(e);
        }
        if (statement.getParameterMetaData().getParameterCount() > 0) {
            statement.close();
            throw SelectStatement.refused("it has a parameter, which has no value");
        }
        return statement;
    }

    /** Not compiled, and not because of a damaged database. */
    private static Unfit unfit(SQLException e) throws SQLException {
        if (ResultCode.of(e) != ResultCode.ERROR) {
            throw e;
        }
        return Unfit.of(e);
    }

    private static void requireReadOnly(SqliteConnection connection, String sql) throws SQLException, Unfit {
        try (Statement statement = connection.driver().createStatement();
                ResultSet program = statement.executeQuery("EXPLAIN " + sql)) {
            while (program.next()) {
                String opcode = program.getString("opcode");
                if (WRITING.contains(opcode) || opcode.equals("Transaction") && program.getInt("p2") != 0) {
                    throw SelectStatement.refused("it would write");
                }
            }
        } catch (SQLException e) {
            throw unfit(e);
        }
    }

    /** As SQLite calls the columns of a question as it was typed. */
    private static List<String> labels(ResultSetMetaData about) throws SQLException {
        List<String> labels = new ArrayList<>();
        for (int i = 1; i <= about.getColumnCount(); i++) {
            labels.add(about.getColumnLabel(i));
        }
        return labels;
    }

    private static void read(PreparedStatement statement, List<String> names, Rows rows) throws SQLException {
        try (ResultSet result = statement.executeQuery()) {
            rows.columns(names);
            while (result.next()) {
                Interruption.check();
                rows.row(values(result, names.size()));
            }
        } catch (OutOfMemoryError e) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "a row takes more memory than Java has",
                    "ask for less of it, as with substr(), or give Java more: JAVA_TOOL_OPTIONS=-Xmx1g",
                    e);
        }
    }

    private static List<Object> values(ResultSet row, int columns) throws SQLException {
        List<Object> values = new ArrayList<>(columns);
        for (int i = 1; i <= columns; i++) {
            Object value = row.getObject(i);
            values.add(value instanceof Integer small ? Long.valueOf(small) : value);
        }
        return values;
    }

    private static Failure failure(String what, SQLException e) {
        return switch (ResultCode.of(e)) {
            case ResultCode.READONLY -> SelectStatement.refused("it would write");
            case ResultCode.INTERRUPT -> Interruption.failure(e);
            case ResultCode.CORRUPT, ResultCode.NOTADB ->
                new Failure(Failure.Kind.CORRUPT, what + " cannot be read: " + ResultCode.describe(e), null, e);
            default ->
                new Failure(Failure.Kind.FAILURE, "SQLite cannot run this to its end: " + ResultCode.said(e), null, e);
        };
    }
}
