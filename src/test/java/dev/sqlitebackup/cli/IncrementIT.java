package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Increments as their users meet them: on the command line, in Git, in an object store, and without this program. */
class IncrementIT {
    private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private int changes;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 400, "g");
    }

    private void change() {
        Lab.sql(database, "UPDATE t SET generation = 'c" + ++changes + "' WHERE id = " + changes);
    }

    private JsonObject backUp(Object... more) {
        change();
        return lab.json(
                0,
                java.util.stream.Stream.concat(
                                java.util.stream.Stream.of("backup", database, "--to=h/"),
                                java.util.Arrays.stream(more))
                        .toArray());
    }

    private static Path file(JsonObject result) {
        return Path.of(result.get("backup").getAsString());
    }

    // ---- what is said

    @Test
    void saysWhatEachIsAndWhatItBuildsOn() {
        JsonObject full = backUp();
        assertEquals("full", full.get("kind").getAsString());
        assertTrue(full.get("since").isJsonNull());
        JsonObject increment = backUp();
        assertEquals("increment", increment.get("kind").getAsString());
        assertEquals(full.get("createdAt"), increment.get("since"));
        assertTrue(
                file(increment)
                        .getFileName()
                        .toString()
                        .matches("app-\\d{8}T\\d{6}Z(-2)?-since-\\d{8}T\\d{6}Z.db-wal.gz"),
                increment.toString());
        JsonObject wanted = backUp("--full");
        assertEquals("full", wanted.get("kind").getAsString());

        List<JsonObject> listed = lab.json(0, "list", "h").get("backups").getAsJsonArray().asList().stream()
                .map(entry -> entry.getAsJsonObject())
                .toList();
        assertEquals(
                List.of("full", "increment", "full"),
                listed.stream().map(entry -> entry.get("kind").getAsString()).toList());
        assertEquals(full.get("createdAt"), listed.get(1).get("since"));
        assertEquals(increment.get("databaseBytes"), listed.get(1).get("databaseBytes"));
        String lines = lab.run("list", "h").ok().out();
        assertTrue(lines.contains("builds on") && lines.contains("  full  "), lines);
        change();
        String said = lab.run("backup", database, "--to=h/").ok().err();
        assertTrue(
                said.contains(", verified, as an increment since ")
                        || lab.run("list", "h").out().contains("-since-"),
                said);
    }

    /** A chain that is not whole rings, is not built upon, and says which of the others is. */
    @Test
    void aMissingBaseRingsUntilTheNextRun() throws IOException {
        Path base = file(backUp());
        JsonObject increment = backUp();
        Path aside = Files.move(base, lab.path("aside"));
        JsonObject status = lab.json(14, "status", database, "--to=h/");
        assertEquals("broken", status.get("state").getAsString());
        assertEquals(increment.get("backup"), status.get("backup"));
        assertTrue(status.get("message").getAsString().contains(", on which it builds, is missing"), status::toString);
        lab.json(10, "restore", "h", "--to=new.db");
        lab.json(10, "verify", file(increment));
        assertFalse(Files.exists(lab.path("new.db")));
        JsonObject listed = lab.json(0, "list", "h");
        assertEquals(0, listed.get("backups").getAsJsonArray().size());
        assertTrue(listed.get("warnings").toString().contains("cannot be restored"), listed::toString);
        JsonObject full = backUp();
        assertEquals("full", full.get("kind").getAsString());
        assertTrue(full.get("warnings").toString().contains("cannot be built upon"), full::toString);
        assertEquals(
                "fresh", lab.json(0, "status", database, "--to=h/").get("state").getAsString());
        Files.move(aside, base);
        assertEquals(
                increment.get("sha256"), lab.json(0, "verify", file(increment)).get("sha256"));
    }

    /** One that was moved away from what it builds on, renamed, or sent down a pipe. */
    @Test
    void anIncrementAloneIsRefusedAndSaysWhatItIs() throws IOException {
        backUp();
        Path increment = file(backUp());
        Path alone =
                Files.copy(increment, Files.createDirectory(lab.path("alone")).resolve(increment.getFileName()));
        assertTrue(lab.json(10, "restore", alone, "--to=new.db")
                .get("message")
                .getAsString()
                .contains("is missing"));
        Path renamed = Files.copy(increment, lab.path("renamed.db.gz"));
        for (Object[] arguments : new Object[][] {{"restore", renamed, "--to=new.db"}, {"verify", renamed}}) {
            String message = lab.json(2, arguments).get("message").getAsString();
            assertTrue(
                    message.contains(" is an increment, which holds only what changed since the backup of "), message);
        }
        assertFalse(Files.exists(lab.path("new.db")));
        String backup = lab.json(2, "backup", database, "--to=" + increment)
                .get("message")
                .getAsString();
        assertTrue(backup.contains("named like one backup of a history"), backup);
    }

    @ParameterizedTest
    @ValueSource(strings = {"app.db-wal", "app.db-shm", "app-journal"})
    void aDatabaseOfWhichSqliteUsesTheNameIsRefused(String name) throws IOException {
        Files.copy(database, lab.path(name), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        lab.json(2, "backup", lab.path(name), "--to=other/");
        lab.json(2, "backup", database, "--to=other/", "--name=" + name);
        assertFalse(Files.exists(lab.path("other")) && !lab.files("other").isEmpty());
    }

    // ---- without this program

    /**
     * The loop of docs/restore.md, as it stands there, on twenty of a month; in bash and in a shell that is only
     * POSIX's.
     */
    @Test
    void gunzipAndSqlite3BringBackAnyOfAMonth() throws IOException {
        Tools.require("sqlite3", "gunzip", "bash", "dash");
        Runs runs = Runs.of(lab);
        Map<String, String> made = new TreeMap<>();
        for (int run = 0; run < 180; run++) {
            change();
            var result = runs.backUp(FIRST.plus(Duration.ofHours(4L * run)));
            made.put(
                    Path.of(result.backup()).getFileName().toString(),
                    result.manifest().sha256());
        }
        int number = 0;
        int tried = 0;
        for (Map.Entry<String, String> backup : made.entrySet()) {
            if (number++ % 9 != 8) {
                continue;
            }
            Path script = lab.path("loop.sh");
            Lab.write(script, loop(backup.getKey()));
            Tools.Ended ended = Tools.sh(
                            "cd \"$1\" && " + (tried % 2 == 0 ? "bash" : "dash") + " \"$2\"",
                            lab.path("history"),
                            script)
                    .ok();
            assertEquals(
                    "ok", ended.out().lines().reduce((before, last) -> last).orElse(""), ended.out());
            assertEquals(backup.getValue(), Lab.sha256(lab.path("history/restored.db")), backup.getKey());
            tried++;
        }
        assertEquals(20, tried);
    }

    /** In rollback mode, with 64 KiB pages, and several in one second; and of what is missing or damaged, nothing. */
    @Test
    void gunzipAndSqlite3BringBackWhatIsUnlikeAMonth() throws IOException {
        Tools.require("sqlite3", "gunzip", "dash");
        for (String name : List.of("plain", "d.e.db")) {
            Path other = lab.path(name);
            Lab.sql(
                    other,
                    "PRAGMA page_size=65536",
                    "CREATE TABLE t(id INTEGER PRIMARY KEY, b)",
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
                            + "INSERT INTO t(b) SELECT hex(randomblob(500)) FROM n");
            Runs runs = new Runs(lab, other, Runs.of(lab).history());
            dev.sqlitebackup.core.BackupService.Result last = null;
            for (int run = 0; run < 4; run++) {
                last = runs.change(FIRST, "UPDATE t SET b = " + run + " WHERE id = " + run);
            }
            assertTrue(last.backup().contains("-4-since-20261101T000000Z-3"), last.backup());
            Path script = lab.path("loop.sh");
            Lab.write(script, loop(Path.of(last.backup()).getFileName().toString()));
            Tools.sh("cd \"$1\" && dash \"$2\"", lab.path("history"), script).ok();
            assertEquals(last.manifest().sha256(), Lab.sha256(lab.path("history/restored.db")));
            Tools.sh("cd \"$1\"; rm \"$2\"-20261101T000000Z.*gz", lab.path("history"), name.replace(".db", ""))
                    .ok();
            Tools.Ended missing = Tools.sh("cd \"$1\" && dash \"$2\"", lab.path("history"), script);
            assertTrue(
                    missing.err().startsWith("missing: " + name.replace(".db", "") + "-20261101T000000Z"),
                    missing.err());
            assertNotEquals(0, missing.exitCode());
            assertEquals("", missing.out());
        }
    }

    /** As docs/restore.md has it, for one backup. */
    private static String loop(String backup) throws IOException {
        String readme = Files.readString(Path.of("docs/restore.md"));
        int start = readme.indexOf("```sh\n(\nset -e") + "```sh\n".length();
        String loop = readme.substring(start, readme.indexOf("```", start));
        String named = "file=app-20261110T000000Z-since-20261109T000000Z.db-wal.gz\n";
        assertTrue(loop.contains(named), loop);
        return loop.replace(named, "file=" + backup + "\n");
    }

    // ---- Git LFS

    /** Each commit adds one increment, and a clone without the objects says what to fetch. */
    @Test
    void aHistoryInGitLfsAddsOneIncrementACommit() throws IOException {
        Tools.require("git", "git-lfs");
        Tools.sh(
                        "cd \"$1\"; git init -q work; cd work; git lfs install --local >/dev/null; mkdir backups; "
                                + "git config user.name t; git config user.email t@t; "
                                + "echo 'backups/**/*.gz filter=lfs diff=lfs merge=lfs -text' > .gitattributes; "
                                + "printf '.*.state\\n.sqlite-backup-*/\\n' > .gitignore; git add .; git commit -qm 0",
                        lab.path(""))
                .ok();
        Path history = Files.createDirectory(lab.path("work/backups/app"));
        JsonObject last = null;
        for (int run = 0; run < 3; run++) {
            change();
            last = lab.json(0, "backup", database, "--to=" + history);
            String staged = Tools.sh(
                            "cd \"$1\"; git add backups; git diff --cached --name-only; git commit -qm more",
                            lab.path("work"))
                    .ok()
                    .out();
            assertEquals("backups/app/" + file(last).getFileName() + "\n", staged);
        }
        assertEquals("increment", last.get("kind").getAsString());
        Tools.sh("cd \"$1\"; GIT_LFS_SKIP_SMUDGE=1 git clone -q work clone", lab.path(""))
                .ok();
        Path pointers = lab.path("clone/backups/app");
        String refused = lab.json(10, "verify", pointers).get("message").getAsString();
        assertTrue(refused.contains("Git LFS pointer"), refused);
        Tools.sh("cd \"$1\"; git lfs pull", lab.path("clone")).ok();
        assertEquals(last.get("sha256"), lab.json(0, "verify", pointers).get("sha256"));
    }

    // ---- S3

    /** Nothing is downloaded to make a backup; what is in the cache is what the newest is built on. */
    @Test
    void anObjectStoreGetsIncrementsWithoutADownload() throws Exception {
        try (S3Server server = S3Server.start()) {
            Lab here = new Lab(directory).with(server.environment(directory.resolve("cache")));
            String place = "s3://" + S3Server.BUCKET + "/p/";
            Map<String, String> made = new LinkedHashMap<>();
            for (int run = 0; run < 4; run++) {
                change();
                server.requests();
                JsonObject result = here.json(0, "backup", database, "--to=" + place);
                assertEquals(run == 0 ? "full" : "increment", result.get("kind").getAsString());
                List<String> requests = server.requests();
                assertTrue(
                        requests.stream().noneMatch(request -> request.startsWith("GET /backups/p/app")),
                        requests::toString);
                made.put(
                        result.get("backup").getAsString(), result.get("sha256").getAsString());
            }
            assertTrue(here.json(0, "backup", database, "--to=" + place)
                    .get("unchanged")
                    .getAsBoolean());
            Lab elsewhere = new Lab(Files.createDirectory(lab.path("elsewhere")))
                    .with(server.environment(lab.path("elsewhere/cache")));
            for (Map.Entry<String, String> backup : made.entrySet()) {
                assertEquals(
                        backup.getValue(),
                        elsewhere
                                .json(0, "verify", backup.getKey())
                                .get("sha256")
                                .getAsString());
            }
            assertEquals(
                    made.get(made.keySet().stream()
                            .reduce((before, last) -> last)
                            .orElseThrow()),
                    elsewhere.json(0, "verify", place).get("sha256").getAsString());
            elsewhere.json(0, "restore", place, "--to=new.db");
            assertEquals("c4", Lab.query(lab.path("elsewhere/new.db"), "SELECT generation FROM t WHERE id = 4"));

            // Without the cache, a full one; and one from which an object was taken is not built upon.
            Tools.sh("rm -r \"$1\"", lab.path("cache")).ok();
            change();
            JsonObject full = here.json(0, "backup", database, "--to=" + place);
            assertEquals("full", full.get("kind").getAsString());
            change();
            assertEquals(
                    "increment",
                    here.json(0, "backup", database, "--to=" + place)
                            .get("kind")
                            .getAsString());
            try (var client = server.client()) {
                client.deleteObject(request -> request.bucket(S3Server.BUCKET)
                        .key(full.get("backup").getAsString().substring("s3://backups/".length())));
            }
            assertEquals(
                    "broken",
                    here.json(14, "status", database, "--to=" + place)
                            .get("state")
                            .getAsString());
            change();
            JsonObject again = here.json(0, "backup", database, "--to=" + place);
            assertEquals("full", again.get("kind").getAsString());
            assertTrue(again.get("warnings").toString().contains("is missing"), again::toString);
            here.json(0, "prune", place, "--keep-last=1");
            assertEquals(again.get("sha256"), here.json(0, "verify", place).get("sha256"));
        }
    }

    /** What is kept on this machine when nothing can be sent is whole by itself. */
    @Test
    void whatCannotBeSentIsKeptAsAFullBackup() throws Exception {
        try (S3Server server = S3Server.start()) {
            Lab here = new Lab(directory).with(server.environment(directory.resolve("cache")));
            String place = "s3://" + S3Server.BUCKET + "/p/";
            change();
            here.json(0, "backup", database, "--to=" + place);
            change();
            server.refusePuts(true);
            JsonObject failure = here.json(1, "backup", database, "--to=" + place);
            String hint = failure.get("hint").getAsString();
            Path kept = Path.of(hint.substring(hint.indexOf("safe here: ") + "safe here: ".length()));
            server.refusePuts(false);
            here.json(0, "restore", kept, "--to=new.db");
            assertEquals("c2", Lab.query(lab.path("new.db"), "SELECT generation FROM t WHERE id = 2"));
            assertEquals(
                    "increment",
                    here.json(0, "backup", database, "--to=" + place)
                            .get("kind")
                            .getAsString());
            assertFalse(Files.exists(kept));
        }
    }

    // ---- size

    /** The page at 1 GiB is SQLite's lock, and holds nothing. */
    @Tag("torture")
    @Test
    void aDatabaseThatPassesOneGibibyte() throws IOException {
        Tools.require(directory.toFile().getUsableSpace() > 5L << 30, "less than 5 GiB free");
        Path large = lab.path("large.db");
        Lab.sql(
                large,
                "PRAGMA page_size=65536",
                "PRAGMA synchronous=OFF",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, b)",
                "INSERT INTO t(b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 19) "
                        + "SELECT zeroblob(56000000) FROM n",
                "INSERT INTO t(b) SELECT randomblob(3000000)");
        long before = Files.size(large);
        assertTrue(before < 1L << 30, before + " bytes");
        lab.json(0, "backup", large, "--to=h/", "--level=1");
        Lab.sql(large, "INSERT INTO t(b) VALUES (zeroblob(8000000))", "INSERT INTO t(b) VALUES ('behind it')");
        assertTrue(Files.size(large) > 1L << 30);
        JsonObject passed = lab.json(0, "backup", large, "--to=h/", "--level=1");
        assertEquals("increment", passed.get("kind").getAsString());
        assertEquals(passed.get("sha256"), lab.json(0, "verify", "h").get("sha256"));
        Tools.require("sqlite3", "gunzip");
        Tools.sh(
                        "cd \"$1\"; gunzip -c large-*Z.db.gz > new.db; gunzip -c large-*-since-*.gz > new.db-wal; "
                                + "sqlite3 new.db 'PRAGMA wal_checkpoint(TRUNCATE)'",
                        lab.path("h"))
                .ok();
        assertEquals(
                passed.get("sha256").getAsString(),
                Tools.sh("sha256sum < \"$1\" | cut -c1-64 | tr -d '\\n'", lab.path("h/new.db"))
                        .ok()
                        .out());
        assertEquals("behind it", Lab.query(lab.path("h/new.db"), "SELECT b FROM t ORDER BY id DESC LIMIT 1"));
    }
}
