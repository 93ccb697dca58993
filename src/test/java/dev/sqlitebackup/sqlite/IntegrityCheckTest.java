package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.OwnFunctions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is proven of a database whose schema needs what only its application has. */
class IntegrityCheckTest {
    private static final int PAGE_BYTES = 4096;
    private static final long SEED = 20261124;
    private static final SortedSet<String> LEFT_OUT = new TreeSet<>(List.of(
            "indexes of table by_key (collation GERMAN)", "indexes and generated columns of table computed (function whisper)",
            "indexes of table expression (function shout)", "indexes of table only_one (collation GERMAN)",
            "indexes of table ordered (collation GERMAN)", "indexes of table part (function shout)"));

    @TempDir Path directory;
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
        OwnFunctions.run(database, "PRAGMA writable_schema=ON", "CREATE TABLE twin(a, b)", "INSERT INTO twin SELECT a, b FROM plain WHERE b > 1", "CREATE INDEX twin_a ON twin(a)",
                "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'twin_a') WHERE name = 'plain_a'", "DELETE FROM sqlite_schema WHERE tbl_name = 'twin' AND type = 'index'");
        assertEquals(Failure.Kind.CORRUPT, kindOfFailure());
    }

    @Test
    void findsAValueThatIsMissingBehindAnyNumberOfFalseAlarms() {
        OwnFunctions.database(database, 500);
        OwnFunctions.run(database, "CREATE TABLE later(a NOT NULL)", "INSERT INTO later VALUES (1)", "CREATE TABLE aside(a)", "INSERT INTO aside VALUES (NULL)", "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'aside') WHERE name = 'later'", "DELETE FROM sqlite_schema WHERE name = 'aside'");
        assertEquals(Failure.Kind.CORRUPT, kindOfFailure());
    }

    @Test
    void readsNamesThatHaveToBeQuoted() {
        OwnFunctions.run(database, "CREATE TABLE t(a)", "CREATE INDEX i ON t(a COLLATE NOCASE)", "CREATE TABLE u(a)", "CREATE INDEX j ON u(upper(a))", "INSERT INTO t VALUES ('x')", "INSERT INTO u VALUES ('x')",
                "PRAGMA writable_schema=ON", "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(a COLLATE \"of (ours)\")' WHERE name = 'i'",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX j ON u(\"my \"\"own\"\"\"(a))' WHERE name = 'j'");
        assertEquals(new TreeSet<>(List.of("indexes of table t (collation of (ours))", "indexes of table u (function my \"own\")")),
                IntegrityCheck.check(database, "it").leftOut());
    }

    @Test
    void goesOnWhereAnApplicationHasOneOfTheDriversFunctionsForAnotherNumberOfArguments() {
        OwnFunctions.run(database, "CREATE TABLE t(a)", "CREATE INDEX i ON t(upper(a))", "CREATE TABLE u(a)", "CREATE INDEX j ON u(upper(a))", "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t(upper(a, 1))' WHERE name = 'i'", "UPDATE sqlite_schema SET sql = 'CREATE INDEX j ON u(median(a))' WHERE name = 'j'");
        assertTrue(!IntegrityCheck.check(database, "it").leftOut().isEmpty());
    }

    @Test
    void callsNoDatabaseDamagedWhoseApplicationHasAFunctionByTheNameOfOneOfTheDrivers() {
        OwnFunctions.run(database, "CREATE TABLE t(a, v TEXT NOT NULL AS (reverse(a)) VIRTUAL)", "INSERT INTO t VALUES ('x')", "CREATE TABLE u(a)", "CREATE INDEX j ON u(reverse(a))", "INSERT INTO u VALUES ('x')");
        assertEquals(new TreeSet<>(List.of("indexes and generated columns of table t (function reverse)", "indexes of table u (function reverse)")), IntegrityCheck.check(database, "it").leftOut());
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
        try (Connection connection = OwnFunctions.connect(database); Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT pageno, name FROM dbstat WHERE name <> 'sqlite_schema' ORDER BY pageno")) {
            while (rows.next()) {
                pages.put(rows.getInt(1), rows.getString(2));
            }
        }
        return pages;
    }
}
