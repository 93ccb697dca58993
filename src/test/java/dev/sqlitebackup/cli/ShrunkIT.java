package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpServer;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file vanishes, the application makes an empty one, and cron runs: no good backup may give way to that. */
class ShrunkIT {
    private static final int SHRUNK = 16;
    private static final int STALE = 14;

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private String content;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 300, "good");
        content = Lab.dump(database);
    }

    /** As an application does that finds no database. */
    private void emptyDatabase() throws IOException {
        Files.delete(database);
        Lab.sql(database, "PRAGMA journal_mode=WAL", "CREATE TABLE t(id INTEGER PRIMARY KEY, generation, b)");
    }

    private List<String> backups() throws IOException {
        try (Stream<Path> files = Files.list(lab.path("h"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".gz"))
                    .sorted()
                    .toList();
        }
    }

    private String state(int exitCode, String to) {
        return lab.json(exitCode, "status", database, "--to=" + to).get("state").getAsString();
    }

    @Test
    void anEmptiedDatabaseDoesNotTakeThePlaceOfItsOnlyBackup() throws IOException {
        lab.json(0, "backup", database, "--to=b.gz");
        String before = Lab.sha256(lab.path("b.gz"));
        emptyDatabase();
        JsonObject refused = lab.json(SHRUNK, "backup", database, "--to=b.gz");
        assertEquals("shrunk", refused.get("error").getAsString());
        assertTrue(
                refused.get("message")
                        .getAsString()
                        .matches("(?s).*/app\\.db has shrunk from [\\d,]+ bytes in use \\(the backup of [^)]*\\) "
                                + "to 8,192 \\([^)]*\\); that backup was left as it is: .*b\\.gz"),
                refused.toString());
        assertTrue(
                refused.get("hint")
                                .getAsString()
                                .contains("restore " + lab.path("b.gz").toAbsolutePath() + " --to=" + database)
                        && refused.get("hint").getAsString().endsWith("--allow-shrink"),
                refused.toString());
        assertEquals(before, Lab.sha256(lab.path("b.gz")));
        assertEquals(List.of(), lab.litter());
        assertEquals("shrunk", state(STALE, "b.gz"));
        lab.json(SHRUNK, "backup", database, "--to=b.gz");

        lab.json(0, "restore", "b.gz", "--to=" + database);
        assertEquals(content, Lab.dump(database));
        assertTrue(lab.json(0, "backup", database, "--to=b.gz").get("unchanged").getAsBoolean());
        assertEquals("fresh", state(0, "b.gz"));
    }

    @Test
    void whoeverSaysThatItIsRightReplacesIt() throws IOException {
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.sql(database, "DELETE FROM t WHERE id > 3");
        assertEquals(SHRUNK, lab.run("backup", database, "--to=b.gz").exitCode());
        lab.json(0, "backup", database, "--to=b.gz", "--allow-shrink");
        assertEquals("fresh", state(0, "b.gz"));
        lab.json(0, "backup", database, "--to=b.gz");
    }

    @Test
    void aHistoryKeepsTheLastBackupFromBeforeAndRingsUntilSomebodySaysSomething() throws IOException {
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        HttpServer monitor = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        monitor.createContext("/", exchange -> {
            heard.add(
                    exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        monitor.start();
        try {
            String ping = "--ping=http://127.0.0.1:" + monitor.getAddress().getPort() + "/uuid";
            lab.json(0, "backup", database, "--to=h/", ping);
            String good = backups().get(0);
            emptyDatabase();
            for (int run = 1; run <= 3; run++) {
                JsonObject made = lab.json(SHRUNK, "backup", database, "--to=h/", "--keep-last=1", ping);
                assertTrue(Files.exists(Path.of(made.get("backup").getAsString())), made.toString());
                assertEquals(run == 2, made.get("unchanged").getAsBoolean());
                assertFalse(made.has("deleted"), made.toString());
                assertTrue(made.get("hint").getAsString().contains(good), made.toString());
                assertEquals("shrunk", state(STALE, "h/"));
                if (run == 2) {
                    Lab.sql(database, "INSERT INTO t(b) VALUES ('a few new ones')");
                }
            }
            assertEquals(List.of("GET /uuid", "POST /uuid/fail", "POST /uuid/fail", "POST /uuid/fail"), heard);
            JsonObject pruned = lab.json(0, "prune", "h/", "--keep-last=1");
            assertTrue(
                    pruned.get("kept").toString().contains("the last from before the database shrank"),
                    pruned.toString());
            assertEquals(2, backups().size());
            assertTrue(backups().contains(good), "whichever order names of one second have");

            lab.json(0, "backup", database, "--to=h/", "--allow-shrink", "--full");
            assertEquals("fresh", state(0, "h/"));
            lab.json(0, "backup", database, "--to=h/", "--keep-last=1", ping);
            assertFalse(backups().contains(good), "it is a backup as any other now");
            assertEquals("GET /uuid", heard.get(4));
        } finally {
            monitor.stop(0);
        }
    }

    @Test
    void isSettledWhenTheContentIsBack() throws IOException {
        String good = lab.json(0, "backup", database, "--to=h/").get("backup").getAsString();
        emptyDatabase();
        lab.json(SHRUNK, "backup", database, "--to=h/");
        for (String command : List.of("restore", "verify")) {
            assertTrue(lab.json(0, command, "h/", command.equals("verify") ? "--quiet" : "--to=there.db")
                    .get("warnings")
                    .toString()
                    .contains("the last one from before: " + good));
        }
        lab.json(0, "restore", good, "--to=" + database);
        lab.json(0, "backup", database, "--to=h/");
        assertEquals("fresh", state(0, "h/"));
        lab.json(0, "backup", database, "--to=h/");
    }

    @Test
    void vacuumIsNoShrinking() throws IOException {
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.sql(database, "DELETE FROM t WHERE id > 20");
        lab.json(0, "backup", database, "--to=b.gz", "--allow-shrink");
        long sizeBytes = Files.size(database);
        Lab.sql(database, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)");
        assertTrue(Files.size(database) < sizeBytes / 4);
        lab.json(0, "backup", database, "--to=b.gz");
    }

    /** Its content may be as large as it was: views and triggers are text. */
    @Test
    void aDatabaseWithoutAnyTableHasShrunkWhateverItsSize() {
        Path views = lab.path("views.db");
        Lab.sql(views, "CREATE TABLE t(a)", "CREATE VIEW v AS SELECT '" + "x".repeat(60_000) + "' FROM t");
        lab.json(0, "backup", views, "--to=v.gz");
        Lab.sql(views, "DROP TABLE t");
        assertTrue(lab.json(SHRUNK, "backup", views, "--to=v.gz")
                .get("message")
                .getAsString()
                .contains("has no table any more"));
    }

    @Test
    void aDatabaseThatNeverHeldMuchMayBecomeSmaller() {
        Path small = lab.database("small.db", "delete", 15, "g");
        lab.json(0, "backup", small, "--to=s.gz");
        Lab.sql(small, "DELETE FROM t");
        lab.json(0, "backup", small, "--to=s.gz");
    }

    @Test
    void theEndOfARunThatGoesOnByItselfIsInItsHealthFile() throws Exception {
        lab.json(0, "backup", database, "--to=h/");
        emptyDatabase();
        Path health = lab.path("health.json");
        Tools.Started run = lab.with(java.util.Map.of("SQLITE_BACKUP_HEALTH_FILE", health.toString()))
                .start("backup", database, "--to=h/", "--every=1h");
        try {
            while (!Files.exists(health)) {
                Thread.onSpinWait();
                assertTrue(run.process().isAlive());
            }
            assertTrue(Files.readString(health).contains("\"ok\":false,\"exitCode\":16"), Files.readString(health));
        } finally {
            run.process().destroy();
            Tools.await(run);
        }
    }
}
