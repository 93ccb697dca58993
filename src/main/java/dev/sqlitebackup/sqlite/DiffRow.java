package dev.sqlitebackup.sqlite;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A row that differs.
 *
 * @param inOld whether OLD has it
 * @param inNew whether NEW has it
 * @param cells its columns, in the order of OLD, or of the only one that has it
 */
public record DiffRow(boolean inOld, boolean inNew, List<Cell> cells) {
    /**
     * A column of it.
     *
     * @param isKey whether it is part of the key
     * @param differs whether its value is another one; false where only one has the row
     * @param old null where OLD has no such row
     * @param newer null where NEW has none
     */
    public record Cell(String column, boolean isKey, boolean differs, Value old, Value newer) {}

    /**
     * A value, as far as it is of use to whoever reads it.
     *
     * @param start null for NULL, a Long, a Double, or at most so much of a String or byte[] as was asked for
     * @param length of a text in characters, up to a NUL that is in it; of a blob in bytes; else 0
     */
    public record Value(Object start, long length) {
        private static Value of(ResultSet row, int column) throws SQLException {
            int value = column + 1;
            return switch (row.getString(column)) {
                case "integer" -> new Value(row.getLong(value), 0);
                case "real" -> new Value(row.getDouble(value), 0);
                case "text" -> new Value(row.getString(value), row.getLong(value + 1));
                case "blob" -> new Value(row.getBytes(value), row.getLong(value + 1));
                default -> new Value(null, 0);
            };
        }
    }

    private static final int COLUMNS_OF_VALUE = 3;

    /** What {@link Value} reads: the class, the start and the length. */
    private static String value(String column, int mostOfValue) {
        return "typeof(" + column + "), CASE WHEN typeof(" + column + ") IN ('text', 'blob') THEN substr(" + column
                + ", 1, " + mostOfValue + ") ELSE " + column + " END, length(" + column + ")";
    }

    /**
     * Which rows to read, and what of them.
     *
     * @param columns of the row
     * @param key of them, those that are its key
     * @param from where the rows are, as {@code o} of OLD and {@code n} of NEW, and what chooses among them
     * @param limit how many rows at most
     * @param mostOfValue how much of a value at most
     */
    record Wanted(List<String> columns, List<String> key, String from, int limit, int mostOfValue) {
        /** @return those that only one has */
        List<DiffRow> onlyOne(SqliteConnection connection, boolean old) throws SQLException {
            String alias = old ? "o." : "n.";
            List<String> values = columns.stream()
                    .map(column -> value(alias + Sql.name(column), mostOfValue))
                    .toList();
            return connection.query(select(values), row -> {
                List<Cell> cells = new ArrayList<>();
                for (int i = 0; i < columns.size(); i++) {
                    Value value = Value.of(row, 1 + i * COLUMNS_OF_VALUE);
                    cells.add(new Cell(
                            columns.get(i),
                            key.contains(columns.get(i)),
                            false,
                            old ? value : null,
                            old ? null : value));
                }
                return new DiffRow(old, !old, cells);
            });
        }

        /** @return those that both have, with other values */
        List<DiffRow> both(SqliteConnection connection) throws SQLException {
            List<String> values = columns.stream()
                    .map(Sql::name)
                    .flatMap(column -> Stream.of(
                            value("o." + column, mostOfValue),
                            value("n." + column, mostOfValue),
                            Sql.same("o." + column, "n." + column)))
                    .toList();
            return connection.query(select(values), row -> {
                List<Cell> cells = new ArrayList<>();
                for (int i = 0; i < columns.size(); i++) {
                    int first = 1 + i * (2 * COLUMNS_OF_VALUE + 1);
                    cells.add(new Cell(
                            columns.get(i),
                            key.contains(columns.get(i)),
                            row.getInt(first + 2 * COLUMNS_OF_VALUE) == 0,
                            Value.of(row, first),
                            Value.of(row, first + COLUMNS_OF_VALUE)));
                }
                return new DiffRow(true, true, cells);
            });
        }

        private String select(List<String> values) {
            return "SELECT " + String.join(", ", values) + " FROM " + from + " LIMIT " + limit;
        }
    }
}
