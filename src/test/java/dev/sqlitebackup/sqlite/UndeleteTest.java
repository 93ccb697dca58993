package dev.sqlitebackup.sqlite;

import static dev.sqlitebackup.sqlite.UndeleteLab.all;
import static dev.sqlitebackup.sqlite.UndeleteLab.counts;
import static dev.sqlitebackup.sqlite.UndeleteLab.only;
import static dev.sqlitebackup.sqlite.UndeleteLab.where;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which rows come back, and as what. */
class UndeleteTest {
    private static final String[] FAMILY = {
        "CREATE TABLE parent(id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE child(id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent ON DELETE CASCADE, v)",
        "CREATE TABLE grandchild(c INTEGER REFERENCES child ON DELETE CASCADE, v)",
        "CREATE TABLE other(id INTEGER PRIMARY KEY, v)",
        "INSERT INTO parent VALUES (1, 'one'), (2, 'two'), (3, 'three')",
        "INSERT INTO child VALUES (10, 1, 'a'), (11, 1, 'b'), (20, 2, 'c'), (99, NULL, 'nobody''s')",
        "INSERT INTO grandchild VALUES (10, 'x'), (10, 'x'), (11, 'y'), (20, 'z')",
        "INSERT INTO other VALUES (1, 'x')"
    };

    @TempDir
    Path directory;

    private UndeleteLab lab;

    @BeforeEach
    void makeLab() {
        lab = new UndeleteLab(directory);
    }

    @Test
    void rowsComeBackWithThoseThatReferToThemAndTheirs() {
        lab.given(FAMILY).since("DELETE FROM parent WHERE id = 1");
        assertEquals("parent 1, child 2, grandchild 3", lab.counted(where("parent", "id = 1")));
        lab.assertAllIsBack();
    }

    @Test
    void whatTheyReferToComesBackToo() {
        lab.given(FAMILY).since("DELETE FROM parent");
        assertEquals("parent 1, child 1, grandchild 2", lab.counted(where("child", "id = 10")));
        assertEquals("parent 2, child 1, grandchild 1", lab.counted(all("parent")));
        assertEquals("child 1, grandchild 1", lab.counted(all("child")));
        lab.assertAllIsBack();
    }

    @Test
    void onlyTheRowsThemselvesComeBackIfOnlyTheyAreWanted() {
        lab.given(FAMILY).since("DELETE FROM parent");
        assertEquals("parent 1", lab.counted(only("parent", "id = 1")));
        assertEquals("child 1", lab.counted(only("child", "id = 10")));
        assertEquals("1", lab.query("SELECT group_concat(id) FROM parent"));
        assertEquals("10,99", lab.query("SELECT group_concat(id) FROM child"));
        assertEquals("0", lab.query("SELECT count(*) FROM grandchild"));
    }

    @Test
    void nothingElseChanges() {
        lab.given(FAMILY)
                .since(
                        "DELETE FROM parent WHERE id = 1",
                        "UPDATE parent SET name = 'newer' WHERE id = 2",
                        "DELETE FROM parent WHERE id = 3",
                        "INSERT INTO parent VALUES (4, 'four')",
                        "INSERT INTO child VALUES (40, 4, 'new')",
                        "UPDATE child SET v = 'newer' WHERE id = 20",
                        "DELETE FROM other",
                        "CREATE TABLE newer(x)",
                        "INSERT INTO newer VALUES (1)");
        SortedMap<String, List<String>> expected = AllRows.of(lab.live);
        for (String table : List.of("parent", "child", "grandchild")) {
            List<String> rows = new ArrayList<>(expected.get(table));
            AllRows.of(lab.backup).get(table).stream()
                    .filter(row -> table.equals("parent") && row.startsWith("integer 1,")
                            || table.equals("child") && row.contains(", integer 1, ")
                            || table.equals("grandchild") && row.matches("integer 1[01],.*"))
                    .forEach(rows::add);
            rows.sort(null);
            expected.put(table, rows);
        }
        lab.undelete(where("parent", "id < 3"));
        assertEquals(expected, AllRows.of(lab.live));
    }

    @Test
    void nothingMissingIsSaidAndChangesNothing() {
        lab.given(FAMILY);
        byte[] before = UndeleteLab.bytes(lab.live);
        PutBack back = lab.undelete(all("parent"), () -> {
            throw new AssertionError("there is nothing to commit");
        });
        assertEquals(List.of(List.of(), 3L, 0L), List.of(back.tables(), back.selected(), back.changed()));
        assertEquals(2, lab.undelete(where("parent", "id < 3")).selected());
        assertEquals(0, lab.undelete(where("parent", "id > 3")).selected());
        assertTrue(Arrays.equals(before, UndeleteLab.bytes(lab.live)));
    }

    @Test
    void rowsThatAreThereWithOtherValuesAreCountedAndLeft() {
        lab.given(FAMILY).since("UPDATE parent SET name = 'newer' WHERE id < 3", "DELETE FROM parent WHERE id = 3");
        PutBack back = lab.undelete(where("parent", "id > 1"));
        assertEquals("parent 1", counts(back));
        assertEquals(1, back.changed());
        assertEquals("newer,newer,three", lab.query("SELECT group_concat(name) FROM parent"));
    }

    @Test
    void whatComesBackIsShown() {
        lab.given(FAMILY).since("DELETE FROM parent WHERE id = 1");
        PutBack.Table first = lab.undelete(where("parent", "id = 1")).tables().get(0);
        assertEquals(
                "[id=1, name=one]",
                first.first().get(0).cells().stream()
                        .map(cell -> cell.column() + "=" + cell.old().start())
                        .toList()
                        .toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(k INTEGER PRIMARY KEY, v)",
                "(k INTEGER PRIMARY KEY AUTOINCREMENT, v)",
                "(v, k INTEGER PRIMARY KEY DESC)",
                "(k TEXT PRIMARY KEY, v)",
                "(v, k INT NOT NULL PRIMARY KEY)",
                "(k PRIMARY KEY, v) WITHOUT ROWID",
                "(k TEXT COLLATE NOCASE PRIMARY KEY, v)",
                "(k TEXT COLLATE RTRIM PRIMARY KEY, v) WITHOUT ROWID",
                "(k INTEGER PRIMARY KEY, v TEXT) STRICT",
                "(k ANY PRIMARY KEY, v ANY) STRICT",
                "(k TEXT, v TEXT, j TEXT AS (v || k), s TEXT AS (v || 'x') STORED, PRIMARY KEY (v, k)) "
                        + "STRICT, WITHOUT ROWID",
                "(k TEXT, v TEXT, j AS (v || k) UNIQUE, s AS (v || 'x') STORED, PRIMARY KEY (k))",
                "(k, v, PRIMARY KEY (v, k))",
                "(k, v)",
                "(k REAL PRIMARY KEY, v)",
                "(k BLOB PRIMARY KEY, v)",
                "(rowid, _rowid_, oid, k INTEGER PRIMARY KEY, v)",
                "(rowid, _rowid_, oid, k TEXT PRIMARY KEY, v)",
                "(k INTEGER PRIMARY KEY ON CONFLICT REPLACE, v UNIQUE ON CONFLICT IGNORE)"
            })
    void rowsComeBackWhateverTheirKeyIs(String columns) {
        lab.given(
                        "CREATE TABLE t" + columns,
                        "INSERT INTO t(k, v) VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (-7, 'e')")
                .since("DELETE FROM t WHERE k IN (1, 3, -7)");
        assertEquals("t 1", lab.counted(where("t", "v = 'c'")));
        assertEquals("t 2", lab.counted(all("t")));
        lab.assertAllIsBack();
    }

    @ParameterizedTest
    @CsvSource({"TEXT, TEXT", "BLOB, BLOB", "'', ''", "TEXT COLLATE NOCASE, TEXT", "INTEGER, NUMERIC"})
    void compositeKeysAreFollowedWhateverTheirColumnsAre(String one, String other) {
        lab.given(
                        "CREATE TABLE parent(a " + one + ", b " + other + ", v, PRIMARY KEY (b, a)) WITHOUT ROWID",
                        "CREATE TABLE child(x, b " + other + ", a " + one
                                + ", FOREIGN KEY (b, a) REFERENCES parent ON DELETE CASCADE)",
                        "INSERT INTO parent VALUES (1, 1, 'p'), (1, 2, 'q'), (2, 1, 'r')",
                        "INSERT INTO child(b, a, x) VALUES (1, 1, 'c'), (2, 1, 'd'), (NULL, 1, 'e'), (2, 1, 'd')")
                .since("DELETE FROM parent WHERE a = 1 AND b = 2");
        assertEquals("parent 1, child 2", lab.counted(where("parent", "v = 'q'")));
        lab.assertAllIsBack();
        lab.since("DELETE FROM child WHERE x = 'e'");
        assertEquals(List.of(), lab.undelete(all("child")).warnings(), "half a key refers to nothing");
        lab.assertAllIsBack();
    }

    @ParameterizedTest
    @ValueSource(strings = {"CASCADE", "NO ACTION", "RESTRICT"})
    void whateverDeletedTheRowsThatReferredTheyComeBack(String action) {
        lab.given(
                        "CREATE TABLE parent(id INTEGER PRIMARY KEY)",
                        "CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent ON DELETE " + action + ")",
                        "INSERT INTO parent VALUES (1), (2)",
                        "INSERT INTO child VALUES (1, 1), (2, 2), (3, 1)")
                .since("DELETE FROM child WHERE p = 1", "DELETE FROM parent WHERE id = 1");
        assertEquals("parent 1, child 2", lab.counted(all("parent")));
        lab.assertAllIsBack();
    }

    @ParameterizedTest
    @CsvSource({"SET NULL, NULL", "SET DEFAULT, 2"})
    void rowsThatReferToSomethingElseNowAreNamedAndLeft(String action, String now) {
        lab.given(
                        "CREATE TABLE parent(id INTEGER PRIMARY KEY)",
                        "CREATE TABLE child(id INTEGER PRIMARY KEY, p DEFAULT 2 REFERENCES parent ON DELETE " + action
                                + ")",
                        "INSERT INTO parent VALUES (1), (2)",
                        "INSERT INTO child VALUES (1, 1), (2, 2), (3, 1)")
                .since("DELETE FROM parent WHERE id = 1");
        PutBack back = lab.undelete(all("parent"));
        assertEquals("parent 1", counts(back));
        assertEquals(
                List.of("2 rows of table child referred to them by p and no longer do: left as they are"),
                back.warnings());
        assertEquals(now, lab.query("SELECT ifnull(p, 'NULL') FROM child WHERE id = 1"));
    }

    /** SQLite gives a number again that is free, where nothing keeps it from that. */
    @Test
    void aRowWhoseNumberAnotherOneHasNowIsSaidNotToBeBack() {
        lab.given(
                        "CREATE TABLE session(id TEXT PRIMARY KEY)",
                        "CREATE TABLE message(id INTEGER PRIMARY KEY, s REFERENCES session ON DELETE CASCADE, v)",
                        "INSERT INTO session VALUES ('a'), ('b')",
                        "INSERT INTO message(s, v) VALUES ('a', 'k'), ('b', 'lost 1'), ('b', 'lost 2'), ('b', 'lost 3')")
                .since("DELETE FROM session WHERE id = 'b'", "INSERT INTO message(s, v) VALUES ('a', 'n'), ('a', 'o')");
        PutBack back = lab.undelete(all("session"));
        assertEquals("session 1, message 1", counts(back));
        assertEquals(
                List.of("2 rows of table message that referred to them by s are not back: of that key there is another "
                        + "row now, or one that was changed (id=2; id=3)"),
                back.partial());
        assertEquals(List.of(), back.warnings());
    }

    @Test
    void aRowThatComesBackToAnotherParentThanItsOwnIsNamed() {
        lab.given(
                        "CREATE TABLE session(id INTEGER PRIMARY KEY, user)",
                        "CREATE TABLE message(id INTEGER PRIMARY KEY, s REFERENCES session ON DELETE CASCADE)",
                        "INSERT INTO session VALUES (1, 'alice'), (2, 'alice')",
                        "INSERT INTO message VALUES (10, 1), (20, 2)")
                .since("DELETE FROM session WHERE id = 2", "INSERT INTO session VALUES (2, 'bob')");
        assertEquals(
                List.of(
                        "rows of table message refer to what has other values than in the backup, and may be another row "
                                + "of that key: table session, id=2"),
                lab.undelete(all("message")).warnings());
    }

    /** The other processes wait meanwhile. */
    @ParameterizedTest
    @ValueSource(strings = {"INTEGER", "", "TEXT"})
    void rowsThatReferAreFoundInReasonableTimeWithoutAnIndex(String type) {
        lab.given(
                        "CREATE TABLE session(id INTEGER PRIMARY KEY)",
                        "CREATE TABLE message(id INTEGER PRIMARY KEY, s " + type
                                + " REFERENCES session ON DELETE CASCADE)",
                        "INSERT INTO session WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) "
                                + "SELECT i FROM n",
                        "INSERT INTO message SELECT NULL, id FROM session, (SELECT 1 UNION ALL SELECT 2) ORDER BY 2")
                .since("PRAGMA foreign_keys=OFF", "DELETE FROM message", "DELETE FROM session");
        assertTimeoutPreemptively(
                Duration.ofSeconds(30),
                () -> assertEquals("session 20000, message 40000", lab.counted(all("session"))));
        lab.assertAllIsBack();
    }

    @Test
    void whatRefersToARowThatIsThereIsNamed() {
        lab.given(
                        "CREATE TABLE session(id INTEGER PRIMARY KEY)",
                        "CREATE TABLE message(id INTEGER PRIMARY KEY, s REFERENCES session ON DELETE CASCADE)",
                        "INSERT INTO session VALUES (1), (2)",
                        "INSERT INTO message VALUES (10, 1), (20, 2), (21, 2)")
                .since("DELETE FROM message");
        PutBack back = lab.undelete(where("session", "id = 2"));
        assertEquals(List.of(), back.tables());
        assertEquals(
                List.of(
                        "2 rows of table message that refer to a row which was asked for and is there are missing: back by "
                                + "--table=message"),
                back.warnings());
    }

    /** As SQLite does: what refers is taken for what it refers to would make of it. */
    @Test
    void keysAreComparedByWhatIsReferredTo() {
        lab.given(
                        "CREATE TABLE p(id TEXT PRIMARY KEY)",
                        "CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p ON DELETE CASCADE)",
                        "INSERT INTO p VALUES ('007'), ('7')",
                        "INSERT INTO c VALUES (1, 7)")
                .since("DELETE FROM c", "DELETE FROM p WHERE id = '007'");
        assertEquals("p 1", lab.counted(all("p")), "the child was that of another");
    }

    /** By its content such a row is missing: what it refers to is part of it. */
    @ParameterizedTest
    @CsvSource({"SET NULL, NULL", "SET DEFAULT, 2"})
    void aRowWithoutAKeyThatReferredToThemIsNoSecondTimeThere(String action, String now) {
        lab.given(
                        "CREATE TABLE parent(id INTEGER PRIMARY KEY)",
                        "CREATE TABLE tag(name, p DEFAULT 2 REFERENCES parent ON DELETE " + action + ")",
                        "INSERT INTO parent VALUES (1), (2)",
                        "INSERT INTO tag VALUES ('a', 1), ('a', 1), ('b', 1), ('b', NULL), ('b', 2), ('c', 1), (NULL, 1)")
                .since("DELETE FROM tag WHERE name = 'c'", "DELETE FROM parent WHERE id = 1");
        PutBack back = lab.undelete(all("parent"));
        assertEquals("parent 1, tag 1", counts(back));
        assertEquals(
                List.of("4 rows of table tag referred to them by p and no longer do: left as they are"),
                back.warnings());
        assertEquals("7", lab.query("SELECT count(*) FROM tag"));
        assertEquals("1", lab.query("SELECT p FROM tag WHERE name = 'c'"), "it was deleted, and not set");
        assertEquals("2", lab.query("SELECT count(*) FROM tag WHERE name = 'a' AND p IS " + now));
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT 'no index'", "CREATE INDEX by_parent ON t(parent)"})
    void aChainOfRowsThatReferToEachOtherComesBackInReasonableTime(String index) {
        lab.given(
                        "CREATE TABLE t(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t, v)",
                        index,
                        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 20000) "
                                + "SELECT i, nullif(i - 1, 0), 'value ' || i FROM n")
                .since("PRAGMA foreign_keys=OFF", "DELETE FROM t");
        assertTimeoutPreemptively(
                Duration.ofSeconds(60), () -> assertEquals("t 20000", lab.counted(where("t", "id = 1"))));
        lab.assertAllIsBack();
        lab.since("PRAGMA foreign_keys=OFF", "DELETE FROM t");
        assertTimeoutPreemptively(
                Duration.ofSeconds(60), () -> assertEquals("t 20000", lab.counted(where("t", "id = 20000"))));
        lab.assertAllIsBack();
    }

    @Test
    void keysThatGoInACircleEndSomewhere() {
        lab.given(
                        "CREATE TABLE a(id INTEGER PRIMARY KEY, b REFERENCES b DEFERRABLE INITIALLY DEFERRED)",
                        "CREATE TABLE b(id INTEGER PRIMARY KEY, c REFERENCES c)",
                        "CREATE TABLE c(id INTEGER PRIMARY KEY, a REFERENCES a, self REFERENCES c)",
                        "INSERT INTO c VALUES (1, 1, 1), (2, 2, 2), (3, NULL, 3)",
                        "INSERT INTO b VALUES (1, 1), (2, 2), (3, 3)",
                        "INSERT INTO a VALUES (1, 1), (2, 2), (3, 1)")
                .since(
                        "PRAGMA foreign_keys=OFF",
                        "DELETE FROM a WHERE id IN (1, 3)",
                        "DELETE FROM b WHERE id = 1",
                        "DELETE FROM c WHERE id = 1");
        assertEquals(3, lab.undelete(where("b", "id = 1")).tables().size());
        lab.assertAllIsBack();
    }

    @Test
    void aChildTableThatWasDroppedSinceIsSaid() {
        lab.given(FAMILY).since("DELETE FROM parent WHERE id = 1", "DROP TABLE grandchild");
        PutBack back = lab.undelete(where("parent", "id = 1"));
        assertEquals("parent 1, child 2", counts(back));
        assertEquals(
                List.of("3 rows of table grandchild referred to them; the database has no such table any more"),
                back.warnings());
    }

    @Test
    void keysThatSqliteCannotCheckAreNoReasonToRefuse() {
        lab.given(FAMILY).since("PRAGMA foreign_keys=OFF", "DELETE FROM child WHERE id = 10", "DROP TABLE parent");
        PutBack back = lab.undelete(where("child", "id = 10"));
        assertEquals("child 1", counts(back));
        assertEquals(
                List.of("the database declares foreign keys that SQLite cannot check, so they were not enforced"),
                back.warnings());
    }

    @Test
    void keysToColumnsThatAreNotUniqueAreNoReasonToRefuse() {
        lab.given(
                        "CREATE TABLE parent(a, b)",
                        "CREATE TABLE child(id INTEGER PRIMARY KEY, a REFERENCES parent(a))",
                        "INSERT INTO parent VALUES (1, 'x')",
                        "INSERT INTO child VALUES (1, 1), (2, 1)")
                .since("PRAGMA foreign_keys=OFF", "DELETE FROM child", "DELETE FROM parent");
        assertEquals("parent 1, child 2", counts(lab.undelete(all("parent"))));
        lab.assertAllIsBack();
    }

    @Test
    void violationsOfOtherRowsAreNoReasonToRefuse() {
        lab.given(FAMILY)
                .given(
                        "PRAGMA ignore_check_constraints=ON",
                        "CREATE TABLE checked(id INTEGER PRIMARY KEY, p REFERENCES parent, v CHECK (v > 0))",
                        "INSERT INTO checked VALUES (1, 1, -1), (2, 77, -1), (3, 1, 1)",
                        "INSERT INTO child VALUES (77, 77, 'orphan')")
                .since("DELETE FROM checked WHERE id = 3", "DELETE FROM child WHERE id = 11");
        assertEquals("checked 1", lab.counted(all("checked")));
        assertEquals("child 1, grandchild 1", lab.counted(all("child")));
        assertEquals(AllRows.of(lab.backup), AllRows.of(lab.live));
    }

    @Test
    void aRowThatReferredToNothingInTheBackupComesBackAsItWas() {
        lab.given(FAMILY)
                .given("INSERT INTO child VALUES (77, 77, 'orphan'), (78, 78, 'orphan')")
                .since("DELETE FROM child WHERE id > 70", "DELETE FROM child WHERE id = 10");
        PutBack back = lab.undelete(all("child"));
        assertEquals("child 4, grandchild 2", counts(back));
        assertEquals(
                List.of("2 rows of table child refer by p to nothing in table parent, as in the backup"),
                back.warnings());
        lab.assertAllIsBack();
    }

    @Test
    void ofRowsThatAreTheSameAsManyComeBackAsAreMissing() {
        lab.given("CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 'x'), (1, 'x'), (1, 'x'), (2, NULL), (2, NULL)")
                .since("DELETE FROM t WHERE rowid IN (1, 2, 4, 5)", "INSERT INTO t VALUES (3, 'new')");
        assertEquals("t 2", lab.counted(where("t", "a = 1")));
        assertEquals("t 2", lab.counted(all("t")));
        lab.since("DELETE FROM t WHERE a = 3");
        lab.assertAllIsBack();
    }

    @Test
    void aKeyThatHoldsNullIsNoKey() {
        lab.given(
                        "CREATE TABLE t(k TEXT PRIMARY KEY, v)",
                        "INSERT INTO t VALUES (NULL, 'x'), (NULL, 'x'), (NULL, 'y'), ('k', 'z'), ('l', 'z')")
                .since("DELETE FROM t WHERE rowid IN (1, 3, 5)");
        assertEquals("t 3", lab.counted(all("t")));
        lab.assertAllIsBack();
    }

    @Test
    void aKeyIsThereIfTheDatabaseTakesItForTheSame() {
        lab.given(
                        "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v)",
                        "INSERT INTO t VALUES ('One', 1), ('Two', 2)",
                        "CREATE TABLE n(k PRIMARY KEY, v)",
                        "INSERT INTO n VALUES (1.0, 1), (2, 2)")
                .since(
                        "DELETE FROM t",
                        "INSERT INTO t VALUES ('ONE', 'newer')",
                        "DELETE FROM n",
                        "INSERT INTO n VALUES (1, 'newer')");
        assertEquals("t 1", lab.counted(all("t")));
        assertEquals("ONE newer,Two 2", lab.query("SELECT group_concat(k || ' ' || v) FROM t"));
        assertEquals("n 1", lab.counted(all("n")));
    }

    @Test
    void rowidsAreKeptWhereTheyAreKeys() {
        lab.given(
                        "CREATE TABLE t(id INTEGER PRIMARY KEY, v)",
                        "INSERT INTO t VALUES (-9223372036854775808, 'a'), (0, 'b'), (9223372036854775807, 'c')")
                .since("DELETE FROM t");
        assertEquals("t 3", lab.counted(all("t")));
        lab.assertAllIsBack();
    }

    @Test
    void theSequenceOfAutoincrementNeverGoesBack() {
        lab.given("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v)", "INSERT INTO t VALUES (5, 'a'), (9, 'b')")
                .since("INSERT INTO t VALUES (20, 'c')", "DELETE FROM t");
        lab.undelete(all("t"));
        assertEquals("20", lab.query("SELECT seq FROM sqlite_sequence"));
        lab.since("DELETE FROM t", "DELETE FROM sqlite_sequence");
        lab.undelete(all("t"));
        assertEquals("9", lab.query("SELECT seq FROM sqlite_sequence"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16le", "UTF-16be"})
    void textsComeBackInWhateverTheyAreEncoded(String encoding) {
        lab.given(
                        "PRAGMA encoding='" + encoding + "'",
                        "CREATE TABLE t(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
                        "INSERT INTO t VALUES ('Zürich ' || char(128512), 'é'), ('a', 'ü')")
                .since("DELETE FROM t");
        assertEquals("t 1", lab.counted(where("t", "k LIKE 'Zür%'")));
        assertEquals("t 1", lab.counted(all("t")));
        lab.assertAllIsBack();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "k IS NOT NULL"})
    void keysOfOddBytesComeBack(String condition) {
        lab.given(
                        "CREATE TABLE t(k PRIMARY KEY, v) WITHOUT ROWID",
                        "INSERT INTO t VALUES (x'', 1), (x'00', 2), (x'ff00fe', 3), ('', 4), "
                                + "('a' || char(0) || 'b', 5), "
                                + "(char(0), 6), (' ', 7), ('it''s \"it\"', 8), (1e999, 9), (-1e999, 10), (-0.0, 11), "
                                + "(0.1, 12), (9007199254740993, 13), (9223372036854775807, 14), (char(65534), 15)",
                        "CREATE TABLE child(k REFERENCES t ON DELETE CASCADE)",
                        "INSERT INTO child SELECT k FROM t")
                .since("DELETE FROM t");
        assertEquals("t 15, child 15", lab.counted(where("t", condition.isEmpty() ? null : condition)));
        lab.assertAllIsBack();
    }

    @Test
    void aKeyThatIsNoValidTextComesBackWithoutACondition() {
        lab.given(
                        "CREATE TABLE t(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
                        "INSERT INTO t VALUES (CAST(x'61ff' AS TEXT), 1), (CAST(x'61efbfbd' AS TEXT), 2)")
                .since("DELETE FROM t");
        lab.refused(Failure.Kind.FAILURE, "no valid text", where("t", "v = 1"));
        assertEquals("t 2", lab.counted(all("t")));
        lab.assertAllIsBack();
    }

    @ParameterizedTest
    @CsvSource({
        "fts5, 'fts5(title, body UNINDEXED)'",
        "fts5, 'fts5(title, body, tokenize = trigram)'",
        "fts4, 'fts4(title, body)'",
        "rtree, 'rtree(title, body, x, +more)'",
        "rtree_i32, 'rtree_i32(title, body, x)'"
    })
    void rowsOfVirtualTablesComeBack(String module, String using) {
        boolean isText = module.startsWith("fts");
        lab.given(
                        "CREATE VIRTUAL TABLE v USING " + using,
                        isText
                                ? "INSERT INTO v(rowid, title, body) VALUES (1, 'one word', 'x'), "
                                        + "(7, 'more words', 'y')"
                                : "INSERT INTO v(title, body, x) VALUES (1, 2, 3), (7, 5, 6)")
                .since("DELETE FROM v WHERE " + (isText ? "rowid" : "title") + " = 7");
        assertEquals("v 1", lab.counted(all("v")));
        lab.assertAllIsBack();
        if (isText) {
            assertEquals("7", lab.query("SELECT rowid FROM v WHERE v MATCH 'words'"));
        }
    }

    @Test
    void columnsAreMatchedByName() {
        lab.given(
                        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT)",
                        "INSERT INTO t VALUES (1, 'a1', 'b1', 'c1'), (2, 'a2', 'b2', 'c2')")
                .since(
                        "DELETE FROM t WHERE id = 2",
                        "ALTER TABLE t RENAME TO former",
                        "CREATE TABLE t(c TEXT, d TEXT NOT NULL DEFAULT 'new', A TEXT, id INTEGER PRIMARY KEY, "
                                + "e AS (a || c))",
                        "INSERT INTO t(id, a, c) SELECT id, a, c FROM former",
                        "DROP TABLE former");
        PutBack back = lab.undelete(all("t"));
        assertEquals("t 1", counts(back));
        assertEquals(List.of("column b is gone from table t: its values do not come back"), back.partial());
        assertEquals("c2|new|a2|2|a2c2", lab.query("SELECT concat_ws('|', c, d, a, id, e) FROM t WHERE id = 2"));
    }

    @ParameterizedTest
    @CsvSource({
        "'', TEXT",
        "TEXT, ''",
        "TEXT, INT",
        "INT, TEXT",
        "INT, REAL",
        "REAL, TEXT",
        "VARCHAR(10), TEXT COLLATE NOCASE"
    })
    void aColumnOfAnotherTypeTakesWhatSqliteMakesOfTheValue(String old, String newer) {
        lab.given(
                        "CREATE TABLE t(k " + old + ", v " + old + ", PRIMARY KEY (k))",
                        "INSERT INTO t VALUES (1, 12), (2, 12), ('x', 'X'), (3, 1.5), (4, x'00')")
                .since(
                        "ALTER TABLE t RENAME TO former",
                        "CREATE TABLE t(k " + newer + ", v " + newer + ", PRIMARY KEY (k))",
                        "INSERT INTO t SELECT * FROM former");
        List<String> expected = AllRows.of(lab.live).get("t");
        lab.since("DELETE FROM t WHERE rowid > 1");
        assertEquals("t 4", lab.counted(all("t")));
        assertEquals(expected, AllRows.of(lab.live).get("t"));
    }

    @Test
    void namesAreQuotedWhateverTheyAre() {
        lab.given(
                        "CREATE TABLE \"main.x\"\"y\"(\"a\"\"b\" INTEGER PRIMARY KEY, \"select\" TEXT)",
                        "CREATE TABLE \"'; DROP TABLE keep; --\"(\"]\" INTEGER PRIMARY KEY, \"[c\" "
                                + "REFERENCES \"main.x\"\"y\""
                                + " ON DELETE CASCADE)",
                        "CREATE TABLE keep(x)",
                        "CREATE TABLE chosen_0(n INTEGER PRIMARY KEY, w, "
                                + "o REFERENCES \"main.x\"\"y\" ON DELETE CASCADE)",
                        "INSERT INTO \"main.x\"\"y\" VALUES (1, 'it''s'), (2, 'x')",
                        "INSERT INTO \"'; DROP TABLE keep; --\" VALUES (1, 1), (2, 2)",
                        "INSERT INTO chosen_0 VALUES (1, 1, 1)")
                .since("DELETE FROM \"main.x\"\"y\"");
        assertEquals(
                "main.x\"y 1, '; DROP TABLE keep; -- 1, chosen_0 1",
                lab.counted(where("MAIN.x\"y", "\"select\" = 'it''s' AND \"a\"\"b\" = 1 -- comment")));
        lab.undelete(all("main.x\"y"));
        lab.assertAllIsBack();
    }

    /** Else each row would be compared with every missing one, while writers wait. */
    @ParameterizedTest
    @ValueSource(strings = {"", "a INTEGER, PRIMARY KEY(a)) WITHOUT ROWID --"})
    void aMissingRowWithoutAKeyIsFoundByAnIndex(String key) throws Exception {
        lab.given("CREATE TABLE t(" + (key.isEmpty() ? "a, b)" : "b, " + key));
        try (SqliteConnection connection = SqliteConnection.open(lab.live, "mode=rw", Duration.ZERO)) {
            Tables.Kind kind = Tables.of(connection, "main").kinds().get("t");
            TableShape old = TableShape.of(connection, "main", "t", kind.kind());
            MissingRows missing = new MissingRows.ByContent(old.identity(), "missing_0");
            String numbered = Identity.numbered(old.identity(), "");
            connection.execute("CREATE TABLE temp.missing_0(" + numbered + ", UNIQUE(" + numbered + "))");
            List<String> plan = connection.query(
                    "EXPLAIN QUERY PLAN SELECT 1 FROM " + old.from("o") + " WHERE " + missing.condition(), "detail");
            assertTrue(plan.stream().anyMatch(step -> step.startsWith("SEARCH m ")), plan.toString());
        }
    }
}
