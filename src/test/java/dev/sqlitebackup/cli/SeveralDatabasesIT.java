package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.UnreadableFile;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One command for several databases, backups or places. */
class SeveralDatabasesIT {
    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() throws IOException {
        lab = new Lab(directory);
        Files.createDirectories(lab.path("srv/sub"));
        for (String name : List.of("srv/a.db", "srv/b.db", "srv/sub/c.dat")) {
            lab.database(name, "wal", 60, "g");
        }
    }

    private void damage(String name) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(lab.path(name).toFile(), "rw")) {
            file.seek(8192);
            file.write(new byte[16384]);
        }
    }

    /** What became of each: its exit code by its name. */
    private static Map<String, Integer> exitCodes(JsonObject object) {
        Map<String, Integer> codes = new TreeMap<>();
        for (JsonElement result : object.get("results").getAsJsonArray()) {
            JsonObject one = result.getAsJsonObject();
            int code = one.get("exitCode").getAsInt();
            assertEquals(code == 0, one.get("ok").getAsBoolean());
            assertEquals(code != 0, one.has("message"), one::toString);
            codes.put(one.get("name").getAsString(), code);
        }
        return codes;
    }

    private int backups() {
        return lab.json(0, "list", "h/").get("backups").getAsJsonArray().size();
    }

    @Test
    void oneThatFailsStopsNoOtherAndTheWorstCodeCounts() throws IOException {
        damage("srv/b.db");
        JsonObject all = lab.json(12, "backup", "srv/missing.db", "srv/b.db", "srv/sub/c.dat", "srv/a.db", "--to=h/");
        assertEquals(Map.of("missing.db", 10, "b.db", 12, "c.dat", 0, "a.db", 0), exitCodes(all));
        assertEquals("corrupt", all.get("error").getAsString());
        assertEquals("2 of 4 failed: missing.db, b.db", all.get("message").getAsString());
        JsonObject good = all.get("results").getAsJsonArray().get(3).getAsJsonObject();
        JsonObject alone = lab.json(0, "backup", "srv/a.db", "--to=h/");
        assertTrue(good.keySet()
                .containsAll(alone.keySet().stream()
                        .filter(key -> !key.equals("command"))
                        .toList()));
        assertEquals(alone.get("sha256"), good.get("sha256"));
        assertEquals(2, backups());

        Tools.Ended said = lab.run("backup", "srv/b.db", "srv/a.db", "--to=h/").endsWith(12);
        assertTrue(said.out().startsWith("a.db: unchanged since the backup of "), said.out());
        assertTrue(said.err().startsWith("error: b.db: the database " + lab.path("srv/b.db") + " failed"), said.err());
        assertTrue(said.err().endsWith("error: 1 of 2 failed: b.db\n"), said.err());
        assertEquals(
                "",
                lab.run("backup", "srv/a.db", "srv/sub/c.dat", "--to=h/", "-q")
                        .ok()
                        .out());
        assertEquals(List.of(), lab.litter());
    }

    /** They look the same to this process, and have nothing to do with the others. */
    @Test
    void namesThatCannotBeExpressedStopNoOther() {
        Tools.sh("cd \"$1\"; cp a.db \"$(printf 'bad\\377.db')\"; cp a.db \"$(printf 'bad\\376.db')\"", lab.path("srv"))
                .ok();
        JsonObject all = lab.json(2, "backup", "--databases-in=srv", "--to=h/");
        assertEquals(5, all.get("results").getAsJsonArray().size());
        assertEquals(3, backups());
    }

    /** Its disk is not mounted, and a new service has a database of that name: that is no move. */
    @Test
    void oneThatWasFoundDoesNotGoOnWithTheBackupsOfOneThatHasVanished() throws IOException {
        lab.json(0, "backup", "--databases-in=srv", "--to=h/");
        Files.move(lab.path("srv/sub"), lab.path("away"));
        Files.createDirectory(lab.path("srv/new"));
        lab.database("srv/new/c.dat", "wal", 90, "other");
        JsonObject all = lab.json(2, "backup", "--databases-in=srv", "--to=h/", "--keep-last=1");
        assertEquals(Map.of("a.db", 0, "b.db", 0, "c.dat", 2), exitCodes(all));
        assertEquals(3, backups());
        lab.json(14, "status", "srv/sub/c.dat", "--to=h/");
        // Who knows better types the name.
        lab.json(0, "backup", "srv/new/c.dat", "--to=h/", "--name=c.dat");
        lab.json(0, "backup", "--databases-in=srv", "--to=h/");
    }

    @Test
    void statusVerifyAndPruneTakeSeveralToo() {
        lab.json(0, "backup", "srv/a.db", "srv/b.db", "--to=h/");
        lab.json(0, "backup", "srv/a.db", "--to=a.gz");
        JsonObject status = lab.json(14, "status", "srv/a.db", "srv/b.db", "srv/sub/c.dat", "--to=h/");
        assertEquals(Map.of("a.db", 0, "b.db", 0, "c.dat", 14), exitCodes(status));
        String hint = status.get("results")
                .getAsJsonArray()
                .get(2)
                .getAsJsonObject()
                .get("hint")
                .getAsString();
        lab.sh(hint.substring("run one: ".length())).ok();
        lab.json(0, "status", "--databases-in=srv", "--to=h/");

        Lab.write(lab.path("broken.gz"), "no gzip");
        JsonObject verified = lab.json(12, "verify", "a.gz", "broken.gz", "none.gz");
        assertEquals(Map.of("a.gz", 0, "broken.gz", 12, "none.gz", 10), exitCodes(verified));
        JsonObject all = lab.json(0, "verify", "--all", "h/", "a.gz");
        assertEquals(
                3,
                all.get("results")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("results")
                        .getAsJsonArray()
                        .size());

        Lab.sql(lab.path("srv/a.db"), "DELETE FROM t WHERE id > 50");
        lab.json(0, "backup", "srv/a.db", "--to=h/", "--full");
        lab.json(0, "backup", "srv/a.db", "--to=h2/");
        JsonObject pruned = lab.json(10, "prune", "h/", "h2/", "nowhere/", "--keep-last=1", "--dry-run");
        assertEquals(Map.of("h", 0, "h2", 0, "nowhere", 10), exitCodes(pruned));
        String said = lab.run("prune", "h/", "h2/", "--keep-last=1").ok().out();
        assertTrue(said.contains("\nh: kept 3, deleted 1\n") && said.endsWith("\nh2: kept 1, deleted 0\n"), said);
    }

    private void refused(String message, Object... arguments) {
        JsonObject refused = lab.json(2, arguments);
        assertTrue(refused.get("message").getAsString().contains(message), refused::toString);
        assertFalse(refused.has("results"));
        assertFalse(Files.exists(lab.path("h")), "nothing has run");
    }

    @Test
    void whatMeetsIsRefusedBeforeAnythingRuns() throws IOException {
        Files.copy(lab.path("srv/a.db"), lab.path("srv/sub/a.db"));
        Files.createSymbolicLink(lab.path("link.db"), lab.path("srv/a.db"));
        Files.createLink(lab.path("hard.db"), lab.path("srv/b.db"));
        refused("srv/a.db and srv/sub/a.db", "backup", "srv/a.db", "srv/sub/a.db", "--to=h/");
        refused("under one name, a.db", "backup", "--databases-in=srv", "--to=h/");
        refused("twice: srv/a.db and link.db", "backup", "srv/a.db", "link.db", "--to=h/");
        refused("twice: srv/b.db and hard.db", "backup", "srv/b.db", "hard.db", "--to=h/");
        refused("twice: srv/b.db and srv/../srv/b.db", "backup", "srv/b.db", "srv/../srv/b.db", "--to=h/");
        refused("h.gz holds one backup", "backup", "srv/a.db", "srv/b.db", "--to=h.gz");
        refused("--name is for one", "backup", "srv/a.db", "srv/b.db", "--to=h/", "--name=x");
        refused("give DATABASE or --databases-in", "backup", "srv/a.db", "--databases-in=srv", "--to=h/");
        refused("(DATABASE): not a file: s3://b/", "backup", "srv/a.db", "s3://b/");
        refused("(DATABASE): - is standard input", "status", "-", "--to=h/");
        JsonObject forgotten = lab.json(2, "backup", "srv/a.db", "h/");
        assertEquals("one argument too many: h/", forgotten.get("message").getAsString());
        assertEquals(
                "the destination is an option: --to=h/", forgotten.get("hint").getAsString());
        refused("- is standard input or output", "status", "srv/a.db", "srv/b.db", "--to=-");
        Tools.Ended piped = lab.run("backup", "srv/a.db", "srv/b.db", "--to=-").endsWith(2);
        assertTrue(piped.err().startsWith("error: standard output takes one backup"), piped.err());
    }

    @Test
    void databasesBelowADirectoryAreFoundByTheirContentAndWhatIsNoApplicationsIsLeftOut() throws IOException {
        Tools.require("mkfifo");
        lab.json(0, "backup", "srv/a.db", "--to=srv/backups/");
        Lab.sql(lab.path("srv/a.db"), "DELETE FROM t");
        lab.json(0, "restore", "srv/backups/", "--to=srv/a.db"); // Leaves a safety copy.
        Files.copy(lab.path("srv/b.db"), lab.path("srv/backups/copy.db"));
        Lab.write(lab.path("srv/text.db"), "text ".repeat(99));
        Files.createFile(lab.path("srv/empty.db"));
        Files.createLink(lab.path("srv/twice.db"), lab.path("srv/b.db"));
        Files.createSymbolicLink(lab.path("srv/link.db"), lab.path("srv/a.db"));
        Files.createSymbolicLink(lab.path("srv/circle"), lab.path("srv"));
        Tools.sh("mkfifo \"$1\"", lab.path("srv/fifo.db")).ok();
        JsonObject found = lab.json(0, "backup", "--databases-in=srv", "--to=srv/backups/");
        assertEquals(Map.of("a.db", 0, "b.db", 0, "c.dat", 0), exitCodes(found));
        String warning = found.get("warnings").getAsJsonArray().get(0).getAsString();
        assertTrue(warning.startsWith(lab.path("srv/twice.db") + " is the same file as " + lab.path("srv/b.db")));

        Files.createDirectory(lab.path("nothing"));
        lab.json(10, "backup", "--databases-in=nothing", "--to=h/");
        lab.json(10, "backup", "--databases-in=nowhere", "--to=h/");
        // The form goes by what was asked for, and not by how many there are.
        assertEquals(Map.of("c.dat", 0), exitCodes(lab.json(0, "backup", "--databases-in=srv/sub", "--to=h/")));
    }

    @Test
    void whatIsDamagedLockedOrUnreadableIsSaidAndTheOthersAreBackedUp() throws IOException {
        damage("srv/b.db");
        lab.database("srv/locked.db", "delete", 20, "g");
        try (UnreadableFile unreadable = new UnreadableFile(lab.path("srv/unreadable.db"));
                Writer holder = Writer.start(lab.path("srv/locked.db"), "exclusive", "delete", 0)) {
            Object[] words = {
                "backup",
                "srv/a.db",
                "srv/b.db",
                "srv/locked.db",
                "srv/unreadable.db",
                "srv/sub/c.dat",
                "--to=h/",
                "--busy-timeout=0s"
            };
            JsonObject all = lab.json(12, words);
            assertEquals(
                    Map.of("a.db", 0, "b.db", 12, "c.dat", 0, "locked.db", 11, "unreadable.db", 1), exitCodes(all));
            assertTrue(holder.pid() > 0 && unreadable != null);
        }
        assertEquals(2, backups());
    }

    @Test
    void aDirectoryOrFileThatTheUserMayNotReadIsAFailureOfItsOwn() throws IOException {
        Tools.requireRoot();
        Tools.require("setpriv");
        Files.createDirectory(lab.path("srv/closed"));
        Tools.sh(
                        "chmod 700 \"$1/srv/closed\"; chown -R 10001 \"$1\"; chown 0 \"$1/srv/closed\" \"$1/srv/b.db\"; "
                                + "chmod 600 \"$1/srv/b.db\"; chmod 755 \"$1/..\" \"$1\"",
                        directory)
                .ok();
        Lab user = lab.within("setpriv", "--reuid=10001", "--regid=10001", "--clear-groups")
                .with(Map.of("HOME", directory.toString()));
        Tools.Ended ended = user.run("backup", "--databases-in=srv", "--to=h/", "--json");
        assertEquals(1, ended.exitCode(), ended.out() + ended.err());
        JsonObject all = JsonParser.parseString(ended.out()).getAsJsonObject();
        assertEquals(Map.of("a.db", 0, "b.db", 1, "c.dat", 0, "closed", 1), exitCodes(all));
        assertTrue(ended.err().contains("error: closed: cannot read " + lab.path("srv/closed")), ended.err());
    }

    @Test
    void aSignalStopsAtOnceAndWhatWasDoneIsSaid() throws Exception {
        lab.database("srv/locked.db", "delete", 20, "g");
        try (Writer holder = Writer.start(lab.path("srv/locked.db"), "exclusive", "delete", 0)) {
            Tools.Started run = lab.start(
                    "backup", "srv/a.db", "srv/locked.db", "srv/b.db", "--to=h/", "--busy-timeout=1h", "--json", "-v");
            while (!Files.readString(run.err()).contains("locked.db")) {
                assertTrue(run.process().isAlive(), () -> "it waits for the lock");
                Thread.onSpinWait();
            }
            run.process().destroy();
            Tools.Ended ended = Tools.await(run).endsWith(130);
            JsonObject all = JsonParser.parseString(ended.out()).getAsJsonObject();
            assertEquals(Map.of("a.db", 0, "locked.db", 130), exitCodes(all));
            assertTrue(all.get("message").getAsString().endsWith("done before: 1 of 3: a.db"), all::toString);
        }
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void oneHeartbeatAndOneHealthFileAreOfAllOfThem() throws Exception {
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            heard.add(exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        try {
            String ping = "--ping=http://127.0.0.1:" + server.getAddress().getPort() + "/p";
            lab.json(0, "backup", "srv/a.db", "srv/b.db", "--to=h/", ping);
            damage("srv/b.db");
            lab.json(12, "backup", "srv/a.db", "srv/b.db", "--to=h/", ping);
            assertEquals("/p ", heard.get(0));
            String[] failed = heard.get(1).split("\n");
            assertEquals(2, failed.length, heard.get(1));
            assertEquals("/p/fail 1 of 2 failed: b.db", failed[0]);
            assertTrue(failed[1].startsWith("b.db: ") && failed[1].contains("damaged"), failed[1]);
            lab.json(2, "backup", "srv/a.db", "--to=h/", ping, "--no-such-option");
            assertTrue(heard.remove(2).startsWith("/p/fail Unknown option"), heard.toString());

            lab.with(Map.of("SQLITE_BACKUP_HEALTH_FILE", lab.path("health").toString()));
            Tools.Started run = lab.start("backup", "--databases-in=srv", "--to=h/", "--every=1d", ping, "--json");
            while (heard.size() < 3) {
                assertTrue(run.process().isAlive());
                Thread.onSpinWait();
            }
            while (!Files.exists(lab.path("health"))) {
                Thread.onSpinWait();
            }
            String health = Files.readString(lab.path("health")); // Replaced by how the whole ends.
            run.process().destroy();
            Tools.Ended ended = Tools.await(run).endsWith(0);
            JsonArray results = results(health);
            assertEquals(results(ended.out().lines().findFirst().orElseThrow()), results);
            assertTrue(health.contains("\"consecutiveFailures\":1"), health);
            assertEquals(3, results.size());
            assertEquals(
                    List.of("a.db", "b.db", "c.dat"),
                    results.asList().stream()
                            .map(one -> one.getAsJsonObject().get("name").getAsString())
                            .toList());
        } finally {
            server.stop(0);
        }
    }

    private static JsonArray results(String json) {
        return JsonParser.parseString(json).getAsJsonObject().get("results").getAsJsonArray();
    }
}
