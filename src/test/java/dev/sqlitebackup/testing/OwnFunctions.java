package dev.sqlitebackup.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.sqlite.Collation;
import org.sqlite.Function;

/**
 * An application that brings its own collation, which orders backwards, and its own functions, one of them by a name
 * that the driver uses for another.
 */
public final class OwnFunctions {
    /** A table, and each index that stands for a kind of structure. */
    public static final String[] SCHEMA = {
        "CREATE TABLE plain(a, b)",
        "CREATE INDEX plain_a ON plain(a)",
        "CREATE TABLE ordered(n TEXT COLLATE GERMAN, b)",
        "CREATE INDEX ordered_n ON ordered(n)",
        "CREATE INDEX ordered_b ON ordered(b)",
        "CREATE TABLE only_one(n TEXT COLLATE GERMAN UNIQUE, b)",
        "CREATE TABLE by_key(n TEXT COLLATE GERMAN PRIMARY KEY, b) WITHOUT ROWID",
        "CREATE INDEX by_key_b ON by_key(b)",
        "CREATE TABLE expression(n, b)",
        "CREATE INDEX expression_n ON expression(shout(n))",
        "CREATE TABLE part(n, b)",
        "CREATE INDEX part_b ON part(b) WHERE shout(n) > 'A'",
        "CREATE TABLE computed(n, b, s TEXT NOT NULL AS (shout(n)) STORED, v TEXT NOT NULL AS (whisper(n)) VIRTUAL)",
        "CREATE INDEX computed_v ON computed(v)",
        "CREATE TABLE checked(n CHECK (length(shout(n)) > 0), b)",
        "CREATE INDEX checked_b ON checked(b)"
    };

    private static final String[] TABLES = {
        "plain", "ordered", "only_one", "by_key", "expression", "part", "computed", "checked"
    };

    private OwnFunctions() {}

    /** Makes such a database, with as many rows in each table. */
    public static Path database(Path file, int rows) {
        run(file, SCHEMA);
        for (String table : TABLES) {
            run(
                    file,
                    "INSERT INTO " + table + (table.equals("plain") ? "(a, b)" : "(n, b)")
                            + " WITH RECURSIVE q(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q WHERE i < " + rows
                            + ") SELECT 'name ' || i || hex(randomblob(20)), i FROM q");
        }
        return file;
    }

    /** Runs statements as that application. */
    public static void run(Path file, String... statements) {
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** The first value of the first row. */
    public static String query(Path file, String sql) {
        try (Connection connection = connect(file);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.getString(1);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    public static Connection connect(Path file) throws SQLException {
        Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Collation.create(connection, "GERMAN", new Collation() {
            @Override
            protected int xCompare(String a, String b) {
                return b.compareTo(a);
            }
        });
        define(connection, "shout");
        define(connection, "whisper");
        define(connection, "reverse");
        return connection;
    }

    /**
     * Deterministic, and, by one more bit, for every encoding, so that it takes the place of one that the driver has.
     */
    private static void define(Connection connection, String name) throws SQLException {
        Function.create(
                connection,
                name,
                new Function() {
                    @Override
                    protected void xFunc() throws SQLException {
                        result(value_text(0) == null ? null : value_text(0).toUpperCase(Locale.ROOT) + "!");
                    }
                },
                1,
                Function.FLAG_DETERMINISTIC | 1);
    }
}
