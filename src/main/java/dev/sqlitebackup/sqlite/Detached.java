package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Rows of a table without a key that are still there, and refer no longer to what was deleted: {@code ON DELETE SET
 * NULL} or {@code SET DEFAULT} has changed them, so that by their content alone they would be missing, and come back
 * beside what became of them.
 */
final class Detached {
    private static final Pattern LITERAL = Pattern.compile("(?i)NULL|[+-]?[0-9]+([.][0-9]+)?|'([^']|'')*'");

    private Detached() {}

    /**
     * Finds them, once for all rows: those of which the database has more with the same values and a key that was set
     * than the backup has. Which of these was which, nothing tells, so all of one content count.
     *
     * @param child of the key, of which the content alone tells whether a row is there
     * @param temporary the name of a temporary table that is free
     * @return that row {@code o} of the backup is one of them, null if the database declares nothing of the kind
     */
    static String condition(SqliteConnection connection, LostTable child, ForeignKey key, String temporary)
            throws SQLException {
        List<String> set = set(connection, child, key);
        if (set.isEmpty()) {
            return null;
        }
        List<String> others = child.old().columns().stream()
                .map(TableShape.Column::name)
                .filter(column -> child.live().column(column) != null)
                .filter(column ->
                        key.columns().stream().noneMatch(ofKey -> RowCounts.BY_NAME.compare(column, ofKey) == 0))
                .toList();
        List<String> identity = child.old().identity();
        String numbered = Identity.numbered(identity, "");
        String nobody = "NULL, ".repeat(identity.size());
        String all = "SELECT " + MissingRows.ByContent.named(identity) + ", iif(" + isSet("o", key, set)
                + ", -1, 0) AS more, "
                + MissingRows.ByContent.content(others, "o") + " FROM "
                + child.old().from("o") + " UNION ALL SELECT " + nobody
                + "1, " + MissingRows.ByContent.content(others, "l") + " FROM "
                + child.live().from("l") + " WHERE "
                + isSet("l", key, set);
        connection.execute("CREATE TABLE temp." + temporary + "(" + numbered + ", UNIQUE(" + numbered + "))");
        connection.execute("INSERT INTO temp." + temporary + " SELECT " + numbered + " FROM (SELECT *, sum(more) OVER "
                + "(PARTITION BY " + MissingRows.ByContent.values(others) + ") AS surplus FROM (" + all
                + ")) WHERE more = 0 AND surplus > 0");
        return "EXISTS (SELECT 1 FROM temp." + temporary + " AS d WHERE " + Identity.matched(identity, "+o", "d") + ")";
    }

    /** @return what the database's own key is set to where its parent goes, a value each; none where it is not set */
    private static List<String> set(SqliteConnection connection, LostTable child, ForeignKey key) throws SQLException {
        if (child.missing().isThere("TRUE") != null || !child.columns().containsAll(key.columns())) {
            return List.of();
        }
        String action = connection
                .query(
                        "SELECT on_delete FROM pragma_foreign_key_list(" + Sql.text(child.name()) + ", "
                                + Sql.text(LiveAndBackup.LIVE) + ") WHERE \"from\" = "
                                + Sql.text(key.columns().get(0)) + " COLLATE NOCASE AND \"table\" = "
                                + Sql.text(key.parent()) + " COLLATE NOCASE",
                        row -> row.getString(1).toUpperCase(Locale.ROOT))
                .stream()
                .findFirst()
                .orElse("");
        return switch (action) {
            case "SET NULL" -> key.columns().stream().map(column -> "NULL").toList();
            case "SET DEFAULT" -> defaults(connection, child, key);
            default -> List.of();
        };
    }

    /** Literals alone: what an expression of the schema would do, nobody knows. */
    private static List<String> defaults(SqliteConnection connection, LostTable child, ForeignKey key)
            throws SQLException {
        List<String> values = new ArrayList<>();
        for (String column : key.columns()) {
            connection
                    .query("SELECT coalesce(dflt_value, 'NULL') FROM pragma_table_xinfo(" + Sql.text(child.name())
                            + ", " + Sql.text(LiveAndBackup.LIVE) + ") WHERE name = " + Sql.text(column)
                            + " COLLATE NOCASE")
                    .stream()
                    .filter(value -> LITERAL.matcher(value).matches())
                    .forEach(values::add);
        }
        return values.size() == key.columns().size() ? values : List.of();
    }

    /** That the key of a row is what it was set to. */
    private static String isSet(String row, ForeignKey key, List<String> set) {
        return Sql.all(
                IntStream.range(0, set.size())
                        .mapToObj(i -> row + "." + Sql.name(key.columns().get(i)) + " IS (" + set.get(i) + ")")
                        .toList(),
                "AND");
    }
}
