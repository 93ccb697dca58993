package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Difference;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Rows that differ, for people and for programs. */
final class DiffRows {
    private static final int LONGEST_VALUE = 60;
    /** How much of what two texts have in common is shown before the place where they differ. */
    private static final int BEFORE_DIFFERENCE = 10;

    private static final String MORE = "...";
    /** What no JSON has a word for; as SQLite writes it itself, and reads it. */
    private static final String INFINITY = "9e999";

    private DiffRows() {}

    /** @return none where nobody asked for rows */
    static List<String> lines(Difference.Table table) {
        List<String> lines = new ArrayList<>();
        if (table.rows() != null) {
            table.rows().forEach(row -> lines.add(line(row)));
            long more = table.differing() - table.rows().size();
            if (more > 0) {
                lines.add("and " + more + (more == 1 ? " more row" : " more rows")
                        + (table.differing() <= DiffCommand.MOST_ROWS
                                ? ": --limit=" + table.differing() + " shows all"
                                : ""));
            }
        }
        return lines;
    }

    private static String line(Difference.Row row) {
        if (row.inOld() && row.inNew()) {
            String key = row.cells().stream()
                    .filter(Difference.Cell::isKey)
                    .map(cell -> Legible.shortened(cell.column()) + "=" + text(cell.old(), 0))
                    .collect(Collectors.joining(", "));
            return "~ " + key + ": "
                    + row.cells().stream()
                            .filter(Difference.Cell::differs)
                            .map(DiffRows::change)
                            .collect(Collectors.joining(", "));
        }
        return (row.inOld() ? "- " : "+ ") + text(row);
    }

    /** Of a row that only one has. */
    static String text(Difference.Row row) {
        return row.cells().stream()
                .map(cell -> Legible.shortened(cell.column()) + "=" + text(row.inOld() ? cell.old() : cell.newer(), 0))
                .collect(Collectors.joining(", "));
    }

    private static String change(Difference.Cell cell) {
        int from = cell.old().start() instanceof String old && cell.newer().start() instanceof String newer
                ? Math.max(0, common(old, newer) - BEFORE_DIFFERENCE)
                : 0;
        return Legible.shortened(cell.column()) + ": " + text(cell.old(), from) + " → " + text(cell.newer(), from);
    }

    /** @return how many code points two texts begin with in common; 0 where both are short enough to be shown */
    private static int common(String old, String newer) {
        int[] one = old.codePoints().toArray();
        int[] other = newer.codePoints().toArray();
        int common = 0;
        while (common < Math.min(one.length, other.length) && one[common] == other[common]) {
            common++;
        }
        return Math.max(one.length, other.length) <= LONGEST_VALUE ? 0 : common;
    }

    /** As SQL writes it. */
    private static String text(Difference.Value value, int from) {
        Object start = value.start();
        if (start instanceof String text) {
            int[] points = text.codePoints().toArray();
            int begin = Math.min(from, points.length);
            int length = Math.min(LONGEST_VALUE, points.length - begin);
            return (begin > 0 ? MORE : "") + "'" + new String(points, begin, length).replace("'", "''") + "'"
                    + (value.isCut() || begin + length < points.length ? MORE : "");
        }
        if (start instanceof byte[] blob) {
            int length = Math.min(LONGEST_VALUE / 2, blob.length);
            return "x'" + HexFormat.of().formatHex(blob, 0, length) + "'" + (value.length() > length ? MORE : "");
        }
        if (start instanceof Double real && real.isInfinite()) {
            return infinite(real);
        }
        return start == null ? "NULL" : start.toString();
    }

    private static String infinite(double real) {
        return (real < 0 ? "-" : "") + INFINITY;
    }

    static Map<String, Object> fields(Difference.Row row) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("old", row.inOld() ? values(row, true) : null);
        fields.put("new", row.inNew() ? values(row, false) : null);
        fields.put(
                "differs",
                row.cells().stream()
                        .filter(Difference.Cell::differs)
                        .map(Difference.Cell::column)
                        .toList());
        return fields;
    }

    static Map<String, Object> values(Difference.Row row, boolean old) {
        Map<String, Object> values = new LinkedHashMap<>();
        row.cells().forEach(cell -> values.put(cell.column(), json(old ? cell.old() : cell.newer())));
        return values;
    }

    /** What JSON has no word for, and what is cut, is an object. */
    private static Object json(Difference.Value value) {
        Object start = value.start();
        if (start instanceof Double real && real.isInfinite()) {
            return new BigDecimal(infinite(real));
        }
        if (start instanceof byte[] blob) {
            return partOf("blob", HexFormat.of().formatHex(blob), value);
        }
        return value.isCut() ? partOf("text", start, value) : start;
    }

    private static Map<String, Object> partOf(String type, Object start, Difference.Value value) {
        Map<String, Object> part = new LinkedHashMap<>();
        part.put(type, start);
        part.put("length", value.length());
        return part;
    }
}
