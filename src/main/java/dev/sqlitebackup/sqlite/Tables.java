package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables of one of two databases, without SQLite's own, by name.
 *
 * @param kinds of those whose rows are kept in this database, and in the way that SQLite itself keeps them
 * @param shadows tables that keep the content of a virtual one
 * @param others virtual tables that keep none, or that only the application can read
 * @param views that hold no rows, and are no tables
 */
record Tables(
        SortedMap<String, Kind> kinds, SortedSet<String> shadows, SortedSet<String> others, SortedSet<String> views) {
    /** With the name as it is spelled here. */
    record Kind(String name, TableShape.Kind kind) {}

    /**
     * Options of a full-text table with which its rows are not in its own tables alone, or not as they are: it would
     * run what a view or a function of the schema says, or have a column that nobody sees.
     */
    private static final Pattern UNUSUAL =
            Pattern.compile("\\b(content|compress|uncompress|languageid)\\s*=", Pattern.CASE_INSENSITIVE);

    private static final Pattern CREATED =
            Pattern.compile("(?si)^\\s*create\\s+virtual\\s+table\\b.*?\\busing\\s+\"?(\\w+).*");
    /** What the modules call the tables that keep their content (SQLite's documentation of each). */
    private static final Map<String, List<String>> SHADOWS = Map.of(
            "fts3", List.of("_content", "_segments", "_segdir"),
            "fts4", List.of("_content", "_segments", "_segdir", "_docsize", "_stat"),
            "fts5", List.of("_data", "_idx", "_content", "_docsize", "_config"),
            "rtree", List.of("_node", "_parent", "_rowid"),
            "rtree_i32", List.of("_node", "_parent", "_rowid"));

    private record Listed(String name, String type, boolean withoutRowid) {}

    static Tables of(SqliteConnection connection, String schema) throws SQLException {
        Tables tables = new Tables(
                new TreeMap<>(RowCounts.BY_NAME),
                new TreeSet<>(RowCounts.BY_NAME),
                new TreeSet<>(RowCounts.BY_NAME),
                new TreeSet<>(RowCounts.BY_NAME));
        List<Listed> all = connection.query(
                "SELECT name, type, wr FROM pragma_table_list WHERE schema = " + Sql.text(schema)
                        + " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
                row -> new Listed(row.getString(1), row.getString(2), row.getBoolean(3)));
        for (Listed table : all) {
            if (table.type.equals("virtual")) {
                tables.addVirtual(connection, schema, table.name);
            } else if (table.type.equals("view")) {
                tables.views.add(table.name);
            }
        }
        for (Listed table : all) {
            // SQLite goes by the name alone, which a table of the user's can have as well.
            if (!table.type.equals("virtual")
                    && !table.type.equals("view")
                    && !(table.type.equals("shadow") && tables.shadows.contains(table.name))) {
                tables.put(table.name, table.withoutRowid ? TableShape.Kind.WITHOUT_ROWID : TableShape.Kind.TABLE);
            }
        }
        tables.shadows.retainAll(all.stream().map(Listed::name).toList());
        return tables;
    }

    /**
     * What to say to who wants the rows of a table that has none of its own.
     *
     * @return null if there is none of that name, or it has rows
     */
    String withoutRows(String name) {
        return views.contains(name)
                ? name + " is a view, and holds no rows of its own"
                : others.contains(name)
                        ? name + " is a virtual table whose rows are not in it alone"
                        : !kinds.containsKey(name) && shadows.contains(name)
                                ? name + " keeps the content of a virtual table"
                                : null;
    }

    private void put(String name, TableShape.Kind kind) {
        kinds.put(name, new Kind(name, kind));
    }

    /** Whatever is not known for certain is not compared, and said. */
    private void addVirtual(SqliteConnection connection, String schema, String name) throws SQLException {
        List<String> created = connection.query("SELECT sql FROM " + schema
                + ".sqlite_schema WHERE lower(name) = lower(" + Sql.text(name) + ") AND rootpage = 0");
        String sql = created.size() == 1 && created.get(0) != null ? created.get(0) : "";
        Matcher matcher = CREATED.matcher(sql);
        String module = matcher.matches() ? matcher.group(1).toLowerCase(Locale.ROOT) : "";
        List<String> suffixes = SHADOWS.getOrDefault(module, List.of());
        boolean isUnusual = UNUSUAL.matcher(sql).find();
        for (String suffix : suffixes) {
            boolean isContentOfOthers = suffix.equals("_content") && isUnusual;
            if (!isContentOfOthers) {
                shadows.add(name + suffix);
            }
        }
        if (suffixes.contains("_node")) {
            put(name, TableShape.Kind.R_TREE);
        } else if (suffixes.contains("_content") && !isUnusual && !hasRowidColumn(connection, schema, name)) {
            put(name, TableShape.Kind.FULL_TEXT);
        } else {
            others.add(name);
        }
    }

    private static boolean hasRowidColumn(SqliteConnection connection, String schema, String name) throws SQLException {
        try {
            return connection
                    .query("SELECT name FROM pragma_table_xinfo(" + Sql.text(name) + ", " + Sql.text(schema) + ")")
                    .stream()
                    .anyMatch("rowid"::equalsIgnoreCase);
        } catch (SQLException e) {
            if (ResultCode.of(e) != ResultCode.ERROR) {
                throw e;
            }
            return false; // It cannot be read at all, which the comparison says in SQLite's words.
        }
    }
}
