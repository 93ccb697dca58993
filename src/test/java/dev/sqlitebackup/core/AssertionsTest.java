package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssertionsTest {
    @TempDir
    Path directory;

    @Test
    void zeroNullAndNothingAreFalseAndAllElseIsTrue() {
        for (Object no : new Object[] {0L, 0.0, -0.0, null, "", "0", " -0.00e5 ", ".0", "0.", new byte[0]}) {
            assertFalse(Assertions.isTrue(no), String.valueOf(no));
        }
        for (Object yes :
                new Object[] {1L, -1L, 0.1, Double.POSITIVE_INFINITY, "1", "0x", "no", " ", "0.01", ".", new byte[1]}) {
            assertTrue(Assertions.isTrue(yes), String.valueOf(yes));
        }
    }

    /** SQLite would take the name of a column that is not there for a text, which is true. */
    @Test
    void aColumnInDoubleQuotesThatIsNotThereIsNoText() {
        Path database = new Lab(directory).database("app.db", "delete", 3, "g");
        Expect.failure(
                Failure.Kind.CORRUPT,
                "no such column: active",
                () -> Assertions.of(List.of("SELECT \"generation\" FROM t", "SELECT \"active\" FROM t"))
                        .require(database, "b", null));
    }

    /** The backup may be the one that lacks a table or column; a function is lacking everywhere. */
    @Test
    void whatNoDatabaseCouldAnswerIsRefusedAndWhatThisOneLacksIsNamed() {
        Path database = new Lab(directory).database("app.db", "delete", 3, "g");
        Lab.sql(database, "CREATE TABLE session(a)");
        assertEquals(
                "texts go in single quotes: 'ses_1'", lacking(database, "no such column: x", "SELECT \"x\" FROM t"));
        assertEquals(
                "it has the tables: session, t",
                lacking(database, "no such table: sesion; did you mean session?", "SELECT 1 FROM sesion"));
        String hint = "give one SELECT, VALUES or WITH, whose first value is true";
        Failure function = Expect.failure(
                Failure.Kind.USAGE,
                "cannot assert SELECT b > now() FROM t: SQLite cannot run this: no such function: now",
                () -> Assertions.of(List.of("SELECT b > now() FROM t")).require(database, "b", "/srv/b.gz"));
        assertEquals(hint, function.hint());
        assertEquals(
                hint,
                Expect.failure(Failure.Kind.USAGE, "EXPLAIN", () -> Assertions.of(List.of("EXPLAIN SELECT 1")))
                        .hint());
        Expect.failure(Failure.Kind.USAGE, "--assert is empty", () -> Assertions.of(List.of("")));
    }

    private static String lacking(Path database, String what, String question) {
        return Expect.failure(
                        Failure.Kind.CORRUPT,
                        "(" + what + ")",
                        () -> Assertions.of(List.of(question)).require(database, "b", "/srv/b.gz"))
                .hint();
    }

    @Test
    void onlyTheFirstRowIsComputedAndTheFirstThatIsFalseIsNamed() {
        Lab lab = new Lab(directory);
        Path database = lab.database("app.db", "delete", 3, "g");
        String endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
        Assertions.of(List.of(endless, "VALUES (1)", "SELECT generation FROM t"))
                .require(database, "b", null);
        Failure failure = Expect.failure(
                Failure.Kind.CORRUPT,
                "the backup b failed an assertion (it gives 0.0): SELECT 0.0",
                () -> Assertions.of(List.of("SELECT 1", "SELECT 0.0", "SELECT NULL"))
                        .require(database, "b", null));
        assertNull(failure.hint());
        failure = Expect.failure(
                Failure.Kind.CORRUPT,
                "(it gives x'')",
                () -> Assertions.of(List.of("SELECT x''")).require(database, "b", "/srv/b.gz"));
        assertEquals("ask it more: sqlite-backup query /srv/b.gz 'SELECT x'\\'''\\'''", failure.hint());
        failure = Expect.failure(
                Failure.Kind.CORRUPT,
                "(no such table: u)",
                () -> Assertions.of(List.of("SELECT 1 FROM u")).require(database, "b", "/srv/b.gz"));
        assertEquals("it has the tables: t", failure.hint());
    }
}
