package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.Suggestion;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Puts rows back that a backup has and a database has no longer, in one transaction of that database, which others may
 * have open. Under the write lock it is found out which rows those are, they are inserted, read back, and checked; then
 * it is committed. Whatever goes wrong before leaves the database as it was.
 */
public final class Undelete {
    private static final int MOST_NAMES = 20;
    /** Rows asked for of which it is also said what refers to them: more would take time under the lock. */
    private static final int MOST_ASKED = 100;

    /** What SQLite says of a foreign key that nothing can be checked by; an application without it never notices. */
    private static final Pattern UNSOUND_KEY =
            Pattern.compile("foreign key mismatch.*|no such table: .*", Pattern.DOTALL);

    /**
     * Which rows.
     *
     * @param condition of SQL that selects among those of the table, null for all
     * @param only whether to leave out the rows that they refer to, and those that refer to them
     * @param withoutTriggers whether the table's triggers are not to run
     * @param show how many rows of each table are shown at most
     */
    public record Wanted(String table, String condition, boolean only, boolean withoutTriggers, int show) {}

    /**
     * What they come from.
     *
     * @param file a private one, verified
     * @param what it is, for messages
     * @param temporaryDirectory a private one
     * @param selected an empty private file, for what the condition selects
     */
    public record From(Path file, String what, Path temporaryDirectory, Path selected) {}

    /**
     * Where they go.
     *
     * @param live an existing database that this user may write
     * @param before a private copy of it
     */
    public record Target(Path live, Path before) {}

    /** Called with all in place and checked, under the write lock: the last moment at which nothing is committed. */
    public interface BeforeCommit {
        void run();

        /** Called where nothing was committed after all. */
        default void takeBack() {}
    }

    /** SQLite cannot do it while it enforces foreign keys. */
    private static final class UnsoundKeys extends SQLException {
        private static final long serialVersionUID = 1;

        UnsoundKeys(SQLException cause) {
            super(cause);
        }
    }

    private final Path live;
    private final Path before;
    private final From from;
    private final Wanted wanted;
    private final Duration busyTimeout;
    private long selected;

    private Undelete(Target target, From from, Wanted wanted, Duration busyTimeout) {
        this.live = target.live;
        this.before = target.before;
        this.from = from;
        this.wanted = wanted;
        this.busyTimeout = busyTimeout;
    }

    /**
     * Selects, puts back, checks, commits.
     *
     * @throws Failure BUSY if the write lock cannot be had within {@code busyTimeout}; USAGE for a table or a condition
     *     that does not fit; FAILURE, which names the row, if one cannot come back as it was; the database is unchanged
     */
    public static PutBack run(
            Target target, From from, Wanted wanted, Duration busyTimeout, Progress progress, BeforeCommit last) {
        Undelete undelete = new Undelete(target, from, wanted, busyTimeout);
        try {
            LiveAndBackup.refuseOtherEncoding(target.before, from.file);
            undelete.select();
            progress.phase("put back", -1);
            try {
                return undelete.attempt(true, last);
            } catch (UnsoundKeys e) {
                return undelete.attempt(false, last);
            }
        } catch (IOException e) {
            throw Failure.io("cannot read", target.before, e);
        } catch (SQLException e) {
            throw failure(target.live, e, from.temporaryDirectory);
        }
    }

    private static Failure failure(Path live, SQLException said, Path temporaryDirectory) {
        SQLException e = DiskProbe.explain(said, live);
        return switch (ResultCode.of(e)) {
            case ResultCode.ERROR, ResultCode.CONSTRAINT ->
                new Failure(
                        Failure.Kind.FAILURE,
                        "SQLite cannot put the rows back: " + ResultCode.said(e) + "; nothing was changed",
                        "what only the application can do may be in the way: --no-triggers leaves out the triggers; or "
                                + "restore the backup to a new file with --to, and copy from there",
                        e);
            default -> ResultCode.failure("cannot put rows back into", live, e, live.getParent(), temporaryDirectory);
        };
    }

    /** Before the lock, as it asks the backup alone. */
    private void select() throws SQLException {
        try (SqliteConnection backup = IntegrityCheck.open(from.file)) {
            Tables tables = Tables.of(backup, "main");
            Tables.Kind kind = tables.kinds().get(wanted.table);
            if (kind == null) {
                throw unknown(tables);
            }
            selected = wanted.condition == null
                    ? backup.count("main." + Sql.name(kind.name()))
                    : SelectedRows.write(
                            backup, from, TableShape.of(backup, "main", kind.name(), kind.kind()), wanted.condition);
        }
    }

    private Failure unknown(Tables ofBackup) {
        String why = ofBackup.withoutRows(wanted.table);
        List<String> names =
                ofBackup.kinds().values().stream().map(Tables.Kind::name).toList();
        return new Failure(
                Failure.Kind.USAGE,
                why == null
                        ? "the backup " + from.what + " has no table called " + wanted.table
                                + Suggestion.of(wanted.table, names)
                        : why,
                (ofBackup.others().contains(wanted.table)
                                ? "put back the rows of the table that it is about: triggers of that, if there are "
                                        + "any, bring them into it; "
                                : "")
                        + "the backup has: "
                        + names.stream().limit(MOST_NAMES).collect(Collectors.joining(", "))
                        + (names.size() > MOST_NAMES ? ", …" : ""));
    }

    private PutBack attempt(boolean foreignKeys, BeforeCommit last) throws SQLException {
        try (LiveAndBackup both = LiveAndBackup.open(
                live,
                from.file,
                wanted.condition == null ? null : from.selected,
                from.temporaryDirectory,
                busyTimeout)) {
            SqliteConnection connection = both.connection();
            connection.execute("PRAGMA foreign_keys=" + (foreignKeys ? "ON" : "OFF"));
            WriteLock.begin(connection, live, busyTimeout);
            connection.execute("PRAGMA defer_foreign_keys=ON");
            References references = choose(connection);
            if (references.chosen().isEmpty()) {
                PutBack back = PutBack.of(
                        List.of(), 0, selected, changed(connection, references), stillMissing(connection, references));
                connection.execute("ROLLBACK");
                return back;
            }
            List<String> ofTriggers = putBack(connection, references, foreignKeys);
            PutBack back = result(connection, references, foreignKeys, ofTriggers);
            Interruption.checkBeforeChange();
            last.run();
            commit(connection, last);
            return readBack(connection, references, back);
        }
    }

    /** From the file, and not from what this connection remembers of it. It is committed, whatever comes now. */
    private static PutBack readBack(SqliteConnection connection, References references, PutBack back) {
        try {
            connection.execute("PRAGMA shrink_memory");
            connection.execute("BEGIN");
            for (LostTable table : references.chosen()) {
                if (table.firstNotBack() != null) {
                    return back.withPartial("others wrote to the rows before they could be read back");
                }
            }
            return back;
        } catch (SQLException e) {
            return back.withPartial(
                    "the rows are in the database, but could not be read back: " + ResultCode.describe(e));
        }
    }

    /** @param last is taken back where nothing was committed for certain */
    private static void commit(SqliteConnection connection, BeforeCommit last) throws SQLException {
        try (Interruption.Blocking critical = Interruption.critical()) {
            connection.execute("COMMIT");
        } catch (SQLException e) {
            if (ResultCode.of(e) == ResultCode.BUSY || ResultCode.of(e) == ResultCode.CONSTRAINT) {
                last.takeBack();
            }
            throw e;
        }
    }

    private References choose(SqliteConnection connection) throws SQLException {
        References references = new References(
                connection, Tables.of(connection, LiveAndBackup.BACKUP), Tables.of(connection, LiveAndBackup.LIVE));
        LostTable table = references.table(wanted.table);
        if (table == null) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the database " + live + " has no table called " + wanted.table,
                    "restore the backup to a new file with --to, and copy from there");
        }
        table.choose(selectedOf(table, "o") + " WHERE " + table.missing().condition(), 0);
        if (!wanted.only) {
            references.chooseReferring();
            references.chooseReferred();
        }
        return references;
    }

    private String selectedOf(LostTable table, String alias) {
        return wanted.condition == null
                ? table.old().all(alias)
                : LiveAndBackup.SELECTED + "." + SelectedRows.TABLE + " AS s CROSS JOIN "
                        + table.old().from(alias) + " ON " + Identity.matched(table.identity(), alias, "s");
    }

    private List<String> stillMissing(SqliteConnection connection, References references) throws SQLException {
        LostTable table = references.table(wanted.table);
        return wanted.condition == null || wanted.only || selected > MOST_ASKED
                ? List.of()
                : new LeftAlone(connection, references).stillMissing(table, selectedOf(table, "x"));
    }

    /** @return what there is to know of triggers */
    private List<String> putBack(SqliteConnection connection, References references, boolean foreignKeys)
            throws SQLException {
        Insertion insertion = new Insertion(connection, references, wanted);
        try {
            insertion.run();
        } catch (SQLException e) {
            if (foreignKeys
                    && ResultCode.of(e) == ResultCode.ERROR
                    && UNSOUND_KEY.matcher(ResultCode.said(e)).matches()) {
                throw new UnsoundKeys(e);
            }
            throw e;
        }
        insertion.checkForeignKeys(
                ForeignKey.of(connection, LiveAndBackup.LIVE, Tables.of(connection, LiveAndBackup.LIVE)));
        insertion.checkIntegrity(before);
        return insertion.warnings();
    }

    private PutBack result(
            SqliteConnection connection, References references, boolean foreignKeys, List<String> ofTriggers)
            throws SQLException {
        LeftAlone leftAlone = new LeftAlone(connection, references);
        List<String> warnings = leftAlone.warnings();
        warnings.addAll(ofTriggers);
        warnings.addAll(stillMissing(connection, references));
        if (!foreignKeys) {
            warnings.add("the database declares foreign keys that SQLite cannot check, so they were not enforced");
        }
        PutBack back =
                PutBack.of(references.parentsFirst(), wanted.show, selected, changed(connection, references), warnings);
        for (String sentence : leftAlone.keysTaken()) {
            back = back.withPartial(sentence);
        }
        return back;
    }

    private long changed(SqliteConnection connection, References references) throws SQLException {
        LostTable table = references.table(wanted.table);
        String isThere = table.missing().isThere("NOT " + table.same());
        return isThere == null ? 0 : connection.count(selectedOf(table, "o") + " WHERE " + isThere);
    }
}
