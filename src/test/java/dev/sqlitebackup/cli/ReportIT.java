package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code report} promises, on the packaged program. */
class ReportIT {
    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    private String page() throws IOException {
        return Files.readString(lab.path("report.html"));
    }

    @Test
    void tenBackupsAreAPageWithACommandThatRestoresEach() throws IOException {
        Path database = lab.database("app <b>&.db", "wal", 300, "g");
        for (int i = 1; i <= 10; i++) {
            Lab.sql(database, "UPDATE t SET generation = 'changed " + i + "' WHERE id = " + i);
            lab.json(0, "backup", database, "--to=history/");
        }
        Map<String, String> before = lab.contents("history");
        Tools.Ended ended = lab.run("report", "history", "--to=report.html", "--keep-last=2", "--rows");
        assertEquals(
                "wrote a report of 10 backups of 1 database to " + lab.path("report.html") + "\n",
                ended.ok().out());
        assertEquals("", ended.err());
        assertEquals(before, lab.contents("history"), "a report changes nothing");
        assertEquals(List.of(), lab.litter());
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(lab.path("report.html"))));

        String page = page();
        assertTrue(page.contains("10 backups: 1 full and 9 increments"), page);
        assertTrue(page.contains("<td class=\"count\">300</td>"), "the rows of the newest");
        assertTrue(page.contains("current at "), "what the last run noted");
        JsonArray backups = lab.json(0, "list", "history").get("backups").getAsJsonArray();
        for (int i = 0; i < 10; i++) {
            String location = backups.get(i).getAsJsonObject().get("backup").getAsString();
            assertTrue(
                    page.contains("restore " + escaped("'" + location + "' '--to=" + database + "'") + "</code>"),
                    location);
        }
        assertFalse(page.contains("<b>"));
        String command = page.substring(page.indexOf("<td><code>") + "<td><code>".length());
        command = command.substring(0, command.indexOf("</code>"));
        Tools.sh(
                        "eval \"$1\"",
                        unescaped(command)
                                .replace(
                                        database.toString(),
                                        lab.path("again.db").toString()))
                .ok();
        assertEquals("changed 10", Lab.query(lab.path("again.db"), "SELECT generation FROM t WHERE id = 10"));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("=", "&#x3D;");
    }

    private static String unescaped(String text) {
        return text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&#39;", "'")
                .replace("&#x3D;", "=")
                .replace("&amp;", "&");
    }

    @Test
    void jsonSaysWhereThePageIsAndHowMuchIsOnIt() {
        lab.json(0, "backup", lab.database("app.db", "delete", 5, "g"), "--to=history/");
        lab.json(0, "backup", lab.database("other.db", "delete", 5, "g"), "--to=history/");
        JsonObject all = lab.json(0, "report", "history", "--to=made/on the way/report.html");
        assertEquals(
                lab.path("made/on the way/report.html").toString(),
                all.get("report").getAsString());
        assertEquals(2, all.get("databases").getAsInt());
        assertEquals(2, all.get("backups").getAsInt());
        JsonObject one = lab.json(0, "report", "history", "--to=report.html", "--name=other.db");
        assertEquals(1, one.get("databases").getAsInt());
        assertEquals(1, one.get("backups").getAsInt());
    }

    @Test
    void anEmptyPlaceIsAPageAndAMissingOneEndsAsAListDoes() throws IOException {
        Files.createDirectory(lab.path("empty"));
        assertEquals(
                "wrote a report of 0 backups of 0 databases to " + lab.path("report.html") + "\n",
                lab.run("report", "empty", "--to=report.html").ok().out());
        assertTrue(page().contains("Nothing here yet"));
        Files.delete(lab.path("report.html"));
        lab.json(10, "report", "nowhere/", "--to=report.html");
        lab.json(10, "report", "nowhere.gz", "--to=report.html");
        lab.json(2, "report", "-", "--to=report.html");
        lab.json(2, "report", "empty", "--to=report.html", "--keep-last=0");
        lab.json(2, "report", "empty");
        assertFalse(Files.exists(lab.path("report.html")), "what failed leaves no page");
    }

    @Test
    void aSingleFileAndADatabaseHaveAPageToo() throws IOException {
        Path database = lab.database("app.db", "delete", 5, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        assertEquals(
                1,
                lab.json(0, "report", "b.gz", "--to=report.html", "--keep-last=1")
                        .get("backups")
                        .getAsInt());
        assertTrue(page().contains("A single file always holds just the newest backup"));
        lab.json(0, "report", database, "--to=report.html");
        assertTrue(page().contains("No restore has left a safety copy"));
        lab.json(0, "restore", "b.gz", "--to=" + database);
        lab.json(0, "report", database, "--to=report.html");
        assertTrue(page().contains("app.db.pre-restore-"));
    }

    @Test
    void aPrefixOfAnObjectStoreIsAHistory() throws Exception {
        try (S3Server server = S3Server.start()) {
            lab.with(server.environment(directory.resolve("cache")));
            Path database = lab.database("app.db", "delete", 5, "g");
            String place = "s3://" + S3Server.BUCKET + "/some/prefix/";
            String backup = lab.json(0, "backup", database, "--to=" + place)
                    .get("backup")
                    .getAsString();
            JsonObject report = lab.json(0, "report", place, "--to=report.html", "--rows", "--keep-last=1");
            assertEquals(1, report.get("backups").getAsInt());
            assertTrue(page().contains(escaped("restore " + backup + " --to=" + database) + "</code>"));
            assertTrue(page().contains("<td class=\"count\">5</td>"));
            assertTrue(page().contains("would delete nothing and keep 1 backup."));
        }
    }

    @Test
    void onlyAPageOfOursIsOverwritten() throws IOException {
        Path database = lab.database("app.db", "delete", 5, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        Files.writeString(lab.path("mine.html"), "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<title>mine</title>\n");
        Files.createFile(lab.path("empty.html"));
        Files.copy(database, lab.path("database.html"));
        Files.copy(lab.path("b.gz"), lab.path("backup.html"));
        Files.createSymbolicLink(lab.path("link.html"), lab.path("nowhere"));
        for (String foreign : List.of("mine", "empty", "database", "backup", "link")) {
            Map<String, String> before = lab.state(foreign);
            JsonObject refused = lab.json(2, "report", "b.gz", "--to=" + foreign + ".html");
            assertTrue(refused.get("message").getAsString().contains("is no report of this program"), foreign);
            assertEquals(before, lab.state(foreign));
        }
        assertTrue(Files.isSymbolicLink(lab.path("link.html")));
        assertFalse(Files.exists(lab.path("nowhere"), LinkOption.NOFOLLOW_LINKS));

        lab.json(2, "report", "b.gz", "--to=b.gz");
        lab.json(2, "report", "b.gz", "--to=" + database);
        lab.json(2, "report", "b.gz", "--to=report");
        Files.createDirectory(lab.path("directory.html"));
        lab.json(2, "report", "b.gz", "--to=directory.html");
        lab.json(0, "verify", "b.gz");

        lab.json(0, "report", "b.gz", "--to=report.html");
        String first = page();
        lab.json(0, "report", "b.gz", "--to=report.html", "--rows");
        assertTrue(!first.equals(page()) && page().contains("<td class=\"count\">5</td>"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void whatCannotBeCountedIsAWarningAndThePageSaysIt() throws IOException {
        JsonObject backup = lab.json(0, "backup", lab.database("app.db", "delete", 50, "g"), "--to=history/");
        Path file = Path.of(backup.get("backup").getAsString());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 3] ^= 1;
        Files.write(file, bytes);
        JsonObject report = lab.json(0, "report", "history", "--to=report.html", "--rows");
        assertTrue(report.get("warnings").getAsString().contains("were not counted"));
        assertTrue(page().contains("They could not be counted"));
        assertTrue(page().contains("<h2 id=\"warnings\">Warnings</h2>"));
    }
}
