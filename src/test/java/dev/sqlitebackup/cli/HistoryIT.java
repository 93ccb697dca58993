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
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What histories, status, prune and pings promise, on the packaged program. */
class HistoryIT {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    private static List<String> locations(JsonObject result, String field) {
        JsonArray array = result.get(field).getAsJsonArray();
        return StreamSupport.stream(array.spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .map(entry -> entry.get("backup").getAsString())
                .toList();
    }

    /**
     * Many good backups of one content, an hour apart: the trailer of a real one with other dates (docs/format.md draws
     * it).
     */
    private Path manyBackups(int count, Instant newest) throws IOException {
        Path database = lab.database("app.db", "delete", 5, "g");
        lab.json(0, "backup", database, "--to=seed.gz");
        byte[] bytes = Files.readAllBytes(lab.path("seed.gz"));
        int trailer = bytes.length - 118;
        Path history = Files.createDirectory(lab.path("history"));
        for (int i = 0; i < count; i++) {
            Instant time = newest.minus(i, ChronoUnit.HOURS);
            ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            buffer.putLong(trailer + 24, time.getEpochSecond());
            CRC32 crc = new CRC32();
            crc.update(bytes, trailer + 22, 54);
            buffer.putInt(trailer + 76, (int) crc.getValue());
            Files.write(history.resolve("app-" + TIME.format(time) + ".db.gz"), bytes);
        }
        return history;
    }

    @Test
    void aDirectoryHoldsOnePrivateFileARunThatAnyGunzipReads() throws IOException {
        Tools.require("gunzip");
        Path database = lab.database("app.db", "wal", 200, "first");
        JsonObject first = lab.json(0, "backup", database, "--to=made/on/the way/");
        Lab.sql(database, "UPDATE t SET generation = 'second'");
        JsonObject second = lab.json(0, "backup", database, "--to=made/on/the way");
        assertFalse(second.get("unchanged").getAsBoolean());
        assertTrue(lab.json(0, "backup", database, "--to=made/on/the way")
                .get("unchanged")
                .getAsBoolean());

        JsonObject list = lab.json(0, "list", "made/on/the way");
        assertEquals(
                List.of(second.get("backup").getAsString(), first.get("backup").getAsString()),
                locations(list, "backups"));
        JsonObject newest = list.get("backups").getAsJsonArray().get(0).getAsJsonObject();
        for (String field : List.of("createdAt", "backupBytes", "databaseBytes")) {
            assertEquals(second.get(field), newest.get(field), field);
        }
        for (String location : locations(list, "backups")) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(location))));
        }
        Tools.sh("gunzip -c \"$1\" > \"$2\"", first.get("backup").getAsString(), lab.path("old.db"))
                .ok();
        assertEquals("200", Lab.query(lab.path("old.db"), "SELECT count(*) FROM t WHERE generation = 'first'"));
        JsonObject restored = lab.json(0, "restore", "made/on/the way", "--to=new.db");
        assertEquals(second.get("backup"), restored.get("backup"));
        assertEquals("200", Lab.query(lab.path("new.db"), "SELECT count(*) FROM t WHERE generation = 'second'"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void restoresWhatThereWasAtATime() throws IOException {
        Path history = manyBackups(48, Instant.parse("2026-11-22T12:00:00Z"));
        assertTrue(lab.json(0, "restore", history, "--at=2026-11-22T11:59:59Z", "--to=a.db")
                .get("backup")
                .getAsString()
                .endsWith("app-20261122T110000Z.db.gz"));
        assertTrue(lab.json(0, "verify", history, "--at=2026-11-22T12:00:00+00:00")
                .get("backup")
                .getAsString()
                .endsWith("app-20261122T120000Z.db.gz"));
        Tools.Ended newYork = Tools.sh(
                        "cd \"$1\"; TZ=America/New_York TMPDIR=\"$1/tmp\" \"$2\" -jar \"$3\" verify history "
                                + "--at=2026-11-21 --json",
                        directory,
                        Lab.JAVA,
                        Lab.JAR)
                .ok();
        assertTrue(
                newYork.out().contains("app-20261122T040000Z.db.gz"),
                "the end of that day in New York: " + newYork.out());
        JsonObject none = lab.json(10, "restore", history, "--at=2026-11-01", "--to=b.db");
        assertTrue(none.get("hint").getAsString().contains("list"), none.toString());
        assertFalse(Files.exists(lab.path("b.db")));
        assertEquals(2, lab.run("restore", history, "--at=noon", "--to=b.db").exitCode());
    }

    @Test
    void listsAndPrunesTenThousand() throws IOException {
        Path history = manyBackups(10_000, Instant.parse("2026-11-22T12:00:00Z"));
        assertEquals(
                10_000,
                lab.json(0, "list", history).get("backups").getAsJsonArray().size());
        assertEquals(
                "stale",
                lab.json(14, "status", "app.db", "--to=history", "--max-age=1s")
                        .get("state")
                        .getAsString());
        JsonObject dry = lab.json(0, "prune", history, "--keep-last=3", "--keep-monthly=12", "--dry-run");
        JsonObject pruned = lab.json(0, "prune", history, "--keep-last=3", "--keep-monthly=12");
        assertEquals(dry.get("kept"), pruned.get("kept"));
        assertEquals(dry.get("deleted"), pruned.get("deleted"));
        assertEquals(
                10_000,
                pruned.get("kept").getAsJsonArray().size()
                        + pruned.get("deleted").getAsJsonArray().size());
        assertEquals(locations(pruned, "kept"), locations(lab.json(0, "list", history), "backups"));
        assertEquals(
                "[\"newest that verifies\",\"last\",\"monthly\"]",
                pruned.get("kept")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("reasons")
                        .toString());
    }

    @Test
    void twoPrunesAtOnceDeleteWhatOneWouldAndBackupsGoOnBeside() throws IOException {
        Path history = manyBackups(3_000, Instant.parse("2026-11-22T12:00:00Z"));
        Path database = lab.path("app.db");
        List<Tools.Started> runs = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            runs.add(lab.start("prune", history, "--keep-daily=20", "--json"));
        }
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('new')");
        JsonObject made = lab.json(0, "backup", database, "--to=history", "--keep-daily=20", "--full");
        runs.forEach(run -> Tools.await(run).ok());
        List<String> left = locations(lab.json(0, "list", history), "backups");
        assertEquals(made.get("backup").getAsString(), left.get(0));
        assertEquals(20, left.size(), left.toString());
        lab.json(0, "verify", history);
        assertEquals(List.of(), lab.litter());
    }

    /** A restore opens its backup once, so that its name may go. */
    @Test
    void aPruneDuringARestoreHarmsNeither() throws Exception {
        Tools.require("kill");
        Path database = lab.database("app.db", "delete", 20_000, "old");
        JsonObject old = lab.json(0, "backup", database, "--to=history/");
        Path backup = Path.of(old.get("backup").getAsString());
        String time = old.get("createdAt").getAsString();
        Lab.sql(database, "UPDATE t SET generation = 'new'");
        while (!Instant.now().truncatedTo(ChronoUnit.SECONDS).isAfter(Instant.parse(time))) {
            Thread.onSpinWait(); // Of two backups within a second, the later one is the answer to --at that second.
        }
        lab.json(0, "backup", database, "--to=history/", "--full");

        Tools.Started restore = lab.start("restore", "history", "--at=" + time, "--to=target.db", "--json");
        Path descriptors = Path.of("/proc/" + restore.process().pid() + "/fd");
        while (restore.process().isAlive() && !(isMade("staged.db") && isOpen(descriptors, backup))) {
            Thread.onSpinWait();
        }
        Tools.sh("kill -STOP \"$1\" || true", restore.process().pid());
        lab.json(0, "prune", "history", "--keep-last=1");
        assertFalse(Files.exists(backup));
        Tools.sh("kill -CONT \"$1\" || true", restore.process().pid());
        Tools.await(restore).ok();
        assertEquals("20000", Lab.query(lab.path("target.db"), "SELECT count(*) FROM t WHERE generation = 'old'"));
    }

    /**
     * Else both would take the same backup for the newest, and the second replace, or prune, what the first has not
     * finished.
     */
    @ParameterizedTest
    @ValueSource(strings = {"history/", "b.gz"})
    void runsTakeTurns(String to) throws Exception {
        Tools.require("kill");
        Path database = lab.database("app.db", "delete", 20_000, "old");
        lab.json(0, "backup", database, "--to=" + to);
        Lab.sql(database, "UPDATE t SET generation = 'new'");
        Tools.Started first = lab.start("backup", database.toString(), "--to=" + to, "--json");
        while (first.process().isAlive() && !isMade("snapshot.db")) {
            Thread.onSpinWait();
        }
        Tools.sh("kill -STOP \"$1\"", first.process().pid()).ok();
        assertEquals(
                "busy",
                lab.json(11, "backup", database, "--to=" + to, "--busy-timeout=0s")
                        .get("error")
                        .getAsString());
        Tools.sh("kill -CONT \"$1\"", first.process().pid()).ok();
        Tools.await(first).ok();
    }

    /** A prune beside a restore may take the backup away between any two looks at it. */
    @Tag("torture")
    @Test
    void aBackupThatIsGoneAtAnyLookIsNotThereAndNothingElse() throws Exception {
        Tools.require("strace");
        Path database = lab.database("app.db", "delete", 30, "g");
        String backup =
                lab.json(0, "backup", database, "--to=history/").get("backup").getAsString();
        List<Integer> codes = new ArrayList<>();
        for (int look = 1; codes.isEmpty() || codes.get(codes.size() - 1) != 0; look++) {
            Files.deleteIfExists(lab.path("target.db"));
            Tools.Ended ended = Tools.run(
                    List.of(
                            "strace",
                            "-f",
                            "-o",
                            "/dev/null",
                            "-P",
                            backup,
                            "-e",
                            "inject=stat,lstat,newfstatat,statx:error=ENOENT:when=" + look + "+",
                            Lab.JAVA,
                            "-XX:-UsePerfData",
                            "-jar",
                            Lab.JAR.toString(),
                            "restore",
                            lab.path("history").toString(),
                            "--to=" + lab.path("target.db")),
                    Map.of("TMPDIR", lab.temporary().toString()),
                    directory);
            codes.add(ended.exitCode());
            assertTrue(List.of(0, 10).contains(ended.exitCode()), "gone from look " + look + " on: " + ended.err());
            assertTrue(look < 40, codes.toString());
        }
        assertTrue(codes.size() > 2, codes.toString());
    }

    private boolean isMade(String temporary) {
        try {
            return lab.litter().stream().anyMatch(file -> file.endsWith("/" + temporary));
        } catch (java.io.UncheckedIOException e) {
            return false; // Something was removed while it was listed.
        }
    }

    private static boolean isOpen(Path descriptors, Path file) {
        try (Stream<Path> open = Files.list(descriptors)) {
            return open.anyMatch(descriptor -> {
                try {
                    return Files.readSymbolicLink(descriptor).equals(file);
                } catch (IOException e) {
                    return false; // Closed since.
                }
            });
        } catch (IOException | java.io.UncheckedIOException e) {
            return false;
        }
    }

    @Test
    void statusRingsByItsExitCodeAndReadsAPlaceThatItMayNotWrite() throws IOException {
        Path database = lab.database("app.db", "wal", 10, "g");
        JsonObject never = lab.json(14, "status", database, "--to=b.gz");
        assertEquals("missing", never.get("state").getAsString());
        assertTrue(
                never.get("ageSeconds").isJsonNull()
                        && never.get("createdAt").isJsonNull()
                        && never.get("backup").isJsonNull(),
                never.toString());
        Lab.settle(database);
        lab.json(0, "backup", database, "--to=b.gz");
        JsonObject fresh = lab.json(0, "status", database, "--to=b.gz", "--max-age=0s");
        assertEquals("fresh", fresh.get("state").getAsString());
        assertFalse(fresh.get("changedSince").getAsBoolean());
        assertTrue(lab.run("status", database, "--to=b.gz").ok().out().startsWith("fresh: "));
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('since')");
        // Older than nothing at all: whatever the clock says, a second has passed or will have.
        JsonObject stale = null;
        for (int tries = 0; stale == null || stale.get("ageSeconds").getAsLong() < 1 && tries < 50; tries++) {
            Tools.Ended ended = lab.run("status", database, "--to=b.gz", "--max-age=0s", "--json");
            stale = JsonParser.parseString(ended.out()).getAsJsonObject();
        }
        assertEquals("stale", stale.get("state").getAsString());
        assertTrue(stale.get("changedSince").getAsBoolean());

        Map<String, String> before = lab.state("");
        JsonObject elsewhere = lab.json(0, "status", "not-here/app.db", "--to=b.gz");
        assertTrue(elsewhere.get("changedSince").isJsonNull());
        assertEquals(before, lab.state(""));
        Lab.write(lab.path("pointer.gz"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
        assertTrue(lab.json(14, "status", database, "--to=pointer.gz")
                .get("message")
                .getAsString()
                .contains("Git LFS pointer"));
    }

    /** SQLite, run by root, sets the owner of a log that it opens, which moves the inode's time. */
    @Test
    void anIdleApplicationThatKeepsItsLogOpenHasNotChanged() {
        Path database = lab.database("app.db", "wal", 100, "g");
        try (Writer writer = Writer.start(database, "idle", "wal", 0)) {
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('in the log')");
            Lab.settle(database);
            lab.json(0, "backup", database, "--to=b.gz");
            assertFalse(lab.json(0, "status", database, "--to=b.gz", "--max-age=0s")
                    .get("changedSince")
                    .getAsBoolean());
            assertEquals(List.of("READY"), writer.stop(), "it was there all the time");
        }
    }

    @Test
    void filesThatCannotBeReadOrNamedHereStopNothing() throws IOException {
        Tools.requireRoot();
        Tools.require("setpriv");
        Path database = lab.database("app.db", "delete", 20, "g");
        Path history = Files.createDirectory(lab.path("history"));
        lab.json(0, "backup", database, "--to=history");
        String hidden = locations(lab.json(0, "list", "history"), "backups").get(0);
        Path program = Files.copy(Lab.JAR, lab.path("program.jar")); // The checkout may be where others may not look.
        Tools.sh(
                        "chmod -R a+rwX \"$1\"; chmod 600 \"$2\"; touch \"$3/Größe-20261122T000000Z.db.gz\" "
                                + "\"$3/Größe.gz\"",
                        directory,
                        hidden,
                        history)
                .ok();
        String run = "cd \"$1\"; TMPDIR=\"$1/tmp\" LC_ALL=POSIX setpriv --reuid=65534 --regid=65534 --clear-groups "
                + "\"$2\" -jar \"$3\" ";
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('more')");
        Tools.sh("chmod -R a+rwX \"$1\"; chmod 600 \"$2\"", directory, hidden).ok();
        Tools.Ended backup = Tools.sh(run + "backup app.db --to=history --json", directory, Lab.JAVA, program)
                .ok();
        Tools.Ended list = Tools.sh(run + "list history --json", directory, Lab.JAVA, program)
                .ok();
        assertTrue(
                backup.out().contains("\"unchanged\":false")
                        && list.out().contains("permission denied; it is left alone"),
                list.out());
        assertEquals(
                1,
                JsonParser.parseString(list.out())
                        .getAsJsonObject()
                        .get("backups")
                        .getAsJsonArray()
                        .size());
        // Of two users who share a directory, each prunes what is his.
        Tools.Ended prune = Tools.sh(run + "prune history --keep-last=1 --json", directory, Lab.JAVA, program)
                .ok();
        assertTrue(
                prune.out().contains("permission denied; it is left alone") && Files.exists(Path.of(hidden)),
                prune.out());
    }

    @Test
    void aFailureToPruneIsSaidAndTheBackupStands() throws IOException {
        Tools.requireRoot();
        Tools.require("mount");
        Path database = lab.database("app.db", "delete", 10, "g");
        for (int i = 0; i < 2; i++) {
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('" + i + "')");
            lab.json(0, "backup", database, "--to=history/", "--full");
        }
        String oldest = locations(lab.json(0, "list", "history"), "backups").get(1);
        Path inTheWay = Path.of(oldest);
        // A mount point cannot be removed, and is otherwise an ordinary file.
        Tools.sh("mount --bind \"$1\" \"$1\"", inTheWay).ok();
        try {
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('last')");
            JsonObject result = lab.json(0, "backup", database, "--to=history/", "--keep-last=1", "--full");
            assertTrue(result.get("warnings").toString().contains("could not be pruned"), result.toString());
            lab.json(0, "verify", result.get("backup").getAsString());
        } finally {
            Tools.sh("umount \"$1\"", inTheWay).ok();
        }
    }

    @Test
    void pingsSuccessAndFailureAndNeverFailsBecauseOfIt() throws IOException {
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            heard.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            boolean stalls = exchange.getRequestURI().getPath().startsWith("/stalls");
            exchange.sendResponseHeaders(
                    exchange.getRequestURI().getPath().startsWith("/gone") ? 404 : 200, stalls ? 100 : -1);
            if (!stalls) {
                exchange.close();
            }
        });
        server.start();
        String url = "http://127.0.0.1:" + server.getAddress().getPort();
        try {
            Path database = lab.database("app.db", "delete", 10, "g");
            lab.json(0, "backup", database, "--to=b.gz", "--ping=" + url + "/secret-uuid?rid=7");
            assertEquals(List.of("GET /secret-uuid?rid=7 "), heard);
            heard.clear();
            lab.json(2, "backup", database, "--to=b.gz", "--level=0", "--ping=" + url + "/usage");
            assertTrue(heard.get(0).startsWith("POST /usage/fail --level"), heard.toString());
            heard.clear();
            lab.json(10, "backup", "missing.db", "--to=b.gz", "--ping=" + url + "/secret-uuid?rid=7");
            assertEquals(1, heard.size(), heard.toString());
            assertTrue(
                    heard.get(0).startsWith("POST /secret-uuid/fail?rid=7 there is no database at "), heard.toString());

            for (String broken :
                    List.of(url + "/gone-secret", url + "/stalls-secret", "http://127.0.0.1:1/gone-secret")) {
                JsonObject result = lab.json(0, "backup", database, "--to=b.gz", "--ping=" + broken);
                assertTrue(result.get("warnings").toString().contains("the ping to 127.0.0.1"), result.toString());
                assertFalse(result.toString().contains("secret"), "the address is a secret");
            }
            Tools.Ended failed = lab.run("backup", "missing.db", "--to=b.gz", "--ping=" + url + "/gone-secret");
            assertEquals(10, failed.exitCode());
            assertTrue(failed.err().contains("warning: the ping to 127.0.0.1"), failed.err());
            assertFalse(failed.err().contains("secret"), "the address is a secret");
            assertEquals(
                    2,
                    lab.run("backup", database, "--to=b.gz", "--ping=file:///etc/passwd")
                            .exitCode());

            heard.clear();
            lab.json(0, "status", database, "--to=b.gz", "--ping=" + url + "/status");
            lab.json(14, "status", database, "--to=none.gz", "--ping=" + url + "/status");
            lab.json(0, "verify", "b.gz", "--ping=" + url + "/verify");
            lab.json(10, "verify", "none.gz", "--ping=" + url + "/verify");
            lab.json(2, "verify", "b.gz", "--at=never", "--ping=" + url + "/verify");
            assertEquals(
                    List.of(
                            "GET /status",
                            "POST /status/fail",
                            "GET /verify",
                            "POST /verify/fail",
                            "POST /verify/fail"),
                    heard.stream()
                            .map(request -> request.replaceFirst("^(\\S+ \\S+) .*", "$1"))
                            .map(request -> request.lines().findFirst().orElseThrow())
                            .toList());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void refusesBadArgumentsBeforeItDoesAnything() {
        Path database = lab.database("app.db", "delete", 10, "g");
        assertEquals("usage", lab.json(2, "prune", directory).get("error").getAsString());
        assertEquals(2, lab.run("prune", directory, "--keep-last=0").exitCode());
        assertEquals(2, lab.run("prune", directory, "--keep-last=-1").exitCode());
        assertEquals(2, lab.run("prune", "--keep-last=1").exitCode());
        assertTrue(lab.json(2, "prune", directory, "--keep-within=6m")
                .get("message")
                .getAsString()
                .contains("months in restic"));
        assertEquals(2, lab.run("backup", database, "--to=h/", "--keep-last=0").exitCode());
        assertEquals(10, lab.run("prune", "nothere", "--keep-last=1").exitCode());
        assertEquals(2, lab.run("restore", database, "--at=1h", "--to=other.db").exitCode());
        assertEquals(
                2, lab.run("backup", database, "--to=b.gz", "--keep-last=1").exitCode());
        assertEquals(
                2, lab.run("status", database, "--to=b.gz", "--max-age=soon").exitCode());
        assertEquals(10, lab.run("list", "nowhere/").exitCode());
        assertEquals(10, lab.run("list", "nothing.gz").exitCode());
        assertEquals(
                0, lab.json(0, "list", database).get("backups").getAsJsonArray().size());
        assertFalse(Files.exists(lab.path("b.gz")));
    }

    @Test
    void survivesKill9InTheMiddleOfAPrune() throws Exception {
        Path history = manyBackups(4_000, Instant.parse("2026-11-22T12:00:00Z"));
        Tools.Started prune = lab.start("prune", history, "--keep-last=2");
        while (prune.process().isAlive() && count(history) > 3_500) {
            Thread.onSpinWait();
        }
        prune.kill9();
        Tools.await(prune);
        assertTrue(locations(lab.json(0, "list", history), "backups").get(0).endsWith("app-20261122T120000Z.db.gz"));
        assertEquals(
                2,
                lab.json(0, "prune", history, "--keep-last=2")
                        .get("kept")
                        .getAsJsonArray()
                        .size());
        assertEquals(2, count(history));
    }

    private static long count(Path history) throws IOException {
        try (Stream<Path> files = Files.list(history)) {
            return files.filter(file -> file.toString().endsWith(".gz")).count();
        }
    }

    /** Made so with {@code chattr +a} against whoever would delete backups: names can be added, and none taken away. */
    @Test
    void anAppendOnlyDirectoryTakesABackupFromEachRunAndKeepsOneEmptyDirectoryOfOurs() throws IOException {
        Tools.require("chattr");
        Tools.requireRoot();
        Path database = lab.database("app.db", "wal", 20, "g");
        Path history = Files.createDirectory(lab.path("append-only"));
        Tools.require(Tools.sh("chattr +a \"$1\"", history).exitCode() == 0, "no append-only directories here");
        try {
            for (int run = 1; run <= 3; run++) {
                Lab.sql(database, "UPDATE t SET generation = " + run);
                lab.json(0, "backup", database, "--to=append-only/");
                assertEquals(
                        run,
                        lab.json(0, "list", "append-only/")
                                .get("backups")
                                .getAsJsonArray()
                                .size());
                List<String> left = lab.litter();
                assertEquals(1, left.size(), left.toString());
            }
            lab.json(0, "verify", "append-only/");
        } finally {
            Tools.sh("chattr -a \"$1\"", history).ok();
        }
        lab.json(0, "backup", database, "--to=append-only/");
        assertEquals(List.of(), lab.litter());
    }
}
