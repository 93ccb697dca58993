package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One statement that begins as one that reads, by SQLite's own tokens. */
class SelectStatementTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT 1",
                "select 1;",
                "  \n/* a ; */ -- b ;\n SELECT ';', \";\", `;`, [;] ; ; -- c ;",
                "VALUES (1), (2)",
                "WITH a AS (SELECT 1) SELECT * FROM a",
                "SELECT 'it''s; DELETE FROM t'",
                "SELECT '--', '/*' /* '",
                "\uFEFFSELECT 1",
            })
    void takesOneThatReads(String sql) {
        assertEquals(sql, SelectStatement.explained(sql));
    }

    @Test
    void takesAnExplainForWhatItExplains() {
        for (String explain : List.of("EXPLAIN ", "explain /* QUERY PLAN */ ", "Explain Query -- x\n Plan ")) {
            assertEquals("SELECT 1 ;", SelectStatement.explained(explain + "SELECT 1 ;"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ; ",
                "; SELECT 1",
                "-- SELECT 1",
                "/* SELECT 1",
                "DELETE FROM t",
                "PRAGMA user_version",
                "PRAGMA temp_store_directory='/tmp'",
                "ATTACH 'x' AS y",
                "VACUUM INTO 'x'",
                "BEGIN",
                "CREATE TEMP TABLE x(a)",
                "REPLACE INTO t VALUES (1)",
                "SELECT 1; DELETE FROM t",
                "SELECT 1; SELECT 2",
                "SELECT 1 /* ; */ ; /* */ DELETE FROM t",
                "SELECT 'a'';' ; DELETE FROM t",
                "EXPLAIN",
                "EXPLAIN DELETE FROM t",
                "EXPLAIN PRAGMA temp_store_directory='/tmp'",
                "EXPLAIN QUERY PLAN DELETE FROM t",
                "EXPLAIN QUERY SELECT 1",
                "EXPLAIN EXPLAIN SELECT 1",
                "'SELECT' 1",
                "\"SELECT\" 1",
                "SELECTX 1",
                "SELECT 'a",
                "SELECT [a",
                "backup to 'x'",
            })
    void refusesEverythingElse(String sql) {
        Expect.failure(Failure.Kind.USAGE, "not one statement that only reads", () -> SelectStatement.explained(sql));
    }
}
