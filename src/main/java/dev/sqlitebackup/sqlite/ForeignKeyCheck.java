package dev.sqlitebackup.sqlite;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** SQLite's foreign_key_check of a finished private file. */
public final class ForeignKeyCheck {
    private static final int MAX_VIOLATIONS = 1000;

    private ForeignKeyCheck() {}

    /**
     * Which foreign keys a database violates. That is its application's business, and no reason to refuse it.
     *
     * @return a warning for people, or nothing
     */
    public static List<String> warnings(Path database) {
        List<String> warnings = new ArrayList<>();
        try (SqliteConnection connection = IntegrityCheck.open(database)) {
            warnForeignKeys(connection, warnings);
        } catch (SQLException e) {
            throw ResultCode.failure(
                    "cannot check the foreign keys of",
                    database,
                    DiskProbe.explain(e, database),
                    database.toAbsolutePath().getParent());
        }
        return warnings;
    }

    private static void warnForeignKeys(SqliteConnection connection, List<String> warnings) throws SQLException {
        try {
            Set<String> unknown = StandIns.on(connection).usedBy("PRAGMA foreign_key_check");
            if (!unknown.isEmpty()) {
                warnings.add("foreign keys could not be checked, because only the application can: "
                        + String.join(", ", unknown));
                return;
            }
            List<String> tables =
                    connection.query("SELECT \"table\" FROM pragma_foreign_key_check LIMIT " + MAX_VIOLATIONS);
            if (!tables.isEmpty()) {
                String count =
                        tables.size() == MAX_VIOLATIONS ? MAX_VIOLATIONS + " or more" : String.valueOf(tables.size());
                warnings.add(count + " rows violate a foreign key, the first in table " + tables.get(0)
                        + " (the database was like that; restoring does not change it)");
            }
        } catch (SQLException e) {
            if (ResultCode.of(e) != ResultCode.ERROR) {
                throw e;
            }
            warnings.add("foreign keys could not be checked: " + e.getMessage());
        }
    }
}
