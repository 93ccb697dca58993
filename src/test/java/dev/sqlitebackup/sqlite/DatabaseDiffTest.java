package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.OwnFunctions;
import dev.sqlitebackup.testing.SmallDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseDiffTest {
    private static final int ALL = 1000;

    @TempDir
    Path directory;

    private Path old;
    private Path newer;
    private Path temporary;

    @BeforeEach
    void makeDirectories() throws IOException {
        old = directory.resolve("old.db");
        newer = directory.resolve("new.db");
        temporary = Files.createDirectory(directory.resolve("private"));
    }

    /** What both have, as often as it is called. */
    private void both(String... statements) {
        Lab.sql(old, statements);
        Lab.sql(newer, statements);
    }

    private DatabaseDiff.Found found(String table) {
        return found(table, ALL);
    }

    private DatabaseDiff.Found found(String table, int limit) {
        DatabaseDiff.Found found = DatabaseDiff.of(
                new DatabaseDiff.Side(old, "OLD"),
                new DatabaseDiff.Side(newer, "NEW"),
                temporary,
                new DatabaseDiff.Wanted(table, limit));
        assertEquals(0, temporary.toFile().list().length, "nothing is left");
        return found;
    }

    /** Such as {@code t -1 +2 ~3 =4}. */
    private static String counts(DatabaseDiff.Found found) {
        return found.tables().stream()
                .map(table -> table.name() + " -" + table.onlyOld() + " +" + table.onlyNew() + " ~" + table.changed()
                        + " =" + table.same())
                .collect(Collectors.joining("; "));
    }

    private String counts() {
        DatabaseDiff.Found found = found(null);
        assertEquals(List.of(), found.uncompared());
        return counts(found);
    }

    /** Such as {@code -1,one} and {@code ~1,[one>two]}. */
    private List<String> rows(String table) {
        return found(table).tables().get(0).rows().stream()
                .map(row -> (row.inOld() && row.inNew() ? "~" : row.inOld() ? "-" : "+")
                        + row.cells().stream().map(DatabaseDiffTest::text).collect(Collectors.joining(",")))
                .toList();
    }

    private static String text(DiffRow.Cell cell) {
        return cell.differs()
                ? "[" + text(cell.old()) + ">" + text(cell.newer()) + "]"
                : text(cell.old() == null ? cell.newer() : cell.old());
    }

    private static String text(DiffRow.Value value) {
        return value.start() instanceof byte[] blob ? "blob of " + blob.length : String.valueOf(value.start());
    }

    private List<String> schema(String table) {
        return found(table).schema().stream()
                .map(entry -> entry.type() + " " + entry.name() + ": " + entry.old() + " > " + entry.newer())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(k INTEGER PRIMARY KEY, v)",
                "(k TEXT PRIMARY KEY, v)",
                "(v, k INT NOT NULL PRIMARY KEY)",
                "(v, k INTEGER PRIMARY KEY DESC)",
                "(k PRIMARY KEY, v) WITHOUT ROWID",
                "(k TEXT COLLATE NOCASE PRIMARY KEY, v)",
                "(k TEXT COLLATE RTRIM PRIMARY KEY, v) WITHOUT ROWID",
                "(k INTEGER PRIMARY KEY, v TEXT) STRICT",
                "(k TEXT, v TEXT, j TEXT AS (v || k), s TEXT AS (v || 'x') STORED, PRIMARY KEY (v, k)) "
                        + "STRICT, WITHOUT ROWID",
                "(k TEXT, v TEXT, j AS (v || k) UNIQUE, s AS (v || 'x') STORED, PRIMARY KEY (k))"
            })
    void rowsAreMatchedByTheirKeyWhateverThatIs(String columns) {
        both("CREATE TABLE t" + columns, "INSERT INTO t(k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')");
        assertEquals("t -0 +0 ~0 =4", counts());
        Lab.sql(
                newer,
                "DELETE FROM t WHERE k = 1",
                "UPDATE t SET v = 'new' WHERE k = 2",
                "INSERT INTO t(k, v) VALUES (5, 'e'), (6, 'f')");
        boolean valueIsKey = columns.contains("(v, k)");
        assertEquals(valueIsKey ? "t -2 +3 ~0 =2" : "t -1 +2 ~1 =2", counts());
        List<String> rows = rows("t");
        assertEquals(valueIsKey ? 5 : 4, rows.size(), rows.toString());
        assertTrue(rows.get(0).matches("-(1,a|a,1)"), rows.toString());
        assertTrue(valueIsKey || rows.get(1).matches("~(2,\\[b>new]|\\[b>new],2)"), rows.toString());
        assertTrue(valueIsKey || rows.get(3).matches("\\+(6,f|f,6)"), rows.toString());
    }

    @Test
    void compositeKeysAreMatchedAsAWhole() {
        both(
                "CREATE TABLE t(a, v, b, PRIMARY KEY (b, a))",
                "INSERT INTO t VALUES (1, 'x', 2), (2, 'y', 1), (1, 'z', 1)");
        Lab.sql(newer, "UPDATE t SET v = 'w' WHERE a = 1 AND b = 2", "DELETE FROM t WHERE a = 2");
        assertEquals("t -1 +0 ~1 =1", counts());
        assertEquals(List.of("-2,y,1", "~1,[x>w],2"), rows("t"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"k INTEGER PRIMARY KEY", "k COLLATE NOCASE PRIMARY KEY", "k"})
    void valuesAreTheSameOnlyWithTheirClassAndByTheirBytes(String key) {
        both("CREATE TABLE t(" + key + ", v COLLATE NOCASE)");
        String[] values = {
            "NULL",
            "1",
            "1.0",
            "'1'",
            "x'31'",
            "'a'",
            "'A'",
            "''",
            "x''",
            "'a' || char(0) || 'b'",
            "'a '",
            "9e999",
            "-0.0",
            "0"
        };
        for (int i = 0; i < values.length; i++) {
            Lab.sql(old, "INSERT INTO t VALUES (" + i + ", " + values[i] + ")");
            Lab.sql(newer, "INSERT INTO t VALUES (" + i + ", " + values[(i + 1) % values.length] + ")");
        }
        int n = values.length;
        assertEquals(key.equals("k") ? "t -" + n + " +" + n + " ~0 =0" : "t -0 +0 ~" + n + " =0", counts());
        newer = directory.resolve("again.db");
        Lab.sql(newer, "CREATE TABLE t(" + key + ", v COLLATE NOCASE)");
        for (int i = 0; i < n; i++) {
            Lab.sql(newer, "INSERT INTO t VALUES (" + i + ", " + values[i] + ")");
        }
        assertEquals("t -0 +0 ~0 =" + n, counts());
    }

    @Test
    void aCollationMakesNoTwoKeysTheSame() {
        both(
                "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v)",
                "CREATE TABLE w(k TEXT COLLATE NOCASE PRIMARY KEY, v) WITHOUT ROWID");
        Lab.sql(old, "INSERT INTO t VALUES ('a', 1), ('b', 1)", "INSERT INTO w VALUES ('a', 1), ('b', 1)");
        Lab.sql(newer, "INSERT INTO t VALUES ('A', 1), ('b', 2)", "INSERT INTO w VALUES ('A', 1), ('b', 2)");
        assertEquals("t -1 +1 ~1 =0; w -1 +1 ~1 =0", counts());
    }

    @Test
    void aKeyOfAnotherClassIsAChange() {
        both("CREATE TABLE t(k PRIMARY KEY, v)");
        Lab.sql(old, "INSERT INTO t VALUES (1, 'x'), ('2', 'y')");
        Lab.sql(newer, "INSERT INTO t VALUES (1.0, 'x'), (2, 'y')");
        assertEquals("t -1 +1 ~1 =0", counts());
        assertEquals(List.of("-2,y", "~[1>1.0],x", "+2,y"), rows("t"));
    }

    @Test
    void rowsWithNullInTheirKeyAreMatchedByTheirContent() {
        both(
                "CREATE TABLE t(a, b, v, PRIMARY KEY (a, b))",
                "INSERT INTO t VALUES (1, NULL, 'x'), (1, NULL, 'x'), (NULL, NULL, 'y'), (2, 2, 'z')");
        assertEquals("t -0 +0 ~0 =4", counts());
        Lab.sql(
                newer,
                "DELETE FROM t WHERE rowid = 1",
                "UPDATE t SET v = 'w' WHERE v = 'y'",
                "UPDATE t SET v = 'zz' WHERE a = 2");
        assertEquals("t -2 +1 ~1 =1", counts());
    }

    @Test
    void rowsWithoutKeyCountAsOftenAsTheyOccur() {
        both("CREATE TABLE t(a, b)");
        Lab.sql(old, "INSERT INTO t VALUES (1, 1), (1, 1), (1, 1), (2, NULL), (3, 'x')");
        Lab.sql(newer, "INSERT INTO t VALUES (3, 'x'), (1, 1), (4, 4), (2, NULL), (2, NULL)");
        assertEquals("t -2 +2 ~0 =3", counts());
        assertEquals(List.of("-1,1", "-1,1", "+4,4", "+2,null"), rows("t"));
    }

    @Test
    void rowsThatVacuumGaveOtherRowidsAreTheSame() {
        both("CREATE TABLE t(a)", "CREATE TABLE k(a PRIMARY KEY, b)");
        for (String table : List.of("t(a)", "k(a)")) {
            both("INSERT INTO " + table
                    + " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i "
                    + "< 500) SELECT 'row ' || i FROM n");
        }
        both("DELETE FROM t WHERE rowid % 3 = 0", "DELETE FROM k WHERE rowid % 3 = 0");
        Lab.sql(newer, "VACUUM");
        assertEquals("k -0 +0 ~0 =334; t -0 +0 ~0 =334", counts());
    }

    @Test
    void columnsAreMatchedByNameAndThoseOfOneAreASchemaDifference() {
        Lab.sql(
                old,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, gone)",
                "INSERT INTO t VALUES (1, '1', 9), (2, 'x', 9)");
        Lab.sql(
                newer,
                "CREATE TABLE t(added, A INTEGER, id INTEGER PRIMARY KEY)",
                "INSERT INTO t VALUES (8, '1', 1), (8, 'x', 2)");
        assertEquals("t -0 +0 ~1 =1", counts());
        assertEquals(List.of("~1,[1>1]"), rows("t"), "a text has become a number");
        assertEquals(1, found(null).schema().size());
        assertEquals(
                new DatabaseDiff.OwnColumns(List.of("gone"), List.of("added")),
                found(null).tables().get(0).own());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(b PRIMARY KEY, a)",
                "(a, b)",
                "(a INTEGER PRIMARY KEY, b)",
                "(a, b, PRIMARY KEY (a, b)) WITHOUT ROWID"
            })
    void rowsOfTablesWithDifferentKeysAreMatchedByTheirContent(String columns) {
        Lab.sql(old, "CREATE TABLE t(a PRIMARY KEY, b)", "INSERT INTO t VALUES (1, 10), (2, 20)");
        Lab.sql(newer, "CREATE TABLE t" + columns, "INSERT INTO t(a, b) VALUES (1, 10), (2, 21)");
        boolean sameKey = columns.startsWith("(a INTEGER PRIMARY KEY");
        assertEquals(sameKey ? "t -0 +0 ~1 =1" : "t -1 +1 ~0 =1", counts());
    }

    @Test
    void tablesOfOneAndTablesWithoutACommonColumnHaveOnlyRowsOfTheirOwn() {
        Lab.sql(
                old,
                "CREATE TABLE o(a)",
                "INSERT INTO o VALUES (1), (2)",
                "CREATE TABLE x(a)",
                "INSERT INTO x VALUES (1)");
        Lab.sql(
                newer,
                "CREATE TABLE n(a)",
                "INSERT INTO n VALUES (3)",
                "CREATE TABLE X(b)",
                "INSERT INTO X VALUES (5), (6)");
        assertEquals("n -0 +1 ~0 =0; o -2 +0 ~0 =0; x -1 +2 ~0 =0", counts());
        assertEquals(List.of("-1", "-2"), rows("o"));
        assertEquals(List.of("+3"), rows("N"));
        assertEquals(List.of("-1", "+5", "+6"), rows("x"));
        assertEquals(List.of("table n: null > CREATE TABLE n(a)"), schema("n"));
        assertEquals(List.of("table x: CREATE TABLE x(a) > CREATE TABLE X(b)"), schema("x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"c0 INTEGER PRIMARY KEY", "c0"})
    void veryWideTablesAreCompared(String first) {
        String columns = IntStream.range(1, 1900).mapToObj(i -> "c" + i).collect(Collectors.joining(", "));
        both("CREATE TABLE t(" + first + ", " + columns + ")", "INSERT INTO t(c0, c1899) VALUES (1, 1), (2, 2)");
        Lab.sql(newer, "UPDATE t SET c1899 = 3 WHERE c0 = 2");
        assertEquals(first.equals("c0") ? "t -1 +1 ~0 =1" : "t -0 +0 ~1 =1", counts());
        assertEquals(first.equals("c0") ? 2 : 1, rows("t").size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"main.x\"y", "x'; DROP TABLE t; --", "select", "old_rows", "", "ünï\ncode", "[]", "new", "%_"})
    void namesAreNothingButNames(String name) {
        String quoted = "\"" + name.replace("\"", "\"\"") + "\"";
        both(
                "CREATE TABLE " + quoted + "(rowid, _rowid_, oid, id, " + quoted + ")",
                "INSERT INTO " + quoted + " VALUES (1, 2, 3, 4, 5), (1, 2, 3, 4, 6)");
        Lab.sql(newer, "DELETE FROM " + quoted + " WHERE " + quoted + " = 5");
        assertEquals(name + " -1 +0 ~0 =1", counts());
        assertEquals(List.of("-1,2,3,4,5"), rows(name));
    }

    @Test
    void fullTextAndSpatialTablesAreComparedAndTheirShadowsLeftOut() {
        both(
                "CREATE VIRTUAL TABLE f5 USING fts5(a, b)",
                "INSERT INTO f5(rowid, a, b) VALUES (1, 'one', 'x'), (7, 'seven', 'y')",
                "CREATE VIRTUAL TABLE f4 USING fts4(a)",
                "INSERT INTO f4(docid, a) VALUES (1, 'one'), (2, 'two')",
                "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1, +note)",
                "INSERT INTO r VALUES (1, 0, 1, 'n'), (2, 5, 6, 'm')");
        assertEquals("f4 -0 +0 ~0 =2; f5 -0 +0 ~0 =2; r -0 +0 ~0 =2", counts());
        Lab.sql(
                newer,
                "DELETE FROM f5 WHERE rowid = 1",
                "UPDATE f4 SET a = 'deux' WHERE docid = 2",
                "UPDATE r SET note = 'k' WHERE id = 2",
                "INSERT INTO r VALUES (3, 1, 2, 'o')");
        DatabaseDiff.Found found = found(null);
        assertEquals("f4 -0 +0 ~1 =1; f5 -1 +0 ~0 =1; r -0 +1 ~1 =1", counts(found));
        assertTrue(
                found.shadows().containsAll(List.of("f4_content", "f5_data", "f5_idx", "r_node")),
                found.shadows().toString());
        assertEquals(List.of(), found.schema());
        assertEquals(List.of("-1,one,x"), rows("f5"));
        assertEquals(List.of("~2,5.0,6.0,[m>k]", "+3,1.0,2.0,o"), rows("r"));
        Expect.failure(Failure.Kind.USAGE, "f5_data keeps the content of a virtual table", () -> found("f5_data"));
    }

    /** It would run the view, which has no end. */
    @Test
    void aFullTextTableOverAViewIsNotRead() {
        both(
                "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
                        + "SELECT i AS rowid, i AS a FROM n",
                "CREATE VIRTUAL TABLE f USING fts5(a, content='endless', content_rowid='rowid')",
                "CREATE TABLE f_content(a)",
                "CREATE VIRTUAL TABLE g USING fts4(a, content=\"endless\")",
                "CREATE VIRTUAL TABLE h USING fts5(a, content='')",
                "CREATE VIRTUAL TABLE words USING fts5vocab(f, 'row')",
                "CREATE TABLE t(a)");
        DatabaseDiff.Found found = found(null);
        assertEquals("f_content -0 +0 ~0 =0; t -0 +0 ~0 =0", counts(found));
        assertEquals(
                List.of("f", "g", "h", "words"),
                found.uncompared().stream().map(DatabaseDiff.Uncompared::name).toList());
        Expect.failure(Failure.Kind.USAGE, "f is a virtual table whose rows are not in it alone", () -> found("f"));
    }

    /** SQLite tells such tables by their names alone. */
    @Test
    void aTableOfTheUsersThatIsNamedLikeOneOfAModuleIsCompared() {
        both(
                "CREATE TABLE docs_content(id INTEGER PRIMARY KEY, a)",
                "CREATE VIRTUAL TABLE docs USING fts5(a, content='docs_content', content_rowid='id')",
                "CREATE VIRTUAL TABLE log USING fts3(a)",
                "CREATE TABLE log_stat(a)");
        Lab.sql(old, "INSERT INTO docs_content VALUES (1, 'old')", "INSERT INTO log_stat VALUES ('old')");
        Lab.sql(newer, "INSERT INTO docs_content VALUES (1, 'new')", "INSERT INTO log_stat VALUES ('new')");
        Lab.sql(old, "CREATE VIRTUAL TABLE gone USING fts5(a)");
        Lab.sql(newer, "CREATE TABLE gone_data(a)", "INSERT INTO gone_data VALUES (1), (2)");
        DatabaseDiff.Found found = found(null);
        assertEquals(
                "docs_content -0 +0 ~1 =0; gone -0 +0 ~0 =0; gone_data -0 +2 ~0 =0; log -0 +0 ~0 =0; log_stat -1 +1 ~0 =0",
                counts(found));
        assertEquals(
                List.of("docs"),
                found.uncompared().stream().map(DatabaseDiff.Uncompared::name).toList());
    }

    /** Rows that are not in it as they look, or in which nobody sees a column, or which a view or function makes. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "fts4(a, compress=hex, uncompress=zeroblob)",
                "fts4(a, languageid=\"lid\")",
                "fts4(rowid, a)",
                "FTS5(a, content = 'v', content_rowid='id')"
            })
    void anUnusualFullTextTableIsNamedAndNotCalledTheSame(String declared) {
        both(
                "CREATE VIEW v AS SELECT 1 AS id, 'from the view' AS a",
                "CREATE VIRTUAL TABLE f USING " + declared,
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET type = 'TABLE' WHERE name = 'f' AND sql LIKE '%content%'");
        assertEquals(
                List.of("f"),
                found(null).uncompared().stream()
                        .map(DatabaseDiff.Uncompared::name)
                        .toList());
    }

    /** It keeps 1 and '1' apart, which another table takes for one. */
    @Test
    void aStrictTableIsNotMatchedByWhatTheOtherOneConverts() {
        Lab.sql(old, "CREATE TABLE t(k ANY PRIMARY KEY, v ANY) STRICT", "INSERT INTO t VALUES (1, 'x'), ('1', 'lost')");
        Lab.sql(newer, "CREATE TABLE t(k ANY PRIMARY KEY, v ANY)", "INSERT INTO t VALUES (1, 'x')");
        assertEquals("t -1 +0 ~0 =1", counts(found(null)));
    }

    @Test
    void aTableThatOnlyTheApplicationCanReadIsNamed() {
        both(
                "CREATE VIRTUAL TABLE f USING fts4(a)",
                "CREATE TABLE t(a)",
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE f USING fts4(a, "
                        + "tokenize=its_own)' WHERE name = 'f'",
                "INSERT INTO sqlite_schema VALUES ('table', 'm', 'm', 0, 'CREATE VIRTUAL TABLE m USING its_own(a)')");
        DatabaseDiff.Found found = found(null);
        assertEquals("t -0 +0 ~0 =0", counts(found));
        assertEquals(
                List.of("f", "m"),
                found.uncompared().stream()
                        .map(DatabaseDiff.Uncompared::name)
                        .sorted()
                        .toList());
        assertTrue(
                found.uncompared().stream()
                        .allMatch(table -> List.of(
                                        "unknown tokenizer: its_own", "it is virtual, and its rows are not in it alone")
                                .contains(table.why())),
                found.uncompared().toString());
    }

    /** With stand-ins whose order is another one than that of the indexes. */
    @Test
    void collationsAndFunctionsOfTheApplicationAreNotAsked() throws IOException {
        OwnFunctions.database(old, 300);
        Files.copy(old, newer);
        List<String> tables =
                List.of("by_key", "checked", "computed", "expression", "only_one", "ordered", "part", "plain");
        assertEquals(
                tables.stream().map(table -> table + " -0 +0 ~0 =300").collect(Collectors.joining("; ")), counts());
        for (String table : tables) {
            OwnFunctions.run(
                    newer, "DELETE FROM " + table + " WHERE b = 7", "UPDATE " + table + " SET b = 1000 WHERE b = 8");
        }
        assertEquals(
                tables.stream()
                        .map(table -> table + (table.equals("by_key") ? " -1 +0 ~1 =298" : " -2 +1 ~0 =298"))
                        .collect(Collectors.joining("; ")),
                counts());
    }

    @Test
    void definitionsAndNumbersOfTheHeaderAreCompared() {
        both(
                "CREATE TABLE t(a)",
                "CREATE TABLE u(a)",
                "CREATE INDEX i ON t(a)",
                "CREATE VIEW v AS SELECT 1",
                "CREATE TRIGGER g AFTER INSERT ON u BEGIN SELECT 1; END",
                "ANALYZE");
        assertEquals(List.of(), schema(null));
        Lab.sql(old, "PRAGMA user_version=3");
        Lab.sql(
                newer,
                "PRAGMA application_id=-7",
                "DROP INDEX i",
                "DROP VIEW v",
                "CREATE VIEW V AS SELECT 2",
                "DROP TRIGGER g",
                "CREATE INDEX j ON u(a)");
        assertEquals(
                List.of(
                        "index i: CREATE INDEX i ON t(a) > null",
                        "index j: null > CREATE INDEX j ON u(a)",
                        "trigger g: CREATE TRIGGER g AFTER INSERT ON u BEGIN SELECT 1; END > null",
                        "view v: CREATE VIEW v AS SELECT 1 > CREATE VIEW V AS SELECT 2",
                        "pragma user_version: 3 > 0",
                        "pragma application_id: 0 > -7"),
                schema(null));
        assertEquals(List.of("index i: CREATE INDEX i ON t(a) > null"), schema("t"));
        assertNull(found(null).tables().get(0).rows());
    }

    @Test
    void ofLongValuesTheBeginningIsReadAndWhetherTheRestDiffers() {
        both(
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)",
                "INSERT INTO t VALUES (1, replace(hex(zeroblob(3000)), '00', 'é'), zeroblob(5000))");
        Lab.sql(newer, "UPDATE t SET a = a || 'end', b = b || x'00'");
        DiffRow row = found("t", 10).tables().get(0).rows().get(0);
        DiffRow.Cell text = row.cells().get(1);
        assertTrue(text.differs()
                && row.cells().get(2).differs()
                && row.cells().get(0).isKey());
        assertEquals(3000, text.old().length());
        assertEquals(3003, text.newer().length());
        assertEquals("é".repeat(1000), text.old().start());
        assertEquals(1000, ((byte[]) row.cells().get(2).old().start()).length);
    }

    @Test
    void showsWhatWasLostFirstAndNoMoreThanAskedFor() {
        both("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
        List<String> fill = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            fill.add("INSERT INTO t VALUES (" + i + ", 'x')");
        }
        both(fill.toArray(String[]::new));
        Lab.sql(
                newer,
                "DELETE FROM t WHERE id < 2",
                "UPDATE t SET a = 'y' WHERE id < 4",
                "INSERT INTO t VALUES (20, 'z')");
        assertEquals(List.of("-0,x", "-1,x", "~2,[x>y]", "~3,[x>y]", "+20,z"), rows("t"));
        DatabaseDiff.Found three = found("t", 3);
        assertEquals(3, three.tables().get(0).rows().size());
        assertEquals("t -2 +1 ~2 =6", counts(three));
    }

    @Test
    void otherTextEncodingsAreRefusedInWords() {
        Lab.sql(old, "CREATE TABLE t(a)");
        Lab.sql(newer, "PRAGMA encoding='UTF-16le'", "CREATE TABLE t(a)");
        Expect.failure(Failure.Kind.FAILURE, "OLD is in UTF-8, and NEW in UTF-16le", () -> found(null));
        old = directory.resolve("old16.db");
        Lab.sql(old, "PRAGMA encoding='UTF-16le'", "CREATE TABLE t(a)", "INSERT INTO t VALUES ('ä')");
        assertEquals("t -1 +0 ~0 =0", counts());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDamagedSchemaIsAClearFailure(boolean inOld) {
        both("CREATE TABLE t(a)");
        Lab.sql(
                inOld ? old : newer,
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE TABLE t(' WHERE name = 't'");
        Expect.failure(Failure.Kind.CORRUPT, "cannot read " + (inOld ? "OLD" : "NEW"), () -> found(null));
    }

    @Test
    void aTableThatNobodyHasIsRefused() {
        both("CREATE TABLE t(a)", "CREATE VIEW v AS SELECT 1");
        for (String table : List.of("x", "sqlite_schema", "t\" ")) {
            Expect.failure(Failure.Kind.USAGE, "neither OLD nor NEW has a table called " + table, () -> found(table));
        }
        Expect.failure(Failure.Kind.USAGE, "v is a view, and holds no rows of its own", () -> found("v"));
        Lab.sql(newer, "CREATE TABLE session(a)");
        Expect.failure(Failure.Kind.USAGE, "called sesion; did you mean session?", () -> found("sesion"));
    }

    /** A restore waits for no comparison without end. */
    @Test
    void endsWhenItIsToldTo() throws InterruptedException {
        both(
                "CREATE TABLE t(a)",
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
                        + "SELECT i FROM n");
        Stopper stopper = new Stopper();
        AtomicBoolean over = new AtomicBoolean();
        Thread impatient = new Thread(() -> {
            while (!over.get()) {
                stopper.stop();
            }
        });
        impatient.start();
        Expect.failure(
                Failure.Kind.INTERRUPTED,
                "interrupted",
                () -> DatabaseDiff.of(
                        new DatabaseDiff.Side(old, "OLD"),
                        new DatabaseDiff.Side(newer, "NEW"),
                        temporary,
                        DatabaseDiff.Wanted.ALL,
                        stopper));
        over.set(true);
        impatient.join();
        assertEquals("t -0 +0 ~0 =20000", counts());
    }

    /** What is sorted is not in the memory, and not in a directory that others chose. */
    @Test
    void rowsAreSortedInThePrivateDirectory() throws IOException {
        both("CREATE TABLE t(a)");
        String fill = "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                + "6000) SELECT %s || i || hex(randomblob(500)) FROM n";
        Lab.sql(old, String.format(fill, "'old'"));
        Lab.sql(newer, String.format(fill, "'new'"));
        assertEquals("t -6000 +6000 ~0 =0", counts());
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 1 << 20)) {
            temporary = disk.path(".");
            Expect.failure(Failure.Kind.NO_SPACE, "no space left", () -> found(null));
        }
    }
}
