package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.OwnFunctions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.Function;

/** What is proven of a database whose schema needs what only its application has. */
class IntegrityCheckTest {
    private static final int PAGE_BYTES = 4096;
    private static final long SEED = 20261124;
    private static final SortedSet<String> LEFT_OUT = new TreeSet<>(List.of(
            "indexes of table by_key (collation GERMAN)",
                    "indexes and generated columns of table computed (function whisper)",
            "indexes of table expression (function shout)", "indexes of table only_one (collation GERMAN)",
            "indexes of table ordered (collation GERMAN)", "indexes of table part (function shout)"));

    private static final SortedSet<String> OVERRIDDEN = new TreeSet<>(List.of(
            "index nocase_n (collation NOCASE, if the application has its own)",
            "index nocase_some (collation NOCASE, if the application has its own)",
            "index sqlite_autoindex_only_nocase_1 (collation NOCASE, if the application has its own)",
            "index sqlite_autoindex_nocase_key_1 (collation NOCASE, if the application has its own)",
            "index small_n (function lower, if the application has its own)",
            "index small_v (collation NOCASE, function lower, if the application has its own)",
            "index small_some (function lower, if the application has its own)"));

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void makeDatabase() {
        database = directory.resolve("own.db");
    }

    @Test
    void raisesNoFalseAlarmWhereTheRealCollationAndFunctionsSaySomethingElse() {
        OwnFunctions.database(database, 3000);
        assertEquals(new IntegrityCheck.Result(LEFT_OUT, List.of()), IntegrityCheck.check(database, "it"));
    }

    @Test
    void findsEveryPageThatIsDamagedWhateverItBelongsTo() throws Exception {
        OwnFunctions.database(database, 2000);
        Random random = new Random(SEED);
        byte[] good = Files.readAllBytes(database);
        Map<String, Integer> damaged = new TreeMap<>();
        for (Map.Entry<Integer, String> page : pages().entrySet()) {
            byte[] bad = good.clone();
            byte[] noise = new byte[PAGE_BYTES];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, bad, (page.getKey() - 1) * PAGE_BYTES, PAGE_BYTES);
            Files.write(database, bad);
            assertEquals(Failure.Kind.CORRUPT, kindOfFailure(), "page " + page + " is noise, and nobody says so");
            damaged.merge(page.getValue(), 1, Integer::sum);
        }
        assertEquals(17, damaged.size(), damaged.toString());
        assertTrue(damaged.values().stream().mapToInt(Integer::intValue).sum() > 300, damaged.toString());
    }

    @Test
    void findsRowsThatAnIndexLacksWhereNoStandInHasASay() {
        OwnFunctions.database(database, 100);
        OwnFunctions.run(
                database,
                "PRAGMA writable_schema=ON",
                "CREATE TABLE twin(a, b)",
                "INSERT INTO twin SELECT a, b FROM plain WHERE b > 1",
                "CREATE INDEX twin_a ON twin(a)",
                "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'twin_a') "
                        + "WHERE name = 'plain_a'",
                "DELETE FROM sqlite_schema WHERE tbl_name = 'twin' AND type = 'index'");
        assertEquals(Failure.Kind.CORRUPT, kindOfFailure());
    }

    @Test
    void findsAValueThatIsMissingBehindAnyNumberOfFalseAlarms() {
        OwnFunctions.database(database, 500);
        OwnFunctions.run(
                database,
                "CREATE TABLE later(a NOT NULL)",
                "INSERT INTO later VALUES (1)",
                "CREATE TABLE aside(a)",
                "INSERT INTO aside VALUES (NULL)",
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'aside') "
                        + "WHERE name = 'later'",
                "DELETE FROM sqlite_schema WHERE name = 'aside'");
        assertEquals(Failure.Kind.CORRUPT, kindOfFailure());
    }

    @Test
    void readsNamesThatHaveToBeQuoted() {
        OwnFunctions.run(
                database,
                "CREATE TABLE t(a)",
                "CREATE INDEX i ON t(a COLLATE NOCASE)",
                "CREATE TABLE u(a)",
                "CREATE INDEX j ON u(upper(a))",
                "INSERT INTO t VALUES ('x')",
                "INSERT INTO u VALUES ('x')",
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(a COLLATE \"of (ours)\")' WHERE name = 'i'",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX j ON u(\"my \"\"own\"\"\"(a))' WHERE name = 'j'");
        assertEquals(
                new TreeSet<>(List.of(
                        "indexes of table t (collation of (ours))", "indexes of table u (function my \"own\")")),
                IntegrityCheck.check(database, "it").leftOut());
    }

    @Test
    void goesOnWhereAnApplicationHasOneOfTheDriversFunctionsForAnotherNumberOfArguments() {
        OwnFunctions.run(
                database,
                "CREATE TABLE t(a)",
                "CREATE INDEX i ON t(upper(a))",
                "CREATE TABLE u(a)",
                "CREATE INDEX j ON u(upper(a))",
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(upper(a, 1))' WHERE name = 'i'",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX j ON u(median(a))' WHERE name = 'j'");
        assertTrue(!IntegrityCheck.check(database, "it").leftOut().isEmpty());
    }

    @Test
    void callsNoDatabaseDamagedWhoseApplicationHasAFunctionByTheNameOfOneOfTheDrivers() {
        OwnFunctions.run(
                database,
                "CREATE TABLE t(a, v TEXT NOT NULL AS (reverse(a)) VIRTUAL)",
                "INSERT INTO t VALUES ('x')",
                "CREATE TABLE u(a)",
                "CREATE INDEX j ON u(reverse(a))",
                "INSERT INTO u VALUES ('x')");
        assertEquals(
                new TreeSet<>(List.of(
                        "indexes and generated columns of table t (function reverse)",
                        "indexes of table u (function reverse)")),
                IntegrityCheck.check(database, "it").leftOut());
    }

    @Test
    void leavesOutTheIndexesThatAskABuiltInCollationOrFunctionOfWhichTheApplicationHasItsOwn() {
        overrideBuiltIns(300);
        assertEquals(new IntegrityCheck.Result(OVERRIDDEN, List.of()), IntegrityCheck.check(database, "it"));
    }

    @Test
    void checksInFullWhatAgreesWithSqlitesOwnNocaseAndLower() {
        OwnFunctions.run(database, overriddenSchema(300));
        assertEquals(new IntegrityCheck.Result(new TreeSet<>(), List.of()), IntegrityCheck.check(database, "it"));
    }

    @Test
    void leavesOutTheSameBesideWhatNeedsStandIns() {
        OwnFunctions.database(database, 500);
        overrideBuiltIns(300);
        SortedSet<String> both = new TreeSet<>(LEFT_OUT);
        both.addAll(OVERRIDDEN);
        assertEquals(new IntegrityCheck.Result(both, List.of()), IntegrityCheck.check(database, "it"));
    }

    @Test
    void findsARowThatAPlainIndexLacksBehindHundredsOfDisagreementsOfOthers() {
        for (boolean standIns : List.of(false, true)) {
            database = directory.resolve(standIns + ".db");
            if (standIns) {
                OwnFunctions.database(database, 200);
            }
            overrideBuiltIns(300);
            behindTheBackOf(
                    "tbl_name = 'nocase'", "UPDATE nocase SET b = 1000 WHERE rowid = (SELECT max(rowid) FROM nocase)");
            refusesBecause("row 300 missing from index nocase_b");
        }
    }

    @Test
    void findsAnEntryThatAnIndexLacksWhateverItsOrderIs() {
        overrideBuiltIns(300);
        behindTheBackOf("name = 'nocase_n'", "INSERT INTO nocase VALUES ('lost', 1000)");
        refusesBecause("wrong # of entries in index nocase_n");
    }

    @Test
    void findsARowThatAPlainIndexLacksWhereNoStandInHelps() {
        String moreNamesThanStandIns =
                IntStream.range(0, 600).mapToObj(i -> "own" + i + "(a)").collect(Collectors.joining(" + "));
        for (boolean lost : List.of(false, true)) {
            database = directory.resolve(lost + ".db");
            overrideBuiltIns(20);
            if (lost) {
                behindTheBackOf(
                        "tbl_name = 'nocase'",
                        "UPDATE nocase SET b = 1000 WHERE rowid = (SELECT max(rowid) FROM nocase)");
            }
            OwnFunctions.run(
                    database,
                    "CREATE TABLE hopeless(a)",
                    "CREATE INDEX i ON hopeless(upper(a))",
                    "PRAGMA writable_schema=ON",
                    "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON hopeless(" + moreNamesThanStandIns
                            + ")' WHERE name = 'i'");
            if (lost) {
                refusesBecause("row 20 missing from index nocase_b");
            } else {
                String leftOut = IntegrityCheck.check(database, "it").leftOut().toString();
                assertTrue(
                        leftOut.contains("indexes of table nocase (collations and functions of SQLite's, if the "
                                + "application has its own)"),
                        leftOut);
            }
        }
    }

    @Test
    void findsEveryDamagedPageAmongHundredsOfDisagreements() throws Exception {
        overrideBuiltIns(300);
        byte[] good = Files.readAllBytes(database);
        Random random = new Random(SEED);
        Map<Integer, String> pages = pages();
        for (Map.Entry<Integer, String> page : pages.entrySet()) {
            byte[] bad = good.clone();
            byte[] noise = new byte[PAGE_BYTES];
            random.nextBytes(noise);
            System.arraycopy(noise, 0, bad, (page.getKey() - 1) * PAGE_BYTES, PAGE_BYTES);
            Files.write(database, bad);
            assertEquals(Failure.Kind.CORRUPT, kindOfFailure(), "page " + page + " is noise, and nobody says so");
        }
        assertTrue(pages.size() > 20, pages.toString());
    }

    private static String[] overriddenSchema(int rows) {
        List<String> statements = new ArrayList<>(List.of(
                "CREATE TABLE nocase(n TEXT COLLATE NOCASE, b)",
                "CREATE INDEX nocase_n ON nocase(n)",
                "CREATE INDEX nocase_b ON nocase(b)",
                "CREATE INDEX nocase_some ON nocase(b) WHERE n > 'name 2'",
                "CREATE TABLE only_nocase(n TEXT COLLATE NOCASE UNIQUE, b)",
                "CREATE TABLE nocase_key(n TEXT COLLATE NOCASE PRIMARY KEY, b UNIQUE NOT NULL) WITHOUT ROWID",
                "CREATE INDEX nocase_key_b ON nocase_key(b)",
                "CREATE TABLE small(n, b, v AS (lower(n)) VIRTUAL, s AS (lower(n)) STORED)",
                "CREATE INDEX small_n ON small(lower(n))",
                "CREATE INDEX small_v ON small(v COLLATE NOCASE)",
                "CREATE INDEX small_s ON small(s)",
                "CREATE INDEX small_some ON small(b) WHERE lower(n) > 'b'"));
        for (String table : List.of("nocase", "only_nocase", "nocase_key", "small")) {
            statements.add("INSERT INTO " + table
                    + "(n, b) WITH RECURSIVE q(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q WHERE i < " + rows
                    + ") SELECT 'name ' || i, i FROM q");
        }
        return statements.toArray(String[]::new);
    }

    /**
     * As an application would whose NOCASE orders backwards, and whose lower is another. The driver's own way to add a
     * collation leaves the NOCASE for UTF-8 in its place.
     */
    private void overrideBuiltIns(int rows) {
        runOverridden(Stream.of(overriddenSchema(rows))
                .map(sql -> sql.replace("NOCASE", "GERMAN"))
                .toArray(String[]::new));
        runOverridden(
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = replace(sql, 'GERMAN', 'NOCASE') WHERE tbl_name IN ('nocase', "
                        + "'only_nocase', 'nocase_key', 'small')");
    }

    private void runOverridden(String... statements) {
        try (Connection connection = OwnFunctions.connect(database);
                Statement statement = connection.createStatement()) {
            Function.create(
                    connection,
                    "lower",
                    new Function() {
                        @Override
                        protected void xFunc() throws SQLException {
                            result("a" + value_text(0));
                        }
                    },
                    1,
                    Function.FLAG_DETERMINISTIC | 1);
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes while indexes are hidden from SQLite, so that nothing else is wrong than what these do not know. */
    private void behindTheBackOf(String indexes, String sql) {
        runOverridden(
                "PRAGMA writable_schema=ON",
                "CREATE TABLE hidden AS SELECT * FROM sqlite_schema WHERE type = 'index' AND " + indexes,
                "DELETE FROM sqlite_schema WHERE type = 'index' AND " + indexes);
        runOverridden(sql);
        runOverridden(
                "PRAGMA writable_schema=ON", "INSERT INTO sqlite_schema SELECT * FROM hidden", "DROP TABLE hidden");
    }

    private void refusesBecause(String problem) {
        Failure failure = assertThrows(Failure.class, () -> IntegrityCheck.check(database, "it"));
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertTrue(failure.getMessage().contains(problem), failure.getMessage());
    }

    private Failure.Kind kindOfFailure() {
        try {
            IntegrityCheck.check(database, "it");
            return null;
        } catch (Failure e) {
            return e.kind();
        }
    }

    /** Whose each page is. */
    private Map<Integer, String> pages() throws SQLException {
        Map<Integer, String> pages = new LinkedHashMap<>();
        try (Connection connection = OwnFunctions.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT pageno, name FROM dbstat WHERE name <> 'sqlite_schema' ORDER BY pageno")) {
            while (rows.next()) {
                pages.put(rows.getInt(1), rows.getString(2));
            }
        }
        return pages;
    }
}
