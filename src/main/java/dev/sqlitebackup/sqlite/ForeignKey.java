package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A foreign key as a schema declares it.
 *
 * @param child the table that declares it
 * @param columns of the child
 * @param parent the table that it refers to, with the name that it has in its database
 * @param parentColumns what they refer to, one each
 */
record ForeignKey(String child, List<String> columns, String parent, List<String> parentColumns) {
    /** One row of {@code pragma_foreign_key_list}: a column of a key. */
    private record Part(int key, String parent, String from, String to) {}

    /**
     * Those whose tables and columns are all there; others refer to nothing.
     *
     * @param schema by which SQLite knows the database
     */
    static List<ForeignKey> of(SqliteConnection connection, String schema, Tables tables) throws SQLException {
        List<ForeignKey> keys = new ArrayList<>();
        for (Tables.Kind child : tables.kinds().values()) {
            Map<Integer, List<Part>> parts = new TreeMap<>();
            connection
                    .query(
                            "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list("
                                    + Sql.text(child.name()) + ", " + Sql.text(schema) + ") ORDER BY id, seq",
                            row -> new Part(row.getInt(1), row.getString(2), row.getString(3), row.getString(4)))
                    .forEach(part -> parts.computeIfAbsent(part.key, key -> new ArrayList<>())
                            .add(part));
            for (List<Part> key : parts.values()) {
                Tables.Kind parent = tables.kinds().get(key.get(0).parent);
                if (parent != null) {
                    add(keys, child.name(), key, TableShape.of(connection, schema, parent.name(), parent.kind()));
                }
            }
        }
        return keys;
    }

    private static void add(List<ForeignKey> keys, String child, List<Part> parts, TableShape parent) {
        boolean isNamed = parts.get(0).to != null; // Else its primary key is meant.
        if (!isNamed && parent.key().size() != parts.size()) {
            return;
        }
        List<String> to = IntStream.range(0, parts.size())
                .mapToObj(i -> isNamed ? parts.get(i).to : parent.key().get(i))
                .toList();
        if (to.stream().allMatch(column -> parent.readable(column) != null)) {
            keys.add(new ForeignKey(child, parts.stream().map(Part::from).toList(), parent.name(), to));
        }
    }

    boolean isOf(String table) {
        return RowCounts.BY_NAME.compare(child, table) == 0;
    }

    boolean refersTo(String table) {
        return RowCounts.BY_NAME.compare(parent, table) == 0;
    }

    /** That one row refers to another; by the affinity and collation of what it refers to, as SQLite compares them. */
    String matched(String ofChild, String ofParent) {
        return matchedByIndex("+" + ofChild, ofParent);
    }

    /** The same where both have one affinity, so that an index of the child may help. */
    String matchedByIndex(String ofChild, String ofParent) {
        return Sql.all(
                IntStream.range(0, columns.size())
                        .mapToObj(i -> ofParent + "." + Sql.name(parentColumns.get(i)) + " = " + ofChild + "."
                                + Sql.name(columns.get(i)))
                        .toList(),
                "AND");
    }

    /** That a row refers to something at all. */
    String isSet(String ofChild) {
        return Sql.all(
                columns.stream()
                        .map(column -> ofChild + "." + Sql.name(column) + " IS NOT NULL")
                        .toList(),
                "AND");
    }
}
