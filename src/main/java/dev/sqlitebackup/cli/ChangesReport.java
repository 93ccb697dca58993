package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Changes;
import dev.sqlitebackup.core.RestorePlan;
import dev.sqlitebackup.core.TableChange;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Says what a restore takes away: for people, and for programs. */
final class ChangesReport {
    private static final int MOST_TABLES = 20;

    private ChangesReport() {}

    /** @return one line where nothing is lost */
    static List<String> lines(RestorePlan plan) {
        return lines(plan.database(), plan.changes(), plan.content().manifest().createdAt());
    }

    static List<String> lines(Path database, Changes changes, Instant createdAt) {
        Duration later = changes.changedAfter(createdAt);
        String changed = later == null
                ? ""
                : "the database was last changed " + Output.age(later) + " after the backup was made";
        List<String> lines = new ArrayList<>();
        if (changes.tables() == null) {
            lines.add(
                    "what this removes cannot be counted: " + changes.whyNot() + (later == null ? "" : "; " + changed));
        } else if (changes.lastChangedAt() == null) {
            lines.add("this removes nothing: there is no database at " + database + " yet");
        } else if (changes.tables().stream().noneMatch(TableChange::isLoss)) {
            lines.add("no table has fewer rows afterwards (rows that have changed are not seen by this)"
                    + (later == null ? "" : "; " + changed));
        } else {
            lines.add("this removes rows or tables of " + database + " (now → afterwards):");
            addTables(
                    lines, changes.tables().stream().filter(TableChange::isLoss).toList());
            List<TableChange> gains = changes.tables().stream()
                    .filter(table -> table.differs() && !table.isLoss())
                    .toList();
            if (!gains.isEmpty()) {
                lines.add("it adds to others:");
                addTables(lines, gains);
            }
            if (later != null) {
                lines.add(changed);
            }
        }
        if (!changes.uncounted().isEmpty()) {
            lines.add("not counted, because only the application can: "
                    + String.join(
                            ", ",
                            changes.uncounted().stream()
                                    .limit(MOST_TABLES)
                                    .map(Output::shortened)
                                    .toList()));
        }
        return lines;
    }

    private static void addTables(List<String> lines, List<TableChange> differing) {
        differing.stream().limit(MOST_TABLES).map(ChangesReport::line).forEach(lines::add);
        if (differing.size() > MOST_TABLES) {
            lines.add("  and " + (differing.size() - MOST_TABLES) + " more tables");
        }
    }

    private static String line(TableChange change) {
        return "  " + Output.shortened(change.table()) + ": "
                + (change.rowsBefore() == null
                        ? "no such table → " + rows(change.rowsAfter())
                        : change.rowsAfter() == null
                                ? rows(change.rowsBefore()) + " → no such table"
                                : change.rowsBefore() + " → " + rows(change.rowsAfter()));
    }

    private static String rows(long rows) {
        return rows == 1 ? "1 row" : rows + " rows";
    }

    /** @return null where it could not be counted */
    static List<Map<String, Object>> fields(Changes changes) {
        return changes.tables() == null
                ? null
                : changes.tables().stream().map(ChangesReport::fields).toList();
    }

    private static Map<String, Object> fields(TableChange change) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("table", change.table());
        fields.put("rowsBefore", change.rowsBefore());
        fields.put("rowsAfter", change.rowsAfter());
        return fields;
    }
}
