package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Changes;
import dev.sqlitebackup.core.RestorePlan;
import dev.sqlitebackup.core.TableChange;
import java.nio.file.Path;
import java.time.Duration;
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
        Duration later = plan.changes().changedAfter(plan.content().manifest().createdAt());
        String changed = later == null
                ? ""
                : "the database was last changed " + Legible.age(later) + " after the backup was made";
        if (plan.compared() == null) {
            return lines(plan, changed);
        }
        List<String> lines = new ArrayList<>();
        if (plan.compared().difference() == null) {
            lines.add(uncompared(plan));
            lines.addAll(lines(plan, changed));
        } else {
            lines.addAll(ComparedReport.lines(plan));
            if (!changed.isEmpty()) {
                lines.add(changed);
            }
        }
        return lines;
    }

    /** Why it is not known row by row. */
    static String uncompared(RestorePlan plan) {
        return "what this would change was not compared row by row: "
                + plan.compared().whyNot();
    }

    /** @param changed how much later the database was changed, empty if it was not */
    private static List<String> lines(RestorePlan plan, String changed) {
        Path database = plan.database();
        Changes changes = plan.changes();
        List<String> lines = new ArrayList<>();
        if (changes.tables() == null) {
            lines.add("what this removes cannot be counted: " + changes.whyNot()
                    + (changed.isEmpty() ? "" : "; " + changed));
        } else if (changes.lastChangedAt() == null) {
            lines.add("this removes nothing: there is no database at " + database + " yet");
        } else if (changes.tables().stream().noneMatch(TableChange::isLoss)) {
            lines.add("no table loses rows (changed values are not compared)"
                    + (changed.isEmpty() ? "" : "; " + changed));
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
            if (!changed.isEmpty()) {
                lines.add(changed);
            }
        }
        if (!changes.uncounted().isEmpty()) {
            lines.add("not counted, because only the application can: "
                    + String.join(
                            ", ",
                            changes.uncounted().stream()
                                    .limit(MOST_TABLES)
                                    .map(Legible::shortened)
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
        return "  " + Legible.shortened(change.table()) + ": "
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
