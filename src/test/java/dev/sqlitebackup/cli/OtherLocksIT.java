package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Applications whose locks or logs are not those that are seen by the name at hand, and names that mislead. */
class OtherLocksIT {
    private static final String SOON = "--busy-timeout=1s";

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    private JsonObject refused(int exitCode, String message, Object... arguments) {
        JsonObject said = lab.json(exitCode, arguments);
        assertTrue(said.get("message").getAsString().contains(message), said.toString());
        return said;
    }

    @Test
    void refusesTheUpperLayerOfAnOverlayWhoseUsersHaveOtherLocks() throws IOException {
        Tools.requireRoot();
        Path database = lab.database("good.db", "wal", 20, "g");
        lab.json(0, "backup", database, "--to=good.gz");
        Tools.sh(
                        "cd \"$1\"; mkdir -p disk; mount -t tmpfs none disk; cd disk; mkdir lower upper work "
                                + "merged; mount -t overlay overlay -o "
                                + "lowerdir=\"$PWD/lower\",upperdir=\"$PWD/upper\",workdir=\"$PWD/work\" merged",
                        directory)
                .ok();
        try {
            Path merged = lab.database("disk/merged/app.db", "wal", 20, "g");
            try (Writer writer = Writer.start(merged, "commit", "wal", 5000)) {
                for (String[] command : new String[][] {
                    {"backup", "disk/upper/app.db", "--to=b.gz"},
                    {"restore", "good.gz", "--to=disk/upper/app.db"},
                    {"restore", "good.gz", "--to=disk/upper/app.db", "--live"}
                }) {
                    assertTrue(refused(1, "upper layer of an overlay", (Object[]) command)
                            .get("hint")
                            .getAsString()
                            .endsWith("/disk/merged/app.db"));
                }
                assertTrue(writer.stop().stream().noneMatch(line -> line.startsWith("error")));
            }
            lab.json(0, "backup", merged, "--to=b.gz");
        } finally {
            Tools.sh("cd \"$1\"; umount disk/merged; umount disk", directory).ok();
        }
    }

    @Test
    void noCopyOfADatabaseThatIsWrittenWithoutLocksIsCalledConsistent() throws Exception {
        Tools.require("python3");
        Path database = lab.path("app.db");
        Lab.sql(
                database,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, v, b)",
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) "
                        + "SELECT i, 200, randomblob(400) FROM n");
        // Moves amounts between rows all over the file; the sum stays.
        Tools.Started writer = Tools.start(
                java.util.List.of(
                        "python3",
                        "-c",
                        "import sqlite3,random,sys\nc=sqlite3.connect('file:%s?nolock=1' % "
                                + "sys.argv[1],uri=True,isolation_level=None)\n"
                                + "while True:\n  c.execute('BEGIN')\n  for i in range(300):\n    "
                                + "a=random.randint(1,30000); b=random.randint(1,30000)\n    "
                                + "c.execute('UPDATE t SET v=v-1 WHERE id=?',(a,)); "
                                + "c.execute('UPDATE t SET v=v+1 WHERE id=?',(b,))\n"
                                + "  c.execute('COMMIT')\n  open(sys.argv[1]+'.goes','w').close()\n",
                        database.toString()),
                java.util.Map.of(),
                directory);
        try {
            while (!Files.exists(lab.path("app.db.goes"))) {
                assertTrue(writer.process().isAlive());
                Thread.onSpinWait();
            }
            for (int run = 0; run < 4; run++) {
                Files.deleteIfExists(lab.path("b.gz"));
                Tools.Ended ended = lab.run("backup", database, "--to=b.gz");
                if (ended.exitCode() == 0) {
                    lab.json(0, "restore", "b.gz", "--to=r.db");
                    assertEquals(
                            "6000000",
                            Lab.query(lab.path("r.db"), "SELECT sum(v) FROM t"),
                            "half a transaction was called verified");
                } else {
                    assertTrue(java.util.List.of(1, 11, 12).contains(ended.exitCode()), ended.err());
                }
            }
        } finally {
            writer.kill9();
        }
    }

    @Test
    void refusesWhereAnOlderApplicationHasALogThatWasRemovedAndANewerOneHasAnother() throws IOException {
        Path database = lab.database("app.db", "wal", 20, "g");
        try (Writer older = Writer.start(database, "commit", "wal", 5000)) {
            Files.delete(lab.path("app.db-wal"));
            Files.delete(lab.path("app.db-shm"));
            try (Writer newer = Writer.start(database, "idle", "wal", 5000)) {
                refused(1, "that is not beside it", "backup", database, "--to=b.gz", SOON);
                refused(
                        1,
                        "that is not beside it",
                        "restore",
                        lab.database("other.db", "wal", 1, "g"),
                        "--to=app.db",
                        "--live",
                        SOON);
            }
        }
        assertFalse(Files.exists(lab.path("b.gz")));
    }

    @Test
    void seesTheLogOfACrashedApplicationBesideAnotherNameInTheSameDirectory() throws IOException {
        Path database = lab.database("app.db", "wal", 20, "g");
        try (Writer crashed = Writer.start(database, "crash", "wal", 0)) {
            crashed.stop();
        }
        assertTrue(Files.size(lab.path("app.db-wal")) > 0);
        Path link = Files.createLink(lab.path("z.db"), database);
        lab.json(0, "backup", lab.database("other.db", "wal", 1, "g"), "--to=other.gz");
        assertEquals(
                "name the database " + database,
                refused(1, "is the same file as " + database, "backup", link, "--to=b.gz", SOON)
                        .get("hint")
                        .getAsString());
        refused(1, "is the same file as " + database, "restore", "other.gz", "--to=z.db", SOON);
        lab.json(0, "backup", database, "--to=b.gz");
    }

    @Test
    void saysWhatAStrayJournalBesideALiveDatabaseMayBeAndMakesNone() throws IOException {
        Path database = lab.database("app.db", "wal", 20, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        try (Writer application = Writer.start(database, "idle", "wal", 0)) {
            refused(2, "for a sidecar of the one beside it", "restore", "b.gz", "--to=app.db-journal");
            Lab.write(lab.path("app.db-journal"), "stray");
            refused(1, "a rollback journal lies beside a database in WAL mode", "backup", database, "--to=b.gz");
        }
    }

    @Test
    void aRestoreInAnotherTextEncodingSaysThatApplicationsHaveToBeRestarted() {
        Lab.sql(lab.path("new.db"), "PRAGMA encoding='UTF-16le'", "CREATE TABLE t(a)");
        lab.json(0, "backup", lab.path("new.db"), "--to=b.gz");
        Path database = lab.database("app.db", "delete", 5, "g");
        assertTrue(lab.json(0, "restore", "b.gz", "--to=app.db")
                .get("warnings")
                .getAsString()
                .contains("restart every application"));
        assertTrue(lab.json(0, "restore", "b.gz", "--to=app.db").get("warnings") == null, "the same encoding");
        assertEquals("UTF-16le", Lab.query(database, "PRAGMA encoding"));
    }

    @Test
    void theDefaultDatabaseGetsNoBackupOfAnotherThatHasItsName() throws IOException {
        Files.createDirectories(lab.path("p"));
        Files.createDirectories(lab.path("q"));
        Files.createDirectories(lab.path("data/opencode"));
        Path mine = lab.database("data/opencode/opencode.db", "delete", 5, "mine");
        Path other = lab.database("q/opencode.db", "delete", 5, "other");
        lab.json(0, "backup", other, "--to=opencode.db.gz");
        lab.with(java.util.Map.of("XDG_DATA_HOME", lab.path("data").toString()));
        JsonObject said = refused(2, "is a backup of " + other + ", not of " + mine, "restore", "opencode.db.gz");
        assertTrue(said.get("hint").getAsString().endsWith("--to=" + other), said.toString());
        Files.delete(other);
        lab.json(0, "restore", "opencode.db.gz");
    }
}
