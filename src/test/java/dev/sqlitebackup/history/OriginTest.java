package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.Host;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OriginTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final String OTHER_HOST = "other/0123abcd";

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Location place;

    @BeforeEach
    void setUp() throws IOException {
        lab = new Lab(directory);
        Files.createDirectories(lab.path("home"));
        database = lab.database("home/app.db", "delete", 3, "g");
        place = new Location.Local(lab.path("history"), true);
    }

    private static State.Source source(String path, String host) {
        return new State.Source("app.db", path, host, null, null, null);
    }

    private static State state(State.Source source) {
        return State.confirmed(NOON, NOON, FileIdentity.UNKNOWN, null).from(source);
    }

    private List<String> refuse(State.Source noted, String said) {
        return Origin.refuseAnother(
                state(noted),
                database,
                said == null ? "app.db" : said,
                place,
                said == null ? Origin.Claim.NAMED : Origin.Claim.TYPED);
    }

    // ---- which it is

    @Test
    void isTheSameWhereNothingElseIsNoted() {
        assertEquals(Origin.SAME, Origin.of(null, database));
        assertEquals(Origin.SAME, Origin.of(source(null, Host.id()), database));
        assertEquals(Origin.SAME, Origin.of(source(database.toString(), Host.id()), database));
        assertEquals(Origin.SAME, Origin.of(source(database.toString(), null), database), "an older version's note");
        assertEquals(List.of(), Origin.refuseAnother(null, database, "app.db", place, Origin.Claim.FOUND));
        assertEquals(List.of(), refuse(null, null));
    }

    @Test
    void isTheSameUnderAnotherNameOfTheFile() throws IOException {
        Path link = Files.createLink(lab.path("link.db"), database);
        assertEquals(Origin.SAME, Origin.of(source(link.toString(), Host.id()), database));
    }

    @Test
    void isAnotherOnlyWhereADatabaseIs() throws IOException {
        Path other = lab.database("other.db", "delete", 3, "g");
        assertEquals(Origin.ANOTHER, Origin.of(source(other.toString(), Host.id()), database));
        Lab.write(other, "no database any more");
        assertEquals(Origin.MOVED, Origin.of(source(other.toString(), Host.id()), database));
        Files.delete(other);
        assertEquals(Origin.MOVED, Origin.of(source(other.toString(), Host.id()), database));
        assertEquals(Origin.MOVED, Origin.of(source(directory.toString(), Host.id()), database));
        assertEquals(Origin.OTHER_HOST, Origin.of(source(database.toString(), OTHER_HOST), database));
    }

    // ---- what follows

    @Test
    void warnsOfADatabaseThatHasMoved() {
        assertEquals(
                List.of(lab.path("gone.db") + ", whose backups are called app.db at " + place
                        + ", is no database any more: they are continued with " + database),
                refuse(source(lab.path("gone.db").toString(), Host.id()), null));
    }

    @Test
    void refusesToGoOnWithOneThatWasFoundAndNotNamed() {
        State noted = state(source(lab.path("gone.db").toString(), Host.id()));
        Failure failure = Expect.failure(
                Failure.Kind.USAGE,
                "the backups called app.db at " + place + " are of " + lab.path("gone.db")
                        + ", where no database is any more, and " + database + " was found, not named",
                () -> Origin.refuseAnother(noted, database, "app.db", place, Origin.Claim.FOUND));
        assertTrue(failure.hint().contains("say so once: sqlite-backup backup " + database), failure.hint());
    }

    @Test
    void anEmptiedOrZeroedFileIsGoneToo() throws IOException {
        State.Source noted = source(database.toString(), Host.id());
        assertNull(Origin.gone(noted, database));
        Files.write(database, new byte[8192]);
        assertEquals(database, Origin.gone(noted, database));
        Files.write(database, new byte[0]);
        assertEquals(database, Origin.gone(noted, database));
    }

    @Test
    void aFileThatIsCutShortIsGoneUnlessALogMayHoldTheRest() throws IOException {
        State.Source noted = source(database.toString(), Host.id());
        Lab.sql(database, "CREATE TABLE wide AS SELECT randomblob(50000)");
        byte[] whole = Files.readAllBytes(database);
        Files.write(database, Arrays.copyOf(whole, 4096));
        assertEquals(database, Origin.gone(noted, database));
        for (String sidecar : List.of("-wal", "-journal")) {
            Path beside = database.resolveSibling("app.db" + sidecar);
            Lab.write(beside, "frames");
            assertNull(Origin.gone(noted, database), sidecar);
            Files.delete(beside);
        }
        Files.write(database, whole);
        assertNull(Origin.gone(noted, database));
    }

    @Test
    void whatIsNoFileIsGone() throws IOException {
        Files.delete(database);
        Tools.sh("mkfifo \"$1\"", database).ok();
        assertEquals(database, Origin.gone(source(database.toString(), Host.id()), database));
    }

    @Test
    void warnsOfAnotherHostUnlessTheSamePathIsNamed() {
        assertEquals(List.of(), refuse(source(database.toString(), OTHER_HOST), "app.db"));
        for (String said : new String[] {null, "wiki.db"}) {
            assertEquals(
                    List.of("the backups called app.db at " + place + " were last made of " + database
                            + " on the host other, and are continued with " + database
                            + "; if that is another database: give this one a name of its own, in every command: "
                            + "sqlite-backup backup " + database + " --to=" + place + " --name=home-app.db"
                            + "; if it is the same one, --name=app.db says so"),
                    refuse(source(database.toString(), OTHER_HOST), said));
        }
        assertEquals(
                1, refuse(source("/elsewhere/app.db", OTHER_HOST), "app.db").size());
    }

    @Test
    void refusesAnotherDatabaseThatIsStillThereUnlessItsNameIsSaid() throws IOException {
        Path other = lab.database("other.db", "delete", 3, "g");
        State.Source noted = source(other.toString(), Host.id());
        Failure failure = Expect.failure(
                Failure.Kind.USAGE,
                place + " holds the backups of another database that is called app.db: " + other + ", and this one is "
                        + database,
                () -> refuse(noted, null));
        assertEquals(
                "give this one a name of its own, in every command: sqlite-backup backup " + database + " --to=" + place
                        + " --name=home-app.db; only if it is the same database, which has moved (its backups are "
                        + "then continued with this one): sqlite-backup backup " + database + " --to=" + place
                        + " --name=app.db",
                failure.hint());
        assertEquals(
                List.of("the backups called app.db at " + place + " were of " + other
                        + ", which is still there, and are continued with " + database),
                refuse(noted, "app.db"));
        // Of a note without a name, the name at the place counts.
        assertEquals(
                1,
                refuse(new State.Source(null, other.toString(), Host.id(), null, null, null), "app.db")
                        .size());
    }

    // ---- a name of its own

    private void taken(String... names) {
        for (String name : names) {
            Lab.write(lab.path("history/" + BackupName.full(name, NOON, 1).fileName()), "taken");
        }
    }

    @Test
    void suggestsAFileOfItsOwnBesideASingleFile() {
        assertEquals(
                "give this one a file of its own: sqlite-backup backup " + database + " --to=" + directory
                        + "/home-app.db.gz",
                Origin.ownName(database, Location.file(lab.path("b.gz"))));
    }

    @Test
    void suggestsANameThatIsFreeInAHistory() throws IOException {
        Files.createDirectories(lab.path("history"));
        taken("app.db", "home-app.db");
        String parent = directory.getFileName().toString();
        assertEquals(
                "give this one a name of its own, in every command: sqlite-backup backup " + database + " --to=" + place
                        + " --name=" + parent + "-home-app.db",
                Origin.ownName(database, place));
        taken("app.db", "2-app.db");
        assertEquals(
                "give this one a name of its own, in every command: sqlite-backup backup /app.db --to=" + place
                        + " --name=3-app.db",
                Origin.ownName(Path.of("/app.db"), place));
    }

    @Test
    void saysTheNameThatItHasInAHistoryAlready() throws IOException {
        Files.createDirectories(lab.path("history"));
        taken("app.db", "wiki.db");
        try (StateFile.Turn turn = StateFile.of(place.store(), "wiki.db").lock(Duration.ZERO)) {
            turn.write(state(source(database.toString(), Host.id())));
        }
        assertEquals(
                "its backups are called wiki.db there: sqlite-backup backup " + database + " --to=" + place
                        + " --name=wiki.db",
                Origin.ownName(database, place));
    }
}
