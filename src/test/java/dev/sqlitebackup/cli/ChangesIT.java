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
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
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

/** A restore says what it takes away before it takes it, on the packaged program. */
class ChangesIT {
    private static final String ONE_LINE = "no table loses rows (changed values are not compared)";

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    /** A backup b.gz of 70 rows in t, and of what else the statements make. */
    private void backup(String... statements) {
        Path source = lab.database("source.db", "wal", 70, "new");
        Lab.sql(source, statements);
        lab.json(0, "backup", source, "--to=b.gz");
    }

    private static Map<String, String> changes(JsonObject result) {
        Map<String, String> changes = new TreeMap<>();
        for (JsonElement change : result.getAsJsonArray("changes")) {
            JsonObject table = change.getAsJsonObject();
            assertEquals(3, table.size());
            changes.put(table.get("table").getAsString(), table.get("rowsBefore") + " " + table.get("rowsAfter"));
        }
        return changes;
    }

    @ParameterizedTest
    @ValueSource(strings = {"restore", "dry run", "undo"})
    void saysOfEachTableWhatTheRestoreTakesAway(String how) {
        backup("CREATE TABLE audit(a)", "INSERT INTO audit VALUES (1), (2), (3)");
        Path target = lab.database("t.db", "wal", 90, "old");
        Lab.sql(target, "CREATE TABLE drafts(a)", "INSERT INTO drafts VALUES (1)");
        if (how.equals("undo")) {
            lab.json(0, "restore", "b.gz", "--to=t.db");
            Lab.sql(target, "INSERT INTO audit VALUES (4)");
        }
        Tools.Ended ended = (how.equals("undo")
                        ? lab.run("undo", "t.db")
                        : how.equals("restore")
                                ? lab.run("restore", "b.gz", "--to=t.db")
                                : lab.run("restore", "b.gz", "--to=t.db", "--dry-run"))
                .ok();
        String removes = "this removes rows or tables of " + target + " (now → afterwards):\n";
        String said = switch (how) {
            case "undo" ->
                removes + "  audit: 4 rows → no such table\nit adds to others:\n"
                        + "  drafts: no such table → 1 row\n  t: 70 → 90 rows\n";
            case "restore" ->
                removes + "  drafts: 1 row → no such table\n  t: 90 → 70 rows\nit adds to others:\n"
                        + "  audit: no such table → 3 rows\n";
            default ->
                "this would change " + target + ":\n"
                        + "  audit: 3 rows would come back, the table itself would come back\n"
                        + "  drafts: 1 row would go, the table itself would go\n"
                        + "  t: 20 rows would go, 70 would change\n";
        };
        assertTrue(ended.err().contains(said), ended.err());
        assertEquals(1, ended.out().lines().count(), ended.out());
    }

    @Test
    void needsOneLineWhereNothingIsLostAndNoneWhereItIsToBeQuiet() {
        backup();
        Path target = lab.database("t.db", "delete", 70, "old");
        assertTrue(lab.run("restore", "b.gz", "--to=t.db").ok().err().startsWith(ONE_LINE));
        assertTrue(dryRun().matches("this would change no row and no definition of \\Q" + target
                + "\\E \\(1 table, 70 rows\\)\n" + "the database was last changed .*\n|.*70 rows\\)\n"));
        Lab.sql(target, "DELETE FROM t");
        assertTrue(lab.run("restore", "b.gz", "--to=t.db").ok().err().startsWith(ONE_LINE), "fewer rows in it");
        Lab.sql(target, "DROP TABLE t", "CREATE TABLE gone(a)");
        assertTrue(
                dryRun().contains("  gone: the table itself would go\n"
                        + "  t: 70 rows would come back, the table itself would come back\n"
                        + "  index t_b would come back\n"),
                "an empty table");
        assertTrue(
                lab.run("restore", "b.gz", "--to=t.db").ok().err().contains("gone: 0 rows → no such table"),
                "an empty table");
        assertEquals("", lab.run("restore", "--quiet", "b.gz", "--to=t.db").ok().err());
        assertEquals(
                "this removes nothing: there is no database at " + lab.path("new.db") + " yet\n",
                lab.run("restore", "b.gz", "--to=new.db").ok().err());
    }

    private String dryRun(String... options) {
        return lab.run(Stream.concat(Stream.of("restore", "b.gz", "--to=t.db", "--dry-run"), Stream.of(options))
                        .toArray())
                .ok()
                .err();
    }

    /** As many rows before and after, so that no count would see it. */
    @Test
    void aDryRunSeesRowsThatChangeAndComeBackAndWhatTheSchemaLoses() {
        backup();
        Path target = lab.path("t.db");
        lab.json(0, "restore", "b.gz", "--to=t.db");
        Lab.sql(
                target,
                "DELETE FROM t WHERE id IN (3, 4, 5)",
                "INSERT INTO t SELECT id + 100, generation, b FROM t WHERE id IN (6, 7, 8)",
                "UPDATE t SET generation = 'new too' WHERE id < 3",
                "ALTER TABLE t ADD COLUMN added",
                "CREATE VIEW v AS SELECT 1",
                "CREATE TRIGGER g AFTER DELETE ON t BEGIN SELECT 1; END",
                "DROP INDEX t_b",
                "CREATE INDEX t_b ON t(b)",
                "PRAGMA user_version=7");
        String said = dryRun();
        assertTrue(
                said.startsWith("this would change " + target + ":\n"
                        + "  t: 3 rows would go, 3 would come back, 2 would change, "
                        + "the table itself would be defined otherwise (column added would go)\n"
                        + "  index t_b would be defined otherwise\n"
                        + "  trigger g would go\n"
                        + "  view v would go\n"
                        + "  pragma user_version: 7 → 0\n"),
                said);
        JsonObject dry = lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run");
        assertEquals(Map.of("t", "70 70"), changes(dry));
        JsonObject diff = lab.json(0, "diff", "b.gz", "t.db");
        for (String field : List.of("tables", "schema", "shadows", "uncompared")) {
            assertEquals(diff.get(field), dry.get(field), field);
        }
        assertFalse(lab.json(0, "restore", "b.gz", "--to=t.db").has("tables"), "what was done has the numbers alone");
        assertTrue(lab.json(0, "restore", "b.gz", "--to=new.db", "--dry-run")
                .get("tables")
                .isJsonNull());
    }

    @Test
    void whatCannotBeComparedIsCounted() {
        backup();
        Lab.sql(
                lab.path("t.db"),
                "PRAGMA encoding='UTF-16le'",
                "CREATE TABLE t(a)",
                "INSERT INTO t VALUES (1), (2)",
                "CREATE TABLE u(a)");
        String why = "what this would change was not compared row by row: databases of different text encodings";
        String said = dryRun();
        assertTrue(
                said.startsWith(why)
                        && said.contains("\nthis removes rows or tables of " + lab.path("t.db")
                                + " (now → afterwards):\n  u: 0 rows → no such table\n"),
                said);
        JsonObject dry = lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run");
        assertTrue(dry.get("tables").isJsonNull() && dry.get("uncompared").isJsonNull(), dry.toString());
        assertTrue(dry.get("warnings").toString().contains(why), dry.toString());
        assertEquals(Map.of("t", "2 70", "u", "0 null"), changes(dry));
    }

    @Test
    void namesTwentyTablesAndCountsTheOthers() {
        backup();
        Path target = lab.database("t.db", "wal", 70, "old");
        for (int i = 0; i < 23; i++) {
            Lab.sql(target, "CREATE TABLE \"" + (i == 0 ? "a\u001b[31m\n" + "long".repeat(50) : "x" + i) + "\"(a)");
        }
        assertEquals(
                24,
                changes(lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run"))
                        .size());
        String dryRun = dryRun();
        assertTrue(dryRun.contains("  and 4 more tables\n"), dryRun);
        String restored = lab.run("restore", "b.gz", "--to=t.db").ok().err();
        assertTrue(restored.contains("  and 3 more tables\n"), restored);
        assertEquals(19, endingWith(": the table itself would go", dryRun), "and t, whose rows would change");
        assertEquals(20, endingWith(" → no such table", restored));
    }

    private static long endingWith(String end, String said) {
        assertTrue(
                said.contains("  a\\u001b[31m\\nlong") && said.lines().limit(22).allMatch(line -> line.length() < 250),
                said);
        return said.lines().filter(line -> line.endsWith(end)).count();
    }

    @Test
    void countsEveryKindOfTableForPrograms() {
        backup(
                "CREATE TABLE w(a PRIMARY KEY) WITHOUT ROWID",
                "INSERT INTO w VALUES (1), (2)",
                "CREATE TABLE Spelled(a)",
                "CREATE VIEW v AS SELECT * FROM w",
                "CREATE TABLE s(a INTEGER PRIMARY KEY AUTOINCREMENT)",
                "CREATE VIRTUAL TABLE f USING fts5(a)",
                "INSERT INTO f VALUES ('x')",
                "CREATE TABLE \"a \"\"b\"(a)");
        JsonObject created = lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run");
        assertEquals(
                Map.of(
                        "t", "null 70", "w", "null 2", "Spelled", "null 0", "s", "null 0", "f", "null 1", "a \"b",
                        "null 0"),
                changes(created));
        lab.json(0, "restore", "b.gz", "--to=t.db");
        Lab.sql(
                lab.path("t.db"),
                "DELETE FROM f",
                "DROP VIEW v",
                "DROP TABLE w",
                "ALTER TABLE Spelled RENAME TO other",
                "ALTER TABLE other RENAME TO SPELLED",
                "INSERT INTO SPELLED VALUES (1)");
        Map<String, String> again = changes(lab.json(0, "restore", "b.gz", "--to=t.db"));
        assertEquals(
                Map.of("t", "70 70", "w", "null 2", "SPELLED", "1 0", "s", "0 0", "f", "0 1", "a \"b", "0 0"), again);
        assertEquals(
                Map.of("t", "70 70", "w", "2 null", "Spelled", "0 1", "s", "0 0", "f", "1 0", "a \"b", "0 0"),
                changes(lab.json(0, "undo", "t.db")));
    }

    /** Only the application has them, and no count of rows needs them. */
    @Test
    void countsWithoutTheApplicationsOwnCollationsFunctionsAndModules() throws IOException {
        Path python = lab.path("make.py");
        Tools.require("python3");
        Lab.write(python, """
                import sqlite3, sys
                c = sqlite3.connect(sys.argv[1])
                c.create_collation('GERMAN', lambda a, b: (a > b) - (a < b))
                c.create_function('f', 1, lambda a: a, deterministic=True)
                c.execute('CREATE TABLE g(a TEXT COLLATE GERMAN PRIMARY KEY, b) WITHOUT ROWID')
                c.execute('CREATE TABLE h(a TEXT, b)')
                c.execute('CREATE INDEX h_f ON h(f(a) COLLATE GERMAN)')
                c.executemany('INSERT INTO g VALUES (?, 1)', [('a',), ('b',)])
                c.executemany('INSERT INTO h VALUES (?, 1)', [('a',), ('b',), ('c',)])
                c.execute('PRAGMA writable_schema=ON')
                c.execute("INSERT INTO sqlite_schema VALUES ('table', 'm', 'm', 0, 'CREATE VIRTUAL TABLE m "
                        + "USING its_own(a)')")
                c.commit()
                """);
        Tools.run(List.of("python3", python.toString(), lab.path("source.db").toString()))
                .ok();
        lab.json(0, "backup", "source.db", "--to=b.gz");
        Files.copy(lab.path("source.db"), lab.path("t.db"));
        assertEquals(Map.of("g", "2 2", "h", "3 3"), changes(lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run")));
        Tools.Ended people = lab.run("restore", "b.gz", "--to=t.db").ok();
        assertTrue(
                people.err().contains(ONE_LINE)
                        && people.err().contains("not counted, because only the application can: m\n"),
                people.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "a page of a table", "a hot journal", "a log without its index"})
    void restoresAllTheSameWhereItCannotCount(String situation) throws IOException {
        backup();
        Path target = lab.database("t.db", situation.contains("log") ? "wal" : "delete", 3000, "old");
        switch (situation) {
            case "garbage" -> Files.write(target, new byte[5120]);
            case "a page of a table" -> {
                int root = Integer.parseInt(Lab.query(target, "SELECT rootpage FROM sqlite_schema WHERE name = 't_b'"));
                try (RandomAccessFile file = new RandomAccessFile(target.toFile(), "rw")) {
                    file.seek((root - 1) * 4096L);
                    file.write(new byte[4096]);
                }
            }
            case "a hot journal" -> Writer.start(target, "hot", "delete", 0).close();
            default -> {
                Writer.start(target, "crash", "wal", 0).close();
                Files.delete(lab.path("t.db-shm"));
            }
        }
        Map<String, String> before = lab.state("t.db");
        JsonObject dry = lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run");
        assertTrue(dry.get("changes").isJsonNull(), dry.toString());
        // A snapshot recovers what a crash has left, in a private copy, and the page is one that is not read.
        assertEquals(situation.equals("garbage"), dry.get("tables").isJsonNull(), dry.toString());
        assertEquals(before, lab.state("t.db"));
        Tools.Ended ended = lab.run("restore", "b.gz", "--to=t.db").ok();
        assertTrue(ended.err().contains("what this removes cannot be counted: "), ended.err());
        assertEquals("70", Lab.query(target, "SELECT count(*) FROM t"));
        assertEquals(List.of(), lab.litter());
    }

    /** Looking changes nothing, whoever has it open. */
    @ParameterizedTest
    @CsvSource({
        "wal, none",
        "delete, none",
        "wal, idle",
        "delete, idle",
        "wal, reading",
        "delete, reading",
        "wal, crash",
        "wal, hard link",
        "delete, hard link"
    })
    void countsWhatIsThereAndLeavesItAsItIs(String journalMode, String other) throws IOException {
        backup();
        Path target = lab.database("t.db", journalMode, 90, "old");
        if (other.equals("hard link")) {
            Files.createLink(lab.path("link.db"), target);
        }
        try (Writer writer = other.equals("none") || other.equals("hard link")
                ? null
                : Writer.start(target, other, journalMode, 0)) {
            Map<String, String> before = lab.state("t.db");
            JsonObject result = lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run", "--live");
            assertEquals(
                    other.equals("crash") ? "{crashed=500 null, t=90 70}" : "{t=90 70}",
                    changes(result).toString());
            assertEquals(before, lab.state("t.db"));
            assertEquals(List.of(), lab.litter());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void countsUnderAWriterThatGoesOn(String journalMode) throws IOException {
        backup();
        Path target = lab.database("t.db", journalMode, 90, "old");
        try (Writer writer = Writer.start(target, "commit", journalMode, 30_000)) {
            Map<String, String> changes = changes(lab.json(0, "restore", "b.gz", "--to=t.db", "--live"));
            assertEquals("90 70", changes.get("t"));
            // The tables of the writer, at some moment.
            assertTrue(
                    changes.size() > 1
                            && changes.entrySet().stream()
                                    .allMatch(change -> change.getKey().equals("t")
                                            || change.getValue().matches("[1-9][0-9]* null")),
                    changes.toString());
            writer.await("commit");
        }
        assertEquals(List.of(), lab.litter());
    }

    /**
     * The locks of the restore would not survive a descriptor that is closed late, and a lock that is held is no reason
     * to wait twice.
     */
    @Test
    void isInNobodysWayWhereTheDatabaseIsLocked() {
        backup();
        Path target = lab.database("t.db", "delete", 90, "old");
        try (Writer writer = Writer.start(target, "exclusive", "delete", 0)) {
            assertEquals(
                    "in-use",
                    lab.json(13, "restore", "b.gz", "--to=t.db", "--busy-timeout=0s")
                            .get("error")
                            .getAsString());
        }
        assertEquals(
                "{t=90 70}",
                changes(lab.json(0, "restore", "b.gz", "--to=t.db", "--busy-timeout=0s"))
                        .toString());
    }

    @Test
    void saysHowMuchLaterTheDatabaseWasChanged() throws IOException {
        backup();
        Path target = lab.database("t.db", "wal", 70, "old");
        Instant createdAt =
                Instant.parse(lab.json(0, "verify", "b.gz").get("createdAt").getAsString());
        Files.setLastModifiedTime(target, FileTime.from(createdAt.plusSeconds(3 * 3600)));
        String changes = "this would change " + target + ":\n  t: 70 rows would change\n";
        assertEquals(changes + "the database was last changed 3 h after the backup was made\n", dryRun());
        Files.setLastModifiedTime(target, FileTime.from(createdAt.minusSeconds(3 * 3600)));
        assertEquals(changes, dryRun());
        try (Writer writer = Writer.start(target, "idle", "wal", 0)) {
            Lab.sql(target, "INSERT INTO t(generation) VALUES ('in the log')");
            Files.setLastModifiedTime(target, FileTime.from(createdAt.minusSeconds(3 * 3600)));
            Files.setLastModifiedTime(lab.path("t.db-wal"), FileTime.from(createdAt.plusSeconds(7200)));
            String err = dryRun("--live");
            assertTrue(err.endsWith("\nthe database was last changed 2 h after the backup was made\n"), err);
            err = lab.run("restore", "b.gz", "--to=t.db", "--live").ok().err();
            assertTrue(
                    err.contains("  t: 71 → 70 rows\nthe database was last changed 2 h after the backup was made\n"),
                    err);
        }
    }
}
