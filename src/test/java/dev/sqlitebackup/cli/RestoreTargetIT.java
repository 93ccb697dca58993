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
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a restore takes for its target, and whose the database is afterwards. */
class RestoreTargetIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 20, "good");
    }

    private void assertRefused(String what, Path file) throws IOException {
        String before = Files.exists(file) ? Lab.sha256(file) : null;
        Path link = Files.createSymbolicLink(lab.path("link.db"), file);
        for (Object target : Files.exists(file) ? List.of(file, link) : List.of(file)) {
            for (String more : List.of("--live", "--dry-run", "--busy-timeout=1s")) {
                JsonObject refused = lab.json(2, "restore", database, "--to=" + target, more);
                assertTrue(
                        refused.get("message").getAsString().contains(what)
                                && refused.get("hint").getAsString().startsWith("name the database itself"),
                        refused.toString());
            }
        }
        assertEquals(before, Files.exists(file) ? Lab.sha256(file) : null);
        assertEquals(List.of(), lab.litter());
        Files.delete(link);
    }

    @Test
    void noBackupIsTurnedIntoADatabase() throws IOException {
        lab.json(0, "backup", database, "--to=app.db.gz");
        assertRefused("the target is a gzip file, and no database", lab.path("app.db.gz"));
        Path ofHistory =
                Path.of(lab.json(0, "backup", database, "--to=h/").get("backup").getAsString());
        assertRefused("has the name of a backup of app.db in a history", ofHistory);
        Files.copy(database, lab.path("h/app-20261122T232233Z.db.gz"));
        assertRefused("has the name of a backup of app.db in a history", lab.path("h/app-20261122T232233Z.db.gz"));
        assertRefused("has the name of a backup of app.db in a history", lab.path("h/app-20261122T232234Z.db.gz"));
        Lab.write(lab.path("app.db.gz.age"), "age-encryption.org/v1\n-> X25519 abc");
        assertRefused("the target is an age file, and no database", lab.path("app.db.gz.age"));
        Lab.write(lab.path("armored.age"), "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl");
        assertRefused("the target is an age file, and no database", lab.path("armored.age"));
        Tools.require("xz");
        Tools.sh("xz -c \"$1\" > \"$1.xz\"", database).ok();
        assertRefused("the target is a compressed file, and no database", lab.path("app.db.xz"));
        Files.write(lab.path("app.db.zst"), new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 4, 0});
        assertRefused("the target is a compressed file, and no database", lab.path("app.db.zst"));
        Lab.write(lab.path("app.zip"), "PK\3\4 and so on");
        assertRefused("the target is a compressed file, and no database", lab.path("app.zip"));
        Lab.write(lab.path("pointer.gz"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        assertRefused("the target is a Git LFS pointer, and no database", lab.path("pointer.gz"));
        Lab.write(lab.path("notes.txt"), "to do");
        assertRefused("the target is a file of another kind, and no database", lab.path("notes.txt"));
    }

    @Test
    void aDirectoryIsNoTarget() throws IOException {
        lab.json(0, "backup", database, "--to=b.gz");
        Files.createDirectory(lab.path("d"));
        for (List<String> command : List.of(List.of("restore", "b.gz"), List.of("undelete", "b.gz", "--table=t"))) {
            String message = lab.json(
                            2,
                            Stream.concat(command.stream(), Stream.of("--to=d")).toArray())
                    .get("message")
                    .getAsString();
            assertTrue(message.startsWith("the target is a directory: "), message);
        }
    }

    /** SQLite cannot prove such a copy, so undo does not take it. */
    @Test
    void whatWasReplacedUnreadGoesBackByTheCommandThatIsNamed() throws IOException {
        lab.json(0, "backup", database, "--to=b.gz");
        String unreadable = "encrypted".repeat(512);
        Lab.write(lab.path("e.db"), unreadable);
        Lab.write(lab.path("e.db-journal"), "its journal");
        String said = lab.run("restore", "b.gz", "--to=e.db").ok().err();
        String command = said.lines()
                .filter(line -> line.startsWith("to take this back, while nothing has it open: "))
                .findFirst()
                .orElseThrow()
                .replaceFirst(".*?: ", "");
        assertTrue(lab.json(12, "undo", "e.db").get("hint").getAsString().contains(command));
        Tools.sh(command).ok();
        assertEquals(unreadable, Files.readString(lab.path("e.db")));
        assertEquals("its journal", Files.readString(lab.path("e.db-journal")));
    }

    @Test
    void anUndoTakesNoneEither() throws IOException {
        lab.json(0, "backup", database, "--to=app.db.gz");
        Files.copy(database, lab.path("app.db.gz.pre-restore-20261122232233"));
        assertTrue(lab.json(2, "undo", "app.db.gz").get("message").getAsString().contains("the target is a gzip file"));
    }

    /** Whatever else SQLite cannot open may have been a database. */
    @Test
    void anUnreadableDatabaseIsStillReplaced() {
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.write(lab.path("garbage.db"), "-----BEGIN something else, or an encrypted database".repeat(512));
        assertEquals(
                "created",
                lab.json(0, "restore", "b.gz", "--to=garbage.db").get("method").getAsString());
    }

    private String owner(Path file) {
        return Tools.sh("stat -c '%U:%G %a' \"$1\"", file).ok().out().strip();
    }

    @Test
    void aDatabaseThatWasDeletedComesBackToItsOwnerGroupAndMode() throws IOException {
        Tools.requireRoot();
        Tools.require("setpriv");
        Tools.sh("chmod 755 \"$1\"; chown nobody:daemon \"$2\"; chmod 640 \"$2\"", directory, database)
                .ok();
        lab.json(0, "backup", database, "--to=b.gz");
        lab.json(0, "backup", database, "--to=h/");
        for (String from : List.of(
                "b.gz",
                "h/",
                Path.of(lab.json(0, "backup", database, "--to=h/").get("backup").getAsString())
                        .toString())) {
            Tools.sh("rm -f \"$1\"*", database).ok();
            JsonObject restored = lab.json(0, "restore", from, "--to=" + database);
            assertEquals("nobody:daemon 640", owner(database), from);
            assertFalse(restored.has("warnings"), restored.toString());
            Tools.sh("setpriv --reuid=nobody --regid=daemon --clear-groups head -c 16 \"$1\"", database)
                    .ok();
        }
        Tools.sh("chown 12345:23456 \"$1\"; chmod 4644 \"$1\"", database).ok();
        Lab.sql(database, "INSERT INTO t(b) VALUES (1)");
        lab.json(0, "backup", database, "--to=b.gz");
        Tools.sh("rm -f \"$1\"*", database).ok();
        lab.json(0, "restore", "b.gz", "--to=" + database);
        assertEquals(
                "12345:23456 644",
                Tools.sh("stat -c '%u:%g %a' \"$1\"", database).ok().out().strip(),
                "numbers without a name, and no more than the nine bits");
        lab.json(0, "restore", "b.gz", "--to=elsewhere.db");
        assertEquals("600", owner(lab.path("elsewhere.db")).split(" ")[1], "another place is another matter");
    }

    /** Who may write where backups lie, and may not read them, gets no database by way of a note. */
    @Test
    void aNoteOfSomebodyElseGivesNothingAway() throws IOException {
        Tools.requireRoot();
        lab.json(0, "backup", database, "--to=h/");
        Path state = lab.path("h/.app.db.state");
        Files.writeString(
                state,
                Files.readString(state)
                        .replace("\"owner\":\"root\"", "\"owner\":\"nobody\"")
                        .replaceFirst("\"mode\":\"[^\"]*\"", "\"mode\":\"rw-rw-rw-\""));
        Tools.sh("chown nobody \"$1\"; rm -f \"$2\"*", state, database).ok();
        lab.json(0, "restore", "h/", "--to=" + database);
        assertEquals("root:root 600", owner(database));
    }

    @Test
    void whoMayNotGiveItBackSaysHowToDoIt() throws IOException {
        Tools.requireRoot();
        Tools.require("setpriv");
        Tools.sh("chown daemon:daemon \"$1\"; chmod 644 \"$1\"", database).ok();
        lab.json(0, "backup", database, "--to=b.gz");
        Tools.sh(
                        "rm -f \"$1\"*; chmod 777 \"$2\" \"$3\"; chmod 644 \"$2\"/b.gz \"$2\"/.b.gz.state; "
                                + "chmod 755 \"$4\"",
                        database,
                        directory,
                        lab.temporary(),
                        Lab.JAR.getParent())
                .ok();
        Tools.Ended restored = Tools.sh(
                        "cd \"$1\"; XDG_STATE_HOME=/dev/null TMPDIR=\"$2\" exec setpriv --reuid=nobody "
                                + "--regid=nogroup --clear-groups \"$3\" -jar \"$4\" restore b.gz --to=\"$5\"",
                        directory,
                        lab.temporary(),
                        Lab.JAVA,
                        Lab.JAR,
                        database)
                .ok();
        assertTrue(
                restored.err()
                        .contains("belonged to daemon:daemon (rw-r--r--), and this user may not give it back: "
                                + "chown daemon:daemon "
                                + database + " && chmod 644 " + database),
                restored.err());
        assertEquals("nobody:nogroup 600", owner(database));
    }
}
