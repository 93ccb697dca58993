package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.List;

/**
 * Matches rows by a key by which both databases can look them up. One pass over OLD, in the order of its pages, and a
 * look into NEW for each row.
 */
record KeyedDiff(SqliteConnection connection, TableShape old, TableShape newer, List<String> columns, List<String> key)
        implements TableDiff {
    /** Whether each row has a key of its own, that an index in the order of bytes finds. */
    static boolean isPossible(SqliteConnection connection, TableShape old, TableShape newer, List<String> key)
            throws SQLException {
        if (key.isEmpty()
                || old.look() == TableShape.Look.NONE
                || newer.look() == TableShape.Look.NONE
                // Of a column of this type a STRICT table keeps what another one converts.
                || key.stream().anyMatch(column -> old.column(column).type().equalsIgnoreCase("ANY"))
                || !key.stream()
                        .allMatch(column -> old.column(column)
                                .type()
                                .equalsIgnoreCase(newer.column(column).type()))) {
            return false;
        }
        for (TableShape table : List.of(old, newer)) {
            for (String column : table.key()) {
                // A rowid table may hold NULL in its key, in as many rows as one likes.
                if (table.look() == TableShape.Look.INDEX
                        && table.column(column).mayBeNull()
                        && !connection
                                .query("SELECT 1 FROM " + table.byKey("t") + " WHERE t." + Sql.name(column)
                                        + " IS NULL LIMIT 1")
                                .isEmpty()) {
                    return false;
                }
            }
        }
        return true;
    }

    @Override
    public Counts counts() throws SQLException {
        String found = "n." + Sql.name(key.get(0)); // NULL in no row that there is.
        String sql = "SELECT count(*), count(" + found + "), total(CASE WHEN " + found + " IS NOT NULL THEN NOT "
                + same() + " END) FROM " + old.all("o") + " LEFT JOIN " + newer.byKey("n") + " ON " + matched("n", "o");
        long rowsOfNew = connection.count(newer.all("n"));
        return connection
                .query(sql, row -> {
                    long matched = row.getLong(2);
                    long changed = row.getLong(3);
                    return new Counts(row.getLong(1) - matched, rowsOfNew - matched, changed, matched - changed);
                })
                .get(0);
    }

    private String same() {
        return Sql.all(
                columns.stream()
                        .map(Sql::name)
                        .map(column -> Sql.same("o." + column, "n." + column))
                        .toList(),
                "AND");
    }

    /** That the row of {@code looked}, which is looked up, has the key of the other one's. */
    private String matched(String looked, String other) {
        TableShape in = looked.equals("n") ? newer : old;
        String collation = in.look() == TableShape.Look.ROWID ? "" : " COLLATE BINARY";
        return Sql.all(
                key.stream()
                        .map(Sql::name)
                        .map(column -> looked + "." + column + " = " + other + "." + column + collation)
                        .toList(),
                "AND");
    }

    @Override
    public List<DiffRow> onlyOld(int limit, int mostOfValue) throws SQLException {
        String from = old.all("o") + " WHERE NOT EXISTS (SELECT 1 FROM " + newer.byKey("n") + " WHERE "
                + matched("n", "o") + ")";
        return wanted(from, limit, mostOfValue).onlyOne(connection, true);
    }

    @Override
    public List<DiffRow> changed(int limit, int mostOfValue) throws SQLException {
        String from =
                old.all("o") + " CROSS JOIN " + newer.byKey("n") + " ON " + matched("n", "o") + " WHERE NOT " + same();
        return wanted(from, limit, mostOfValue).both(connection);
    }

    @Override
    public List<DiffRow> onlyNew(int limit, int mostOfValue) throws SQLException {
        String from = newer.all("n") + " WHERE NOT EXISTS (SELECT 1 FROM " + old.byKey("o") + " WHERE "
                + matched("o", "n") + ")";
        return wanted(from, limit, mostOfValue).onlyOne(connection, false);
    }

    private DiffRow.Wanted wanted(String from, int limit, int mostOfValue) {
        return new DiffRow.Wanted(columns, key, from, limit, mostOfValue);
    }
}
