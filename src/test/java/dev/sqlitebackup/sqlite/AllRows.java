package dev.sqlitebackup.sqlite;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** All that a database holds, each value with its class and its bytes, as plain statements of its owner read it. */
final class AllRows {
    /** A number as SQLite's own dump writes it, and what it would cut short by its bytes. */
    private static final String VALUE = "typeof(%1$s) || ' ' || CASE WHEN typeof(%1$s) IN ('text', 'blob') "
            + "THEN hex(CAST(%1$s AS BLOB)) ELSE quote(%1$s) END";

    private static final String TABLES =
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = '%s' AND name <> 'sqlite_schema'";

    private AllRows() {}

    /** @return the rows of each table, and what the schema says, each in an order of its own */
    static SortedMap<String, List<String>> of(Path database) {
        SortedMap<String, List<String>> all = new TreeMap<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            all.put(
                    "(schema)",
                    texts(
                            statement,
                            "SELECT concat_ws('|', type, name, tbl_name, sql) FROM sqlite_schema "
                                    + "ORDER BY type, name"));
            // What a virtual table keeps its rows in may be another one for the same rows.
            for (String table : texts(statement, String.format(TABLES, "table"))) {
                all.put(table, of(statement, table));
            }
            for (String table : texts(statement, String.format(TABLES, "virtual"))) {
                try {
                    all.put(table, of(statement, table));
                } catch (SQLException e) {
                    all.put(table, List.of("only its application can read it: " + e.getMessage()));
                }
            }
            return all;
        } catch (SQLException e) {
            throw new AssertionError(database + ": " + e.getMessage(), e);
        }
    }

    private static List<String> of(Statement statement, String table) throws SQLException {
        List<String> columns = new ArrayList<>();
        boolean isFullText = !texts(
                        statement,
                        "SELECT 1 FROM sqlite_schema WHERE name = '" + table.replace("'", "''")
                                + "' AND sql LIKE 'CREATE VIRTUAL TABLE%fts%'")
                .isEmpty();
        if (isFullText) {
            columns.add(String.format(VALUE, "rowid"));
        }
        for (String column : texts(
                statement,
                "SELECT name FROM pragma_table_xinfo('" + table.replace("'", "''") + "') WHERE hidden <> 1")) {
            columns.add(String.format(VALUE, '"' + column.replace("\"", "\"\"") + '"'));
        }
        return texts(
                statement,
                "SELECT " + String.join(" || ', ' || ", columns) + " FROM \"" + table.replace("\"", "\"\"")
                        + "\" ORDER BY 1");
    }

    private static List<String> texts(Statement statement, String query) throws SQLException {
        List<String> texts = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
        }
        return texts;
    }
}
