package dev.sqlitebackup.sqlite;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.SortedSet;

/** The structure check where something that no stand-in helps stops {@link IntegrityCheck} as a whole. */
final class TableByTable {
    private TableByTable() {}

    /** @param leftOut takes what could not be looked at */
    static void check(Path database, String what, SortedSet<String> leftOut) throws SQLException {
        try (SqliteConnection connection =
                IntegrityCheck.open(database)) { // Without stand-ins, of which here nobody sorts out the false alarms.
            for (String table : connection.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")) {
                try {
                    List<String> rows = connection.query("PRAGMA integrity_check(" + Sql.text(table) + ")");
                    if (!rows.stream().allMatch(BuiltIns::isDisagreement)) {
                        IntegrityCheck.refuseProblems(what, rows);
                    } else { // Of one table SQLite says a hundred problems at most, so others may lie behind those.
                        List<String> problems = rows.stream()
                                .filter(BuiltIns.of(connection)::provesDamage)
                                .toList();
                        IntegrityCheck.refuseProblems(
                                what,
                                problems.isEmpty()
                                        ? connection.query("PRAGMA quick_check(" + Sql.text(table) + ")")
                                        : problems);
                        leftOut.add("indexes of table " + table
                                + " (collations and functions of SQLite's, if the application has its own)");
                    }
                } catch (SQLException e) {
                    if (ResultCode.of(e) != ResultCode.ERROR) {
                        throw e;
                    }
                    leftOut.add("table " + table + " (" + e.getMessage() + ")");
                }
            }
        }
    }
}
