package dev.sqlitebackup.sqlite;

import static dev.sqlitebackup.sqlite.UndeleteLab.all;
import static dev.sqlitebackup.sqlite.UndeleteLab.where;
import static dev.sqlitebackup.sqlite.UndeleteLab.withoutTriggers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Lab;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The triggers of a database run for rows that come back, as for any others, and nothing that they do is lost. */
class UndeleteTriggersTest {
    private static final String T = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)";
    private static final String ROWS = "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')";

    @TempDir
    Path directory;

    private UndeleteLab lab;

    @BeforeEach
    void makeLab() {
        lab = new UndeleteLab(directory);
    }

    @Test
    void aFullTextIndexKeptByTriggersFindsWhatCameBack() {
        lab.given(
                        "CREATE TABLE doc(id INTEGER PRIMARY KEY, body TEXT)",
                        "CREATE VIRTUAL TABLE search USING fts5(body, content=doc, content_rowid=id)",
                        "CREATE TRIGGER doc_in AFTER INSERT ON doc BEGIN "
                                + "INSERT INTO search(rowid, body) VALUES (new.id, new.body); END",
                        "CREATE TRIGGER doc_out AFTER DELETE ON doc BEGIN "
                                + "INSERT INTO search(search, rowid, body) VALUES ('delete', old.id, old.body); END",
                        "INSERT INTO doc VALUES (1, 'one word'), (2, 'another word')")
                .since("DELETE FROM doc");
        assertEquals("doc 2", lab.counted(all("doc")));
        assertEquals("1,2", lab.query("SELECT group_concat(rowid) FROM search WHERE search MATCH 'word'"));
        Lab.sql(lab.live, "INSERT INTO search(search, rank) VALUES ('integrity-check', 1)");
        lab.assertAllIsBack();
    }

    @ParameterizedTest
    @CsvSource({"parent, TRUE", "child, 'p = 1'"})
    void aCounterKeptByTriggersIsRightAgain(String table, String condition) {
        lab.given(
                        "CREATE TABLE parent(id INTEGER PRIMARY KEY, children INTEGER DEFAULT 0)",
                        "CREATE TABLE child(id INTEGER PRIMARY KEY, p REFERENCES parent ON DELETE CASCADE)",
                        "CREATE TRIGGER more AFTER INSERT ON child BEGIN "
                                + "UPDATE parent SET children = children + 1 WHERE id = new.p; END",
                        "CREATE TRIGGER fewer AFTER DELETE ON child BEGIN "
                                + "UPDATE parent SET children = children - 1 WHERE id = old.p; END",
                        "INSERT INTO parent(id) VALUES (1), (2)",
                        "INSERT INTO child VALUES (1, 1), (2, 1), (3, 2)")
                .since("DELETE FROM " + (table.equals("parent") ? "parent" : "child WHERE p = 1"));
        lab.undelete(where(table, condition));
        lab.assertAllIsBack();
    }

    @Test
    void aCounterIsRightWhereRowsReferToOthersOfTheSameTable() {
        lab.given(
                        "CREATE TABLE t(id INTEGER PRIMARY KEY, p REFERENCES t ON DELETE CASCADE, children DEFAULT 0)",
                        "CREATE TRIGGER more AFTER INSERT ON t BEGIN "
                                + "UPDATE t SET children = children + 1 WHERE id = new.p; END",
                        "INSERT INTO t(id, p) VALUES (9, NULL), (8, 9), (7, 8), (6, 7), (5, 9)")
                .since("DELETE FROM t");
        assertEquals("t 4", lab.counted(where("t", "id = 7")));
        lab.since("DELETE FROM t");
        assertEquals("t 5", lab.counted(where("t", "id = 9")));
        lab.assertAllIsBack();
    }

    @Test
    void rowsComeBackAfterThoseThatTheyReferToWhereATriggerAsksForIt() {
        lab.given(
                        "CREATE TABLE t(id INTEGER PRIMARY KEY, p REFERENCES t ON DELETE CASCADE)",
                        "CREATE TABLE child(id INTEGER PRIMARY KEY, t REFERENCES t ON DELETE CASCADE)",
                        "INSERT INTO t VALUES (9, NULL), (8, 9), (7, 8), (6, 7), (5, 6)",
                        "INSERT INTO child VALUES (1, 7), (2, 5)",
                        "CREATE TRIGGER in_order BEFORE INSERT ON t WHEN new.p IS NOT NULL BEGIN SELECT "
                                + "RAISE(ABORT, 'no such row') WHERE new.p NOT IN (SELECT id FROM t); END",
                        "CREATE TRIGGER of_child BEFORE INSERT ON child BEGIN SELECT "
                                + "RAISE(ABORT, 'no such row') WHERE new.t NOT IN (SELECT id FROM t); END")
                .since("DELETE FROM t");
        assertEquals("t 5, child 2", lab.counted(where("t", "id = 7")));
        lab.assertAllIsBack();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "BEFORE | SELECT RAISE(IGNORE) | row id=2, would not come back as it was",
                "AFTER | UPDATE t SET v = upper(v) WHERE id = new.id | row id=2, would not come back as it was",
                "AFTER | DELETE FROM t WHERE id = new.id | row id=2, would not come back as it was",
                "BEFORE | SELECT RAISE(ABORT, 'not so') WHERE new.id = 3 | row id=3, cannot come back: not so",
                "BEFORE | SELECT RAISE(FAIL, 'not so') WHERE new.id = 3 | row id=3, cannot come back: not so",
                "BEFORE | SELECT RAISE(ROLLBACK, 'not so') WHERE new.id = 3 | not so; nothing was changed",
                "AFTER | INSERT OR ROLLBACK INTO t VALUES (1, 'x') | UNIQUE constraint failed: t.id",
                "AFTER | INSERT INTO gone VALUES (1) | no such table: main.gone; nothing was changed",
                "AFTER | SELECT of_the_application(new.id) | no such function: of_the_application; nothing was changed",
                "AFTER | SELECT load_extension('x') | load_extension"
            })
    void whatATriggerDoesNotLetComeBackComesBackWithoutIt(String when, String action, String said) {
        lab.given(T, ROWS).since("DELETE FROM t WHERE id > 1");
        Lab.sql(lab.live, "CREATE TRIGGER w " + when + " INSERT ON t BEGIN " + action + "; END");
        UndeleteLab.copy(lab.live, directory.resolve("with-trigger.db"));
        Failure failure = lab.refused(Failure.Kind.FAILURE, said, all("t"));
        assertTrue(failure.hint().contains("--no-triggers"), failure.hint());
        assertEquals("t 2", UndeleteLab.counts(lab.undelete(withoutTriggers("t"))));
        assertEquals(
                AllRows.of(directory.resolve("with-trigger.db")).get("(schema)"),
                AllRows.of(lab.live).get("(schema)"));
        assertEquals(AllRows.of(lab.backup).get("t"), AllRows.of(lab.live).get("t"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TRIGGER w AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('w'); END",
                "create  trigger if not exists main.w\n AFTER INSERT ON \"t\" -- why\nWHEN 1 BEGIN\n  INSERT INTO log "
                        + "VALUES ('END;''\"'); SELECT 1;\nEND",
                "CREATE TRIGGER \"w \"\"x\" BEFORE INSERT ON t FOR EACH ROW BEGIN INSERT INTO log SELECT 'w'; END",
                "CREATE TRIGGER w AFTER INSERT ON T BEGIN INSERT INTO log VALUES (new.v); UPDATE t SET v = 1; END"
            })
    void triggersAreTheSameBytesAfterwards(String trigger) {
        lab.given(
                        T,
                        "CREATE TABLE log(x)",
                        "CREATE TABLE other(x)",
                        trigger,
                        "CREATE TRIGGER u AFTER UPDATE ON t WHEN new.v = 'never' BEGIN INSERT INTO log VALUES (2); END",
                        "CREATE TRIGGER o AFTER INSERT ON other BEGIN INSERT INTO log VALUES (3); END",
                        "INSERT INTO t VALUES (1, 1), (2, 1)",
                        "DELETE FROM log")
                .since("DELETE FROM t");
        List<String> said = lab.undelete(withoutTriggers("t")).warnings();
        assertEquals(1, said.size(), said.toString());
        assertTrue(said.get(0).startsWith("did not run: trigger "), said.get(0));
        lab.assertAllIsBack();
        Lab.sql(lab.live, "INSERT INTO t VALUES (3, 3)", "INSERT INTO other VALUES (3)");
        assertEquals("2", lab.query("SELECT count(*) FROM log"));
    }

    @Test
    void triggersFireInTheOrderInWhichTheyDid() {
        lab.given(T, "CREATE TABLE log(n INTEGER PRIMARY KEY, x)");
        for (String name : "c a d b".split(" ")) {
            Lab.sql(
                    lab.live,
                    "CREATE TRIGGER " + name + " AFTER INSERT ON t BEGIN INSERT INTO log(x) VALUES ('" + name
                            + "'); END");
        }
        lab.given(ROWS).since("DELETE FROM t WHERE id = 3");
        String before = lab.query("SELECT group_concat(x) FROM log");
        lab.undelete(withoutTriggers("t"));
        Lab.sql(lab.live, "DELETE FROM log", "DELETE FROM t", ROWS);
        assertEquals(before, lab.query("SELECT group_concat(x) FROM log"));
    }

    @Test
    void triggersRunOnceForEachRow() {
        lab.given(T, "CREATE TABLE log(x)", ROWS)
                .since(
                        "CREATE TRIGGER w AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.v); END",
                        "DELETE FROM t WHERE id > 1");
        lab.undelete(all("t"));
        assertEquals("bc", lab.query("SELECT group_concat(x, '') FROM log"));
    }

    /** REPLACE deletes rows, and what refers to these goes with them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM session WHERE user = new.user AND id <> new.id",
                "DELETE FROM other",
                "INSERT OR REPLACE INTO stats VALUES (new.user, 1)"
            })
    void aTriggerThatWouldDeleteRowsIsRefused(String action) {
        lab.given(
                        "CREATE TABLE session(id INTEGER PRIMARY KEY, user)",
                        "CREATE TABLE other(x)",
                        "CREATE TABLE stats(user PRIMARY KEY, n)",
                        "CREATE TABLE badge(user REFERENCES stats ON DELETE CASCADE)",
                        "CREATE TRIGGER one AFTER INSERT ON session BEGIN " + action + "; END",
                        "INSERT INTO session VALUES (1, 'bob')",
                        "INSERT INTO other VALUES (1)",
                        "INSERT OR IGNORE INTO stats VALUES ('bob', 1)",
                        "INSERT INTO badge VALUES ('bob')")
                .since(
                        "DELETE FROM session WHERE id = 1",
                        "PRAGMA foreign_keys=OFF",
                        "INSERT INTO session VALUES (2, 'bob')",
                        "INSERT OR IGNORE INTO other VALUES (2)",
                        "INSERT OR IGNORE INTO badge VALUES ('bob')");
        byte[] before = UndeleteLab.bytes(lab.live);
        Failure refused = assertThrows(Failure.class, () -> lab.undelete(all("session")));
        assertTrue(refused.getMessage().startsWith("a trigger would delete "), refused.getMessage());
        assertTrue(refused.hint().startsWith("--no-triggers leaves the triggers out"), refused.hint());
        assertArrayEquals(before, UndeleteLab.bytes(lab.live));
    }

    @Test
    void whereElseTriggersWriteIsSaid() {
        lab.given(
                        "CREATE TABLE message(id INTEGER PRIMARY KEY, v)",
                        "CREATE TABLE stats(n)",
                        "CREATE VIRTUAL TABLE found USING fts5(v)",
                        "INSERT INTO stats VALUES (0)",
                        "CREATE TRIGGER counts AFTER INSERT ON message BEGIN UPDATE stats SET n = n + 1; END",
                        "CREATE TRIGGER finds AFTER INSERT ON message BEGIN INSERT INTO found VALUES (new.v); END",
                        "INSERT INTO message VALUES (1, 'a')")
                .since("DELETE FROM message");
        assertEquals(
                List.of("triggers also write to table stats: see whether that holds what it should"),
                lab.undelete(all("message")).warnings());
    }

    /** No trigger is to blame for a value that a newer row has. */
    @Test
    void triggersAreToBeLeftOutOnlyWhereThatHelps() {
        lab.given(
                        "CREATE TABLE session(id INTEGER PRIMARY KEY, slug UNIQUE)",
                        "CREATE TABLE log(x)",
                        "CREATE TRIGGER logs AFTER INSERT ON session BEGIN INSERT INTO log VALUES (1); END",
                        "INSERT INTO session VALUES (1, 's')")
                .since("DELETE FROM session", "INSERT INTO session VALUES (2, 's')");
        Failure refused = assertThrows(Failure.class, () -> lab.undelete(all("session")));
        assertFalse(refused.hint().contains("--no-triggers"), refused.hint());
        assertTrue(
                refused.getMessage().contains("UNIQUE constraint failed: session.slug, which row id=2 has"),
                refused.getMessage());
    }
}
