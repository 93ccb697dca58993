package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two databases that share a file name share nothing else. */
class SameNameIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Path wiki;
    private Path vault;

    @BeforeEach
    void makeDatabases() throws IOException {
        lab = new Lab(directory);
        Files.createDirectory(lab.path("wiki"));
        Files.createDirectory(lab.path("vw"));
        wiki = lab.database("wiki/db.sqlite3", "wal", 20, "wiki");
        vault = lab.database("vw/db.sqlite3", "wal", 10, "vault");
    }

    private List<String> backups(String place) throws IOException {
        try (Stream<Path> files = Files.list(lab.path(place))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".gz"))
                    .map(name -> name.replaceFirst("-\\d{8}T\\d{6}Z(-\\d+)?", ""))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void inOneFileIsRefused() throws IOException {
        lab.json(0, "backup", wiki, "--to=b.gz");
        String before = Lab.sha256(lab.path("b.gz"));
        JsonObject refused = lab.json(2, "backup", vault, "--to=b.gz");
        assertEquals(
                "b.gz holds the backups of another database that is called db.sqlite3: " + wiki + ", and this one is "
                        + vault,
                refused.get("message").getAsString());
        assertEquals(before, Lab.sha256(lab.path("b.gz")));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void inOneHistoryIsRefusedAndANameOfItsOwnKeepsThemApart() throws IOException {
        lab.json(0, "backup", wiki, "--to=h/");
        JsonObject refused = lab.json(2, "backup", vault, "--to=h/", "--keep-last=1");
        assertTrue(refused.get("hint").getAsString().contains("--name=vw-db.sqlite3"), refused.toString());
        assertEquals(List.of("db.sqlite3.gz"), backups("h"));
        JsonObject missing = lab.json(14, "status", vault, "--to=h/");
        assertEquals("missing", missing.get("state").getAsString());
        assertTrue(
                missing.get("message").getAsString().contains("those called db.sqlite3 are of " + wiki),
                missing.toString());

        lab.json(0, "backup", vault, "--to=h/", "--name=vw.db");
        assertEquals(List.of("db.sqlite3.gz", "vw.db.gz"), backups("h"));
        assertTrue(
                lab.json(2, "backup", vault, "--to=h/")
                        .get("hint")
                        .getAsString()
                        .contains("its backups are called vw.db there: "),
                "a forgotten name");
        assertEquals(
                "missing",
                lab.json(14, "status", wiki, "--to=h/", "--name=vw.db")
                        .get("state")
                        .getAsString(),
                "whoever says the name of another");
        assertTrue(Files.exists(lab.path("h/.vw.db.state")));
        assertEquals(
                "fresh", lab.json(0, "status", vault, "--to=h/").get("state").getAsString(), "found by where it lies");
        assertEquals(
                "fresh",
                lab.json(0, "status", vault, "--to=h/", "--name=vw.db")
                        .get("state")
                        .getAsString());
        assertEquals(
                "fresh", lab.json(0, "status", wiki, "--to=h/").get("state").getAsString());
        assertEquals(
                1,
                lab.json(0, "list", "h/", "--name=vw.db")
                        .get("backups")
                        .getAsJsonArray()
                        .size());
        assertEquals(
                2, lab.json(0, "list", "h/").get("backups").getAsJsonArray().size());
        lab.json(10, "list", "h/", "--name=no.db");

        Lab.sql(wiki, "INSERT INTO t(generation) VALUES ('newer')");
        Lab.sql(vault, "INSERT INTO t(generation) VALUES ('newer')");
        lab.json(0, "backup", wiki, "--to=h/", "--full");
        lab.json(0, "backup", vault, "--to=h/", "--name=vw.db", "--keep-last=1", "--full");
        assertEquals(
                List.of("db.sqlite3.gz", "db.sqlite3.gz", "vw.db.gz"), backups("h"), "a prune of one leaves the other");
        lab.json(0, "backup", vault, "--to=h/", "--name=vw.db", "--level=9");
        lab.json(0, "prune", "h/", "--name=vw.db", "--keep-last=1");
        assertEquals(2, backups("h").stream().filter("db.sqlite3.gz"::equals).count());
        lab.json(10, "prune", "h/", "--name=no.db", "--keep-last=1");

        String expected = Lab.dump(vault);
        assertEquals(
                lab.json(0, "verify", "h/", "--name=vw.db").get("sha256"),
                lab.json(0, "restore", "h/", "--name=vw.db", "--to=there.db").get("sha256"));
        assertEquals(expected, Lab.dump(lab.path("there.db")));
        Lab.sql(vault, "DELETE FROM t");
        lab.json(0, "restore", "h/", "--to=" + vault);
        assertEquals(expected, Lab.dump(vault), "the name of the file is the wiki's, and where it lies is its own");
    }

    /** A hint that is typed must not take over a third one's backups. */
    @Test
    void theNameThatAHintGivesIsFree() throws IOException {
        lab.json(0, "backup", wiki, "--to=h/");
        lab.json(0, "backup", vault, "--to=h/", "--name=vw-db.sqlite3");
        Files.createDirectories(lab.path("third/vw"));
        Path third = lab.database("third/vw/db.sqlite3", "delete", 3, "third");
        String hint = lab.json(2, "backup", third, "--to=h/").get("hint").getAsString();
        assertTrue(hint.contains("--name=third-vw-db.sqlite3"), hint);
    }

    /** What is typed at three in the morning must not bring another database. */
    @Test
    void aDatabaseThatIsGoneIsBroughtBackByItsOwnNameOrNotAtAll() throws IOException {
        lab.json(0, "backup", vault, "--to=h/", "--name=vw.db");
        assertEquals(
                "fresh", lab.json(0, "status", vault, "--to=h/").get("state").getAsString());
        Files.delete(vault);
        String hint = lab.json(10, "backup", vault, "--to=h/").get("hint").getAsString();
        assertTrue(hint.contains("--to=" + vault + " --name=vw.db"), hint);
        assertFalse(lab.json(10, "backup", "no.db", "--to=h/")
                .get("hint")
                .getAsString()
                .contains("restore"));
        lab.json(0, "backup", wiki, "--to=b.gz");
        assertFalse(lab.json(10, "backup", vault, "--to=b.gz")
                .get("hint")
                .getAsString()
                .contains("restore"));
    }

    @Test
    void ofAnotherHostGoesOnWithAWarningUnlessTheNameIsSaid() throws IOException {
        lab.json(0, "backup", wiki, "--to=h/");
        Path state = lab.path("h/.db.sqlite3.state");
        String there = Files.readString(state).replaceFirst("\"host\":\"[^\"]*\"", "\"host\":\"other/00000000\"");
        Files.writeString(state, there);
        assertTrue(lab.json(0, "backup", wiki, "--to=h/")
                .get("warnings")
                .toString()
                .contains("were last made of " + wiki + " on the host other, and are continued with " + wiki));
        assertFalse(lab.json(0, "backup", wiki, "--to=h/").has("warnings"), "noted anew");
        Files.writeString(state, there);
        assertFalse(lab.json(0, "backup", wiki, "--to=h/", "--name=db.sqlite3").has("warnings"));
    }

    /** After a disaster it is another host, where the paths are the old ones, or are not. */
    @Test
    void onAnotherHostARestoreFindsADatabaseByWhereItLayAndElseAsks() throws IOException {
        lab.json(0, "backup", wiki, "--to=h/");
        lab.json(0, "backup", vault, "--to=h/", "--name=vw.db");
        for (String state : List.of("h/.db.sqlite3.state", "h/.vw.db.state")) {
            Files.writeString(
                    lab.path(state),
                    Files.readString(lab.path(state))
                            .replaceFirst("\"host\":\"[^\"]*\"", "\"host\":\"other/00000000\""));
        }
        Files.delete(vault);
        lab.json(0, "restore", "h/", "--to=" + vault);
        assertEquals("10", Lab.query(vault, "SELECT count(*) FROM t"));
        JsonObject unclear = lab.json(2, "restore", "h/", "--to=new/db.sqlite3");
        assertTrue(
                unclear.get("message").getAsString().contains("more than one was called db.sqlite3")
                        && unclear.get("hint").getAsString().contains("--name=vw.db"),
                unclear.toString());
        assertFalse(Files.exists(lab.path("new")));
        JsonObject other = lab.json(0, "restore", "h/", "--name=db.sqlite3", "--to=" + vault);
        assertTrue(
                other.get("warnings").toString().contains("are of " + wiki + ", and not of " + vault),
                other.toString());
    }

    /** Undo would bring back another one's content. */
    @Test
    void inOneSafetyDirectoryIsRefused() throws IOException {
        Files.createDirectory(lab.path("safety"));
        lab.json(0, "backup", wiki, "--to=w.gz");
        lab.json(0, "backup", vault, "--to=v.gz");
        lab.json(0, "restore", "w.gz", "--to=" + wiki, "--safety-dir=safety");
        String before = Lab.dump(vault);
        for (String[] command : new String[][] {
            {"restore", "v.gz", "--to=" + vault, "--safety-dir=safety"},
            {"restore", "v.gz", "--to=" + vault, "--safety-dir=safety", "--dry-run"},
            {"undo", vault.toString(), "--safety-dir=safety"}
        }) {
            assertTrue(lab.json(2, (Object[]) command)
                    .get("message")
                    .getAsString()
                    .contains("holds the safety copies of another db.sqlite3: " + wiki));
        }
        assertEquals(before, Lab.dump(vault));
        lab.json(0, "undo", wiki, "--safety-dir=safety");
    }

    @Test
    void whatHasMovedGoesOn() throws IOException {
        lab.json(0, "backup", wiki, "--to=h/");
        Files.createDirectory(lab.path("new"));
        Path moved = Files.move(wiki, lab.path("new/db.sqlite3"));
        assertTrue(lab.json(0, "backup", moved, "--to=h/")
                .get("warnings")
                .toString()
                .contains("is no database any more: they are continued with " + moved));
        assertFalse(lab.json(0, "backup", moved, "--to=h/").has("warnings"));
        // A copy of the old one still lies there: only the user can know.
        Files.copy(moved, wiki);
        lab.json(2, "backup", wiki, "--to=h/");
        assertTrue(lab.json(0, "backup", wiki, "--to=h/", "--name=db.sqlite3")
                .get("warnings")
                .toString()
                .contains("which is still there, and are continued with " + wiki));
    }

    @Test
    void aNameIsAFileName() {
        for (String name : List.of("", ".", "..", "a/b", "app.db.gz")) {
            lab.json(2, "backup", wiki, "--to=h/", "--name=" + name);
        }
        assertFalse(Files.exists(lab.path("h")));
    }

    @Test
    void inAnObjectStoreLikewise() throws Exception {
        try (S3Server server = S3Server.start()) {
            lab.with(server.environment(directory.resolve("cache")));
            String place = "s3://" + S3Server.BUCKET + "/same/";
            lab.json(0, "backup", wiki, "--to=" + place);
            lab.json(2, "backup", vault, "--to=" + place);
            lab.json(0, "backup", vault, "--to=" + place, "--name=vw.db");
            lab.json(2, "backup", vault, "--to=" + place);
            assertEquals(
                    2,
                    lab.json(0, "list", place).get("backups").getAsJsonArray().size());
            lab.json(0, "backup", wiki, "--to=" + place + "one.gz");
            lab.json(2, "backup", vault, "--to=" + place + "one.gz");
        }
    }
}
