package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a configuration file says holds where nothing else was said. */
class ConfigurationIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Path file;

    @BeforeEach
    void makeLab() throws IOException {
        lab = new Lab(directory);
        file = Files.createDirectories(lab.path("config/sqlite-backup")).resolve("config.toml");
        for (String name : List.of("srv/wiki/data.db", "srv/mail/data.db")) {
            Files.createDirectories(lab.path(name).getParent());
            lab.database(name, "wal", 40, "g");
        }
    }

    private void configure(String... lines) {
        Lab.write(file, String.join("\n", lines) + "\n");
        Tools.sh("chmod 644 \"$1\"", file).ok();
    }

    private void configureBoth() {
        configure(
                "to = '../../backups/' # relative to the file",
                "keep-last = 1",
                "busy-timeout = '5s'",
                "[databases.wiki]",
                "path = '../../srv/wiki/data.db'",
                "[databases.'mail.db']",
                "path = '" + lab.path("srv/mail/data.db") + "'",
                "to = '" + lab.path("mail") + "/'",
                "keep-last = 9");
    }

    private static Map<String, String> destinations(JsonObject all) {
        Map<String, String> destinations = new TreeMap<>();
        for (JsonElement result : all.get("results").getAsJsonArray()) {
            JsonObject one = result.getAsJsonObject();
            assertTrue(one.get("ok").getAsBoolean(), one::toString);
            destinations.put(
                    one.get("name").getAsString(), one.get("destination").getAsString());
        }
        return destinations;
    }

    private int backups(String place) {
        return lab.json(0, "list", place).get("backups").getAsJsonArray().size();
    }

    private void change() {
        Lab.sql(lab.path("srv/wiki/data.db"), "UPDATE t SET generation = random()");
        Lab.sql(lab.path("srv/mail/data.db"), "UPDATE t SET generation = random()");
    }

    @Test
    void backupWithoutArgumentsIsForAllAndEachHasItsNamePlaceAndRules() {
        configureBoth();
        Map<String, String> each = Map.of(
                "wiki",
                lab.path("backups").toString(),
                "mail.db",
                lab.path("mail").toString());
        assertEquals(each, destinations(lab.json(0, "backup", "--full")));
        change();
        assertEquals(each, destinations(lab.json(0, "backup", "--full")));
        assertEquals(1, backups("backups"), "keep-last = 1 of all");
        assertEquals(2, backups("mail"), "keep-last = 9 of its own");
        assertTrue(Files.exists(lab.path("backups/.wiki.state")) && Files.exists(lab.path("mail/.mail.db.state")));

        assertEquals(each, destinations(lab.json(0, "status")));
        assertEquals(each, destinations(lab.json(0, "verify")));
        JsonObject pruned = lab.json(0, "prune", "--keep-last=1");
        assertEquals(each, destinations(pruned), "what is typed wins");
        assertEquals(1, backups("mail"));
        String said = lab.run("status").ok().out();
        assertTrue(said.startsWith("wiki: fresh: ") && said.contains("\nmail.db: fresh: "), said);
    }

    /** Deleted is deleted, whoever wrote the rule. */
    @Test
    void theRulesOfATableDeleteNothingOfAnotherDatabase() {
        for (int i = 0; i < 3; i++) {
            lab.json(0, "backup", "srv/mail/data.db", "--to=backups/", "--name=mail.db", "--full");
            lab.json(0, "backup", "srv/mail/data.db", "--to=backups/", "--name=wiki", "--full");
            change();
        }
        configure("[databases.wiki]", "path = '../../srv/wiki/data.db'", "to = '../../backups/'", "keep-last = 1");
        // Its name is another database's there; who has moved says so, and types it.
        assertTrue(lab.json(2, "backup").get("message").getAsString().contains("another database that is called wiki"));
        for (String dryRun : List.of("--dry-run", "-q")) {
            String message = lab.json(2, "prune", dryRun).get("message").getAsString();
            assertTrue(
                    message.contains("are of another database, " + lab.path("srv/mail/data.db"))
                            && message.endsWith(": nothing was deleted"),
                    message);
        }
        lab.json(2, "prune", "--name=mail.db");
        assertEquals(6, backups("backups"));
        lab.json(0, "backup", "srv/wiki/data.db", "--name=mail.db"); // Taken over, but no rule was said for that name.
        assertEquals(7, backups("backups"));
        lab.json(0, "backup", "--name=wiki"); // Taken over, and with its own rules from now on.
        assertEquals(5, backups("backups"));
        lab.json(0, "backup");
        lab.json(0, "prune");
    }

    @Test
    void whatStandsAboveTheTablesIsForDatabasesWithoutATableToo() {
        configureBoth();
        lab.database("srv/new.db", "wal", 5, "g");
        JsonObject one = lab.json(0, "backup", "srv/new.db");
        assertTrue(one.get("backup").getAsString().startsWith(lab.path("backups/new-") + ""), one::toString);
        JsonObject all = lab.json(0, "backup", "--databases-in=srv");
        assertEquals(lab.path("backups").toString(), destinations(all).get("new.db"));
        assertEquals(lab.path("mail").toString(), destinations(all).get("mail.db"));
        Lab.sql(lab.path("srv/new.db"), "UPDATE t SET generation = random()");
        lab.json(0, "backup", "srv/new.db", "--full");
        assertEquals(
                2,
                lab.json(0, "list", "backups", "--name=new.db")
                        .get("backups")
                        .getAsJsonArray()
                        .size());
    }

    /** In the night in which it is needed, a typing error in a file must not stand in the way. */
    @Test
    void helpNeedsNoFileAndOneThatIsWrongCanBeLeftOut() {
        configureBoth();
        String wiki = lab.json(0, "backup", "srv/wiki/data.db").get("backup").getAsString();
        lab.run("help").ok();
        lab.run("help", "restore").ok();
        JsonObject which = lab.json(2, "undo");
        assertEquals(
                "say which: " + Lab.PROGRAM + " undo "
                        + file.getParent().resolve("../../srv/wiki/data.db").normalize(),
                which.get("hint").getAsString());
        configure("no such = key");
        lab.run("help").ok();
        String hint =
                lab.json(2, "restore", wiki, "--to=restored.db").get("hint").getAsString();
        assertTrue(hint.endsWith("without the file: --config=/dev/null"), hint);
        lab.json(0, "restore", wiki, "--to=restored.db", "--config=/dev/null");
    }

    @Test
    void aFileThatALinkShouldLeadToIsMissedAndNotIgnored() throws IOException {
        Files.createSymbolicLink(file, lab.path("dotfiles/config.toml"));
        String message = lab.json(2, "backup").get("message").getAsString();
        assertTrue(message.startsWith("cannot read the configuration file " + file), message);
        Files.delete(file);
        configure("[".repeat(900_000));
        message = lab.json(2, "backup").get("message").getAsString();
        assertTrue(message.contains(file.toString()), message);
    }

    @Test
    void aDatabaseThatIsNamedHasItsTableAndWhatIsTypedOrInTheEnvironmentWins() {
        configureBoth();
        JsonObject one = lab.json(0, "backup", "srv/wiki/data.db");
        assertFalse(one.has("results"), "one is as ever");
        assertTrue(one.get("backup").getAsString().startsWith(lab.path("backups/wiki-") + ""), one::toString);
        JsonObject named = lab.json(0, "backup", "srv/wiki/data.db", "--name=w", "--to=other/");
        assertTrue(named.get("backup").getAsString().startsWith(lab.path("other/w-") + ""), named::toString);
        change();
        lab.json(0, "backup", "srv/wiki/data.db", "--name=w", "--to=other/", "--full");
        assertEquals(2, backups("other"), "the rules of the file are for the place in the file");
        lab.run("backup", "srv/wiki/data.db", "--to=-").ok();

        Lab elsewhere = new Lab(directory).with(Map.of("SQLITE_BACKUP_TO", lab.path("env") + "/"));
        assertEquals(
                Map.of(
                        "wiki",
                        lab.path("env").toString(),
                        "mail.db",
                        lab.path("env").toString()),
                destinations(elsewhere.json(0, "backup")));
        Lab other = new Lab(directory)
                .with(Map.of("SQLITE_BACKUP_DB", lab.path("srv/mail/data.db").toString()));
        assertTrue(other.json(0, "backup").get("backup").getAsString().startsWith(lab.path("mail/mail-") + ""));
        Path third = lab.database("third.db", "delete", 5, "g");
        lab.json(0, "backup", third, "--to=third/");
        Lab.sql(third, "DELETE FROM t WHERE id > 3");
        lab.json(0, "backup", third, "--to=third/", "--full");
        assertEquals(2, backups("third"), "the file deletes nothing of what is not in it");
    }

    /** Of what was mistyped once, nothing would ever reset a series that rings. */
    @Test
    void theMetricsFileIsForTheDatabasesOfTheFileAndForSeveral() throws IOException {
        configure(
                "to = '../../backups/'",
                "metrics-file = '../../m.prom'",
                "[databases.wiki]",
                "path = '../../srv/wiki/data.db'");
        lab.json(10, "backup", "typo.db");
        lab.json(14, "status", "typo.db", "--to=backups/");
        lab.json(0, "backup", "srv/wiki/data.db", "--to=nas2/");
        lab.json(0, "backup", "srv/wiki/data.db", "--name=other");
        Path metrics = lab.path("m.prom");
        assertFalse(Files.exists(metrics));
        lab.json(10, "backup", "typo.db", "--metrics-file=typed.prom");
        assertTrue(Files.exists(lab.path("typed.prom")), "what is typed counts");
        lab.json(0, "backup");
        lab.json(0, "status", "srv/wiki/data.db");
        assertEquals(
                List.of("backup", "status"),
                Files.readAllLines(metrics).stream()
                        .filter(line -> line.startsWith("sqlite_backup_last_exit_code{database=\"wiki\""))
                        .map(line -> line.replaceFirst(".*command=\"(\\w+)\".*", "$1"))
                        .toList());
        lab.json(0, "backup", "--databases-in=srv/mail");
        assertTrue(Files.readString(metrics).contains("database=\"data.db\""));
    }

    @Test
    void severalAtOnceMayHaveTheNamesOfTheFileAndMeetNoMore() {
        JsonObject meeting = lab.json(2, "backup", "--databases-in=srv", "--to=backups/");
        assertTrue(meeting.get("hint").getAsString().contains("configuration file"), meeting::toString);
        configureBoth();
        assertEquals(
                Map.of("wiki", "all", "mail.db", "all"),
                destinations(lab.json(0, "backup", "--databases-in=srv", "--to=all/")));
        configure(
                "[databases.a]",
                "path='/a.db'",
                "to='/x/'",
                "name='n'",
                "[databases.b]",
                "path='/b.db'",
                "to='/x/'",
                "name='n'");
        JsonObject refused = lab.json(2, "backup");
        assertTrue(refused.get("message").getAsString().contains("under one name, n, at /x: /a.db and /b.db"));
    }

    @Test
    void oneDatabaseStandsForTheVariablesAndOfSeveralOneHasToBeNamed() {
        configure("[databases.wiki]", "path = '../../srv/wiki/data.db'", "to = '../../backups/'", "compact = true");
        lab.json(0, "backup");
        assertEquals("wiki", name(lab.json(0, "list")));
        Lab.sql(lab.path("srv/wiki/data.db"), "DELETE FROM t");
        assertEquals(
                lab.path("srv/wiki/data.db").toString(),
                lab.json(0, "restore", "--yes").get("database").getAsString());
        lab.json(0, "undo");
        lab.json(0, "undo", "srv/wiki/data.db");
        assertEquals(2, lab.json(2, "prune").get("exitCode").getAsInt(), "no rule");

        configureBoth();
        lab.json(0, "backup");
        for (String command : List.of("list", "restore", "undo")) {
            JsonObject refused = lab.json(2, command);
            assertTrue(refused.get("message").getAsString().endsWith(": wiki, mail.db"), refused::toString);
        }
        JsonObject unclear = lab.json(2, "restore", "mail/");
        assertTrue(unclear.get("message").getAsString().contains("several databases"), unclear::toString);
        assertEquals(
                lab.path("srv/mail/data.db").toString(),
                lab.json(0, "restore", "--name=mail.db").get("database").getAsString());
        lab.json(0, "restore", "mail/", "--to=srv/mail/data.db");
        lab.json(0, "list", "mail/");
        assertTrue(lab.json(2, "list", "--name=nobody")
                .get("message")
                .getAsString()
                .contains("is called nobody"));
    }

    private static String name(JsonObject list) {
        String backup = list.get("backups")
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject()
                .get("backup")
                .getAsString();
        return backup.replaceFirst(".*/", "").replaceFirst("-\\d{8}T.*", "");
    }

    @Test
    void whatIsWrongInTheFileIsSaidWithItsLineBeforeAnythingRuns() {
        configure("to = 'b/'", "", "keep-dayly = 7", "[databases.wiki]", "path = '../../srv/wiki/data.db'");
        JsonObject unknown = lab.json(2, "backup");
        assertEquals("backup", unknown.get("command").getAsString());
        assertEquals(
                file + ":3: unknown key keep-dayly; did you mean keep-daily?",
                unknown.get("message").getAsString());
        assertFalse(Files.exists(lab.path("config/sqlite-backup/b")));
        Path own = lab.path("own.toml");
        Lab.write(own, "aws-secret-access-key = 'verysecret'\n");
        Tools.Ended secret = lab.run("list", "h/", "--config=own.toml").endsWith(2);
        assertTrue(secret.err().contains(own + ":1: aws-secret-access-key is a secret"), secret.err());
        assertFalse(secret.err().contains("verysecret"), secret.err());
        lab.json(2, "list", "h/", "--config=missing.toml");
        Tools.sh("rm \"$1\"; mkfifo \"$1\"", own).ok();
        lab.json(2, "list", "h/", "--config=own.toml");
    }

    @Test
    void aFileThatOthersMayWriteDecidesNothing() {
        configureBoth();
        Tools.sh("chmod 664 \"$1\"", file).ok();
        JsonObject refused = lab.json(2, "backup");
        assertTrue(refused.get("message").getAsString().startsWith("others may write to the configuration file "));
        assertTrue(refused.get("hint").getAsString().endsWith("chmod go-w " + file), refused::toString);
        Tools.sh("chmod 644 \"$1\"; chmod 777 \"$2\"", file, lab.path("config")).ok(); // Two above it.
        lab.json(2, "backup");
        assertFalse(Files.exists(lab.path("backups")));
        Tools.sh("chmod 1777 \"$1\"", lab.path("config")).ok();
        lab.json(0, "backup");
    }

    @Test
    void itsReaderIsLoadedOnlyWhereThereIsAFile() throws IOException {
        Path log = lab.path("classes.log");
        Lab logging = new Lab(directory).with(Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + log));
        logging.runAlone("backup", "srv/wiki/data.db", "--to=h/").ok();
        assertFalse(Files.readString(log).contains("tomlj"));
        configureBoth();
        logging.runAlone("backup", "srv/wiki/data.db", "--to=h/").ok();
        assertTrue(Files.readString(log).contains("org.tomlj.Toml "), "the check can fail");
    }
}
