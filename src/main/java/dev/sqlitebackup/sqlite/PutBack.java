package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What came back to a database.
 *
 * @param tables that got rows, those first that others refer to; empty if nothing was missing
 * @param selected how many rows of the table the backup has, or the condition selects among them
 * @param changed how many of those are there with other values
 * @param partial what could not come back, a sentence each
 * @param warnings what else there is to say
 */
public record PutBack(List<Table> tables, long selected, long changed, List<String> partial, List<String> warnings) {
    /** How much of a value is shown. */
    private static final int MOST_OF_VALUE = 100;

    /** How many rows came back to a table, and the first ones. */
    public record Table(String name, long rows, List<DiffRow> first) {}

    /** @param show how many rows of each table */
    static PutBack of(List<LostTable> lost, int show, long selected, long changed, List<String> warnings)
            throws SQLException {
        List<Table> tables = new ArrayList<>();
        List<String> partial = new ArrayList<>();
        for (LostTable table : lost) {
            tables.add(new Table(table.name(), table.rows(), table.show(show, MOST_OF_VALUE)));
            List<String> without = lostColumns(table);
            if (!without.isEmpty()) {
                partial.add("column " + String.join(", ", without) + " is gone from table " + table.name()
                        + ": its values do not come back");
            }
            List<String> converted = table.convertedColumns();
            if (!converted.isEmpty()) {
                partial.add("column " + String.join(", ", converted) + " of table " + table.name()
                        + " has another type than in the backup, which made other values of some");
            }
        }
        return new PutBack(tables, selected, changed, partial, warnings);
    }

    /** Columns of the backup that hold values for which the database has no column any more. */
    private static List<String> lostColumns(LostTable table) {
        return table.old().columns().stream()
                .map(TableShape.Column::name)
                .filter(name -> table.live().column(name) == null)
                .toList();
    }

    PutBack withPartial(String sentence) {
        return new PutBack(
                tables,
                selected,
                changed,
                Stream.concat(partial.stream(), Stream.of(sentence)).toList(),
                warnings);
    }
}
