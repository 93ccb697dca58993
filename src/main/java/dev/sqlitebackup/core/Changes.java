package dev.sqlitebackup.core;

import dev.sqlitebackup.sqlite.RowCounts;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What a restore takes away, and what it brings, in numbers of rows. Equal numbers do not prove equal rows.
 *
 * @param tables of the database and of what replaces it, by name; null where they could not be counted
 * @param uncounted virtual tables that only the application can read
 * @param whyNot why they could not be counted, null where they were
 * @param lastChangedAt when the database was last written, null where there is none or nobody can tell
 */
public record Changes(List<TableChange> tables, List<String> uncounted, String whyNot, Instant lastChangedAt) {
    static Changes between(RowCounts.Counted before, RowCounts.Counted after, Instant lastChangedAt) {
        SortedSet<String> uncounted = union(before.uncounted(), after.uncounted());
        SortedSet<String> tables = union(before.rows().keySet(), after.rows().keySet());
        tables.removeAll(uncounted);
        return new Changes(
                tables.stream()
                        .map(table -> change(table, before.rows(), after.rows()))
                        .toList(),
                List.copyOf(uncounted),
                null,
                lastChangedAt);
    }

    private static TableChange change(String table, SortedMap<String, Long> before, SortedMap<String, Long> after) {
        return new TableChange(table, before.get(table), after.get(table));
    }

    private static SortedSet<String> union(Iterable<String> some, Iterable<String> others) {
        SortedSet<String> union = new TreeSet<>(RowCounts.BY_NAME);
        some.forEach(union::add);
        others.forEach(union::add);
        return union;
    }

    static Changes unknown(String whyNot, Instant lastChangedAt) {
        return new Changes(null, List.of(), whyNot, lastChangedAt);
    }

    /**
     * How much later than the backup the database was last written, null if it was not; times of backups are whole
     * seconds.
     */
    public Duration changedAfter(Instant createdAt) {
        Duration later = lastChangedAt == null
                ? Duration.ZERO
                : Duration.between(
                        createdAt.truncatedTo(ChronoUnit.SECONDS), lastChangedAt.truncatedTo(ChronoUnit.SECONDS));
        return later.isNegative() || later.isZero() ? null : later;
    }
}
