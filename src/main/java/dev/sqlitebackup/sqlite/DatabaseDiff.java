package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Suggestion;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What differs between two databases, of which each is a private file that nobody else has open. Tables are read, and
 * nothing that a schema says is run: neither views nor triggers, nor functions in generated columns or in the order of
 * an index.
 */
public final class DatabaseDiff {
    /**
     * What was found.
     *
     * @param tables by name, each that at least one of them has
     * @param shadows tables that keep the content of a virtual one, and are left out
     * @param uncompared tables whose rows could not be compared, and why
     */
    public record Found(
            List<Table> tables,
            List<SchemaDiff.Definition> schema,
            List<String> shadows,
            List<Uncompared> uncompared) {}

    /**
     * A table, and how many of its rows differ.
     *
     * @param own null where only one has the table
     * @param rows that differ, as many as were asked for; null where nobody did
     */
    public record Table(
            String name, OwnColumns own, long onlyOld, long onlyNew, long changed, long same, List<DiffRow> rows) {}

    /** The columns of a table that only one of both holds values in: they are not compared. */
    public record OwnColumns(List<String> old, List<String> newer) {}

    /** A table whose rows could not be compared. */
    public record Uncompared(String name, String why) {}

    /**
     * One of two databases.
     *
     * @param file a private one that nobody else has open
     * @param what it is, for messages
     */
    public record Side(Path file, String what) {}

    /**
     * What is asked.
     *
     * @param table the only one that is wanted, with its rows, null for all
     * @param limit how many rows at most
     */
    public record Wanted(String table, int limit) {
        public static final Wanted ALL = new Wanted(null, 0);
    }

    private final SqliteConnection connection;
    private final Wanted wanted;
    private final Tables old;
    private final Tables newer;
    private final List<Uncompared> uncompared = new ArrayList<>();

    private DatabaseDiff(SqliteConnection connection, Wanted wanted) throws SQLException {
        this.connection = connection;
        this.wanted = wanted;
        this.old = Tables.of(connection, TwoDatabases.OLD);
        this.newer = Tables.of(connection, TwoDatabases.NEW);
    }

    /**
     * Compares them.
     *
     * @param temporaryDirectory a private one, for what has to be sorted
     * @throws Failure USAGE if neither has the wanted table, FAILURE if the text encodings differ, CORRUPT, NO_SPACE
     */
    public static Found of(Side old, Side newer, Path temporaryDirectory, Wanted wanted) {
        return of(old, newer, temporaryDirectory, wanted, new Stopper());
    }

    /** The same, which ends with a failure once it is told to stop. */
    public static Found of(Side old, Side newer, Path temporaryDirectory, Wanted wanted, Stopper stopper) {
        try (TwoDatabases both = TwoDatabases.open(old, newer, temporaryDirectory)) {
            stopper.watch(both.connection());
            return new DatabaseDiff(both.connection(), wanted).find();
        } catch (SQLException e) {
            throw ResultCode.failure("cannot compare", old.what + " and " + newer.what, e, temporaryDirectory);
        } catch (IOException e) {
            throw Failure.io("cannot read", old.what + " or " + newer.what, e);
        } finally {
            stopper.watch(null);
        }
    }

    private Found find() throws SQLException {
        SortedSet<String> shadows = union(old.shadows(), newer.shadows());
        SortedSet<String> others = union(old.others(), newer.others());
        SortedSet<String> names = union(old.kinds().keySet(), newer.kinds().keySet());
        names.removeAll(others);
        shadows.removeAll(names); // What one of them has as a table of its own is compared.
        if (wanted.table != null) {
            refuseUnknown(names);
            names.removeIf(name -> RowCounts.BY_NAME.compare(name, wanted.table) != 0);
        } else {
            others.forEach(
                    name -> uncompared.add(new Uncompared(name, "it is virtual, and its rows are not in it alone")));
        }
        List<Table> tables = new ArrayList<>();
        for (String name : names) {
            Table table = compareWithStandIns(name);
            if (table != null) {
                tables.add(table);
            }
        }
        if (wanted.table != null && !uncompared.isEmpty()) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "cannot compare the rows of " + wanted.table + ": " + uncompared.get(0).why,
                    "only the application may be able to read them");
        }
        return new Found(tables, SchemaDiff.of(connection, shadows, wanted.table), List.copyOf(shadows), uncompared);
    }

    private static SortedSet<String> union(Iterable<String> some, Iterable<String> others) {
        SortedSet<String> union = new TreeSet<>(RowCounts.BY_NAME);
        some.forEach(union::add);
        others.forEach(union::add);
        return union;
    }

    private void refuseUnknown(SortedSet<String> names) {
        if (!names.contains(wanted.table)) {
            String inOld = old.withoutRows(wanted.table);
            String inNew = newer.withoutRows(wanted.table);
            throw new Failure(
                    Failure.Kind.USAGE,
                    inOld != null
                            ? inOld
                            : inNew != null
                                    ? inNew
                                    : "neither OLD nor NEW has a table called " + wanted.table
                                            + Suggestion.of(wanted.table, names),
                    "leave out --table to see which tables differ");
        }
    }

    /** @return null where it could not be compared */
    private Table compareWithStandIns(String name) throws SQLException {
        try {
            return compare(name);
        } catch (SQLException first) {
            refuseUnlessOfThisTable(first);
        }
        try {
            StandIns.on(connection); // A collation of the application's: its order is not asked.
            // SQLite uses no index any more whose collation it did not know once, until it reads the schema again.
            connection.execute("PRAGMA writable_schema=RESET");
            return compare(name);
        } catch (SQLException second) {
            refuseUnlessOfThisTable(second);
            uncompared.add(new Uncompared(name, ResultCode.said(second)));
            return null;
        }
    }

    private static void refuseUnlessOfThisTable(SQLException e) throws SQLException {
        if (ResultCode.of(e) != ResultCode.ERROR) {
            throw e;
        }
    }

    private Table compare(String name) throws SQLException {
        TableShape inOld = shape(TwoDatabases.OLD, old.kinds().get(name));
        TableShape inNew = shape(TwoDatabases.NEW, newer.kinds().get(name));
        TableDiff diff = TableDiff.of(connection, inOld, inNew);
        TableDiff.Counts counts = diff.counts();
        if (counts.onlyOld() < 0 || counts.onlyNew() < 0 || counts.changed() < 0 || counts.same() < 0) {
            uncompared.add(new Uncompared(name, "rows of OLD and NEW have the same key more than once"));
            return null;
        }
        return new Table(
                (inOld == null ? inNew : inOld).name(),
                inOld == null || inNew == null
                        ? null
                        : new OwnColumns(inOld.columnsWithout(inNew), inNew.columnsWithout(inOld)),
                counts.onlyOld(),
                counts.onlyNew(),
                counts.changed(),
                counts.same(),
                wanted.table == null ? null : diff.rows(wanted.limit));
    }

    private TableShape shape(String schema, Tables.Kind kind) throws SQLException {
        return kind == null ? null : TableShape.of(connection, schema, kind.name(), kind.kind());
    }
}
