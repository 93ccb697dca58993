package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.OwnFunctions;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Half a check is half a proof: a backup of a database with collations and functions of its application's. */
class PartialCheckIT {
    private static final String[] NEW_COLLATION = {
        "CREATE TABLE extra(n TEXT COLLATE GERMAN)",
        "CREATE INDEX extra_n ON extra(n)",
        "INSERT INTO extra VALUES ('a'), ('b')"
    };

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    @Test
    void aDamagedDatabaseWithACollationOfItsOwnIsRefusedAndTheLastGoodBackupStays() throws IOException {
        Path database = OwnFunctions.database(lab.path("own.db"), 1000);
        assertEquals(
                "partial",
                lab.json(0, "backup", database, "--to=b.gz").get("verified").getAsString());
        String good = Lab.sha256(lab.path("b.gz"));
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            file.seek((Long.parseLong(OwnFunctions.query(
                                    database,
                                    "SELECT max(pageno) FROM dbstat WHERE name = 'by_key' AND pagetype = 'leaf'"))
                            - 1)
                    * 4096);
            file.write(new byte[4096]);
        }
        JsonObject refused = lab.json(12, "backup", database, "--to=b.gz");
        assertTrue(
                refused.get("hint").getAsString().contains("the last good backup is untouched, and to bring it back: "),
                refused.toString());
        assertEquals(good, Lab.sha256(lab.path("b.gz")));
    }

    @Test
    void onePartiallyVerifiedReplacesOneThatLeftOutTheSameAndPeopleReadOfItOnce() {
        Path database = OwnFunctions.database(lab.path("own.db"), 100);
        Tools.Ended first = lab.run("backup", database, "--to=b.gz").ok();
        assertTrue(
                first.err()
                        .contains("not checked in full, because only the application can: indexes of table "
                                + "ordered (collation GERMAN)"),
                first.err());
        assertTrue(first.out().contains("verified in part"), first.out());
        OwnFunctions.run(database, "INSERT INTO ordered VALUES ('new', 1)");
        String before = Lab.sha256(lab.path("b.gz"));
        Tools.Ended second = lab.run("backup", database, "--to=b.gz").ok();
        assertEquals("", second.err());
        assertTrue(second.out().contains("verified in part"), second.out());
        assertNotEquals(before, Lab.sha256(lab.path("b.gz")));
        JsonObject unchanged = lab.json(0, "backup", database, "--to=b.gz");
        assertEquals("partial", unchanged.get("verified").getAsString());
        assertEquals(6, unchanged.get("warnings").getAsJsonArray().size(), unchanged.toString());
    }

    @Test
    void onePartiallyVerifiedNeverReplacesOneInFull() throws IOException {
        for (boolean stateIsThere : List.of(true, false)) {
            Path database = lab.database("live.db", "delete", 50, "g");
            assertEquals(
                    "full",
                    lab.json(0, "backup", database, "--to=b.gz").get("verified").getAsString());
            String good = Lab.sha256(lab.path("b.gz"));
            if (!stateIsThere) {
                Files.delete(lab.path(".b.gz.state"));
            }
            OwnFunctions.run(database, NEW_COLLATION);
            JsonObject refused = lab.json(12, "backup", database, "--to=b.gz");
            assertTrue(
                    refused.get("message").getAsString().contains("indexes of table extra (collation GERMAN)"),
                    refused.toString());
            assertEquals(good, Lab.sha256(lab.path("b.gz")));
            Files.move(lab.path("b.gz"), lab.path("full-" + stateIsThere + ".gz")); // What the hint says.
            assertEquals(
                    "partial",
                    lab.json(0, "backup", database, "--to=b.gz").get("verified").getAsString());
            Files.delete(lab.path("b.gz"));
            Files.delete(database);
        }
        assertTrue(lab.litter().isEmpty(), lab.litter().toString());
    }

    @Test
    void onePartiallyVerifiedReplacesOneThatDoesNotVerifyAtAll() throws IOException {
        Path database = lab.database("live.db", "delete", 50, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        Files.delete(lab.path(".b.gz.state"));
        byte[] bytes = Files.readAllBytes(lab.path("b.gz"));
        bytes[bytes.length / 2] ^= 1;
        Files.write(lab.path("b.gz"), bytes);
        OwnFunctions.run(database, NEW_COLLATION);
        assertEquals(
                "partial",
                lab.json(0, "backup", database, "--to=b.gz").get("verified").getAsString());
    }

    @Test
    void aPruneKeepsTheLastOneInFullForAsLongAsTheNewestIsVerifiedInPart() {
        Path database = lab.database("live.db", "delete", 50, "g");
        lab.json(0, "backup", database, "--to=old/");
        String full =
                lab.json(0, "backup", database, "--to=history/").get("backup").getAsString();
        OwnFunctions.run(database, NEW_COLLATION);
        for (int i = 0; i < 3; i++) {
            OwnFunctions.run(database, "INSERT INTO extra VALUES ('c" + i + "')");
            lab.json(0, "backup", database, "--to=history/", "--keep-last=1", "--full");
            assertEquals(2, backups(), "the newest, and the last in full");
            assertTrue(Files.exists(Path.of(full)));
        }
        JsonObject pruned = lab.json(0, "prune", "history", "--keep-last=1");
        assertEquals(2, pruned.get("kept").getAsJsonArray().size(), pruned.toString());
        assertTrue(pruned.toString().contains("checked more fully than the newest that verifies"), pruned.toString());
        lab.path("history/.live.db.state").toFile().delete();
        assertEquals(
                2,
                lab.json(0, "prune", "history", "--keep-last=1")
                        .get("kept")
                        .getAsJsonArray()
                        .size());
        OwnFunctions.run(database, "DROP TABLE extra");
        lab.json(0, "backup", database, "--to=history/", "--keep-last=1", "--full");
        assertFalse(Files.exists(Path.of(full)), "the newest is verified in full again");
        assertEquals(1, backups());
    }

    private long backups() {
        return Stream.of(lab.path("history").toFile().list())
                .filter(name -> name.endsWith(".gz"))
                .count();
    }

    @Test
    void whatIsVerifiedInPartVerifiesAndRestoresAndSaysSo() {
        Path database = OwnFunctions.database(lab.path("own.db"), 200);
        lab.json(0, "backup", database, "--to=b.gz");
        assertEquals("partial", lab.json(0, "verify", "b.gz").get("verified").getAsString());
        JsonObject restored = lab.json(0, "restore", "b.gz", "--to=new.db");
        assertEquals("partial", restored.get("verified").getAsString());
        assertEquals(6, restored.get("warnings").getAsJsonArray().size(), restored.toString());
        assertEquals("ok", OwnFunctions.query(lab.path("new.db"), "PRAGMA integrity_check"));
        assertEquals(
                "200",
                OwnFunctions.query(lab.path("new.db"), "SELECT count(*) FROM by_key WHERE n > '' COLLATE BINARY"));
        assertEquals(
                "partial",
                lab.json(0, "restore", "b.gz", "--to=new.db").get("verified").getAsString(),
                "over itself");
    }

    @Test
    void anApplicationWithItsOwnNocaseIsBackedUpInPartAndADamagedPageOfItIsFound() throws IOException {
        Tools.require("python3");
        Path database = lab.path("own.db");
        Tools.run(List.of("python3", "-c", """
                import sqlite3, sys
                c = sqlite3.connect(sys.argv[1])
                c.create_collation('NOCASE', lambda a, b: (a < b) - (a > b))
                c.create_function('lower', 1, lambda s: s[::-1], deterministic=True)
                c.execute('CREATE TABLE t(n TEXT COLLATE NOCASE, b)')
                c.execute('CREATE INDEX by_name ON t(n)')
                c.execute('CREATE INDEX by_lower ON t(lower(n))')
                c.execute('CREATE INDEX by_b ON t(b)')
                c.executemany('INSERT INTO t VALUES (?, ?)', (('name %d' % i, i) for i in range(2000)))
                c.commit()
                assert c.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
                """, database.toString())).ok();
        for (int i = 0; i < 2; i++) {
            JsonObject made = lab.json(0, "backup", database, "--to=b.gz");
            assertEquals("partial", made.get("verified").getAsString());
            assertTrue(
                    made.get("warnings")
                            .toString()
                            .contains("index by_name (collation NOCASE, if the application has its own)"),
                    made.toString());
            assertEquals(2, made.get("warnings").getAsJsonArray().size(), made.toString());
        }
        assertEquals(
                "partial",
                lab.json(0, "restore", "b.gz", "--to=new.db").get("verified").getAsString());
        String good = Lab.sha256(lab.path("b.gz"));
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "rw")) {
            file.seek((Long.parseLong(OwnFunctions.query(
                                    database,
                                    "SELECT max(pageno) FROM dbstat WHERE name = 'by_name' AND pagetype = 'leaf'"))
                            - 1)
                    * 4096);
            file.write(new byte[4096]);
        }
        lab.json(12, "backup", database, "--to=b.gz");
        assertEquals(good, Lab.sha256(lab.path("b.gz")));
    }
}
