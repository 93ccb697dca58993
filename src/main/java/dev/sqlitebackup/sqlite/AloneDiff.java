package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Rows that have nothing to be matched by: the table is in one database alone, or no column is in both.
 *
 * @param old null where OLD has no such table
 * @param newer null where NEW has none
 */
record AloneDiff(SqliteConnection connection, TableShape old, TableShape newer) implements TableDiff {
    @Override
    public Counts counts() throws SQLException {
        return new Counts(count(old), count(newer), 0, 0);
    }

    private long count(TableShape table) throws SQLException {
        return table == null ? 0 : Long.parseLong(connection.queryOne("SELECT count(*) FROM " + table.all("t")));
    }

    @Override
    public List<String> columns() {
        return Stream.of(old, newer)
                .filter(Objects::nonNull)
                .flatMap(table -> columns(table).stream())
                .toList();
    }

    private static List<String> columns(TableShape table) {
        return table.columns().stream().map(TableShape.Column::name).toList();
    }

    @Override
    public List<DiffRow> onlyOld(int limit, int mostOfValue) throws SQLException {
        return rows(old, true, limit, mostOfValue);
    }

    @Override
    public List<DiffRow> changed(int limit, int mostOfValue) {
        return List.of();
    }

    @Override
    public List<DiffRow> onlyNew(int limit, int mostOfValue) throws SQLException {
        return rows(newer, false, limit, mostOfValue);
    }

    private List<DiffRow> rows(TableShape table, boolean isOld, int limit, int mostOfValue) throws SQLException {
        return table == null
                ? List.of()
                : new DiffRow.Wanted(columns(table), table.key(), table.all(isOld ? "o" : "n"), limit, mostOfValue)
                        .onlyOne(connection, isOld);
    }
}
