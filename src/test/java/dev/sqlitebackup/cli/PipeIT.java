package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.SmallDisk;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A backup down a pipe and up again: the packaged program between real programs. */
class PipeIT {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 500, "first");
    }

    private JsonObject json(int exitCode, String script) {
        Tools.Ended ended = lab.sh(script);
        assertEquals(exitCode, ended.exitCode(), () -> script + ": " + ended.out() + ended.err());
        JsonObject object = JsonParser.parseString(ended.out()).getAsJsonObject();
        assertEquals(exitCode, object.get("exitCode").getAsInt());
        return object;
    }

    @Test
    void whatABackupWritesARestoreReads() {
        JsonObject created = json(0, "sb backup app.db --to=- --quiet | sb restore - --to=new.db --json");
        assertEquals("-", created.get("backup").getAsString());
        assertEquals("created", created.get("method").getAsString());
        assertEquals("full", created.get("verified").getAsString());
        assertEquals(Lab.dump(database), Lab.dump(lab.path("new.db")));

        Lab.sql(database, "UPDATE t SET generation = 'second'");
        JsonObject replaced = json(0, "sb backup app.db --to=- --json 2> said | sb restore - --to=new.db --json");
        assertEquals(json(0, "cat said").get("sha256"), replaced.get("sha256"));
        assertEquals(json(0, "cat said").get("createdAt"), replaced.get("createdAt"));
        assertEquals("second", Lab.query(lab.path("new.db"), "SELECT DISTINCT generation FROM t"));
        assertEquals(
                "first",
                Lab.query(Path.of(replaced.get("safetyCopy").getAsString()), "SELECT DISTINCT generation FROM t"));
        lab.json(0, "undo", "new.db");
        assertEquals("first", Lab.query(lab.path("new.db"), "SELECT DISTINCT generation FROM t"));

        String said = lab.sh("sb backup app.db --to=- --quiet | SQLITE_BACKUP_DB=new.db SQLITE_BACKUP_TO=- sb restore")
                .ok()
                .out();
        assertTrue(said.contains(" from standard input to " + lab.path("new.db")), said);
        assertEquals("second", Lab.query(lab.path("new.db"), "SELECT DISTINCT generation FROM t"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void takesWhateverAFileMayHoldAndVerifiesItTheSame() {
        JsonObject backup = lab.json(0, "backup", database, "--to=app.db.gz");
        JsonObject verified = json(0, "cat app.db.gz | sb verify - --json");
        assertEquals("-", verified.get("backup").getAsString());
        JsonObject ofFile = lab.json(0, "verify", "app.db.gz");
        for (String field : List.of("sha256", "createdAt", "databaseBytes", "backupBytes", "verified")) {
            assertEquals(ofFile.get(field), verified.get(field), field);
        }
        assertEquals(
                backup.get("sha256"),
                json(0, "sb verify --json - < app.db.gz").get("sha256"),
                "a file in place of a pipe");
        assertEquals(
                backup.get("sha256"),
                json(0, "gunzip < app.db.gz | gzip -9 | sb verify - --json").get("sha256"),
                "of another gzip");
        assertEquals(
                backup.get("databaseBytes"),
                json(0, "gunzip < app.db.gz | sb verify - --json").get("databaseBytes"),
                "not compressed");
        assertTrue(
                json(0, "sb verify --json - < app.db")
                        .get("warnings")
                        .toString()
                        .contains("what was only in its WAL"),
                "whether a copy is whole cannot be seen");
        assertFalse(json(0, "sb verify --json - < app.db.gz").has("warnings"));
        json(0, "gunzip < app.db.gz | sb restore - --to=new.db --json");
        assertEquals(Lab.dump(database), Lab.dump(lab.path("new.db")));
        String said = lab.sh("sb verify - < app.db.gz").ok().out();
        assertTrue(said.startsWith("verified: standard input holds "), said);
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void refusesWhatIsNoWholeBackupBeforeItTouchesTheTarget() {
        lab.json(0, "backup", database, "--to=app.db.gz");
        lab.database("target.db", "delete", 10, "old");
        Map<String, String> before = lab.state("target.db");
        List<String> commands = List.of("restore - --to=target.db", "restore - --to=target.db --dry-run", "verify -");
        int turn = 0;
        for (String source : List.of(
                "printf ''",
                "echo garbage",
                "head -c 60 app.db.gz",
                "head -c 9000 app.db.gz",
                "head -c -1 app.db.gz",
                "cat app.db.gz said",
                "{ yes || true; }",
                "head -c 30000 app.db",
                "gunzip < app.db.gz | head -c 30000 | gzip")) {
            lab.sh("echo trailing > said");
            // All of them read the same way, so each source goes through one of them in turn, and two through all.
            for (String command : turn < 2 ? commands : List.of(commands.get(turn % commands.size()))) {
                JsonObject refused = json(12, "set +o pipefail; " + source + " | sb " + command + " --json");
                assertTrue(refused.get("message").getAsString().contains("from standard input"), refused.toString());
                assertTrue(refused.get("hint").getAsString().contains("what writes into the pipe"), refused.toString());
            }
            assertEquals(before, lab.state("target.db"), source);
            assertEquals(List.of(), lab.litter(), source);
            turn++;
        }
    }

    @Test
    void aDryRunReadsItAllAndLeavesEvenTheDirectoryAlone() throws IOException {
        lab.json(0, "backup", database, "--to=app.db.gz");
        Files.createDirectory(lab.path("there"));
        Tools.Ended foreseen = lab.sh("cat app.db.gz | sb restore - --to=there/new.db --dry-run")
                .ok();
        assertTrue(
                foreseen.out().contains(" from standard input to ")
                        && foreseen.out().contains("nothing was changed"),
                foreseen.out());
        assertEquals(Map.of(), lab.contents("there"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void aPipeIsOneBackupOfADatabaseThatHasToBeNamed() {
        Tools.require("script");
        lab.json(0, "backup", database, "--to=app.db.gz");
        for (String refused : List.of(
                "cat app.db.gz | sb restore - --json",
                "cat app.db.gz | sb restore - --to=new.db --at=1d --json",
                "cat app.db.gz | sb verify - --at=2026-01-01 --json",
                "sb list - --json",
                "sb prune - --keep-last=1 --json",
                "sb status app.db --to=- --json",
                "sb restore app.db.gz --to=- --json",
                "sb backup - --to=b.gz --json",
                "SQLITE_BACKUP_TO=- sb list --json")) {
            JsonObject said = json(2, "export HOME=$PWD/tmp; " + refused);
            assertTrue(
                    said.get("hint").getAsString().length() > 5
                            && !said.get("message").getAsString().contains("there is no "),
                    said.toString());
        }
        assertTrue(json(2, "sb restore - --json < app.db.gz")
                .get("hint")
                .getAsString()
                .endsWith(" restore - --to=" + lab.path("restored.db")));
        for (String command : List.of("restore - --to=new.db", "verify -")) {
            Tools.Ended terminal = lab.sh(
                    "script -qec \"'" + Lab.JAVA + "' -jar '" + Lab.JAR + "' " + command + "\" /dev/null < /dev/null");
            assertEquals(2, terminal.exitCode(), terminal.out());
            assertTrue(terminal.out().contains("which is a terminal"), terminal.out());
        }
        assertFalse(Files.exists(lab.path("new.db")) || Files.exists(lab.path("-")));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void aFileOfThatNameHasItsDirectoryBeforeIt() throws IOException {
        lab.json(0, "backup", database, "--to=app.db.gz");
        Files.copy(lab.path("app.db.gz"), lab.path("-"));
        lab.json(0, "restore", "./-", "--to=new.db");
        lab.json(0, "verify", "./-");
        assertEquals(Lab.dump(database), Lab.dump(lab.path("new.db")));
        Files.delete(lab.path("-"));
        json(0, "cat app.db.gz | sb restore - --to=./- --json");
        json(0, "cat app.db.gz | sb restore - --to=./- --json");
        assertEquals(Lab.dump(database), Lab.dump(lab.path("-")));
    }

    @Test
    void aFullDiskLeavesNothingOfIt() throws IOException {
        Path large = lab.path("large.db");
        Lab.sql(
                large,
                "CREATE TABLE t(b)",
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) "
                        + "SELECT randomblob(500) FROM n");
        lab.json(0, "backup", large, "--to=large.db.gz");
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 3 << 20)) {
            for (String more : List.of("", " --dry-run")) {
                assertEquals(
                        "no-space",
                        json(
                                        15,
                                        "export TMPDIR=$PWD/disk; cat large.db.gz | sb restore - "
                                                + "--to=disk/new.db --json"
                                                + more)
                                .get("error")
                                .getAsString());
                try (Stream<Path> left = Files.list(disk.path("."))) {
                    assertEquals(List.of(), left.toList());
                }
            }
        }
    }

    /** Whoever waits for a password, or a network, can be told to stop. */
    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalEndsTheWaitingAndLeavesNothing(String signal) throws Exception {
        lab.json(0, "backup", database, "--to=app.db.gz");
        List<String> command =
                new ArrayList<>(List.of(Lab.JAVA, "-jar", Lab.JAR.toString(), "restore", "-", "--to=new.db"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(lab.path("out").toFile())
                .redirectError(lab.path("err").toFile());
        builder.environment()
                .putAll(Map.of(
                        "TMPDIR",
                        lab.temporary().toString(),
                        "XDG_STATE_HOME",
                        lab.path("state").toString()));
        Process restore = builder.start();
        restore.getOutputStream().write(Files.readAllBytes(lab.path("app.db.gz")), 0, 5000);
        restore.getOutputStream().flush();
        Path kept = null;
        for (long started = System.nanoTime(); kept == null; ) {
            assertTrue(
                    restore.isAlive() && System.nanoTime() - started < PATIENCE_NANOS,
                    () -> "it never read: " + lab.sh("cat err").out());
            try (Stream<Path> files = Files.list(directory)) {
                kept = files.filter(file -> file.getFileName().toString().startsWith(".sqlite-backup-"))
                        .map(workspace -> workspace.resolve("piped"))
                        .filter(Files::exists)
                        .findFirst()
                        .orElse(null);
            }
        }
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept.getParent())));
        Tools.sh("kill -" + signal + " \"$1\"", restore.pid()).ok();
        assertTrue(restore.waitFor(4, TimeUnit.SECONDS), "it waits on"); // Before everything is removed from under it.
        assertEquals(130, restore.exitValue(), lab.sh("cat err").out());
        assertFalse(Files.exists(lab.path("new.db")));
        assertEquals(List.of(), lab.litter());
    }
}
