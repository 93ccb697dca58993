package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Puts chosen rows into the database, in the transaction that is open, and proves that they are there as the backup has
 * them, before anything is committed.
 *
 * <p>Rows that others refer to come first. A trigger may count on that; another one, which keeps a number in the row
 * that is referred to, on the opposite. So where triggers are in the way, the other order is tried too.
 */
final class Insertion {
    static final String ELSEWHERE = "restore the backup to a new file with --to, and copy from there";

    private static final Pattern UNIQUE = Pattern.compile("UNIQUE constraint failed: ([^']+)");

    private final SqliteConnection connection;
    private final References references;
    private final Undelete.Wanted wanted;
    /** Null where there are no triggers, or they are left out. */
    private TriggerWrites writes;

    private final List<String> warnings = new ArrayList<>();

    Insertion(SqliteConnection connection, References references, Undelete.Wanted wanted) {
        this.connection = connection;
        this.references = references;
        this.wanted = wanted;
    }

    /** @throws Failure FAILURE, which names the row, where a constraint or a trigger does not let one be what it was */
    void run() throws SQLException {
        List<LostTable> order = references.parentsFirst();
        List<String> names = order.stream().map(LostTable::name).toList();
        if (wanted.withoutTriggers()) {
            Triggers triggers = Triggers.takeAway(connection, names);
            insert(order, false);
            triggers.makeAgain();
            if (!triggers.names().isEmpty()) {
                warnings.add("did not run: trigger " + String.join(", ", triggers.names())
                        + "; what they keep, such as a full-text index, does not know these rows");
            }
            return;
        }
        if (!Triggers.areOf(connection, names)) {
            insert(order, false);
            return;
        }
        writes = TriggerWrites.of(connection, order);
        connection.execute("SAVEPOINT before_rows");
        try {
            insert(order, false);
        } catch (Failure first) {
            connection.execute("ROLLBACK TO before_rows");
            insertBackwards(order, first);
        }
        List<String> others = writes.others(order);
        if (!others.isEmpty()) {
            warnings.add("triggers also write to table " + String.join(", ", others)
                    + ": see whether that holds what it should");
        }
    }

    private void insertBackwards(List<LostTable> order, Failure first) throws SQLException {
        List<LostTable> backwards = new ArrayList<>(order);
        Collections.reverse(backwards);
        try {
            insert(backwards, true);
        } catch (Failure second) {
            connection.execute("ROLLBACK TO before_rows");
            throw areTriggersWhy(order)
                    ? first.withHint("--no-triggers leaves the triggers out; or " + ELSEWHERE)
                    : first;
        }
        warnings.add("triggers took the rows in no other order than those first that refer to others: see whether "
                + "what they keep, such as an index or a number, is right");
    }

    /** Whether the rows would come back without them. Nothing is left of the trial. */
    private boolean areTriggersWhy(List<LostTable> order) throws SQLException {
        TriggerWrites kept = writes;
        try {
            Triggers.takeAway(connection, order.stream().map(LostTable::name).toList());
            writes = null;
            insert(order, false);
            return true;
        } catch (Failure e) {
            return false;
        } finally {
            writes = kept;
            connection.execute("ROLLBACK TO before_rows");
        }
    }

    /** What there is to know of what triggers did, or did not. */
    List<String> warnings() {
        return warnings;
    }

    private void insert(List<LostTable> order, boolean backwards) throws SQLException {
        for (LostTable table : order) {
            Interruption.check();
            long[] numbers = table.numbers();
            SQLException refused = refused(table, numbers[0], numbers[1], backwards);
            if (refused != null) {
                throw refusedRow(table, refused);
            }
        }
        for (LostTable table : order) {
            Long other = table.firstNotBack();
            if (other != null) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        table.describe(other)
                                + ", would not come back as it was: a trigger or the type of a column makes another one of it; "
                                + "nothing was changed",
                        ELSEWHERE);
            }
        }
        if (writes != null) {
            writes.refuseIfLost(order);
        }
    }

    /**
     * Puts rows into the database, or none of them: a trigger may end a statement without taking back what it did.
     *
     * @return why one of them is not taken, null if all are
     */
    private SQLException refused(LostTable table, long first, long last, boolean backwards) throws SQLException {
        connection.execute("SAVEPOINT rows");
        try {
            table.insert(first, last, backwards);
        } catch (SQLException e) {
            if (ResultCode.of(e) != ResultCode.CONSTRAINT && ResultCode.of(e) != ResultCode.MISMATCH) {
                throw e;
            }
            undo(e);
            return e;
        }
        connection.execute("RELEASE rows");
        return null;
    }

    private void undo(SQLException refused) throws SQLException {
        try {
            connection.execute("ROLLBACK TO rows");
        } catch (SQLException e) {
            // A trigger has ended the whole transaction.
            throw new SQLException(refused.getMessage(), null, ResultCode.ERROR, refused);
        }
    }

    /** The row of the database that has what has to be unique, as far as SQLite says what that is. */
    private String inTheWay(LostTable table, long n, SQLException why) throws SQLException {
        Matcher unique = UNIQUE.matcher(ResultCode.said(why));
        List<String> columns = unique.matches()
                ? Stream.of(unique.group(1).split(", "))
                        .map(column -> column.substring(column.indexOf('.') + 1))
                        .toList()
                : List.of();
        if (columns.isEmpty()
                || !table.columns().containsAll(columns)
                || table.missing().isThere("TRUE") == null) {
            return "";
        }
        String same = Sql.all(
                columns.stream()
                        .map(Sql::name)
                        .map(column -> "l." + column + " = +o." + column)
                        .toList(),
                "AND");
        return connection
                .query(
                        "SELECT " + table.telling("l") + " FROM " + table.chosenRows("o") + " CROSS JOIN "
                                + table.live().from("l") + " ON " + same + " WHERE w.n = " + n + " LIMIT 1",
                        row -> row.getString(1))
                .stream()
                .map(row -> ", which row " + row + " has")
                .findFirst()
                .orElse("");
    }

    /** Halves the rows until one is left that SQLite does not take. */
    private Failure refusedRow(LostTable table, SQLException refused) throws SQLException {
        long[] numbers = table.numbers();
        long first = numbers[0];
        long last = numbers[1];
        SQLException why = refused;
        while (first < last) {
            long middle = Math.floorDiv(first + last, 2);
            SQLException here = refused(table, first, middle, false);
            if (here == null) {
                first = middle + 1;
            } else {
                last = middle;
                why = here;
            }
        }
        return new Failure(
                Failure.Kind.FAILURE,
                table.describe(first) + ", cannot come back: " + ResultCode.said(why) + inTheWay(table, first, why)
                        + "; nothing was changed",
                ELSEWHERE,
                refused);
    }

    /**
     * After the rows were put back: what SQLite's foreign_key_check says, of these rows alone, by the keys that the
     * database declares now. A row that referred to nothing in the backup may do so again. What SQLite has counted
     * meanwhile is forgotten: it is wrong where other rows refer to nothing.
     *
     * @throws Failure FAILURE, which names the row, where one refers to nothing
     */
    void checkForeignKeys(List<ForeignKey> keys) throws SQLException {
        for (LostTable table : references.chosen()) {
            for (ForeignKey key : keys) {
                String orphaned = key.isOf(table.name()) ? references.orphaned(table, key) : null;
                Long orphan = orphaned == null ? null : table.first(orphaned);
                if (orphan != null) {
                    throw new Failure(
                            Failure.Kind.FAILURE,
                            table.describe(orphan) + ", refers by " + String.join(", ", key.columns())
                                    + " to a row of table " + key.parent()
                                    + " that is not in the database; nothing was changed",
                            wanted.only() ? "without --only, what it refers to comes back too" : ELSEWHERE);
                }
            }
        }
        connection.execute("PRAGMA defer_foreign_keys=OFF");
    }

    /**
     * SQLite's integrity_check of each table that got rows. What it said of the database before is no reason to refuse.
     * CHECK constraints are left out: they were enforced as the rows came in, and in a file that is opened read-only
     * SQLite knows none.
     *
     * @param before a private copy of the database as it was
     */
    void checkIntegrity(Path before) throws SQLException {
        connection.execute("PRAGMA ignore_check_constraints=ON");
        for (LostTable table : references.chosen()) {
            Interruption.check();
            String check = "PRAGMA main.integrity_check(" + Sql.text(table.name()) + ")";
            Set<String> problems = new HashSet<>(connection.query(check));
            problems.remove("ok");
            if (problems.isEmpty()) {
                continue;
            }
            try (SqliteConnection old = SqliteConnection.open(before, "mode=ro&immutable=1", Duration.ZERO)) {
                old.execute("PRAGMA trusted_schema=OFF");
                old.query(check).forEach(problems::remove);
            }
            if (!problems.isEmpty()) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "integrity_check says of table " + table.name() + ", with the rows in it: "
                                + problems.iterator().next() + "; nothing was changed",
                        ELSEWHERE);
            }
        }
    }
}
