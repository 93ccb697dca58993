package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.run.RunLock;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Terminal;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole history proven, what is asserted of it, and who hears that nobody has proven anything for too long. */
class VerifyAllIT {
    private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");
    private static final String OLD = "2020-01-01T00:00:00Z";

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        lab.database("app.db", "wal", 400, "g");
        Lab.sql(lab.path("app.db"), "CREATE TABLE session(id)", "INSERT INTO session VALUES ('x')");
        runs = Runs.of(lab);
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(List.of(), lab.litter());
    }

    private static Instant at(int hour) {
        return FIRST.plus(Duration.ofHours(hour));
    }

    /** The chain of each leads from the first, by way of its number with ever less bits (docs/history.md). */
    private List<BackupService.Result> hours(int count) {
        List<BackupService.Result> made = new ArrayList<>();
        for (int hour = 0; hour < count; hour++) {
            made.add(runs.change(at(hour), "UPDATE t SET generation = " + hour + " WHERE id = " + (hour + 1)));
        }
        return made;
    }

    private BackupService.Result wiki() {
        return new Runs(lab, lab.database("wiki.db", "delete", 20, "w"), runs.history()).backUp(at(0));
    }

    private static void damage(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    private static List<JsonObject> results(JsonObject object) {
        JsonArray results = object.get("results").getAsJsonArray();
        return results.asList().stream().map(JsonElement::getAsJsonObject).toList();
    }

    // ---- all

    private static String shown(int hour) {
        return Times.inColumn(at(hour), ZoneId.systemDefault());
    }

    @Test
    void everyBackupOfEveryDatabaseIsProvenAsOneAloneIs() {
        hours(9);
        wiki();
        List<String> lines =
                lab.run("verify", "history", "--all").ok().out().lines().toList();
        assertEquals(11, lines.size());
        assertEquals(shown(8) + "  increment  app-20261101T080000Z-since-20261101T000000Z.db-wal.gz  ok", lines.get(0));
        assertEquals(shown(0) + "  full       app-20261101T000000Z.db.gz  ok", lines.get(8));
        assertEquals(shown(0) + "  full       wiki-20261101T000000Z.db.gz  ok", lines.get(9));
        assertEquals("10 backups of 2 databases are good", lines.get(10));
        assertEquals("", lab.run("verify", "history", "--all", "-q").ok().out());

        List<JsonObject> results = results(lab.json(0, "verify", "history", "--all", "--name=app.db"));
        assertEquals(9, results.size());
        for (JsonObject result : results) {
            JsonObject alone = lab.json(0, "verify", result.get("backup").getAsString());
            for (String field :
                    List.of("ok", "exitCode", "createdAt", "databaseBytes", "backupBytes", "sha256", "verified")) {
                assertEquals(alone.get(field), result.get(field), field);
            }
        }
    }

    @Test
    void onATerminalEachLineStandsAloneWithTheBarBelowIt() throws IOException, InterruptedException {
        hours(3);
        String command = "stty cols 200; " + Lab.PROGRAM + " verify history --all";
        try (Terminal terminal =
                new Terminal(command, Map.of("TMPDIR", lab.temporary().toString()), directory)) {
            String shown = terminal.end().ok().out();
            for (int hour = 0; hour < 3; hour++) {
                // Behind what erases the bar, or at the beginning of a line.
                assertTrue(
                        Pattern.compile("[\\r\\n]" + shown(hour) + "  \\S+ +\\S+  ok\\r?\\n")
                                .matcher(shown)
                                .find(),
                        shown);
            }
            assertTrue(shown.strip().endsWith("3 backups of 1 database are good"), shown);
        }
    }

    /** Of ten: what number 4 is needed for is bad, what number 2 is needed for is broken, the newest is a pointer. */
    @Test
    void whatIsBadIsSaidAndTheOthersAreProvenAllTheSame() throws IOException {
        List<BackupService.Result> made = hours(10);
        String wiki = wiki().backup();
        damage(Path.of(made.get(4).backup()));
        Files.delete(Path.of(made.get(2).backup()));
        Lab.write(Path.of(made.get(9).backup()), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
        Files.copy(Path.of(wiki), runs.file("wiki-20261102T000000Z.db.gz"));
        Lab.write(runs.file("wiki-20261103T000000Z.db.gz"), "half-copied");

        Tools.Ended ended = lab.run("verify", "history", "--all").endsWith(12);
        List<String> verdicts = ended.out()
                .lines()
                .map(line -> line.split(" {2,}", 4)[3].replaceFirst("(bad: ).*", "$1"))
                .toList();
        assertEquals(
                List.of("bad: ", "ok", "bad: ", "bad: ", "bad: ", "bad: ", "bad: ", "ok", "ok", "bad: ", "bad: ", "ok"),
                verdicts);
        assertTrue(
                ended.err()
                        .startsWith("error: 8 of 12 backups are bad, the first: "
                                + made.get(9).backup()),
                ended.err());
        assertTrue(
                ended.err()
                        .contains("hint: the newest good one is " + made.get(8).backup()),
                ended.err());
        assertTrue(ended.err().contains("lfs pull"), ended.err());

        JsonObject json = lab.json(12, "verify", "history", "--all");
        assertEquals("corrupt", json.get("error").getAsString());
        List<JsonObject> results = results(json);
        assertEquals(
                List.of(10, 0, 12, 12, 12, 12, 10, 0, 0, 12, 12, 0),
                results.stream()
                        .map(result -> result.get("exitCode").getAsInt())
                        .toList());
        for (int damaged = 2; damaged <= 5; damaged++) {
            assertFalse(results.get(damaged).get("ok").getAsBoolean());
            assertTrue(results.get(damaged)
                    .get("message")
                    .getAsString()
                    .contains(made.get(4).backup()));
        }
        assertEquals("not-found", results.get(6).get("error").getAsString());
        assertTrue(results.get(6).get("message").getAsString().contains("is missing"));
        assertTrue(results.get(9).get("message").getAsString().contains("does not end like one"));
        assertTrue(results.get(10).get("message").getAsString().contains("not what its name says"));

        Files.delete(Path.of(made.get(9).backup()));
        String hint = lab.json(12, "verify", "history", "--all", "--name=app.db")
                .get("hint")
                .getAsString();
        assertTrue(hint.startsWith("the newest backup of each database is good"), hint);
        damage(Path.of(made.get(8).backup()));
        hint = lab.json(12, "verify", "history", "--all", "--name=app.db")
                .get("hint")
                .getAsString();
        assertTrue(hint.endsWith("backup " + lab.path("app.db") + " --to=" + lab.path("history") + " --full"), hint);
    }

    @Test
    void aPlaceThatIsNoHistoryHoldsOne() throws IOException {
        lab.json(0, "backup", "app.db", "--to=app.gz");
        for (Object one : List.of("app.gz", "app.db")) {
            assertEquals(1, results(lab.json(0, "verify", one, "--all")).size());
        }
        String piped = lab.sh("sb verify - --all < app.gz").ok().out();
        assertTrue(piped.endsWith("  full       standard input  ok\n1 backup of 1 database is good\n"), piped);
        damage(lab.path("app.gz"));
        JsonObject bad = lab.json(12, "verify", "app.gz", "--all");
        assertEquals(12, results(bad).get(0).get("exitCode").getAsInt());
        Files.createDirectory(lab.path("empty"));
        lab.json(10, "verify", "empty", "--all");
        lab.json(10, "verify", "nowhere/", "--all");
        lab.json(10, "verify", "nowhere.gz", "--all");
        lab.json(2, "verify", "app.gz", "--all", "--at=1d");
    }

    // ---- assert

    @Test
    void whatIsAssertedHasToBeTrueOfTheBackup() {
        hours(1);
        lab.json(
                0,
                "verify",
                "history",
                "--assert=SELECT count(*) > 100 FROM t",
                "--assert=WITH s AS (SELECT id FROM session) SELECT id FROM s");
        for (String[] wrong : new String[][] {
            {"SELECT count(*) > 1000 FROM t", "it gives 0"},
            {"SELECT id FROM session WHERE id = 'y'", "there is no row"},
            {"SELECT NULL, 1", "it gives NULL"},
            {"SELECT ''", "it gives ''"},
            {"SELECT count(*) FROM wiki", "no such table: wiki"},
            {"SELECT title FROM session", "no such column: title"}
        }) {
            String message = lab.json(12, "verify", "history", "--assert=SELECT 1", "--assert=" + wrong[0])
                    .get("message")
                    .getAsString();
            assertTrue(message.contains("(" + wrong[1] + ")") && message.endsWith(": " + wrong[0]), message);
        }
        lab.json(1, "verify", "history", "--assert=SELECT abs(-9223372036854775807 - count(*)) FROM session");
    }

    /** Before a byte of the backup is read: it need not even be there. */
    @Test
    void whatOnlyAsksIsAssertedAndNothingElse() {
        for (String refused : List.of(
                "SELEC 1",
                "SELECT count(* FROM t",
                "SELECT 1 +",
                "SELECT 1; SELECT 1",
                "ATTACH 'other.db' AS other",
                "PRAGMA user_version",
                "EXPLAIN SELECT 1",
                "SELECT ?",
                "SELECT my_function(1)")) {
            String message = lab.json(2, "verify", "nowhere.gz", "--assert=" + refused)
                    .get("message")
                    .getAsString();
            assertTrue(message.startsWith("cannot assert " + refused + ": "), message);
        }
        hours(1);
        lab.json(2, "verify", "history", "--assert=WITH n AS (SELECT 1) DELETE FROM session");
        assertFalse(Files.exists(lab.path("other.db")));
    }

    @Test
    void eachBackupIsAsked() {
        hours(3);
        runs.change(at(3), "DELETE FROM session");
        List<JsonObject> results =
                results(lab.json(12, "verify", "history", "--all", "--assert=SELECT count(*) FROM session"));
        assertEquals(
                List.of(12, 0, 0, 0),
                results.stream()
                        .map(result -> result.get("exitCode").getAsInt())
                        .toList());
    }

    // ---- noted

    private JsonObject state() throws IOException {
        return JsonParser.parseString(Files.readString(runs.file(".app.db.state"))
                        .lines()
                        .findFirst()
                        .orElseThrow())
                .getAsJsonObject();
    }

    private JsonElement verifiedAt() {
        return lab.json(0, "status", "app.db", "--to=history/").get("verifiedAt");
    }

    private JsonObject status(int exitCode) {
        return lab.json(exitCode, "status", "app.db", "--to=history/", "--max-verify-age=1d");
    }

    /** As if it had been long ago. */
    private void age() throws IOException {
        Path file = runs.file(".app.db.state");
        String state = Files.readString(file);
        assertTrue(state.contains("verifiedAt"), state);
        Files.writeString(file, state.replaceFirst("\"verifiedAt\":\"[^\"]*\"", "\"verifiedAt\":\"" + OLD + "\""));
    }

    @Test
    void aProofOfTheNewestIsNotedAndStatusRingsWithoutOne() throws IOException {
        JsonObject first = lab.json(0, "backup", "app.db", "--to=history/");
        assertTrue(verifiedAt().isJsonNull());
        JsonObject never = status(14);
        assertEquals("stale", never.get("state").getAsString());
        assertTrue(never.get("message").getAsString().endsWith("never proven by verify"), never::toString);
        String hint = never.get("hint").getAsString();
        assertTrue(hint.endsWith("verify " + lab.path("history") + " --name=app.db"), hint);
        JsonObject before = state();

        lab.json(12, "verify", "history", "--assert=SELECT 0");
        assertTrue(verifiedAt().isJsonNull(), "what is not as asserted is not proven");
        lab.sh(hint.substring("prove it: ".length())).ok();
        Instant noted = Instant.parse(verifiedAt().getAsString());
        assertFalse(noted.isBefore(Instant.parse(first.get("createdAt").getAsString())));
        JsonObject after = state();
        after.remove("verifiedAt");
        assertEquals(before, after, "everything else is as it was");
        status(0);
        String said = lab.run("status", "app.db", "--to=history/").ok().out();
        assertTrue(said.contains("; last verified "), said);

        age();
        JsonObject old = status(14);
        assertTrue(
                old.get("message")
                        .getAsString()
                        .contains("last proven by verify at " + Times.local(Instant.parse(OLD))),
                old::toString);
        lab.json(0, "backup", "app.db", "--to=history/");
        Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'new' WHERE id = 1");
        JsonObject second = lab.json(0, "backup", "app.db", "--to=history/");
        assertFalse(second.get("unchanged").getAsBoolean());
        assertEquals(
                OLD, verifiedAt().getAsString(), "what makes a backup takes nothing of that away, and adds nothing");
        lab.json(0, "verify", first.get("backup").getAsString());
        assertEquals(OLD, verifiedAt().getAsString(), "an older one proves nothing of the newest");
        lab.json(0, "verify", second.get("backup").getAsString());
        status(0);
        age();
        lab.json(0, "verify", "history", "--all");
        status(0);
    }

    @Test
    void aSingleFileHasItsNoteBesideItAndNothingIsMadeWhereNoRunWrote() throws IOException {
        lab.json(0, "backup", "app.db", "--to=app.gz");
        lab.json(0, "verify", "app.gz");
        lab.json(0, "status", "app.db", "--to=app.gz", "--max-verify-age=1d");
        Files.createDirectory(lab.path("copies"));
        Files.copy(lab.path("app.gz"), lab.path("copies/app.gz"));
        Files.copy(lab.path("app.gz"), lab.path("copies/app-20261101T000000Z.db.gz"));
        String before = lab.contents("copies").toString();
        lab.json(0, "verify", "copies/app.gz");
        lab.run("verify", "copies/", "--all");
        assertEquals(before, lab.contents("copies").toString());
    }

    @Test
    void whatCannotBeNotedIsAWarningAndTheProofHolds() throws IOException {
        Tools.requireRoot();
        Tools.require("mount", "umount");
        JsonObject made = lab.json(0, "backup", "app.db", "--to=history/");
        try (RunLock held = RunLock.acquire(runs.file(".app.db.state"), Duration.ZERO)) {
            assertTrue(verifyWarns("history", "--busy-timeout=0s").contains("another run is using the destination"));
            assertTrue(verifyWarns("history", "--all", "--busy-timeout=0s").contains("another run"));
        }
        Path readOnly = Files.createDirectory(lab.path("read-only"));
        Tools.sh("mount --bind \"$1\" \"$2\"; mount -o remount,bind,ro \"$2\"", lab.path("history"), readOnly)
                .ok();
        try {
            assertTrue(verifyWarns(readOnly).contains("ead-only file system"));
            assertTrue(verifyWarns(readOnly, "--all").contains("ead-only file system"));
        } finally {
            Tools.sh("umount \"$1\"", readOnly).ok();
        }
        assertTrue(verifiedAt().isJsonNull());
        assertEquals(
                made.get("createdAt").getAsString(), state().get("createdAt").getAsString());
    }

    private String verifyWarns(Object... arguments) {
        List<Object> all = new ArrayList<>(List.of("verify"));
        all.addAll(List.of(arguments));
        JsonArray warnings = lab.json(0, all.toArray()).get("warnings").getAsJsonArray();
        assertEquals(1, warnings.size());
        return warnings.get(0).getAsString();
    }
}
