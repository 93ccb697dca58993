package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows that come back to a database that its application uses, as a person or a script brings them back. */
class UndeleteIT {
    private static final String FIRST = "--where=id = 'ses_1'";

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    /**
     * As OpenCode keeps its history: sessions, messages, parts, each deleted with what it belongs to, and an FTS5 index
     * that triggers keep. What the writing process inserts becomes a message and a part of session 2.
     */
    @BeforeEach
    void makeHistory() {
        lab = new Lab(directory);
        database = lab.path("app.db");
        Lab.sql(
                database,
                "PRAGMA journal_mode=WAL",
                "CREATE TABLE session(id TEXT PRIMARY KEY, parent_id TEXT REFERENCES session(id) ON DELETE CASCADE,"
                        + " title TEXT NOT NULL)",
                "CREATE TABLE message(id TEXT PRIMARY KEY,"
                        + " session_id TEXT NOT NULL REFERENCES session(id) ON DELETE CASCADE, data TEXT)",
                "CREATE INDEX message_session ON message(session_id)",
                "CREATE TABLE part(id TEXT PRIMARY KEY,"
                        + " message_id TEXT NOT NULL REFERENCES message(id) ON DELETE CASCADE, text TEXT)",
                "CREATE INDEX part_message ON part(message_id)",
                "CREATE VIRTUAL TABLE part_text USING fts5(text, content='part')",
                "CREATE TRIGGER part_added AFTER INSERT ON part BEGIN"
                        + " INSERT INTO part_text(rowid, text) VALUES (new.rowid, new.text); END",
                "CREATE TRIGGER part_deleted AFTER DELETE ON part BEGIN"
                        + " INSERT INTO part_text(part_text, rowid, text) VALUES ('delete', old.rowid, old.text); END",
                "CREATE TABLE debit(id INTEGER PRIMARY KEY, amount)",
                "CREATE TRIGGER written AFTER INSERT ON debit BEGIN"
                        + " INSERT INTO message VALUES ('new_' || new.id, 'ses_2', 'written');"
                        + " INSERT INTO part VALUES ('new_' || new.id, 'new_' || new.id, 'freshly written'); END",
                "INSERT INTO session WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)"
                        + " SELECT 'ses_' || i, CASE WHEN i = 3 THEN 'ses_1' END, 'session ' || i FROM n",
                "INSERT INTO message WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8)"
                        + " SELECT 'msg_' || substr(s.id, 5) || '_' || i, s.id, hex(randomblob(40)) FROM session s, n",
                "INSERT INTO part WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4)"
                        + " SELECT m.id || '_' || i, m.id, 'word of ' || m.session_id || ' ' || hex(randomblob(300))"
                        + " FROM message m, n");
        Runs.of(lab).backUp(Instant.parse("2026-11-01T00:00:00Z"));
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(List.of(), lab.litter());
    }

    private void delete(String statement) {
        Lab.sql(database, "PRAGMA foreign_keys=ON", statement);
    }

    /** All rows of the application, by table and key, but for those that the writing process has made. */
    private static Map<String, String> rows(Path file) {
        Map<String, String> rows = new TreeMap<>();
        for (String table : List.of("session", "message", "part")) {
            Tools.run(List.of(
                            "sqlite3",
                            file.toString(),
                            "SELECT quote(id), * FROM " + table + " WHERE id NOT LIKE 'new%' ORDER BY id"))
                    .ok()
                    .out()
                    .lines()
                    .forEach(line -> rows.put(table + " " + line, ""));
        }
        return rows;
    }

    private Path unpacked() throws IOException {
        try (Stream<Path> files = Files.list(lab.path("history"))) {
            Path backup = files.filter(file -> file.toString().endsWith(".gz"))
                    .findFirst()
                    .orElseThrow();
            lab.sh("gunzip -c '" + backup + "' > unpacked.db").ok();
            return lab.path("unpacked.db");
        }
    }

    private static long rows(JsonObject result, String table) {
        for (JsonElement element : result.getAsJsonArray("tables")) {
            if (element.getAsJsonObject().get("table").getAsString().equals(table)) {
                return element.getAsJsonObject().get("rows").getAsLong();
            }
        }
        return 0;
    }

    // ---- what it is for

    @Test
    void aSessionComesBackUnderAWriterAndNothingElseDiffers() throws Exception {
        Tools.require("sqlite3");
        Map<String, String> before = rows(database);
        try (Writer writer = Writer.start(database, "commit", "wal", 5000)) {
            delete("DELETE FROM session WHERE id = 'ses_1'");
            Map<String, String> without = rows(database);
            assertTrue(without.size() < before.size() - 70, without.size() + " of " + before.size());

            JsonObject back = lab.json(0, "undelete", "history", "--to=app.db", "--table=session", FIRST);

            assertEquals(2, rows(back, "session"), "with the session that refers to it");
            assertEquals(16, rows(back, "message"));
            assertEquals(64, rows(back, "part"));
            assertEquals("full", back.get("verified").getAsString());
            assertEquals(before, rows(database));
            assertEquals(
                    "64", Lab.query(database, "SELECT count(*) FROM part_text WHERE part_text MATCH 'ses_1 OR ses_3'"));
            Lab.sql(database, "INSERT INTO part_text(part_text) VALUES ('integrity-check')");
            assertEquals("ok", Lab.query(database, "PRAGMA integrity_check"));
            for (JsonElement table : lab.json(0, "diff", "history", "app.db").getAsJsonArray("tables")) {
                JsonObject counts = table.getAsJsonObject();
                assertEquals(0, counts.get("onlyOld").getAsLong(), counts.toString());
                assertEquals(0, counts.get("changed").getAsLong(), counts.toString());
            }

            lab.json(0, "undo", "app.db", "--live");
            assertEquals(without, rows(database));
            assertFalse(writer.stop().stream().anyMatch(line -> line.startsWith("error")));
        }
    }

    @Test
    void aDryRunShowsTheRowsAndLeavesEverythingAsItIs() {
        delete("DELETE FROM session WHERE id = 'ses_1'");
        Map<String, String> files = lab.state("app.db");
        Tools.Ended ended = lab.run("undelete", "history", "--to=app.db", "--table=session", FIRST, "--dry-run")
                .ok();
        assertEquals(files, lab.state("app.db"));
        List<String> lines = ended.out().lines().toList();
        assertTrue(lines.get(0).startsWith("would put back 82 rows from "), lines.get(0));
        assertTrue(lines.get(0).endsWith("session 2, message 16, part 64; nothing was changed"), lines.get(0));
        assertEquals("+ session: id='ses_1', parent_id=NULL, title='session 1'", lines.get(1));
        assertTrue(lines.contains("  and 13 more rows"), ended.out());
        JsonObject json = lab.json(0, "undelete", "history", "--to=app.db", "--table=session", FIRST, "--dry-run");
        assertTrue(json.get("dryRun").getAsBoolean() && json.get("safetyCopy").isJsonNull());
        assertEquals(
                "session 1",
                json.getAsJsonArray("tables")
                        .get(0)
                        .getAsJsonObject()
                        .getAsJsonArray("first")
                        .get(0)
                        .getAsJsonObject()
                        .get("title")
                        .getAsString());
    }

    @Test
    void withoutAConditionAllThatWasDeletedSinceComesBack() throws Exception {
        Tools.require("sqlite3", "gunzip");
        Path before = unpacked();
        delete("DELETE FROM session WHERE id > 'ses_2'");
        delete("DELETE FROM message WHERE session_id = 'ses_10'");
        assertEquals(
                17 * 8,
                rows(
                        lab.json(0, "undelete", "history", "--to=app.db", "--table=session", "--where=id > 'ses_20'"),
                        "message"));
        // Of the others the sessions come back as what their messages refer to.
        lab.json(0, "undelete", "history", "--to=app.db", "--table=message");
        assertEquals(rows(before), rows(database));
    }

    @Test
    void whatARowRefersToComesBackWithItUnlessItIsToComeAlone() {
        delete("DELETE FROM session WHERE id = 'ses_4'");
        String where = "--where=id = 'msg_4_1_1'";
        Tools.Ended alone = lab.run("undelete", "history", "--to=app.db", "--table=part", where, "--only");
        alone.endsWith(1);
        assertTrue(
                alone.err()
                        .contains("table part, row id='msg_4_1_1', refers by message_id to a row of table message that "
                                + "is not in the database; nothing was changed"),
                alone.err());
        JsonObject back = lab.json(0, "undelete", "history", "--to=app.db", "--table=part", where);
        assertEquals(
                List.of(1L, 1L, 1L),
                Stream.of("session", "message", "part")
                        .map(table -> rows(back, table))
                        .toList());
    }

    // ---- what is not done

    @Test
    void nothingIsChangedAndNoSafetyCopyMadeWhereNothingIsMissing() {
        Map<String, String> files = lab.state("app.db");
        JsonObject nothing = lab.json(0, "undelete", "history", "--to=app.db", "--table=session");
        assertEquals(0, nothing.getAsJsonArray("tables").size());
        assertTrue(nothing.get("safetyCopy").isJsonNull());
        assertEquals(files, lab.state("app.db"));
        assertEquals(List.of(), lab.safetyCopies("app.db"));
    }

    @Test
    void rowsThatTheBackupHasNotAreSoughtInOlderOnesByTheCommandInTheHint() {
        delete("DELETE FROM session WHERE id = 'ses_1'");
        lab.json(0, "backup", "app.db", "--to=history/", "--full");
        Tools.Ended ended = lab.run("undelete", "history", "--to=app.db", "--table=session", FIRST);
        ended.endsWith(10);
        String hint = ended.err()
                .lines()
                .filter(line -> line.startsWith("hint: "))
                .findFirst()
                .orElseThrow();
        Tools.Ended found = lab.sh(hint.substring(hint.indexOf(": java ") + 2)).ok();
        String time = found.out().substring(0, found.out().indexOf('\t'));
        assertEquals(
                2,
                rows(
                        lab.json(0, "undelete", "history", "--to=app.db", "--table=session", FIRST, "--at=" + time),
                        "session"));
    }

    @Test
    void aConditionThatIsMoreThanOneIsRefusedAndNotRun() {
        Map<String, String> files = lab.state("");
        for (String condition : List.of(
                "1) ; DELETE FROM session; --",
                "1; DELETE FROM session",
                "id IN (DELETE FROM session RETURNING id)",
                "1) UNION SELECT (1",
                "ATTACH 'x.db' AS x",
                "PRAGMA writable_schema=1",
                "writefile('x', 'y')",
                "id = ?",
                "",
                "/* 1")) {
            lab.run("undelete", "history", "--to=app.db", "--table=session", "--where=" + condition)
                    .endsWith(2);
        }
        lab.run("undelete", "history", "--to=app.db", "--table=session", "--where=load_extension('x.so')")
                .endsWith(1);
        assertEquals(files, lab.state(""));
    }

    @Test
    void itWaitsForAWriterAndGivesUpInTheEnd() {
        delete("DELETE FROM session WHERE id = 'ses_1'");
        Map<String, String> before = rows(database);
        try (Writer writer = Writer.start(database, "reserved", "wal", 0)) {
            lab.run("undelete", "history", "--to=app.db", "--table=session", FIRST, "--busy-timeout=1s")
                    .endsWith(11);
            writer.stop();
        }
        assertEquals(before, rows(database));
        assertEquals(List.of(), lab.safetyCopies("app.db"));
        lab.json(0, "undelete", "history", "--to=app.db", "--table=session", FIRST);
    }

    /** In rollback mode a commit waits for readers, and new ones wait for it. */
    @Test
    void aSlowReaderEndsItSoonAndNoSafetyCopyStays() {
        Lab.sql(database, "PRAGMA journal_mode=DELETE");
        delete("DELETE FROM session WHERE id = 'ses_1'");
        Map<String, String> before = rows(database);
        try (Writer reader = Writer.start(database, "reading", "keep", 0)) {
            long started = System.nanoTime();
            lab.run("undelete", "history", "--to=app.db", "--table=session", FIRST, "--busy-timeout=5m")
                    .endsWith(11);
            assertTrue(System.nanoTime() - started < 300_000_000_000L, "it waited as long as for a writer");
            reader.stop();
        }
        assertEquals(List.of(), lab.safetyCopies("app.db"));
        assertEquals(before, rows(database));
        lab.json(0, "undelete", "history", "--to=app.db", "--table=session", FIRST);
    }

    @Test
    void aRowWithAnotherValueNowIsLeftAloneAndNamed() {
        Lab.sql(database, "UPDATE session SET title = 'newer' WHERE id = 'ses_1'");
        Tools.Ended ended = lab.run("undelete", "history", "--to=app.db", "--table=session", FIRST)
                .ok();
        assertTrue(ended.out().startsWith("nothing to put back: " + database + " has all "), ended.out());
        assertTrue(lab.json(2, "undelete", "history", "--to=app.db", "--table=session", "--live")
                .get("message")
                .getAsString()
                .startsWith("undelete needs no --live"));
        assertTrue(ended.err().contains("1 row that was asked for is in the database with other values"), ended.err());
        assertEquals("newer", Lab.query(database, "SELECT title FROM session WHERE id = 'ses_1'"));
    }

    @Test
    void safetyCopiesGoWhereTheyAreWanted() throws IOException {
        Files.createDirectory(lab.path("safe"));
        delete("DELETE FROM session WHERE id = 'ses_1'");
        Map<String, String> without = rows(database);
        lab.json(0, "undelete", "history", "--to=app.db", "--table=session", "--safety-dir=safe");
        assertEquals(List.of(), lab.safetyCopies("app.db"));
        lab.json(0, "undo", "app.db", "--safety-dir=safe");
        assertEquals(without, rows(database));
    }
}
