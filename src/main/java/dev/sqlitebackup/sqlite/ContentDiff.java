package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Matches rows by their whole content, as often as each occurs, and then, where there is a key, those that are left by
 * that. A key that holds NULL tells nothing, as in SQLite itself.
 *
 * <p>First, rows that have the same rowid and content are put aside, which is most of them and needs no sorting. The
 * others are copied to temporary tables, whose columns have neither affinity nor collation: so no collation of the
 * application's is asked, and none of SQLite's that it may have another one for.
 */
record ContentDiff(
        SqliteConnection connection, TableShape old, TableShape newer, List<String> columns, List<String> key)
        implements TableDiff {
    private static final String OLD_ROWS = "temp.old_rows";
    private static final String NEW_ROWS = "temp.new_rows";
    private static final String SAME = "temp.same_rows";
    private static final String CHANGED = "temp.changed_rows";

    @Override
    public Counts counts() throws SQLException {
        drop();
        copy(old, newer, OLD_ROWS);
        copy(newer, old, NEW_ROWS);
        long putAside = connection.count(old.all("o")) - connection.count(OLD_ROWS);
        List<String> content = Stream.concat(columns.stream().map(Sql::name), Stream.of(classes()))
                .toList();
        pair(SAME, content, "1");
        connection.execute("DELETE FROM " + OLD_ROWS + " WHERE " + id() + " IN (SELECT old_id FROM " + SAME + ")");
        connection.execute("DELETE FROM " + NEW_ROWS + " WHERE " + id() + " IN (SELECT new_id FROM " + SAME + ")");
        List<String> names = key.stream().map(Sql::name).toList();
        pair(
                CHANGED,
                names.isEmpty() ? List.of("NULL") : names,
                names.isEmpty()
                        ? "0"
                        : Sql.all(
                                names.stream()
                                        .map(name -> name + " IS NOT NULL")
                                        .toList(),
                                "AND"));
        long changed = connection.count(CHANGED);
        return new Counts(
                connection.count(OLD_ROWS) - changed,
                connection.count(NEW_ROWS) - changed,
                changed,
                putAside + connection.count(SAME));
    }

    private void drop() throws SQLException {
        for (String table : List.of(OLD_ROWS, NEW_ROWS, SAME, CHANGED)) {
            connection.execute("DROP TABLE IF EXISTS " + table);
        }
    }

    /** A name that no column has. */
    private String id() {
        String id = "id";
        while (columns.stream().anyMatch(id::equalsIgnoreCase)) {
            id += "_";
        }
        return id;
    }

    private String names(String alias) {
        return columns.stream().map(column -> alias + Sql.name(column)).collect(Collectors.joining(", "));
    }

    /** Copies the rows of a table, but for those that the other one has as well, under the same rowid. */
    private void copy(TableShape table, TableShape other, String to) throws SQLException {
        connection.execute("CREATE TABLE " + to + "(" + id() + " INTEGER PRIMARY KEY, " + names("") + ")");
        String from = " FROM " + table.all("o");
        if (table.rowid() != null && other.rowid() != null) {
            String rowid = "n." + other.rowid();
            from += " LEFT JOIN " + other.all("n") + " ON " + rowid + " = o." + table.rowid() + " WHERE " + rowid
                    + " IS NULL OR NOT "
                    + Sql.all(
                            columns.stream()
                                    .map(Sql::name)
                                    .map(column -> Sql.same("o." + column, "n." + column))
                                    .toList(),
                            "AND");
        }
        connection.execute("INSERT INTO " + to + "(" + names("") + ") SELECT " + names("o.") + from);
    }

    /** The classes of all values of a row, in one text: none of the words is the beginning of another one. */
    private String classes() {
        return Sql.all(
                columns.stream()
                        .map(column -> "typeof(" + Sql.name(column) + ")")
                        .toList(),
                "||");
    }

    /**
     * Pairs each row that is left of OLD with one of NEW in which these values are the same, as far as there are any.
     *
     * @param condition of the rows that are paired at all
     */
    private void pair(String to, List<String> values, String condition) throws SQLException {
        List<String> aliases = Stream.iterate(0, i -> i + 1)
                .limit(values.size())
                .map(i -> "v" + i)
                .toList();
        String list = String.join(", ", aliases);
        String selected = Stream.iterate(0, i -> i + 1)
                .limit(values.size())
                .map(i -> values.get(i) + " AS " + aliases.get(i))
                .collect(Collectors.joining(", "));
        String rows = "SELECT 1 AS is_old, " + id() + " AS id, " + selected + " FROM " + OLD_ROWS + " WHERE "
                + condition + " UNION ALL SELECT 0, " + id() + ", " + selected + " FROM " + NEW_ROWS + " WHERE "
                + condition;
        String numbered =
                "SELECT *, row_number() OVER (PARTITION BY " + list + ", is_old) AS number FROM (" + rows + ")";
        connection.execute("CREATE TABLE " + to + " AS SELECT max(CASE WHEN is_old THEN id END) AS old_id,"
                + " max(CASE WHEN NOT is_old THEN id END) AS new_id FROM (" + numbered + ") GROUP BY " + list
                + ", number HAVING count(*) = 2");
    }

    @Override
    public List<DiffRow> onlyOld(int limit, int mostOfValue) throws SQLException {
        return wanted(
                        OLD_ROWS + " AS o WHERE " + id() + " NOT IN (SELECT old_id FROM " + CHANGED + ")",
                        limit,
                        mostOfValue)
                .onlyOne(connection, true);
    }

    @Override
    public List<DiffRow> changed(int limit, int mostOfValue) throws SQLException {
        return wanted(
                        CHANGED + " CROSS JOIN " + OLD_ROWS + " AS o ON o." + id() + " = old_id CROSS JOIN " + NEW_ROWS
                                + " AS n ON n." + id() + " = new_id",
                        limit,
                        mostOfValue)
                .both(connection);
    }

    @Override
    public List<DiffRow> onlyNew(int limit, int mostOfValue) throws SQLException {
        return wanted(
                        NEW_ROWS + " AS n WHERE " + id() + " NOT IN (SELECT new_id FROM " + CHANGED + ")",
                        limit,
                        mostOfValue)
                .onlyOne(connection, false);
    }

    private DiffRow.Wanted wanted(String from, int limit, int mostOfValue) {
        return new DiffRow.Wanted(columns, key, from, limit, mostOfValue);
    }
}
