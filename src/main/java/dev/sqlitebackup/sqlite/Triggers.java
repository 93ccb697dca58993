package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Triggers of tables that are written to, taken away and made again in one transaction: SQLite has a switch for them,
 * which its driver for Java does not pass on. Nobody else sees the database without them.
 */
final class Triggers {
    private static final Pattern CREATED =
            Pattern.compile("\\s*create\\s+trigger\\b.*", Pattern.DOTALL | Pattern.CASE_INSENSITIVE);

    private record Trigger(String name, String sql) {}

    private final SqliteConnection connection;
    private final List<String> tables;
    private final List<Trigger> taken;

    private Triggers(SqliteConnection connection, List<String> tables) throws SQLException {
        this.connection = connection;
        this.tables = tables;
        this.taken = find();
    }

    /** Takes away those of some tables. */
    static Triggers takeAway(SqliteConnection connection, List<String> tables) throws SQLException {
        Triggers triggers = new Triggers(connection, tables);
        for (Trigger trigger : triggers.taken) {
            if (trigger.sql == null || !CREATED.matcher(trigger.sql).matches()) {
                throw notPossible(trigger.name, "its definition is not one");
            }
            connection.execute("DROP TRIGGER main." + Sql.name(trigger.name));
        }
        return triggers;
    }

    /** Whether any of some tables has one. */
    static boolean areOf(SqliteConnection connection, List<String> tables) throws SQLException {
        return !new Triggers(connection, tables).taken.isEmpty();
    }

    List<String> names() {
        return taken.stream().map(Trigger::name).toList();
    }

    private List<Trigger> find() throws SQLException {
        List<Trigger> found = new ArrayList<>();
        for (String table : tables) {
            found.addAll(connection.query(
                    "SELECT name, sql FROM main.sqlite_schema WHERE type = 'trigger' AND tbl_name = " + Sql.text(table)
                            + " COLLATE NOCASE ORDER BY rowid",
                    row -> new Trigger(row.getString(1), row.getString(2))));
        }
        return found;
    }

    /** @throws Failure FAILURE where one does not become what it was */
    void makeAgain() throws SQLException {
        for (Trigger trigger : taken) {
            try {
                connection.execute(trigger.sql);
            } catch (SQLException e) {
                if (ResultCode.of(e) != ResultCode.ERROR) {
                    throw e;
                }
                throw notPossible(trigger.name, ResultCode.said(e));
            }
        }
        if (!find().equals(taken)) {
            throw notPossible(taken.get(0).name, "it would become another one");
        }
    }

    private static Failure notPossible(String trigger, String why) {
        return new Failure(
                Failure.Kind.FAILURE,
                "trigger " + trigger + " cannot be left out: " + why + "; nothing was changed",
                "leave out --no-triggers, or restore the backup to a new file with --to, and copy from there");
    }
}
