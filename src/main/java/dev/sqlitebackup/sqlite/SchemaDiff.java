package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What differs in the definitions of two databases: tables, indexes, views, triggers, and two numbers of a header. */
public final class SchemaDiff {
    private static final List<String> PRAGMAS = List.of("user_version", "application_id");

    /**
     * A definition that differs.
     *
     * @param type table, index, view, trigger or pragma
     * @param old as OLD has it, null if it has none
     * @param newer as NEW has it, null if it has none
     */
    public record Definition(String type, String name, String old, String newer) {}

    private record Id(String type, String name) {}

    private record Found(String type, String name, String table, String sql) {}

    private SchemaDiff() {}

    /**
     * @param leftOut tables whose definitions are made by a virtual one
     * @param table of which alone the definitions are wanted, null for all
     */
    static List<Definition> of(SqliteConnection connection, Set<String> leftOut, String table) throws SQLException {
        List<Definition> differing = new ArrayList<>();
        Map<Id, Definition> definitions =
                new TreeMap<>(Comparator.comparing(Id::type).thenComparing(Id::name, RowCounts.BY_NAME));
        for (String schema : List.of(TwoDatabases.OLD, TwoDatabases.NEW)) {
            boolean isOld = schema.equals(TwoDatabases.OLD);
            for (Found found : notIn(isOld ? TwoDatabases.NEW : TwoDatabases.OLD, schema, connection)) {
                if (!leftOut.contains(found.table)
                        && (table == null || RowCounts.BY_NAME.compare(table, found.table) == 0)) {
                    definitions.merge(
                            new Id(found.type, found.name),
                            new Definition(found.type, found.name, isOld ? found.sql : null, isOld ? null : found.sql),
                            (old, newer) -> new Definition(found.type, old.name, old.old, newer.newer));
                }
            }
        }
        differing.addAll(definitions.values());
        for (String pragma : table == null ? PRAGMAS : List.<String>of()) {
            String old = connection.queryOne("PRAGMA " + TwoDatabases.OLD + "." + pragma);
            String newer = connection.queryOne("PRAGMA " + TwoDatabases.NEW + "." + pragma);
            if (!old.equals(newer)) {
                differing.add(new Definition("pragma", pragma, old, newer));
            }
        }
        return differing;
    }

    /** The definitions of one database that the other one does not have, or not so. */
    private static List<Found> notIn(String other, String schema, SqliteConnection connection) throws SQLException {
        return connection.query(
                definitions(schema) + " EXCEPT " + definitions(other),
                row -> new Found(row.getString(1), row.getString(2), row.getString(3), row.getString(4)));
    }

    private static String definitions(String schema) {
        return "SELECT type, name, tbl_name, sql FROM " + schema + ".sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' "
                + "ESCAPE '\\'";
    }
}
