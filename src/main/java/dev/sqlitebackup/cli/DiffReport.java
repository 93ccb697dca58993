package dev.sqlitebackup.cli;

import dev.sqlitebackup.Times;
import dev.sqlitebackup.core.Difference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What {@code diff} says: a line for each table that differs, definitions below, rows where they are wanted. */
record DiffReport(Output output) {
    private static final int MOST_COLUMNS = 10;
    private static final List<String> HEADER = List.of("only in OLD", "only in NEW", "changed", "same");

    /** @return the exit code */
    int print(Difference difference) {
        List<String> warnings = Stream.concat(
                        difference.warnings().stream(),
                        difference.uncompared().stream().map(DiffReport::uncompared))
                .toList();
        output.success(lines(difference), warnings, fields(difference));
        return ExitCodes.OK;
    }

    private static List<String> lines(Difference difference) {
        List<Difference.Table> differing =
                difference.tables().stream().filter(Difference.Table::differs).toList();
        List<Difference.Table> others =
                difference.tables().stream().filter(table -> !table.differs()).toList();
        List<Difference.Table> same =
                others.stream().filter(Difference.Table::isInBoth).toList();
        String inSame = counted(same);
        String shadows = difference.shadows().isEmpty()
                ? ""
                : "left out, because they keep the content of virtual tables: "
                        + String.join(", ", difference.shadows());
        if (differing.isEmpty() && difference.schema().isEmpty()) {
            return List.of((difference.uncompared().isEmpty()
                            ? "no difference ("
                            : "no difference in what could be compared (")
                    + inSame + ")" + (shadows.isEmpty() ? "" : "; " + shadows));
        }
        List<String> lines = new ArrayList<>();
        lines.add("OLD: " + side(difference.old()));
        lines.add("NEW: " + side(difference.newer()));
        if (!differing.isEmpty()) {
            lines.addAll(table(differing));
        }
        if (!same.isEmpty()) {
            lines.add(sameIn(others, !differing.isEmpty()) + inSame);
        }
        differing.forEach(table -> lines.addAll(DiffRows.lines(table)));
        difference.schema().forEach(definition -> lines.add(line(definition) + ownColumns(definition, difference)));
        if (!shadows.isEmpty()) {
            lines.add(shadows);
        }
        return lines;
    }

    static String uncompared(Difference.Uncompared table) {
        return "rows not compared: table " + table.table() + " (" + table.why() + ")";
    }

    /**
     * Of tables whose rows do not differ, as far as both have them.
     *
     * @param others whether there are tables that differ
     */
    static String sameIn(List<Difference.Table> tables, boolean others) {
        boolean inAllOfBoth = tables.stream().allMatch(Difference.Table::isInBoth);
        boolean inAllColumns = tables.stream()
                .filter(Difference.Table::isInBoth)
                .noneMatch(table -> table.own().exist());
        return (others ? "the same in all others" : "the rows are the same in all tables")
                + (inAllOfBoth ? "" : " that both have")
                + (inAllColumns ? "" : ", in the columns that both have")
                + ": ";
    }

    /** 3 tables, 120 rows: of tables that do not differ. */
    static String counted(List<Difference.Table> same) {
        long rows = same.stream().mapToLong(Difference.Table::same).sum();
        return counted(same.size(), "table") + ", " + counted(rows, "row");
    }

    static String counted(long number, String what) {
        return number + " " + what + (number == 1 ? "" : "s");
    }

    private static String side(Difference.Side side) {
        return side.location()
                + (side.createdAt() == null ? ", as it is now" : ", of " + Times.local(side.createdAt()));
    }

    private static List<String> table(List<Difference.Table> tables) {
        List<String> names =
                tables.stream().map(table -> Legible.shortened(table.name())).toList();
        int width = names.stream().mapToInt(String::length).max().orElse(0);
        width = Math.max(width, "table".length());
        List<String> lines = new ArrayList<>();
        lines.add(left("table", width) + "  " + String.join("  ", HEADER));
        for (int i = 0; i < tables.size(); i++) {
            Difference.Table table = tables.get(i);
            List<Long> counts = List.of(table.onlyOld(), table.onlyNew(), table.changed(), table.same());
            StringBuilder line = new StringBuilder(left(names.get(i), width));
            for (int column = 0; column < counts.size(); column++) {
                line.append("  ")
                        .append(Legible.right(
                                counts.get(column).toString(),
                                HEADER.get(column).length()));
            }
            lines.add(line.toString());
        }
        return lines;
    }

    private static String left(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    private static String line(Difference.Definition definition) {
        String what = definition.type() + " " + Legible.shortened(definition.name());
        return definition.type().equals("pragma")
                ? what + ": " + definition.old() + " → " + definition.newer()
                : definition.newer() == null
                        ? "only in OLD: " + what
                        : definition.old() == null ? "only in NEW: " + what : "defined otherwise: " + what;
    }

    /** Of a table that both have: (only in OLD: column a; only in NEW: columns b, c). */
    private static String ownColumns(Difference.Definition definition, Difference difference) {
        return definition.type().equals("table")
                ? ownColumns(definition.name(), difference, of -> "only in OLD: " + of, of -> "only in NEW: " + of)
                : "";
    }

    /**
     * What becomes of the columns of a table that only one of both has, in brackets.
     *
     * @param ofOld says it of those of OLD, which it is given as one phrase
     * @return empty where there are none
     */
    static String ownColumns(
            String table, Difference difference, UnaryOperator<String> ofOld, UnaryOperator<String> ofNew) {
        return difference.tables().stream()
                .filter(one ->
                        one.name().equals(table) && one.isInBoth() && one.own().exist())
                .findFirst()
                .map(Difference.Table::own)
                .map(own -> Stream.concat(columns(own.old(), ofOld), columns(own.newer(), ofNew))
                        .collect(Collectors.joining("; ", " (", ")")))
                .orElse("");
    }

    private static Stream<String> columns(List<String> names, UnaryOperator<String> said) {
        if (names.isEmpty()) {
            return Stream.of();
        }
        String shown =
                names.stream().limit(MOST_COLUMNS).map(Legible::shortened).collect(Collectors.joining(", "));
        int more = names.size() - MOST_COLUMNS;
        return Stream.of(said.apply(
                (names.size() == 1 ? "column " : "columns ") + shown + (more > 0 ? " and " + more + " more" : "")));
    }

    private static Map<String, Object> fields(Difference difference) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("old", side(difference.old().location(), difference.old()));
        fields.put("new", side(difference.newer().location(), difference.newer()));
        putFound(fields, difference);
        return fields;
    }

    /** What was found, without what was compared. */
    static void putFound(Map<String, Object> fields, Difference difference) {
        fields.put(
                "tables", difference.tables().stream().map(DiffReport::fields).toList());
        fields.put(
                "schema", difference.schema().stream().map(DiffReport::fields).toList());
        fields.put("shadows", difference.shadows());
        fields.put(
                "uncompared",
                difference.uncompared().stream().map(DiffReport::fields).toList());
    }

    private static Map<String, Object> side(String where, Difference.Side side) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put(side.createdAt() == null ? "database" : "backup", where);
        fields.put("createdAt", Reporter.text(side.createdAt()));
        return fields;
    }

    private static Map<String, Object> fields(Difference.Table table) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("table", table.name());
        fields.put("onlyOld", table.onlyOld());
        fields.put("onlyNew", table.onlyNew());
        fields.put("changed", table.changed());
        fields.put("same", table.same());
        fields.put("columnsOnlyOld", table.isInBoth() ? table.own().old() : null);
        fields.put("columnsOnlyNew", table.isInBoth() ? table.own().newer() : null);
        if (table.rows() != null) {
            fields.put("rows", table.rows().stream().map(DiffRows::fields).toList());
        }
        return fields;
    }

    private static Map<String, Object> fields(Difference.Definition definition) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("type", definition.type());
        fields.put("name", definition.name());
        fields.put("old", definition.old());
        fields.put("new", definition.newer());
        return fields;
    }

    private static Map<String, Object> fields(Difference.Uncompared table) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("table", table.table());
        fields.put("why", table.why());
        return fields;
    }
}
