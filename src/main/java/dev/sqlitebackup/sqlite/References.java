package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Interruption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which rows belong to others that come back, by the foreign keys that the backup declares: those that refer to them,
 * and those that they refer to, as far as they are missing in the database. A row is chosen once, so keys may go in
 * circles.
 */
final class References {
    private final SqliteConnection connection;
    private final Tables old;
    private final Tables live;
    private final List<ForeignKey> keys;
    private final SortedMap<String, LostTable> lost = new TreeMap<>(RowCounts.BY_NAME);
    private final List<String> warnings = new ArrayList<>();
    /** By key: that a row is there, and was detached. */
    private final Map<ForeignKey, Optional<String>> detached = new HashMap<>();

    private long round;

    References(SqliteConnection connection, Tables old, Tables live) throws SQLException {
        this.connection = connection;
        this.old = old;
        this.live = live;
        this.keys = ForeignKey.of(connection, LiveAndBackup.BACKUP, old);
    }

    /** @return null where the backup or the database has no such table */
    LostTable table(String name) throws SQLException {
        LostTable known = lost.get(name);
        if (known == null && old.kinds().containsKey(name) && live.kinds().containsKey(name)) {
            known = LostTable.of(
                    connection,
                    shape(LiveAndBackup.BACKUP, old.kinds().get(name)),
                    shape(LiveAndBackup.LIVE, live.kinds().get(name)),
                    lost.size());
            lost.put(name, known);
        }
        return known;
    }

    private TableShape shape(String schema, Tables.Kind kind) throws SQLException {
        return TableShape.of(connection, schema, kind.name(), kind.kind());
    }

    /** Chooses the rows that refer to chosen ones, and those that refer to these. */
    void chooseReferring() throws SQLException {
        long found;
        do {
            Interruption.check();
            found = 0;
            for (ForeignKey key : keys) {
                LostTable parent = lost.get(key.parent());
                if (parent != null && parent.rows() > 0) {
                    found += chooseReferring(key, parent);
                }
            }
            round++;
        } while (found > 0);
    }

    private long chooseReferring(ForeignKey key, LostTable parent) throws SQLException {
        LostTable child = table(key.child());
        if (child == null) {
            warnIfAny(key, parent);
            return 0;
        }
        String missing = child.missing().condition()
                + detached(key, child).map(condition -> " AND NOT " + condition).orElse("");
        return child == parent
                ? child.chooseChain(
                        mayUseIndex(key, parent.old(), child.old())
                                ? key.matchedByIndex("o", "p")
                                : key.matched("o", "p"),
                        round,
                        missing)
                : child.choose(referring(parent, key, child.old()) + " AND " + missing, round + 1);
    }

    /** That row {@code o} is there, and refers no longer to what was deleted. */
    Optional<String> detached(ForeignKey key, LostTable child) throws SQLException {
        Optional<String> known = detached.get(key);
        if (known == null) {
            known = Optional.ofNullable(Detached.condition(connection, child, key, "detached_" + detached.size()));
            detached.put(key, known);
        }
        return known;
    }

    /** Rows {@code o} that refer to those that were chosen in this round. */
    private String referring(LostTable parent, ForeignKey key, TableShape child) throws SQLException {
        return referring(parent, child, key) + " WHERE w.round = " + round;
    }

    /**
     * Rows {@code o} that refer to chosen ones. By an index where there is one; else all rows are read once, and what
     * they refer to is looked for: SQLite would read them all for each that was chosen.
     */
    String referring(LostTable parent, TableShape child, ForeignKey key) throws SQLException {
        return mayUseIndex(key, parent.old(), child) && isIndexed(key, child)
                ? parent.chosenRows("p") + " CROSS JOIN " + child.from("o") + " ON " + key.matchedByIndex("o", "p")
                : child.from("o") + " CROSS JOIN " + parent.old().from("p") + " ON " + key.matched("o", "p")
                        + " CROSS JOIN " + parent.chosen("p");
    }

    /** An index of what is compared in another way is of no use. */
    private static boolean mayUseIndex(ForeignKey key, TableShape parent, TableShape child) {
        return IntStream.range(0, key.columns().size())
                .allMatch(i -> child.readable(key.columns().get(i))
                        .affinity()
                        .equals(parent.readable(key.parentColumns().get(i)).affinity()));
    }

    private boolean isIndexed(ForeignKey key, TableShape child) throws SQLException {
        String schema = ", " + Sql.text(LiveAndBackup.BACKUP) + ")";
        return child.isRowid(key.columns())
                || connection
                        .query("SELECT x.name FROM pragma_index_list(" + Sql.text(key.child()) + schema
                                + " AS l, pragma_index_xinfo(l.name" + schema
                                + " AS x WHERE x.seqno = 0 AND NOT l.partial")
                        .stream()
                        .anyMatch(key.columns()::contains);
    }

    private void warnIfAny(ForeignKey key, LostTable parent) throws SQLException {
        TableShape child = shape(LiveAndBackup.BACKUP, old.kinds().get(key.child()));
        long rows = connection.count(referring(parent, key, child));
        if (rows > 0) {
            warnings.add(rows(rows) + " of table " + key.child() + " referred to them; the database has "
                    + "no such table any more");
        }
    }

    static String rows(long number) {
        return number + (number == 1 ? " row" : " rows");
    }

    /** Chooses the rows that chosen ones refer to, as far as nothing in the database is what is referred to. */
    void chooseReferred() throws SQLException {
        long from = 0;
        long found;
        do {
            Interruption.check();
            round++;
            found = 0;
            for (ForeignKey key : keys) {
                LostTable child = lost.get(key.child());
                LostTable parent = child == null || child.rows() == 0 ? null : table(key.parent());
                if (parent != null && hasReferred(parent, key)) {
                    found += parent.chooseBefore(
                            child.chosenRows("c") + " CROSS JOIN "
                                    + parent.old().from("o") + " ON "
                                    + key.matched("c", "o") + " WHERE w.round >= " + from + " AND "
                                    + parent.missing().condition() + " AND NOT EXISTS (SELECT 1 FROM "
                                    + parent.live().from("l") + " WHERE " + key.matched("c", "l") + ")",
                            round);
                }
            }
            from = round;
        } while (found > 0);
    }

    private static boolean hasReferred(LostTable parent, ForeignKey key) {
        return key.parentColumns().stream().allMatch(column -> parent.live().readable(column) != null);
    }

    /** That a row refers to one that a database does not have. */
    static String refersToNothing(String row, ForeignKey key, String schema) {
        return key.isSet(row) + " AND NOT EXISTS (SELECT 1 FROM " + schema + "." + Sql.name(key.parent())
                + " AS r WHERE " + key.matched(row, "r") + ")";
    }

    /**
     * That row {@code o} refers by a key of the database to nothing, now that it is there, and did not in the backup.
     *
     * @return null where it has no such column
     */
    String orphaned(LostTable table, ForeignKey key) {
        String isThere = table.missing().isThere(refersToNothing("l", key, LiveAndBackup.LIVE));
        boolean hadColumns =
                key.columns().stream().allMatch(column -> table.old().readable(column) != null);
        String orphaned = isThere == null && hadColumns ? refersToNothing("o", key, LiveAndBackup.LIVE) : isThere;
        return orphaned != null && keys.contains(key)
                ? orphaned + " AND NOT (" + refersToNothing("o", key, LiveAndBackup.BACKUP) + ")"
                : orphaned;
    }

    /** @return what rows referred to, where their table is gone: a sentence each */
    List<String> warnings() {
        return warnings;
    }

    /** Those that the backup declares. */
    List<ForeignKey> keys() {
        return keys;
    }

    /** @return the table, if rows of it were looked for; else null */
    LostTable known(String name) {
        return lost.get(name);
    }

    boolean isLive(String table) {
        return live.kinds().containsKey(table);
    }

    /** The tables of which rows come back. */
    Collection<LostTable> chosen() {
        return lost.values().stream().filter(table -> table.rows() > 0).toList();
    }

    /** The same, those first that others refer to; where keys go in circles, as it comes. */
    List<LostTable> parentsFirst() {
        List<LostTable> ordered = new ArrayList<>();
        List<LostTable> left = new ArrayList<>(chosen());
        while (!left.isEmpty()) {
            LostTable next = left.stream()
                    .filter(table -> left.stream().noneMatch(other -> refers(table, other)))
                    .findFirst()
                    .orElse(left.get(0));
            ordered.add(next);
            left.remove(next);
        }
        return ordered;
    }

    private boolean refers(LostTable child, LostTable parent) {
        return child != parent && keys.stream().anyMatch(key -> key.isOf(child.name()) && key.refersTo(parent.name()));
    }
}
