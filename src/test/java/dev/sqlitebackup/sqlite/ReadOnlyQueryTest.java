package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever wrote the question, and whoever wrote the database: it is answered or refused, and nothing is written. */
class ReadOnlyQueryTest {
    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Map<String, String> before;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.path("private.db");
        Lab.sql(
                database,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, v)",
                "INSERT INTO t(v) VALUES ('one'), (x'00ff'), (NULL), (0.5), (9007199254740993)",
                "CREATE TABLE \"main.x\"\"y\"(a)",
                "INSERT INTO \"main.x\"\"y\" VALUES (7)",
                "CREATE VIEW evil AS SELECT load_extension('/tmp/evil.so')",
                "CREATE VIEW tokens AS SELECT fts3_tokenizer('simple')",
                "CREATE TRIGGER deleting AFTER INSERT ON t BEGIN DELETE FROM t; END",
                "CREATE VIRTUAL TABLE f3 USING fts4(x)",
                "INSERT INTO f3 VALUES ('hello')",
                "INSERT INTO f3 VALUES ('hello again')",
                "CREATE VIRTUAL TABLE f5 USING fts5(x)",
                "INSERT INTO f5 VALUES ('hello')");
        before = lab.state("");
    }

    @AfterEach
    void nothingWasWritten() {
        assertEquals(before, lab.state(""));
        assertEquals(List.of(), lab.litter());
    }

    private static final class Kept implements ReadOnlyQuery.Rows {
        private List<String> columns;
        private final List<List<Object>> rows = new ArrayList<>();

        @Override
        public void columns(List<String> names) {
            columns = names;
        }

        @Override
        public void row(List<Object> values) {
            rows.add(values);
        }
    }

    private Kept ask(String sql) {
        Kept kept = new Kept();
        try {
            ReadOnlyQuery.ask(database, "it", sql, kept);
        } catch (Unfit e) {
            throw new AssertionError(e);
        }
        return kept;
    }

    @Test
    void givesValuesAsTheyAreStored() {
        Kept kept = ask("SELECT id, v AS value FROM t ORDER BY id");
        assertEquals(List.of("id", "value"), kept.columns);
        assertEquals(List.of(1L, "one"), kept.rows.get(0));
        assertArrayEquals(new byte[] {0, -1}, (byte[]) kept.rows.get(1).get(1));
        assertEquals(Arrays.asList(3L, null), kept.rows.get(2));
        assertEquals(0.5, kept.rows.get(3).get(1));
        assertEquals(9007199254740993L, kept.rows.get(4).get(1));
        assertEquals(List.of(), ask("SELECT * FROM t WHERE id > 5").rows);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT a FROM \"main.x\"\"y\"",
                "EXPLAIN SELECT * FROM t",
                "EXPLAIN QUERY PLAN SELECT * FROM t",
                "VALUES (1)",
                "WITH a AS (SELECT 1) SELECT * FROM a",
                "SELECT count(*) FROM f5 WHERE f5 MATCH 'hello'",
                "SELECT * FROM pragma_table_info('t')",
                "SELECT name FROM dbstat",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
                        + "SELECT max(b) FROM (SELECT hex(randomblob(50)) AS b FROM n ORDER BY b)",
            })
    void answersWhatOnlyReads(String sql) {
        assertTrue(ask(sql).rows.size() > 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "WITH a AS (SELECT 1) DELETE FROM t",
                "WITH a AS (SELECT 1) INSERT INTO t(v) SELECT * FROM a",
                "WITH a AS (SELECT 1) UPDATE t SET v = 1 RETURNING *",
                "EXPLAIN WITH a AS (SELECT 1) DELETE FROM t",
                "SELECT optimize(f3) FROM f3",
                "SELECT * FROM pragma_optimize(0xfffe)",
                "SELECT * FROM t WHERE id = ?",
                "SELECT :name",
            })
    void refusesWhatWouldWriteOrAsksForMore(String sql) {
        Expect.failure(Failure.Kind.USAGE, "not one statement that only reads", () -> ask(sql));
    }

    /** What opens files, or is there to be misused: not there, or not allowed. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT load_extension('/tmp/evil.so')",
                "SELECT * FROM evil",
                "SELECT * FROM tokens",
                "SELECT fts3_tokenizer('simple', x'0000000000000000')",
                "SELECT writefile('written', 'x')",
                "SELECT readfile('/etc/passwd')",
                "SELECT edit('x')",
                "SELECT * FROM fsdir('/')",
                "SELECT * FROM pragma_temp_store_directory('/tmp')",
                "SELECT * FROM pragma_journal_mode('wal')",
                "SELECT * FROM pragma_query_only(0)",
                "SELECT * FROM pragma_user_version(7)",
                "SELECT * FROM pragma_wal_checkpoint",
                "SELECT * FROM sqlite_dbpage",
                "SELECT * FROM other.t",
                "WITH a AS (SELECT 1) ATTACH 'x' AS y",
            })
    void hasNothingThatReachesOutside(String sql) {
        assertThrows(Exception.class, () -> ReadOnlyQuery.ask(database, "it", sql, new Kept()));
    }

    @Test
    void saysWhatTheDatabaseHasNot() {
        Unfit unfit = assertThrows(Unfit.class, () -> ReadOnlyQuery.ask(database, "it", "SELECT * FROM u", new Kept()));
        assertEquals("no such table: u", unfit.getMessage());
    }

    @Test
    void aTextInDoubleQuotesIsANameAndTheColumnsAreCalledAsTyped() throws Unfit {
        Unfit unfit = assertThrows(
                Unfit.class, () -> ReadOnlyQuery.ask(database, "it", "SELECT 1 WHERE 'a' = \"a\"", new Kept()));
        assertEquals("no such column: a", unfit.getMessage());
        assertEquals("texts go in single quotes: 'ses_1'", unfit.hint());
        Kept kept = new Kept();
        ReadOnlyQuery.ask(database, "it", "SELECT \"x\" || 1 FROM (SELECT 2 AS x)", kept);
        assertEquals(List.of("\"x\" || 1"), kept.columns);
    }

    @Test
    void anErrorInARowIsAFailure() {
        Expect.failure(Failure.Kind.FAILURE, "integer overflow", () -> ask("SELECT abs(-9223372036854775808) FROM t"));
    }

    @Test
    void aDamagedDatabaseIsCorrupt() throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            file.seek(4096);
            file.write(new byte[4096]);
        }
        before = lab.state("");
        Expect.failure(Failure.Kind.CORRUPT, "it cannot be read", () -> ask("SELECT * FROM t"));
    }
}
