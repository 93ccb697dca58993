package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What differs between two states, on the packaged program. */
class DiffIT {
    private static final Path PROJ = Path.of("/usr/share/proj/proj.db");

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    /** Such as {@code -1 +2 ~3 =4}, by table. */
    private static Map<String, String> counts(JsonObject result) {
        Map<String, String> counts = new TreeMap<>();
        for (JsonElement element : result.getAsJsonArray("tables")) {
            JsonObject table = element.getAsJsonObject();
            counts.put(
                    table.get("table").getAsString(),
                    "-" + table.get("onlyOld") + " +" + table.get("onlyNew") + " ~" + table.get("changed") + " ="
                            + table.get("same"));
        }
        return counts;
    }

    @Test
    void saysOfEachTableWhatDiffersAndOfDefinitions() {
        Path database = lab.database("app.db", "wal", 30, "old");
        Lab.sql(database, "CREATE TABLE drafts(a)", "CREATE TABLE same(a)", "INSERT INTO same VALUES (1)");
        lab.json(0, "backup", database, "--to=b.gz");
        assertEquals(
                "no difference (3 tables, 31 rows)\n",
                lab.run("diff", "b.gz").ok().out());
        Lab.sql(
                database,
                "DELETE FROM t WHERE id <= 3",
                "UPDATE t SET generation = 'new' WHERE id = 10",
                "INSERT INTO drafts VALUES (1)",
                "CREATE TABLE audit(a)",
                "DROP INDEX t_b",
                "PRAGMA user_version=5");
        Tools.Ended text = lab.run("diff", "b.gz").ok();
        assertEquals("", text.err());
        String[] lines = text.out().split("\n");
        assertTrue(lines[0].matches("OLD: " + lab.path("b.gz") + ", of 20\\S+ \\S+ \\S+"), lines[0]);
        assertEquals("NEW: " + database + ", as it is now", lines[1]);
        assertEquals(
                List.of(
                        "table   only in OLD  only in NEW  changed  same",
                        "drafts            0            1        0     0",
                        "t                 3            0        1    26",
                        "the same in all others that both have: 1 table, 1 row",
                        "only in OLD: index t_b",
                        "only in NEW: table audit",
                        "pragma user_version: 0 → 5"),
                text.out().lines().skip(2).toList());
        JsonObject json = lab.json(0, "diff", "b.gz", "app.db");
        assertEquals(
                Map.of("drafts", "-0 +1 ~0 =0", "t", "-3 +0 ~1 =26", "same", "-0 +0 ~0 =1", "audit", "-0 +0 ~0 =0"),
                counts(json));
        assertEquals(
                "{\"type\":\"pragma\",\"name\":\"user_version\",\"old\":\"0\",\"new\":\"5\"}",
                json.getAsJsonArray("schema").get(2).toString());
        assertFalse(json.getAsJsonArray("tables").get(0).getAsJsonObject().has("rows"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void callsNothingTheSameThatOnlyOneHas() {
        Path database = lab.database("app.db", "wal", 30, "old");
        Lab.sql(database, "CREATE TABLE log(a)", "CREATE TABLE drafts(a)");
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.sql(database, "DROP TABLE log", "CREATE TABLE audit(a)");
        assertEquals(
                List.of(
                        "the rows are the same in all tables that both have: 2 tables, 30 rows",
                        "only in NEW: table audit",
                        "only in OLD: table log"),
                saidOfBoth());
        Lab.sql(
                database,
                "DROP INDEX t_b",
                "ALTER TABLE t DROP COLUMN b",
                "ALTER TABLE t ADD COLUMN c",
                "ALTER TABLE t ADD COLUMN d AS (1)",
                "ALTER TABLE t ADD COLUMN e");
        String ofT = "defined otherwise: table t (only in OLD: column b; only in NEW: columns c, e)";
        assertEquals(
                List.of(
                        "the rows are the same in all tables that both have, in the columns that both have: "
                                + "2 tables, 30 rows",
                        "only in OLD: index t_b",
                        "only in NEW: table audit",
                        "only in OLD: table log",
                        ofT),
                saidOfBoth());
        assertEquals(
                List.of(
                        "the rows are the same in all tables, in the columns that both have: 1 table, 30 rows",
                        "only in OLD: index t_b",
                        ofT),
                saidOfBoth("--table=t"));
        Lab.sql(database, "INSERT INTO drafts VALUES (1)", "DROP TABLE audit");
        assertTrue(
                saidOfBoth()
                        .contains(
                                "the same in all others that both have, in the columns that both have: 1 table, 30 rows"),
                saidOfBoth().toString());
        Map<String, String> own = new TreeMap<>();
        for (JsonElement table : lab.json(0, "diff", "b.gz").getAsJsonArray("tables")) {
            JsonObject fields = table.getAsJsonObject();
            own.put(
                    fields.get("table").getAsString(),
                    fields.get("columnsOnlyOld") + " " + fields.get("columnsOnlyNew"));
        }
        assertEquals(Map.of("drafts", "[] []", "log", "null null", "t", "[\"b\"] [\"c\",\"e\"]"), own);
    }

    /** Without what was compared. */
    private List<String> saidOfBoth(String... options) {
        return lab.run(Stream.concat(Stream.of("diff", "b.gz"), Stream.of(options))
                        .toArray())
                .ok()
                .out()
                .lines()
                .skip(2)
                .toList();
    }

    @Test
    void showsTheRowsOfATable() {
        Path database = lab.path("app.db");
        Lab.sql(
                database,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, title, body)",
                "INSERT INTO t VALUES (1, 'gone' || char(27) || '[31m', x'0102'), (2, 'a', NULL), (3, 'it''s', "
                        + "replace(hex(zeroblob(100)), '00', 'long ')), (4, 4, 4.5)");
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.sql(
                database,
                "DELETE FROM t WHERE id = 1",
                "UPDATE t SET title = 'b', body = zeroblob(100) WHERE id = 2",
                "UPDATE t SET body = body || 'end' WHERE id = 3",
                "INSERT INTO t VALUES (5, 9e999, NULL)");
        List<String> rows =
                lab.run("diff", "b.gz", "--table=T").ok().out().lines().skip(4).toList();
        assertEquals(
                List.of(
                        "- id=1, title='gone\\u001b[31m', body=x'0102'",
                        "~ id=2: title: 'a' → 'b', body: NULL → x'" + "00".repeat(30) + "'...",
                        "~ id=3: body: ...'long long ' → ...'long long end'",
                        "+ id=5, title=9e999, body=NULL"),
                rows);
        List<String> two = lab.run("diff", "b.gz", "--table=t", "--limit=2")
                .ok()
                .out()
                .lines()
                .skip(4)
                .toList();
        assertEquals(3, two.size());
        assertEquals("and 2 more rows: --limit=4 shows all", two.get(2));
        JsonObject table = lab.json(0, "diff", "b.gz", "--table=t")
                .getAsJsonArray("tables")
                .get(0)
                .getAsJsonObject();
        assertTrue(
                table.get("rows")
                        .toString()
                        .startsWith("[{\"old\":{\"id\":1,\"title\":\"gone\\u001b[31m\","
                                + "\"body\":{\"blob\":\"0102\",\"length\":2}},"
                                + "\"new\":null,\"differs\":[]}"),
                table.toString());
        assertEquals(4, table.getAsJsonArray("rows").size());
        lab.json(2, "diff", "b.gz", "--table=nothing");
        lab.json(2, "diff", "b.gz", "--table=t", "--limit=10001");
        assertTrue(lab.json(2, "diff", "b.gz", "--limit=5").toString().contains("--limit is for the rows of --table"));
    }

    @ParameterizedTest
    @CsvSource({"wal, commit", "delete, commit", "wal, reopen", "delete, reopen", "wal, idle", "delete, reading"})
    void comparesUnderAWriterThatGoesOn(String journalMode, String what) throws IOException {
        Path database = lab.database("app.db", journalMode, 300, "old");
        lab.json(0, "backup", database, "--to=b.gz");
        boolean writes = !what.equals("idle") && !what.equals("reading");
        try (Writer writer = Writer.start(database, what, journalMode, 30_000)) {
            Map<String, String> before = lab.state("app.db");
            Map<String, String> counts = counts(lab.json(0, "diff", "b.gz", "app.db"));
            assertEquals("-0 +0 ~0 =300", counts.get("t"));
            assertEquals(counts.get("debit"), counts.get("credit"), "all tables are of one moment");
            assertTrue(!writes || counts.get("debit").matches("-0 \\+[1-9][0-9]* ~0 =0"), counts.toString());
            if (writes) {
                writer.await("commit");
            } else {
                assertEquals(before, lab.state("app.db"));
            }
        }
        assertEquals(List.of(), lab.litter());
    }

    @ParameterizedTest
    @CsvSource({"wal, crash", "delete, hot"})
    void readsWhatACrashLeftAsTheApplicationWould(String journalMode, String what) throws IOException {
        Path database = lab.database("app.db", journalMode, 300, "old");
        lab.json(0, "backup", database, "--to=b.gz");
        Writer.start(database, what, journalMode, 0).close();
        Map<String, String> before = lab.state("app.db");
        Map<String, String> counts = counts(lab.json(0, "diff", "b.gz", "app.db"));
        assertEquals("-0 +0 ~0 =300", counts.get("t"));
        assertEquals(what.equals("crash") ? "-0 +500 ~0 =0" : null, counts.get("crashed"));
        assertEquals(before, lab.state("app.db"));
    }

    @Test
    void comparesTwoMomentsOfAHistory() throws IOException {
        Path database = lab.database("app.db", "wal", 50, "old");
        String first = lab.json(0, "backup", database, "--to=history/")
                .get("createdAt")
                .getAsString();
        while (!Instant.now().isAfter(Instant.parse(first).plusSeconds(1))) {
            Thread.onSpinWait(); // Of one second, the newest would be taken.
        }
        Lab.sql(database, "DELETE FROM t WHERE id <= 10", "UPDATE t SET generation = 'x' WHERE id = 11");
        lab.json(0, "backup", database, "--to=history/");
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('new')");
        assertEquals(
                "{t=-10 +0 ~1 =39}",
                counts(lab.json(0, "diff", "history/", "history/", "--at=" + first))
                        .toString());
        assertEquals("{t=-0 +1 ~0 =40}", counts(lab.json(0, "diff", "history/")).toString());
        assertEquals(
                "{t=-10 +1 ~1 =39}",
                counts(lab.json(0, "diff", "history/", "--at=" + first)).toString());
        assertEquals("{t=-1 +10 ~1 =39}", counts(reversed(first)).toString());
        lab.json(2, "diff", "app.db", "history/", "--at=" + first);
    }

    /** The other way round: what a restore would bring. */
    private JsonObject reversed(String first) throws IOException {
        String at = first.replaceAll("[-:]", "");
        Path backup;
        try (var files = Files.list(lab.path("history"))) {
            backup = files.filter(file -> file.getFileName().toString().startsWith("app-" + at))
                    .findFirst()
                    .orElseThrow();
        }
        return lab.json(0, "diff", "app.db", backup);
    }

    @Test
    void takesForNewTheDatabaseThatOldIsOf() {
        Path database = lab.database("app.db", "wal", 50, "old");
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.sql(lab.path("other.db"), "CREATE TABLE other(a)");
        lab.with(Map.of("SQLITE_BACKUP_DB", lab.path("other.db").toString()));
        assertEquals("{t=-0 +0 ~0 =50}", counts(lab.json(0, "diff", "b.gz")).toString());
        Lab.sql(database, "DELETE FROM t");
        lab.json(0, "restore", "b.gz", "--to=app.db");
        assertEquals(
                "{t=-0 +50 ~0 =0}",
                counts(lab.json(0, "diff", lab.safetyCopies("app.db").get(0))).toString());
        assertTrue(lab.json(2, "diff", "app.db", "app.db")
                .get("message")
                .getAsString()
                .startsWith("OLD and NEW are the same"));
        assertEquals(
                "not-found",
                lab.json(10, "diff", "b.gz", "missing.db").get("error").getAsString());
        assertEquals(
                "not-found", lab.json(10, "diff", "missing.gz").get("error").getAsString());
        lab.json(2, "diff");
    }

    /** Nothing that a schema says is run, and no name means anything but itself. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aHostileSchemaRunsNothing(boolean asBackup) throws IOException {
        Path evil = lab.path("evil.db");
        Lab.sql(
                evil,
                "CREATE TABLE \"main.x\"\"y\"(a, CHECK (a > abs(a) OR 1))",
                "INSERT INTO \"main.x\"\"y\" VALUES (1)",
                "CREATE TABLE \"t'; ATTACH 'pwned.db' AS p; --\"(a)",
                "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
                        + "SELECT i AS a FROM n",
                "CREATE VIEW \"\u001b[31mred\" AS SELECT load_extension('/tmp/evil')",
                "CREATE VIRTUAL TABLE f USING fts5(a, content='endless')",
                "CREATE TABLE g(a)",
                "INSERT INTO g VALUES (1)",
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE TABLE g(a, b AS (writefile(''pwned'', a)))' WHERE name = 'g'",
                "INSERT INTO sqlite_schema VALUES ('trigger', 'tr', 'g', 0, 'CREATE TRIGGER tr BEFORE "
                        + "DELETE ON g BEGIN "
                        + "SELECT writefile(1, 2); END')");
        Lab.sql(lab.path("empty.db"), "CREATE TABLE g(a)");
        Object old = evil;
        if (asBackup) {
            Tools.sh("gzip -c \"$1\" > \"$2\"", evil, lab.path("evil.db.gz")).ok();
            old = lab.path("evil.db.gz");
        }
        JsonObject json = lab.json(0, "diff", old, "empty.db");
        assertEquals("-1 +0 ~0 =0", counts(json).get("main.x\"y"));
        assertEquals(
                "f",
                json.getAsJsonArray("uncompared")
                        .get(0)
                        .getAsJsonObject()
                        .get("table")
                        .getAsString());
        assertTrue(lab.run("diff", old, "empty.db").ok().out().contains("only in OLD: view \\u001b[31mred\n"));
        assertEquals(
                "- a=1",
                lab.run("diff", old, "empty.db", "--table=main.x\"y")
                        .ok()
                        .out()
                        .lines()
                        .skip(4)
                        .findFirst()
                        .orElseThrow());
        assertFalse(Files.exists(lab.path("pwned")) || Files.exists(lab.path("pwned.db")));
        assertEquals(List.of(), lab.litter());
    }

    /** A database that others made: many tables, views and triggers. */
    @Test
    void findsWhatWasTakenFromARealDatabase() throws IOException {
        Tools.require(Files.exists(PROJ), "proj-data is not installed");
        Path database = lab.path("proj.db");
        Files.copy(PROJ, database);
        lab.json(0, "backup", database, "--to=b.gz");
        Map<String, String> same = counts(lab.json(0, "diff", "b.gz"));
        assertTrue(
                same.size() > 20 && same.values().stream().allMatch(count -> count.startsWith("-0 +0 ~0 =")),
                same.toString());
        String all = Lab.query(database, "SELECT count(*) FROM extent");
        Lab.sql(
                database,
                "PRAGMA foreign_keys=OFF",
                "DELETE FROM extent WHERE CAST(code AS INTEGER) % 7 = 0",
                "DELETE FROM alias_name",
                "DROP VIEW crs_view");
        String left = Lab.query(database, "SELECT count(*) FROM extent");
        JsonObject json = lab.json(0, "diff", "b.gz");
        Map<String, String> counts = counts(json);
        assertEquals(
                "-" + (Integer.parseInt(all) - Integer.parseInt(left)) + " +0 ~0 =" + left, counts.remove("extent"));
        assertEquals(
                same.get("alias_name").replace("=", "-").replace("-0 +0 ~0 ", "") + " +0 ~0 =0",
                counts.remove("alias_name"));
        same.keySet().retainAll(counts.keySet());
        assertEquals(same, counts);
        assertEquals(1, json.getAsJsonArray("schema").size());
    }

    @Test
    void aDamagedBackupIsRefused() throws IOException {
        Path database = lab.database("app.db", "wal", 300, "old");
        lab.json(0, "backup", database, "--to=b.gz");
        byte[] bytes = Files.readAllBytes(lab.path("b.gz"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(lab.path("b.gz"), bytes);
        lab.json(12, "diff", "b.gz", "app.db");
        lab.json(12, "diff", "app.db", "b.gz");
        Files.write(lab.path("garbage.db"), new byte[5000]);
        lab.json(12, "diff", "app.db", "garbage.db");
        assertEquals(List.of(), lab.litter());
    }
}
