package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.SeveralDatabases;
import dev.sqlitebackup.testing.SeveralDatabases.Deleted;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * On the packaged program: a transaction over two databases, killed, in a directory that the application sees under
 * another path.
 */
class SuperJournalIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Lab asTheApplication;
    private Path real;
    private Path app;

    @BeforeEach
    void makeLab() throws IOException {
        Tools.requireRoot();
        lab = new Lab(directory.toRealPath());
        real = Files.createDirectory(lab.path("real"));
        app = Files.createDirectory(lab.path("app"));
        asTheApplication = lab.within(
                "unshare", "-m", "bash", "-euc", "mount --bind \"$1\" \"$2\"; shift 2; exec \"$@\"", "sh", real, app);
        SeveralDatabases.make(real);
        lab.json(0, "backup", lab.database("source.db", "delete", 3, "backed up"), "--to=good.gz");
    }

    @ParameterizedTest
    @EnumSource(
            value = Deleted.class,
            names = {"SUPER_JOURNAL", "JOURNAL_OF_APP"})
    void refusesByAPathThatDoesNotShowTheSuperJournalAndChangesNothing(Deleted next) throws IOException {
        SeveralDatabases.crash(real, app, next);
        Map<String, String> before = lab.contents("real");
        for (String name : List.of("app.db", "other.db")) {
            assertRefused("backup", real.resolve(name), "--to=b.gz");
            assertRefused("backup", real.resolve(name), "--to=b.gz", "--compact");
            assertRefused("restore", "good.gz", "--to=" + real.resolve(name));
            assertRefused("restore", "good.gz", "--to=" + real.resolve(name), "--live");
            assertRefused("restore", "good.gz", "--to=" + real.resolve(name), "--dry-run");
        }
        assertEquals(before, lab.contents("real"));
        assertTrue(Files.notExists(lab.path("b.gz")));
        assertEquals(List.of(), lab.litter());
    }

    private void assertRefused(Object... arguments) {
        JsonObject said = lab.json(1, arguments);
        assertTrue(
                said.get("message")
                        .getAsString()
                        .contains("belongs to a transaction over several databases, whose super-journal " + app
                                + "/app.db-mj"),
                said.toString());
        assertTrue(
                said.get("message")
                        .getAsString()
                        .endsWith("is not to be seen under this path, so nobody can tell whether it was committed"),
                said.toString());
        assertEquals(
                "name the database by the path that the application uses, or open it once with the application",
                said.get("hint").getAsString());
    }

    @ParameterizedTest
    @EnumSource(
            value = Deleted.class,
            names = {"SUPER_JOURNAL", "JOURNAL_OF_APP"})
    void byTheApplicationsPathBackupsHoldTheSameStateAndARestoreLeavesTheOtherDatabaseItsWayBack(Deleted next)
            throws IOException {
        SeveralDatabases.crash(real, app, next);
        Map<String, String> before = lab.contents("real");
        String whole = next == Deleted.SUPER_JOURNAL ? "old" : "new";
        for (String name : List.of("app.db", "other.db")) {
            asTheApplication.json(0, "backup", app.resolve(name), "--to=" + name + ".gz");
            lab.json(0, "restore", name + ".gz", "--to=restored-" + name);
            assertEquals(whole, Lab.query(lab.path("restored-" + name), "SELECT state FROM t"));
        }
        assertEquals(before, lab.contents("real"));
        asTheApplication.json(0, "restore", "good.gz", "--to=" + app.resolve("app.db"));
        asTheApplication.json(0, "backup", app.resolve("other.db"), "--to=after.gz");
        lab.json(0, "restore", "after.gz", "--to=restored-after.db");
        assertEquals(whole, Lab.query(lab.path("restored-after.db"), "SELECT state FROM t"));
    }
}
