package dev.sqlitebackup.core;

import dev.sqlitebackup.sqlite.DatabaseDiff;
import dev.sqlitebackup.sqlite.DiffRow;
import java.time.Instant;
import java.util.List;

/**
 * What differs between two states of a database.
 *
 * @param tables by name, each that at least one of them has, whether it differs or not
 * @param schema definitions that differ
 * @param shadows tables that keep the content of a virtual one, and are left out
 * @param uncompared tables whose rows could not be compared
 * @param warnings about either of them, one sentence each
 */
public record Difference(
        Side old,
        Side newer,
        List<Table> tables,
        List<Definition> schema,
        List<String> shadows,
        List<Uncompared> uncompared,
        List<String> warnings) {
    /**
     * One of the two.
     *
     * @param location where it is
     * @param createdAt of a backup, null for a database as it is now
     */
    public record Side(String location, Instant createdAt) {}

    /**
     * A table.
     *
     * @param own null where only one has the table
     * @param onlyOld rows that only OLD has
     * @param onlyNew rows that only NEW has
     * @param changed rows that both have by their key, with other values
     * @param same rows that both have as they are
     * @param rows that differ, as many as were asked for; null where nobody did
     */
    public record Table(
            String name, OwnColumns own, long onlyOld, long onlyNew, long changed, long same, List<Row> rows) {
        /** Whether any row does. */
        public boolean differs() {
            return differing() > 0;
        }

        /** How many rows do. */
        public long differing() {
            return onlyOld + onlyNew + changed;
        }

        /** Whether both have it. */
        public boolean isInBoth() {
            return own != null;
        }
    }

    /** The columns of a table that only one of both holds values in: they are not compared. */
    public record OwnColumns(List<String> old, List<String> newer) {
        /** Whether there are any. */
        public boolean exist() {
            return !old.isEmpty() || !newer.isEmpty();
        }
    }

    /** A definition; null where one has none. The type of a number in the header is {@code pragma}. */
    public record Definition(String type, String name, String old, String newer) {}

    /** A table, and why its rows could not be compared. */
    public record Uncompared(String table, String why) {}

    /** A row that differs. */
    public record Row(boolean inOld, boolean inNew, List<Cell> cells) {}

    /**
     * A column of it.
     *
     * @param old null where OLD has no such row
     * @param newer null where NEW has none
     */
    public record Cell(String column, boolean isKey, boolean differs, Value old, Value newer) {}

    /**
     * A value.
     *
     * @param start null for NULL, a Long, a Double, a String or a byte[], of which a long one is cut
     * @param length of the whole text or blob, else 0
     */
    public record Value(Object start, long length) {
        private static Value of(DiffRow.Value value) {
            return value == null ? null : new Value(value.start(), value.length());
        }

        /** Whether there is more of it. */
        public boolean isCut() {
            return start instanceof String text
                    ? length > text.codePointCount(0, text.length())
                    : start instanceof byte[] blob && length > blob.length;
        }
    }

    static Difference of(Side old, Side newer, DatabaseDiff.Found found, List<String> warnings) {
        return new Difference(
                old,
                newer,
                found.tables().stream().map(Difference::table).toList(),
                found.schema().stream()
                        .map(definition -> new Definition(
                                definition.type(), definition.name(), definition.old(), definition.newer()))
                        .toList(),
                found.shadows(),
                found.uncompared().stream()
                        .map(table -> new Uncompared(table.name(), table.why()))
                        .toList(),
                warnings);
    }

    private static Table table(DatabaseDiff.Table table) {
        return new Table(
                table.name(),
                table.own() == null
                        ? null
                        : new OwnColumns(table.own().old(), table.own().newer()),
                table.onlyOld(),
                table.onlyNew(),
                table.changed(),
                table.same(),
                table.rows() == null ? null : rows(table.rows()));
    }

    static List<Row> rows(List<DiffRow> rows) {
        return rows.stream().map(Difference::row).toList();
    }

    private static Row row(DiffRow row) {
        return new Row(
                row.inOld(),
                row.inNew(),
                row.cells().stream()
                        .map(cell -> new Cell(
                                cell.column(),
                                cell.isKey(),
                                cell.differs(),
                                Value.of(cell.old()),
                                Value.of(cell.newer())))
                        .toList());
    }
}
