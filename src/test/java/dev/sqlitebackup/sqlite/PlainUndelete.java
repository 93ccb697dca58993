package dev.sqlitebackup.sqlite;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** The rule by which rows come back, in plain Java over all rows of both databases, however long it takes. */
final class PlainUndelete {
    /** A row: its values by column, each as SQLite quotes it. Of rows with the same values, each is another one. */
    static final class Row {
        private final RandomSchema.Table table;
        private final Map<String, String> values;
        private final boolean isSelected;

        Row(RandomSchema.Table table, Map<String, String> values, boolean isSelected) {
            this.table = table;
            this.values = values;
            this.isSelected = isSelected;
        }

        RandomSchema.Table table() {
            return table;
        }

        Map<String, String> values() {
            return values;
        }

        boolean isSelected() {
            return isSelected;
        }

        String get(String column) {
            return values.get(column);
        }

        private Map<String, String> with(String column, String value) {
            Map<String, String> changed = new HashMap<>(values);
            changed.put(column, value);
            return changed;
        }
    }

    private final RandomSchema schema;
    private final Map<String, List<Row>> old;
    private final Map<String, List<Row>> live;
    private final Map<Row, Boolean> missing = new HashMap<>();
    private final Set<Row> chosen = new LinkedHashSet<>();

    PlainUndelete(RandomSchema schema, Map<String, List<Row>> old, Map<String, List<Row>> live) {
        this.schema = schema;
        this.old = old;
        this.live = live;
        schema.tables().forEach(this::findMissing);
    }

    private boolean isByKey(RandomSchema.Table table) {
        return table.kind() != RandomSchema.Kind.NONE
                && old.get(table.name()).stream().noneMatch(row -> row.get("k0").equals("NULL"));
    }

    private void findMissing(RandomSchema.Table table) {
        List<Row> left = new ArrayList<>(live.get(table.name()));
        for (Row row : old.get(table.name())) {
            boolean isThere =
                    isByKey(table) ? left.stream().anyMatch(other -> haveOneKey(row, other)) : removeFirst(left, row);
            missing.put(row, !isThere);
        }
    }

    private static boolean removeFirst(List<Row> rows, Row wanted) {
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).values.equals(wanted.values)) {
                rows.remove(i);
                return true;
            }
        }
        return false;
    }

    private static boolean haveOneKey(Row one, Row other) {
        return one.table.kind().columns().stream()
                .allMatch(column -> isSame(one.table.kind(), one.get(column), other.get(column)));
    }

    private static boolean isSame(RandomSchema.Kind kind, String one, String other) {
        return !one.equals("NULL")
                && (kind.ignoresCase && one.startsWith("'") ? fold(one).equals(fold(other)) : one.equals(other));
    }

    private static String fold(String value) {
        return value.toLowerCase(Locale.ROOT);
    }

    private boolean refers(Row child, RandomSchema.Key key, Row parent) {
        return parent.table.name().equals("t" + key.parent())
                && parent.table.kind().columns().stream()
                        .allMatch(column ->
                                isSame(parent.table.kind(), parent.get(column), child.get(key.prefix() + column)));
    }

    private boolean isSet(Row child, RandomSchema.Key key) {
        return key.columns(schema.tables().get(key.parent()).kind()).stream()
                .noneMatch(column -> child.get(column).equals("NULL"));
    }

    private List<Row> parents(Map<String, List<Row>> of, Row child, RandomSchema.Key key) {
        return of.get("t" + key.parent()).stream()
                .filter(parent -> refers(child, key, parent))
                .toList();
    }

    Collection<Row> choose(String table, boolean only) {
        old.get(table).stream()
                .filter(row -> row.isSelected && missing.get(row))
                .forEach(chosen::add);
        if (!only) {
            untilNothingIsFound(parent -> old.values().stream()
                    .flatMap(List::stream)
                    .filter(child -> child.table.keys().stream()
                            .anyMatch(key -> refers(child, key, parent) && !isDetached(child, key))));
            untilNothingIsFound(child -> child.table.keys().stream()
                    .filter(key -> parents(live, child, key).isEmpty())
                    .flatMap(key -> parents(old, child, key).stream()));
        }
        return chosen;
    }

    /** Whether a row without a key is there, and refers no longer to what was deleted. */
    private boolean isDetached(Row child, RandomSchema.Key key) {
        if (isByKey(child.table) || !key.onDelete().startsWith("SET ")) {
            return false;
        }
        RandomSchema.Kind parent = schema.tables().get(key.parent()).kind();
        List<String> columns = key.columns(parent);
        Map<String, String> detached = new HashMap<>(child.values);
        for (int i = 0; i < columns.size(); i++) {
            boolean hasDefault = key.onDelete().equals("SET DEFAULT")
                    && parent.types().get(i).equals("INTEGER");
            detached.put(columns.get(i), hasDefault ? "1" : "NULL");
        }
        return !child.values.equals(detached) && count(live, child.table, detached) > count(old, child.table, detached);
    }

    private static long count(Map<String, List<Row>> of, RandomSchema.Table table, Map<String, String> values) {
        return of.get(table.name()).stream()
                .filter(row -> row.values.equals(values))
                .count();
    }

    private void untilNothingIsFound(Function<Row, Stream<Row>> others) {
        boolean found = true;
        while (found) {
            List<Row> more = chosen.stream()
                    .flatMap(others)
                    .filter(row -> missing.get(row) && !chosen.contains(row))
                    .toList();
            found = chosen.addAll(more);
        }
    }

    /** How many of the selected rows are there with other values. */
    long changed(String table) {
        return old.get(table).stream()
                .filter(row -> row.isSelected && isByKey(row.table))
                .filter(row -> live.get(table).stream()
                        .anyMatch(other -> haveOneKey(row, other) && !row.values.equals(other.values)))
                .count();
    }

    /** @return why the database cannot take the chosen rows, null if it can */
    String obstacle() {
        for (Row row : chosen) {
            List<Row> others = Stream.concat(live.get(row.table.name()).stream(), chosen.stream())
                    .filter(other -> !other.equals(row) && other.table.name().equals(row.table.name()))
                    .toList();
            if (others.stream()
                    .anyMatch(other -> haveOneKey(row, other)
                            || row.table.isUnique()
                                    && !row.get("v0").equals("NULL")
                                    && Objects.equals(row.get("v0"), other.get("v0")))) {
                return "UNIQUE";
            }
            for (RandomSchema.Key key : row.table.keys()) {
                if (isSet(row, key)
                        && parents(live, row, key).isEmpty()
                        && chosen.stream().noneMatch(parent -> refers(row, key, parent))
                        && !parents(old, row, key).isEmpty()) {
                    return "FOREIGN KEY";
                }
            }
        }
        return null;
    }

    /** The rows of a table afterwards. */
    List<Map<String, String>> after(String table, boolean triggersRun) {
        List<Map<String, String>> rows = new ArrayList<>();
        for (Row row : live.get(table)) {
            long more = !triggersRun || !schema.haveCounters()
                    ? 0
                    : chosen.stream()
                            .mapToLong(child -> child.table.keys().stream()
                                    .filter(key -> refers(child, key, row))
                                    .count())
                            .sum();
            rows.add(more == 0 ? row.values : row.with("n", String.valueOf(Long.parseLong(row.get("n")) + more)));
        }
        chosen.stream().filter(row -> row.table.name().equals(table)).forEach(row -> rows.add(row.values));
        return rows;
    }
}
