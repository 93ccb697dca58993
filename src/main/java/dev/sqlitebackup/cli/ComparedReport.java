package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Compared;
import dev.sqlitebackup.core.Difference;
import dev.sqlitebackup.core.RestorePlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Says what a restore would change, row by row, before anything is done: OLD of the comparison is the backup, NEW the
 * database, so what only NEW has would go.
 */
final class ComparedReport {
    private static final int MOST_LINES = 20;

    private final Difference difference;
    /** By the name of the table, where only one of the two has it or it is defined otherwise. */
    private final Map<String, Difference.Definition> tables = new TreeMap<>();

    private ComparedReport(Difference difference) {
        this.difference = difference;
        difference.schema().stream()
                .filter(ComparedReport::isTable)
                .forEach(definition -> tables.put(definition.name(), definition));
    }

    /** @param plan of which something was compared */
    static List<String> lines(RestorePlan plan) {
        return new ComparedReport(plan.compared().difference())
                .lines(plan.database().toString());
    }

    private List<String> lines(String database) {
        List<Difference.Table> differing = difference.tables().stream()
                .filter(table -> table.differs() || tables.containsKey(table.name()))
                .toList();
        List<String> changes = new ArrayList<>();
        addUpTo(changes, differing.stream().map(this::line).toList(), "tables");
        List<String> definitions = Stream.concat(
                        difference.schema().stream().filter(definition -> !isTable(definition)),
                        tables.values().stream().filter(this::isUncompared))
                .map(ComparedReport::line)
                .toList();
        addUpTo(changes, definitions, "definitions");
        List<String> lines = new ArrayList<>();
        List<Difference.Table> others = difference.tables().stream()
                .filter(table -> !differing.contains(table))
                .toList();
        String same = DiffReport.counted(others);
        if (changes.isEmpty()) {
            lines.add("this would change no row and no definition of " + database + " (" + same + ")");
        } else {
            lines.add("this would change " + database + ":");
            lines.addAll(changes);
            if (!others.isEmpty()) {
                lines.add(DiffReport.sameIn(others, !differing.isEmpty()) + same);
            }
        }
        difference.uncompared().stream().map(DiffReport::uncompared).forEach(lines::add);
        return lines;
    }

    private static void addUpTo(List<String> lines, List<String> more, String what) {
        more.stream().limit(MOST_LINES).forEach(line -> lines.add("  " + line));
        if (more.size() > MOST_LINES) {
            lines.add("  and " + (more.size() - MOST_LINES) + " more " + what);
        }
    }

    private static boolean isTable(Difference.Definition definition) {
        return definition.type().equals("table");
    }

    private boolean isUncompared(Difference.Definition table) {
        return difference.tables().stream().noneMatch(one -> one.name().equals(table.name()));
    }

    /** messages: 12 rows would go, 3 would come back, 2 would change. */
    private String line(Difference.Table table) {
        List<String> parts = new ArrayList<>();
        addPart(parts, table.onlyNew(), "would go");
        addPart(parts, table.onlyOld(), "would come back");
        addPart(parts, table.changed(), "would change");
        if (tables.containsKey(table.name())) {
            parts.add("the table itself " + fate(tables.get(table.name()))
                    + DiffReport.ownColumns(
                            table.name(), difference, of -> of + " would come back", of -> of + " would go"));
        }
        return Legible.shortened(table.name()) + ": " + String.join(", ", parts);
    }

    private static void addPart(List<String> parts, long rows, String fate) {
        if (rows > 0) {
            parts.add((parts.isEmpty() ? DiffReport.counted(rows, "row") : Long.toString(rows)) + " " + fate);
        }
    }

    private static String line(Difference.Definition definition) {
        String what = definition.type() + " " + Legible.shortened(definition.name());
        return definition.type().equals("pragma")
                ? what + ": " + definition.newer() + " → " + definition.old()
                : what + " " + fate(definition);
    }

    private static String fate(Difference.Definition definition) {
        return definition.old() == null
                ? "would go"
                : definition.newer() == null ? "would come back" : "would be defined otherwise";
    }

    /**
     * What {@code diff} has, of a dry run.
     *
     * @param compared null where there is no database
     */
    static void put(Map<String, Object> fields, Compared compared) {
        if (compared != null && compared.difference() != null) {
            DiffReport.putFound(fields, compared.difference());
        } else {
            List.of("tables", "schema", "shadows", "uncompared").forEach(name -> fields.put(name, null));
        }
    }
}
