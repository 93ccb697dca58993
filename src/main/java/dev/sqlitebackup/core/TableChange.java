package dev.sqlitebackup.core;

import java.util.Objects;

/**
 * What a restore does to a table.
 *
 * @param rowsBefore in the database, null where it has no such table
 * @param rowsAfter in what replaces it, null where that has no such table
 */
public record TableChange(String table, Long rowsBefore, Long rowsAfter) {
    /** Whether the number of rows, or that there is such a table, changes. */
    public boolean differs() {
        return !Objects.equals(rowsBefore, rowsAfter);
    }

    /** Whether rows, or the table itself, go. */
    public boolean isLoss() {
        return rowsBefore != null && (rowsAfter == null || rowsAfter < rowsBefore);
    }
}
