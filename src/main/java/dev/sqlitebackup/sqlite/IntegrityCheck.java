package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SQLite's own structure check of a finished private file. It proves the structure; checksums prove the bytes.
 *
 * <p>What only the application can tell from damage is left out and named: all that asks what SQLite alone does not
 * have ({@link StandIns}), and each index that does not agree with its table where the application may have its own of
 * what SQLite has ({@link BuiltIns}). All the rest, with every page of everything, is checked all the same.
 */
public final class IntegrityCheck {
    private static final int MAX_PROBLEMS = 20;
    /** In a row such as "Tree 2 page 9: unable to get the page. error code=8458". */
    private static final Pattern ERROR_CODE = Pattern.compile("error code=(\\d+)");

    private static final String TABLES =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY name";
    private static final String HAS_TABLES =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' LIMIT 1";
    private static final List<String> OK = List.of("ok");

    /** Begins what is said of pages, in one row. */
    private static final String OF_PAGES = "*** in database";
    /** In {@code hidden} of {@code table_xinfo}. */
    private static final int VIRTUAL_COLUMN = 2;
    /** What a virtual generated column can be said of, whose value a stand-in may have made. */
    private static final Pattern VALUE_OF_COLUMN =
            Pattern.compile("(?:NULL|NUMERIC|TEXT|non-\\S+) value in (.+)", Pattern.DOTALL);

    /**
     * @param leftOut what SQLite could not look at without the application, in words that are the same as long as the
     *     schema is, and, for an index that asks nothing unknown, as long as it is doubted
     * @param warnings what only the application can judge
     */
    public record Result(SortedSet<String> leftOut, List<String> warnings) {}

    private final SqliteConnection connection;
    /** What messages call the database. */
    private final String what;

    private final SortedSet<String> leftOut;

    private IntegrityCheck(SqliteConnection connection, String what, SortedSet<String> leftOut) {
        this.connection = connection;
        this.what = what;
        this.leftOut = leftOut;
    }

    /**
     * @param database a private file that nobody else has open
     * @throws Failure of kind CORRUPT that says what is wrong with {@code what}
     */
    public static Result check(Path database, String what) {
        checkHeader(database, what);
        SortedSet<String> leftOut = new TreeSet<>();
        try (SqliteConnection connection = open(database)) {
            IntegrityCheck check = new IntegrityCheck(connection, what, leftOut);
            try {
                check.structure(StandIns.on(connection));
            } catch (SQLException e) {
                if (ResultCode.of(e) != ResultCode.ERROR) {
                    throw e;
                }
                check.refuseDamagedPages();
                TableByTable.check(database, what, leftOut);
            }
            check.findUnloadable();
            return new Result(Collections.unmodifiableSortedSet(leftOut), List.of());
        } catch (SQLException said) {
            SQLException e = DiskProbe.explain(said, database);
            throw switch (ResultCode.of(e)) {
                case ResultCode.CORRUPT, ResultCode.NOTADB -> corrupt(what, ResultCode.describe(e.getErrorCode()));
                case ResultCode.IOERR ->
                    isReadError(e.getErrorCode())
                            ? cannotRead(what)
                            : corrupt(what, ResultCode.describe(e.getErrorCode()));
                default ->
                    ResultCode.failure(
                            "cannot check",
                            database,
                            e,
                            database.toAbsolutePath().getParent());
            };
        }
    }

    /**
     * Whether a database holds any table of an application's.
     *
     * @param database a private file that nobody else has open
     */
    public static boolean hasTables(Path database) {
        try (SqliteConnection connection = open(database)) {
            return !connection.query(HAS_TABLES).isEmpty();
        } catch (SQLException e) {
            throw ResultCode.failure("cannot read the schema of", database, e);
        }
    }

    /** What is checked may come from anybody: nothing in its schema may call a function that does more than compute. */
    static SqliteConnection open(Path database) throws SQLException {
        SqliteConnection connection = SqliteConnection.open(database, "mode=ro&immutable=1", Duration.ZERO);
        connection.execute("PRAGMA trusted_schema=OFF");
        return connection;
    }

    /** SQLite itself forgives a file that is longer than its header says, and reads a shorter one as far as it goes. */
    private static void checkHeader(Path database, String what) {
        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.READ)) {
            if (channel.size() == 0) {
                throw corrupt(what, "it is an empty file (0 bytes)");
            }
            DatabaseHeader header = DatabaseHeader.read(channel);
            if (header == null) {
                throw corrupt(what, "it is encrypted or not a SQLite database");
            }
            if (!header.matches(channel.size())) {
                throw corrupt(
                        what,
                        "expected " + header.pageCount() + " pages of " + header.pageSizeBytes() + " bytes, found "
                                + channel.size() + " bytes");
            }
        } catch (IOException e) {
            throw Failure.io("cannot read", database, e);
        }
    }

    /**
     * Where a stand-in is needed, quick_check looks at every page of everything, and integrity_check at all that no
     * stand-in has a say in.
     */
    private void structure(StandIns standIns) throws SQLException {
        if (standIns.isEmpty()) {
            refuseDisagreement(connection.query("PRAGMA integrity_check(" + MAX_PROBLEMS + ")"), row -> true, null);
            return;
        }
        List<String> inFull = new ArrayList<>();
        Set<String> undecided = sortOut(standIns, inFull);
        Predicate<String> decided = row -> {
            Matcher value = VALUE_OF_COLUMN.matcher(row);
            return !(value.matches() && undecided.contains(value.group(1)));
        };
        refuseProven("quick_check", connection.query("PRAGMA quick_check(" + MAX_PROBLEMS + ")"), decided);
        List<String> rows = new ArrayList<>();
        for (String table : inFull) {
            connection.query("PRAGMA integrity_check(" + Sql.text(table) + ")").stream()
                    .filter(row -> !OK.contains(row))
                    .forEach(rows::add);
        }
        refuseDisagreement(rows, decided, inFull);
    }

    /**
     * Names what stand-ins have a say in.
     *
     * @param inFull takes the tables that use no stand-in
     * @return columns whose values a stand-in may have made
     */
    private Set<String> sortOut(StandIns standIns, List<String> inFull) throws SQLException {
        Set<String> undecided = new HashSet<>();
        for (String table : connection.query(TABLES)) {
            Set<String> inColumns = standIns.usedBy("PRAGMA quick_check(" + Sql.text(table) + ")");
            Set<String> inIndexes = standIns.usedBy("PRAGMA integrity_check(" + Sql.text(table) + ")");
            if (inIndexes.isEmpty() && inColumns.isEmpty()) {
                inFull.add(table);
                continue;
            }
            List<String> computed = connection.query(
                    "SELECT name FROM pragma_table_xinfo(" + Sql.text(table) + ") WHERE hidden = " + VIRTUAL_COLUMN);
            computed.forEach(column -> undecided.add(table + "." + column));
            inIndexes.addAll(inColumns);
            leftOut.add((computed.isEmpty() ? "indexes" : "indexes and generated columns") + " of table " + table + " ("
                    + String.join(", ", inIndexes) + ")");
        }
        return undecided;
    }

    /**
     * Says what integrity_check found, unless only the application can tell it from damage. All that quick_check looks
     * at is among what has to be fine then.
     *
     * @param rows the first that it found, or none, or OK
     * @param tables whose indexes are left out where they are doubted, null for all; others are left out already
     */
    private void refuseDisagreement(List<String> rows, Predicate<String> decided, List<String> tables)
            throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        if (!rows.stream().allMatch(BuiltIns::isDisagreement)) {
            refuseProblems(what, rows); // Or nothing at all: a damaged schema is not asked for its indexes.
            return;
        }
        BuiltIns builtIns = BuiltIns.of(connection);
        refuseProven("integrity_check", rows, decided.and(builtIns::provesDamage));
        builtIns.leaveOut(tables, leftOut);
    }

    /**
     * What is said of pages comes first, so with few problems allowed SQLite collects few of these; false alarms come
     * one by one and are passed over.
     *
     * @param rows the first that the check found
     */
    private void refuseProven(String check, List<String> rows, Predicate<String> proof) throws SQLException {
        List<String> problems = rows.stream().filter(proof).toList();
        if (problems.isEmpty() && rows.size() >= MAX_PROBLEMS) {
            problems = connection.queryWanted("PRAGMA " + check + "(" + Integer.MAX_VALUE + ")", proof, MAX_PROBLEMS);
        }
        refuseProblems(what, problems.isEmpty() ? OK : problems);
    }

    /** What is said of pages comes first, so where SQLite gives up before it has said anything, they are whole. */
    private void refuseDamagedPages() throws SQLException {
        try {
            refuseProblems(
                    what,
                    connection.query("PRAGMA quick_check(1)").stream()
                            .filter(row -> row.startsWith(OF_PAGES))
                            .findFirst()
                            .map(List::of)
                            .orElse(OK));
        } catch (SQLException e) {
            if (ResultCode.of(e) != ResultCode.ERROR) {
                throw e;
            }
        }
    }

    static void refuseProblems(String what, List<String> rows) {
        if (!rows.equals(OK)) {
            for (String row : rows) {
                Matcher code = ERROR_CODE.matcher(row);
                if (code.find() && isReadError(Integer.parseInt(code.group(1)))) {
                    throw cannotRead(what);
                }
            }
            String first = rows.get(0)
                    .lines()
                    .filter(line -> !line.startsWith("***"))
                    .findFirst()
                    .orElse("damaged");
            throw corrupt(what, "integrity_check says: " + first + (rows.size() > 1 ? " (and more)" : ""));
        }
    }

    /** A disk that cannot be read says nothing about the database; a file that ends too early does. */
    private static boolean isReadError(int resultCode) {
        return (resultCode & 0xff) == ResultCode.IOERR && resultCode != ResultCode.IOERR_SHORT_READ;
    }

    private static Failure cannotRead(String what) {
        return new Failure(
                Failure.Kind.FAILURE,
                "cannot check " + what + ": " + ResultCode.describe(ResultCode.IOERR),
                "nothing was changed; see whether the system's log says that a disk is failing");
    }

    /**
     * integrity_check passes in silence over a virtual table whose module or tokenizer is missing here; the tables that
     * it keeps its data in are checked like any other.
     */
    private void findUnloadable() throws SQLException {
        for (String table : connection.query(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage = 0 ORDER BY name")) {
            try {
                connection.query("SELECT 1 FROM " + Sql.name(table) + " LIMIT 0");
            } catch (SQLException e) {
                if (ResultCode.of(e) != ResultCode.ERROR) {
                    throw e;
                }
                leftOut.add("virtual table " + table + " (" + e.getMessage() + ")");
            }
        }
    }

    private static Failure corrupt(String what, String why) {
        return new Failure(Failure.Kind.CORRUPT, what + " failed verification: " + why);
    }
}
