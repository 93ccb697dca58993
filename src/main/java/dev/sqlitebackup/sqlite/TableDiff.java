package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** What differs in the rows of one table. SQLite does the matching: no table is in the memory of Java. */
interface TableDiff {
    /** How much of all values together is read at most, so that rows to show take a bounded part of the memory. */
    int MOST_CHARACTERS = 4 << 20;

    /** Each takes its own room in Java, however short it is. */
    int MOST_VALUES = 100_000;

    int MOST_OF_VALUE = 1000;
    int LEAST_OF_VALUE = 16;

    /**
     * How many rows.
     *
     * @param onlyOld that only OLD has
     * @param onlyNew that only NEW has
     * @param changed that both have by their key, with other values
     * @param same that both have as they are
     */
    record Counts(long onlyOld, long onlyNew, long changed, long same) {}

    /** Compares all rows. */
    Counts counts() throws SQLException;

    /** The columns that are compared. */
    List<String> columns();

    /** The rows that only OLD has; to be asked after {@link #counts}, as the other two. */
    List<DiffRow> onlyOld(int limit, int mostOfValue) throws SQLException;

    List<DiffRow> changed(int limit, int mostOfValue) throws SQLException;

    List<DiffRow> onlyNew(int limit, int mostOfValue) throws SQLException;

    /** Those that differ, to show: what was lost comes first. */
    default List<DiffRow> rows(int most) throws SQLException {
        int limit = Math.min(most, Math.max(1, MOST_VALUES / columns().size()));
        int values = Math.max(1, 2 * limit * columns().size());
        int mostOfValue = Math.max(LEAST_OF_VALUE, Math.min(MOST_OF_VALUE, MOST_CHARACTERS / values));
        List<DiffRow> rows = new ArrayList<>(onlyOld(limit, mostOfValue));
        rows.addAll(changed(limit - rows.size(), mostOfValue));
        rows.addAll(onlyNew(limit - rows.size(), mostOfValue));
        return rows;
    }

    /**
     * Of a table.
     *
     * @param old null where OLD has none of that name
     * @param newer null where NEW has none
     */
    static TableDiff of(SqliteConnection connection, TableShape old, TableShape newer) throws SQLException {
        if (old == null || newer == null) {
            return new AloneDiff(connection, old, newer);
        }
        List<String> columns = old.columns().stream()
                .map(TableShape.Column::name)
                .filter(name -> newer.column(name) != null)
                .toList();
        if (columns.isEmpty()) {
            return new AloneDiff(connection, old, newer);
        }
        List<String> key = old.hasKeyOf(newer) ? old.key() : List.of();
        return KeyedDiff.isPossible(connection, old, newer, key)
                ? new KeyedDiff(connection, old, newer, columns, key)
                : new ContentDiff(connection, old, newer, columns, key);
    }
}
