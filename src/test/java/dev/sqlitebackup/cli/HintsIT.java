package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Times;
import dev.sqlitebackup.testing.Installed;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a hint says is typed as it stands, in another directory, and does what it says: by the jar, the launcher and
 * make.
 */
class HintsIT {
    private static final int SHRUNK = 16;
    private static final String ROWS = "SELECT count(*) FROM t";

    @TempDir
    Path directory;

    private Lab lab;
    private Path repository;

    @BeforeEach
    void makeLab() {
        Tools.require("git", "make");
        lab = new Lab(directory);
        repository = lab.path("my repo");
    }

    private void install() {
        Installed.into(repository, directory);
    }

    /** In a directory of the lab, with the variables of a shell in which the program runs. */
    private Tools.Ended run(String script, Object... arguments) {
        Object[] all = Stream.concat(
                        Stream.of(lab.temporary(), System.getProperty("java.home"), directory), Stream.of(arguments))
                .toArray();
        return Tools.sh(
                "export TMPDIR=$1 JAVA_HOME=$2 PATH=$2/bin:$PATH; cd \"$3\"; shift 3; unset SQLITE_BACKUP_DB "
                        + "SQLITE_BACKUP_TO; "
                        + script,
                all);
    }

    /** The command behind some words of a hint, from standard error. */
    private static String command(Tools.Ended failed, String words) {
        String hint = failed.err()
                .lines()
                .filter(line -> line.startsWith("hint: "))
                .findFirst()
                .orElseThrow(() -> new AssertionError(failed.err()));
        assertTrue(hint.contains(words), hint);
        String command = hint.substring(hint.indexOf(words) + words.length());
        return command.contains("; ") ? command.substring(0, command.indexOf("; ")) : command;
    }

    private Tools.Ended type(Tools.Ended failed, String words) {
        return run("cd /; bash -c \"$1\"", command(failed, words));
    }

    private Path emptied(Path database) {
        try {
            Files.delete(database);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        Lab.sql(database, "CREATE TABLE t(id INTEGER PRIMARY KEY, generation, b)");
        return database;
    }

    // ---- java -jar

    @Test
    void theJarNamesItselfAndTheCommandsForAnEmptiedDatabaseDoWhatTheySay() {
        Path database = lab.database("it's $HOME.db", "delete", 300, "g");
        lab.json(0, "backup", database.getFileName(), "--to=b b.gz");
        emptied(database);
        Tools.Ended shrunk =
                lab.run("backup", database.getFileName(), "--to=b b.gz").endsWith(SHRUNK);
        assertTrue(command(shrunk, "if something was lost: ").startsWith(Lab.PROGRAM + " restore "), shrunk.err());
        type(shrunk, "if something was lost: ").ok();
        assertEquals("300", Lab.query(database, ROWS));
        emptied(database);
        type(lab.run("backup", database.getFileName(), "--to=b b.gz").endsWith(SHRUNK), "if this is right: ")
                .ok();
        assertEquals(0, lab.run("backup", database.getFileName(), "--to=b b.gz").exitCode());
    }

    @Test
    void aNameThatIsNotPrintableIsTypedAsItStands() {
        Path database = lab.database("a\nb.db", "delete", 300, "g");
        lab.json(0, "backup", database, "--to=h/");
        emptied(database);
        type(lab.run("backup", database, "--to=h/").endsWith(SHRUNK), "if something was lost: ")
                .ok();
        assertEquals("300", Lab.query(database, ROWS));
    }

    @Test
    void aDatabaseThatIsLostIsBroughtBack() throws IOException {
        Path database = lab.database("app.db", "delete", 30, "g");
        assertFalse(
                lab.run("backup", "other.db", "--to=b.gz").endsWith(10).err().contains("restore"),
                "there is nothing to bring back");
        lab.json(0, "backup", database, "--to=h/");
        Files.delete(database);
        type(lab.run("backup", "app.db", "--to=h/").endsWith(10), "bring its newest backup back: ")
                .ok();
        assertEquals("30", Lab.query(database, ROWS));
        Files.write(database, new byte[0]);
        type(
                        lab.run("backup", "app.db", "--to=h/").endsWith(12),
                        "the last good backup is untouched, and to bring it back: ")
                .ok();
        assertEquals("30", Lab.query(database, ROWS));
    }

    @Test
    void anotherDatabaseOfTheSameNameGetsANameOfItsOwn() throws IOException {
        Files.createDirectories(lab.path("vw"));
        Files.createDirectories(lab.path("wiki"));
        lab.json(0, "backup", lab.database("vw/db.sqlite3", "delete", 30, "vw"), "--to=h/");
        lab.database("wiki/db.sqlite3", "delete", 20, "wiki");
        Tools.Ended refused = lab.run("backup", "wiki/db.sqlite3", "--to=h").endsWith(2);
        type(refused, "give this one a name of its own, in every command: ").ok();
        lab.json(0, "restore", "h/", "--name=wiki-db.sqlite3", "--to=back.db");
        assertEquals("20", Lab.query(lab.path("back.db"), ROWS));
    }

    @Test
    void aDestinationThatIsNoneIsFollowedByTwoThatAre() {
        Path database = lab.database("rb.db", "delete", 30, "g");
        Tools.Ended refused = lab.run("backup", "rb.db", "--to=rb.db").endsWith(2);
        type(refused, "always the newest backup: ").ok();
        lab.json(0, "verify", "rb.db.gz");
        type(refused, "for a history: ").ok();
        assertEquals(
                1,
                lab.json(0, "list", "backups/").get("backups").getAsJsonArray().size());
        type(lab.run("backup", "rb.db", "--to=new").endsWith(2), "for a history: ")
                .ok();
        assertEquals(
                1, lab.json(0, "list", "new/").get("backups").getAsJsonArray().size());
        assertEquals("30", Lab.query(database, ROWS));
    }

    @Test
    void aDamagedBackupIsFollowedByTheOneBeforeIt() throws IOException {
        Path database = lab.database("app.db", "delete", 30, "g");
        lab.json(0, "backup", database, "--to=h/");
        Path first = Path.of(lab.json(0, "list", "h/")
                .get("backups")
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject()
                .get("backup")
                .getAsString());
        Path older = lab.path("h/app-20200101T000000Z.db.gz");
        Files.move(first, older);
        byte[] bytes = Files.readAllBytes(older);
        bytes[bytes.length / 2] ^= 1;
        Files.write(older, bytes);
        String listed = type(lab.run("verify", older).endsWith(12), "for an older one: ")
                .ok()
                .err();
        assertTrue(listed.contains("holds a backup of "), listed);
    }

    @Test
    void whatGitHasIsBroughtBackFromThere() throws IOException {
        Path database = lab.database("app.db", "delete", 30, "g");
        lab.json(0, "backup", database, "--to=app.db.gz");
        Tools.sh(
                        "cd \"$1\"; git init -q; git add app.db.gz; git -c user.name=u -c "
                                + "user.email=u@example.org commit -q -m backup; rm app.db.gz",
                        directory)
                .ok();
        String seconds =
                Tools.sh("git -C \"$1\" log -1 --format=%ct", directory).ok().out();
        String inGit = "Git has it, as it was committed on "
                + Times.local(Instant.ofEpochSecond(Long.parseLong(seconds.strip()))) + ": ";
        Tools.Ended missing = lab.run("restore", "app.db.gz", "--to=new.db").endsWith(10);
        type(missing, inGit).ok();
        assertEquals("30", Lab.query(lab.path("new.db"), ROWS));
        // Who only looked gets nothing that does more.
        assertTrue(command(
                        lab.run("restore", "app.db.gz", "--to=new.db", "--dry-run")
                                .endsWith(10),
                        inGit)
                .contains(" --dry-run "));
        assertTrue(command(lab.run("verify", "app.db.gz").endsWith(10), inGit).contains(" verify "));
    }

    @Test
    void aWrongOptionIsFollowedByTheHelp() {
        assertTrue(
                type(lab.run("backup", "--bad").endsWith(2), "see: ").ok().out().contains("Usage: "));
        assertTrue(type(lab.run("--bad").endsWith(2), "see: ").ok().out().contains("Usage: "));
        assertTrue(type(lab.run("status", directory).endsWith(2), "did you mean its history? ")
                .endsWith(14)
                .err()
                .startsWith("error: there is no backup of"));
        Path database = lab.database("app.db", "delete", 30, "g");
        lab.json(0, "backup", database, "--to=h/");
        type(lab.run("prune", "h/").endsWith(2), "look first: ").ok();
        type(lab.run("status", database, "--to=none/").endsWith(14), "run one: ")
                .ok();
    }

    // ---- the launcher

    @Test
    void theLauncherIsNamedByItsPathAndByItsNameWherePathLeadsToIt() throws IOException {
        install();
        lab.database("app.db", "delete", 30, "g");
        String launcher = repository.resolve("scripts/sqlite-backup").toString();
        Tools.Ended absolute = run("\"$1\" status app.db --to=b.gz", launcher).endsWith(14);
        assertTrue(command(absolute, "run one: ").startsWith("'" + launcher + "' backup "), absolute.err());
        Tools.Ended relative =
                run("'my repo/scripts/sqlite-backup' status app.db --to=b.gz").endsWith(14);
        assertEquals(absolute.err(), relative.err());
        type(relative, "run one: ").ok();
        lab.json(0, "verify", "b.gz");

        Files.createDirectory(lab.path("bin"));
        Files.createSymbolicLink(lab.path("bin/sqlb"), Path.of(launcher));
        Tools.Ended bare =
                run("PATH=\"$PWD/bin:$PATH\"; sqlb status app.db --to=c.gz").endsWith(14);
        assertTrue(command(bare, "run one: ").startsWith("sqlb backup "), bare.err());
        Files.createDirectory(lab.path("other"));
        Files.copy(Path.of("/bin/true"), lab.path("other/sqlb"));
        Tools.Ended another = run("PATH=\"$PWD/other:$PATH\"; bin/sqlb status app.db --to=c.gz")
                .endsWith(14);
        assertTrue(
                command(another, "run one: ").startsWith(lab.path("bin/sqlb") + " backup "),
                "PATH leads to another: " + another.err());
    }

    // ---- make

    @Test
    void makeIsFollowedByMake() {
        install();
        Path database = lab.database("a b é.db", "delete", 300, "g");
        run("make -C \"$1\" backup-db DB=\"$2\" TO=\"$3\"", repository, database, directory + "/h h/")
                .ok();
        emptied(database);
        Tools.Ended shrunk = run(
                        "make -C \"$1\" backup-db DB=\"$2\" TO=\"$3\"", repository, database, directory + "/h h/")
                .endsWith(2);
        assertTrue(
                command(shrunk, "if something was lost: ").startsWith("make -C '" + repository + "' restore-db "),
                shrunk.err());
        assertTrue(command(shrunk, "if this is right: ").endsWith(" ARGS=--allow-shrink"), shrunk.err());
        type(shrunk, "if something was lost: ").ok();
        assertEquals("300", Lab.query(database, ROWS));
        emptied(database);
        type(
                        run("make -C \"$1\" backup-db DB=\"$2\" TO=\"$3\"", repository, database, directory + "/h h/")
                                .endsWith(2),
                        "if this is right: ")
                .ok();
        assertEquals(
                "fresh",
                lab.json(0, "status", database, "--to=h h/").get("state").getAsString());
    }

    @Test
    void whatMakeWouldReadInAnotherWayIsSaidByTheLauncher() {
        install();
        Path database = lab.database("a$(b).db", "delete", 300, "g");
        run("SQLITE_BACKUP_DB=\"$2\" make -C \"$1\" backup-db TO=\"$3\"", repository, database, directory + "/h/")
                .ok();
        emptied(database);
        Tools.Ended shrunk = run(
                        "SQLITE_BACKUP_DB=\"$2\" make -C \"$1\" backup-db TO=\"$3\"",
                        repository,
                        database,
                        directory + "/h/")
                .endsWith(2);
        assertTrue(
                command(shrunk, "if something was lost: ")
                        .startsWith("'" + repository + "/scripts/sqlite-backup' restore "),
                shrunk.err());
        type(shrunk, "if something was lost: ").ok();
        assertEquals("300", Lab.query(database, ROWS));
    }
}
