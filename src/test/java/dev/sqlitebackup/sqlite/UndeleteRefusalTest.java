package dev.sqlitebackup.sqlite;

import static dev.sqlitebackup.sqlite.UndeleteLab.all;
import static dev.sqlitebackup.sqlite.UndeleteLab.only;
import static dev.sqlitebackup.sqlite.UndeleteLab.where;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.OwnFunctions;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot come back as it was is refused, and said; the database keeps each of its bytes. */
class UndeleteRefusalTest {
    /** Fails wherever it is computed. */
    private static final String NEVER = "abs(-9223372036854775808)";

    @TempDir
    Path directory;

    private UndeleteLab lab;

    @BeforeEach
    void makeLab() {
        lab = new UndeleteLab(directory);
    }

    /** A table with three rows, of which two are deleted and a newer one has taken the place of the second. */
    private void given(String columns) {
        lab.given("CREATE TABLE t(" + columns + ")", "INSERT INTO t(id, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
                .since("DELETE FROM t WHERE id > 1");
    }

    /** The table as it is now. */
    private void remade(String columns) {
        lab.since(
                "ALTER TABLE t RENAME TO former",
                "CREATE TABLE t(" + columns + ")",
                "INSERT INTO t(id, v) SELECT id, v FROM former",
                "DROP TABLE former");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "id INTEGER PRIMARY KEY, v UNIQUE",
                "id INTEGER PRIMARY KEY, v UNIQUE ON CONFLICT REPLACE",
                "id INTEGER PRIMARY KEY, v UNIQUE ON CONFLICT IGNORE",
                "id INTEGER PRIMARY KEY, v UNIQUE ON CONFLICT FAIL",
                "id INTEGER PRIMARY KEY, v UNIQUE ON /* so */ CONFLICT ROLLBACK",
                "id INTEGER PRIMARY KEY, v, CONSTRAINT one UNIQUE (v) ON CONFLICT REPLACE"
            })
    void aNewerRowWithWhatHasToBeUniqueIsNotReplaced(String columns) {
        given(columns);
        lab.since("INSERT INTO t VALUES (77, 'c')");
        Failure failure = lab.refused(
                Failure.Kind.FAILURE, "table t, row id=3, cannot come back: UNIQUE constraint failed: t.v", all("t"));
        assertTrue(failure.hint().contains("--to"), failure.hint());
        assertEquals("t 1", lab.counted(where("t", "id = 2")));
    }

    @Test
    void aUniqueIndexMadeSinceCounts() {
        lab.given("CREATE TABLE t(id INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'b')")
                .since("DELETE FROM t", "CREATE UNIQUE INDEX one ON t(v)");
        lab.refused(Failure.Kind.FAILURE, "row id=3, cannot come back: UNIQUE constraint failed: t.v", all("t"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "id INTEGER PRIMARY KEY, v, n NOT NULL | row id=1, cannot come back: NOT NULL constraint failed: t.n",
                "id INTEGER PRIMARY KEY, v CHECK (v <> 'c') | row id=3, cannot come back: CHECK constraint failed",
                "id INTEGER PRIMARY KEY, v INTEGER) STRICT -- | row id=2, cannot come back: cannot store TEXT value",
                "id, v INTEGER PRIMARY KEY | row v='b', cannot come back: datatype mismatch",
                "id INTEGER PRIMARY KEY, v REFERENCES p | row id=2, refers by v to a row of table p that is not in",
                "id INTEGER PRIMARY KEY, v, d DEFAULT 7 REFERENCES p | row id=1, refers by d to a row of table p"
            })
    void whatTheTableDemandsNowIsNamedWithTheRow(String columns, String said) {
        given("id INTEGER PRIMARY KEY, v");
        lab.since("CREATE TABLE p(id INTEGER PRIMARY KEY)", "INSERT INTO p VALUES ('1')", "DELETE FROM t");
        remade(columns);
        // The first row is back where that is what the table allows.
        lab.refused(Failure.Kind.FAILURE, said, said.contains("id=1") ? all("t") : where("t", "id > 1"));
    }

    @Test
    void aRowThatRefersToNothingIsNotPutBackAlone() {
        lab.given(
                        "CREATE TABLE parent(id INTEGER PRIMARY KEY)",
                        "CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent ON DELETE CASCADE)",
                        "INSERT INTO parent VALUES (1), (2)",
                        "INSERT INTO child VALUES (10, 2), (11, 1)")
                .since("DELETE FROM parent WHERE id = 1");
        Failure failure = lab.refused(
                Failure.Kind.FAILURE,
                "table child, row id=11, refers by p to a row of table parent that is not in the database",
                only("child", null));
        assertTrue(failure.hint().contains("without --only"), failure.hint());
    }

    @Test
    void whatIsInDoubleQuotesIsANameAndNoTextThatEveryRowIsOtherThan() {
        given("id INTEGER PRIMARY KEY, v");
        lab.since("DELETE FROM t");
        lab.refused(
                Failure.Kind.USAGE,
                "no such column: missing",
                new Undelete.Wanted("t", "\"missing\" <> 5", false, false, 2));
    }

    @Test
    void rowsThatNothingIdentifiesAreNotPassedOverInSilence() {
        lab.given(
                        "CREATE TABLE t(rowid TEXT, _rowid_ TEXT, oid TEXT, k TEXT PRIMARY KEY)",
                        "INSERT INTO t VALUES (1, 2, 3, NULL), (1, 1, 1, 'a')")
                .since("DELETE FROM t WHERE k IS NULL");
        lab.refused(Failure.Kind.FAILURE, "cannot be told apart", all("t"));
    }

    @Test
    void aTableThatIsNotThereIsSaid() {
        given("id INTEGER PRIMARY KEY, v");
        lab.refused(Failure.Kind.USAGE, "no table called nowhere", all("nowhere"));
        lab.refused(Failure.Kind.USAGE, "no table called sqlite_schema", all("sqlite_schema"));
        lab.given("CREATE TABLE session(a)", "CREATE VIRTUAL TABLE search USING fts5(v, content=t, content_rowid=id)");
        lab.refused(Failure.Kind.USAGE, "called sesion; did you mean session?", all("sesion"));
        Failure virtual = lab.refused(Failure.Kind.USAGE, "search is a virtual table", all("search"));
        assertEquals(
                "put back the rows of the table that it is about: triggers of that, if there are any, bring them into "
                        + "it; the backup has: session, t",
                virtual.hint());
        lab.since("ALTER TABLE t RENAME TO renamed", "CREATE VIEW t AS SELECT * FROM renamed");
        lab.refused(Failure.Kind.FAILURE, "no table called t", all("t"));
        lab.since("DROP VIEW t", "CREATE TABLE t(x, y)");
        lab.refused(Failure.Kind.FAILURE, "no column in common", all("t"));
    }

    @Test
    void rowsThatNothingTellsApartAreRefused() {
        lab.given("CREATE TABLE t(rowid, _rowid_, oid)", "INSERT INTO t VALUES (1, 2, 3)");
        lab.refused(Failure.Kind.FAILURE, "the rows of table t cannot be told apart", all("t"));
    }

    @Test
    void rowsWithoutAKeyAreNotComparedWithThoseOfAnotherType() {
        lab.given("CREATE TABLE t(a INTEGER, b)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')")
                .since("DROP TABLE t", "CREATE TABLE t(a TEXT, b)", "INSERT INTO t VALUES (1, 'x'), (2, 'y')");
        lab.refused(Failure.Kind.FAILURE, "column a has another type than in the backup", all("t"));
    }

    @Test
    void databasesOfAnotherEncodingAreSaid() {
        given("id INTEGER PRIMARY KEY, v");
        Path other = directory.resolve("other.db");
        Lab.sql(other, "PRAGMA encoding='UTF-16le'", "CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
        UndeleteLab.copy(other, lab.live);
        lab.refused(Failure.Kind.FAILURE, "encoded in UTF-8, and that of", all("t"));
    }

    @ParameterizedTest
    @CsvSource({
        "ordered, no such collation sequence: GERMAN",
        "only_one, no such collation sequence: GERMAN",
        "by_key, no such collation sequence: GERMAN",
        "expression, unknown function: shout()",
        "computed, unknown function: whisper()",
        "checked, unknown function: shout()"
    })
    void whatOnlyTheApplicationCanComputeIsSaid(String table, String said) {
        OwnFunctions.database(lab.live, 3);
        UndeleteLab.copy(lab.live, lab.backup);
        OwnFunctions.run(lab.live, "DELETE FROM " + table + " WHERE b = 1");
        lab.refused(Failure.Kind.FAILURE, said, all(table));
    }

    @Test
    void whatOnlyTheApplicationCanComputeOfOtherTablesIsInNobodysWay() {
        OwnFunctions.database(lab.live, 3);
        UndeleteLab.copy(lab.live, lab.backup);
        OwnFunctions.run(lab.live, "DELETE FROM plain WHERE b = 1");
        assertEquals("plain 1", lab.counted(all("plain")));
    }

    @Test
    void aDatabaseThatSomebodyWritesToIsBusy() throws SQLException {
        given("id INTEGER PRIMARY KEY, v");
        try (Connection writer = DriverManager.getConnection("jdbc:sqlite:" + lab.live);
                Statement statement = writer.createStatement()) {
            statement.execute("BEGIN IMMEDIATE");
            Expect.failure(Failure.Kind.BUSY, "locked", () -> lab.undelete(all("t")));
        }
        assertEquals("t 2", lab.counted(all("t")));
    }

    @Test
    void whoeverRefusesAtTheLastMomentLeavesNothing() {
        given("id INTEGER PRIMARY KEY, v");
        byte[] before = UndeleteLab.bytes(lab.live);
        Expect.failure(
                Failure.Kind.NO_SPACE,
                "no room for the safety copy",
                () -> lab.undelete(all("t"), () -> {
                    throw new Failure(Failure.Kind.NO_SPACE, "no room for the safety copy");
                }));
        assertArrayEquals(before, UndeleteLab.bytes(lab.live));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " -- nothing",
                "1; DROP TABLE t",
                "1); DROP TABLE t; --",
                "1) UNION SELECT 3, 3, 3, 3 FROM (SELECT 1",
                "1) OR (1",
                "id = 1 LIMIT 1",
                "'",
                "(",
                "[",
                "/* ' */ \"",
                "id = ?",
                "id IN (DELETE FROM t RETURNING id)",
                "ATTACH '%s/side-effect' AS x",
                "PRAGMA user_version = 7",
                "nothing_of_that_name = 1",
                "id IN (SELECT x FROM nowhere)",
                "id IN (SELECT id FROM live.t)",
                "id = 2 /* and no more",
                "count(*) > 0",
                "row_number() OVER () > 0",
                "1 UNION SELECT 1"
            })
    void whatIsNotOneConditionIsRefused(String condition) {
        given("id INTEGER PRIMARY KEY, v");
        refusedWithoutEffect(Failure.Kind.USAGE, condition);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                NEVER,
                "load_extension('%s/side-effect')",
                "(SELECT fts3_tokenizer('x', x'00'))",
                "id IN (SELECT optimize(full) FROM full)",
                "id IN (SELECT name FROM pragma_journal_mode('delete'))",
                "zeroblob(2000000000) AND zeroblob(2000000000) || zeroblob(2000000000)"
            })
    void aConditionThatCannotBeComputedIsRefused(String condition) {
        lab.given(
                "CREATE VIRTUAL TABLE full USING fts4(x)",
                "INSERT INTO full VALUES ('a')",
                "INSERT INTO full VALUES ('b')");
        given("id INTEGER PRIMARY KEY, v");
        refusedWithoutEffect(null, condition);
    }

    private void refusedWithoutEffect(Failure.Kind kind, String condition) {
        byte[] live = UndeleteLab.bytes(lab.live);
        byte[] backup = UndeleteLab.bytes(lab.backup);
        Failure failure = assertThrows(
                Failure.class, () -> lab.undelete(where("t", condition.replace("%s", directory.toString()))));
        assertTrue(
                kind == null
                        ? List.of(Failure.Kind.USAGE, Failure.Kind.FAILURE).contains(failure.kind())
                        : kind == failure.kind(),
                failure.toString());
        assertArrayEquals(live, UndeleteLab.bytes(lab.live));
        assertArrayEquals(backup, UndeleteLab.bytes(lab.backup));
        assertEquals(
                List.of("app.db", "backup.db", "before.db", "selected.db"),
                Arrays.stream(directory.toFile().list()).sorted().toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'; DROP TABLE t; --' <> v AND id = 2",
                "id = 2 -- and no more",
                "v = 'b' AND v NOT IN (SELECT ')' FROM t)",
                "\"id\" = [id] AND `id` = 2",
                "EXISTS (SELECT 1 FROM t AS other WHERE other.id = t.id + 1) AND id > 1",
                "rowid = 2 AND main.t.id = 2",
                "id = (WITH x AS (SELECT 2 AS y) SELECT y FROM x)"
            })
    void whateverIsOneConditionSelects(String condition) {
        given("id INTEGER PRIMARY KEY, v");
        assertEquals("t 1", lab.counted(where("t", condition)));
        assertEquals("ab", lab.query("SELECT group_concat(v, '') FROM t"));
    }

    @Test
    void whatTheBackupsSchemaWouldRunIsNotRun() {
        given("id INTEGER PRIMARY KEY, v");
        Lab.sql(
                lab.backup,
                "CREATE TABLE log(x)",
                "CREATE TRIGGER fails AFTER INSERT ON t BEGIN SELECT " + NEVER + "; END",
                "CREATE TRIGGER logs BEFORE INSERT ON t BEGIN INSERT INTO log VALUES (1); END",
                "CREATE VIEW w AS SELECT " + NEVER + " AS x",
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE TABLE t(id INTEGER PRIMARY KEY, v CHECK (" + NEVER
                        + " > 0), g AS (" + NEVER + "))' WHERE name = 't'");
        assertEquals("t 2", lab.counted(where("t", "id > 0")));
        assertEquals("1a,2b,3c", lab.query("SELECT group_concat(id || v) FROM t"));
        lab.refused(Failure.Kind.USAGE, "w is a view, and holds no rows of its own", all("w"));
    }

    @Test
    void whatTheBackupCallsATableIsOnlyAName() {
        given("id INTEGER PRIMARY KEY, v");
        String hostile = "t\"; DROP TABLE t; --";
        lab.given("CREATE TABLE \"t\"\"; DROP TABLE t; --\"(x)", "CREATE TABLE \"main.t\"(x)");
        lab.since("DROP TABLE \"main.t\"");
        lab.refused(Failure.Kind.FAILURE, "no table called main.t", all("main.t"));
        lab.refused(Failure.Kind.USAGE, "no table called t; DROP TABLE t", all("t; DROP TABLE t"));
        assertEquals(0, lab.undelete(all(hostile)).selected());
    }
}
