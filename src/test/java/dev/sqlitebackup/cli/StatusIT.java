package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What status says of the database itself: that it is gone, and which SQLite wrote it. */
class StatusIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() throws IOException {
        lab = new Lab(directory);
        Files.createDirectory(lab.path("disk"));
        database = lab.database("disk/app.db", "wal", 20, "g");
    }

    private void backUp(String destination) {
        lab.run("backup", database, "--to=" + destination).ok();
    }

    private String alarm(String state, Object... arguments) {
        JsonObject object = lab.json(14, arguments);
        assertEquals(state, object.get("state").getAsString());
        return object.get("message").getAsString() + "\n" + object.get("hint").getAsString();
    }

    // ---- gone

    @Test
    void whatCannotBeADatabaseAnyMoreIsGoneToo() throws IOException {
        lab.json(0, "backup", database, "--to=history/");
        Path away = Files.move(database, lab.path("away.db"));
        Files.createSymbolicLink(database, lab.path("nowhere.db"));
        alarm("gone", "status", database, "--to=history/");
        Files.delete(database);
        Files.createFile(database);
        String said = alarm("gone", "status", database, "--to=history/");
        assertTrue(said.contains("now the file is no database any more"), said);
        Files.move(away, database, StandardCopyOption.REPLACE_EXISTING);
        lab.json(0, "status", database, "--to=history/");
    }

    @Test
    void aDatabaseThatIsGoneRingsHoweverFreshItsBackupIsAndTheHintBringsItBack() throws IOException {
        for (String destination : new String[] {"history/", "one.gz"}) {
            backUp(destination);
            lab.run("status", database, "--to=" + destination).ok();
            String before = Lab.dump(database);
            Files.delete(database);
            String said = alarm("gone", "status", database, "--to=" + destination);
            assertTrue(said.contains(database + " is gone: this host backed it up"), said);
            assertTrue(said.contains("or the disk on which it lies is not mounted"), said);
            String restore = said.substring(said.indexOf(Lab.PROGRAM));
            Tools.run(List.of("bash", "-c", restore)).ok();
            assertEquals(before, Lab.dump(database));
        }
    }

    @Test
    void oneThatNobodyNamedRingsTooAndSoDoesOneBehindALinkToADiskThatIsGone() throws IOException {
        backUp("history/");
        Path link = Files.createSymbolicLink(lab.path("data"), lab.path("disk"));
        Files.move(lab.path("disk"), lab.path("unplugged"));
        assertTrue(alarm("gone", "status", "--to=history/").contains(database + " is gone"));
        assertTrue(
                alarm("gone", "status", link.resolve("app.db"), "--to=history/").contains(database + " is gone"));
        Files.move(lab.path("unplugged"), lab.path("disk"));
        lab.run("status", link.resolve("app.db"), "--to=history/").ok();
        lab.run("status", "--to=history/").ok();
    }

    @Test
    void whatIsNotKnownToHaveBeenHereIsJudgedByTheAgeOfItsBackupAsBefore() throws IOException {
        backUp("history/");
        backUp("one.gz");
        Path state = lab.path("history/.app.db.state");
        String noted = Files.readString(state);
        Files.delete(database);
        // A name under which no run ever saw one: somebody asks from where the backups arrive.
        lab.run("status", lab.path("app.db"), "--to=history/").ok();
        lab.run("status", "never.db", "--to=one.gz").ok();
        Files.writeString(state, noted.replaceFirst("\"host\":\"[^\"]*\"", "\"host\":\"elsewhere/00000000\""));
        lab.run("status", database, "--to=history/").ok();
        Files.writeString(state, noted);
        alarm("gone", "status", database, "--to=history/");
        // What this user may not see is not known to be gone.
        Tools.require("setpriv");
        Tools.requireRoot();
        Files.createDirectories(lab.path("private"));
        Files.writeString(
                state,
                noted.replace(
                        database.toString(),
                        lab.path("private").resolve("app.db").toString()));
        Tools.sh("chmod 700 \"$1\"; chmod -R a+rX \"$2\" \"$3\"", lab.path("private"), directory, directory)
                .ok();
        Tools.sh("chmod 700 \"$1\"; chmod 777 \"$2\"", lab.path("private"), lab.temporary())
                .ok();
        lab.within("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
                .runAlone("status", lab.path("private").resolve("app.db"), "--to=history/")
                .ok();
    }

    @Test
    void aBrokenHistoryOfADatabaseThatIsGoneIsNotPromisedToBringItBack() throws IOException {
        database = lab.database("disk/big.db", "wal", 400, "g");
        String full =
                lab.json(0, "backup", database, "--to=history/").get("backup").getAsString();
        Lab.sql(database, "UPDATE t SET generation = 'h' WHERE id = 1");
        backUp("history/");
        Files.delete(Path.of(full));
        Files.delete(database);
        String said = alarm("gone", "status", database, "--to=history/");
        assertTrue(said.contains("and the newest backup cannot be restored"), said);
        assertFalse(said.contains(" restore "), said);
    }

    // ---- which SQLite

    private static final String NOTE = "can lose committed data when a checkpoint meets a writer";

    @Test
    void anOldSqliteInWalModeIsNamedInOneLineAndChangesNothingElse() {
        Tools.require("sqlite3");
        backUp("history/");
        String ours = Lab.query(database, "SELECT sqlite_version()");
        assertEquals(
                ours,
                lab.json(0, "status", database, "--to=history/")
                        .get("sqliteVersion")
                        .getAsString());
        assertFalse(lab.run("status", database, "--to=history/").ok().err().contains(NOTE));

        String theirs = Tools.sh("sqlite3 \"$1\" 'CREATE TABLE more(x)' 'SELECT sqlite_version()'", database)
                .ok()
                .out()
                .strip();
        assertEquals(
                theirs,
                lab.json(0, "status", database, "--to=history/")
                        .get("sqliteVersion")
                        .getAsString());
        Tools.Ended said = lab.run("status", database, "--to=history/").ok();
        assertEquals(1, said.err().lines().filter(line -> line.contains(NOTE)).count(), said.err());
        assertTrue(said.err().contains("last written by SQLite " + theirs), said.err());
        assertEquals("", lab.run("status", database, "--to=history/", "-q").ok().err());
        assertFalse(lab.run("backup", database, "--to=history/").ok().err().contains(NOTE));

        Tools.sh("sqlite3 \"$1\" 'PRAGMA journal_mode=delete'", database).ok();
        assertFalse(lab.run("status", database, "--to=history/").ok().err().contains(NOTE));
    }

    @Test
    void aDatabaseThatIsNotHereHasNoVersion() {
        backUp("history/");
        assertTrue(lab.json(0, "status", "never.db", "--to=history/", "--name=app.db")
                .get("sqliteVersion")
                .isJsonNull());
    }
}
