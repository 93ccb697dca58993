package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.Host;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseNamesTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final String OTHER_HOST = "other/0123abcd";

    @TempDir
    Path directory;

    private Lab lab;
    private Path history;

    @BeforeEach
    void setUp() throws IOException {
        lab = new Lab(directory);
        history = Files.createDirectories(lab.path("history"));
    }

    private void backup(String name) {
        Lab.write(history.resolve(BackupName.full(name, NOON, 1).fileName()), "a backup");
    }

    /** A backup of that name, and what the last run noted of its database. */
    private void backup(String name, String path, String host) {
        backup(name);
        note(
                name,
                State.confirmed(NOON, NOON, FileIdentity.UNKNOWN, null)
                        .from(new State.Source(name, path, host, null, null, null)));
    }

    private void note(String name, State state) {
        try (StateFile.Turn turn = StateFile.of(location().store(), name).lock(Duration.ZERO)) {
            turn.write(state);
        }
    }

    private Location location() {
        return new Location.Local(history, true);
    }

    private DatabaseNames names() {
        return location().history().names();
    }

    private String choose(String name, Path database) {
        return names().choose(new DatabaseChoice(name, database, true));
    }

    // ---- choose

    @Test
    void theNameThatWasSaidDecidesIfThereIsOne() {
        backup("app.db");
        backup("wiki.db");
        assertEquals("wiki.db", choose("wiki.db", lab.path("app.db")));
        Failure failure = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup of a database called x.db in " + history,
                () -> choose("x.db", lab.path("app.db")));
        assertEquals("there are: --name=app.db or --name=wiki.db", failure.hint());
    }

    @Test
    void theOnlyOneIsMeantWhateverTheDatabaseIsCalled() {
        backup("app.db");
        assertEquals("app.db", choose(null, lab.path("x.db")));
    }

    @Test
    void ofSeveralTheOneOfThatNameIsMeantAndElseNobodyKnows() {
        backup("app.db");
        backup("wiki.db");
        assertEquals("app.db", choose(null, lab.path("app.db")));
        Failure none = Expect.failure(
                Failure.Kind.USAGE,
                "several databases are backed up in " + history + " (app.db, wiki.db)",
                () -> choose(null, lab.path("x.db")));
        assertFalse(none.getMessage().contains("x.db"), none.getMessage());
        assertEquals("say which: --name=app.db or --name=wiki.db", none.hint());
        Lab.sql(lab.path("x.db"), "CREATE TABLE t(a)");
        Expect.failure(
                Failure.Kind.USAGE, "(app.db, wiki.db), and none is called x.db", () -> choose(null, lab.path("x.db")));
        backup("other-app.db", "/elsewhere/app.db", OTHER_HOST);
        Expect.failure(
                Failure.Kind.USAGE, "and more than one was called app.db", () -> choose(null, lab.path("app.db")));
    }

    @Test
    void saysWhereThereIsNoHistory() {
        Failure empty = Expect.failure(
                Failure.Kind.NOT_FOUND, "there is no history in " + history, () -> choose(null, lab.path("app.db")));
        assertEquals("make a backup first, or name another directory", empty.hint());
        Lab.write(history.resolve("b.gz"), "a single one");
        Failure single = Expect.failure(
                Failure.Kind.NOT_FOUND, "there is no history in " + history, () -> choose(null, lab.path("app.db")));
        assertEquals("name the backup itself: " + history.resolve("b.gz"), single.hint());
    }

    // ---- nameOf

    @Test
    void theNameIsThatOfTheDatabaseThatLiesThere() throws IOException {
        Path app = lab.database("app.db", "delete", 3, "g");
        backup("app.db", lab.database("other.db", "delete", 3, "g").toString(), Host.id());
        backup("wiki.db", app.toString(), Host.id());
        assertEquals("wiki.db", names().nameOf(app));
    }

    @Test
    void aNoteOfThisHostGoesBeforeOneOfAnother() throws IOException {
        Path app = lab.database("app.db", "delete", 3, "g");
        backup("a.db", app.toString(), OTHER_HOST);
        backup("b.db", app.toString(), Host.id());
        assertEquals("b.db", names().nameOf(app));
        backup("b.db", app.toString(), OTHER_HOST);
        assertNull(names().nameOf(app), "two hosts, and neither is this one");
        backup("b.db", "/elsewhere/b.db", OTHER_HOST);
        assertEquals("a.db", names().nameOf(app));
    }

    @Test
    void theFileNameCountsUnlessItMayBeAnothers() throws IOException {
        Path app = lab.path("app.db");
        backup("app.db");
        assertEquals("app.db", names().nameOf(app), "the only one");
        backup("wiki.db");
        assertEquals("app.db", names().nameOf(app));
        assertNull(names().nameOf(lab.path("x.db")));
        backup("other-app.db", "/elsewhere/app.db", OTHER_HOST);
        assertNull(names().nameOf(app), "either may be it");
        backup("other-app.db", lab.database("there.db", "delete", 3, "g").toString(), Host.id());
        assertEquals("app.db", names().nameOf(app), "that one is called otherwise");
        Files.createDirectories(lab.path("deep"));
        backup("other-app.db", lab.database("deep/app.db", "delete", 3, "g").toString(), Host.id());
        assertEquals("app.db", names().nameOf(app), "that one is there, and is not this one");
    }

    // ---- what is noted

    @Test
    void mayBeOfWhatLiesThereOrIsCalledSoAndNotedNowhereElse() throws IOException {
        Path app = lab.database("app.db", "delete", 3, "g");
        backup("app.db");
        assertTrue(names().mayBeOf("app.db", app));
        assertFalse(names().mayBeOf("wiki.db", app));
        backup("wiki.db", app.toString(), OTHER_HOST);
        assertTrue(names().mayBeOf("wiki.db", app));
        backup("app.db", lab.database("other.db", "delete", 3, "g").toString(), Host.id());
        assertFalse(names().mayBeOf("app.db", app));
    }

    @Test
    void namesThePathOfAnotherDatabaseOnlyWhereOneIsNoted() throws IOException {
        Path app = lab.database("app.db", "delete", 3, "g");
        Path other = lab.database("other.db", "delete", 3, "g");
        backup("app.db");
        assertNull(names().pathOfAnother("app.db", app));
        backup("app.db", other.toString(), Host.id());
        assertEquals(other.toString(), names().pathOfAnother("app.db", app));
        backup("app.db", app.toString(), Host.id());
        assertNull(names().pathOfAnother("app.db", app));
        backup("app.db", app.toString(), OTHER_HOST);
        assertNull(names().pathOfAnother("app.db", app), "the same path, in a container perhaps");
        backup("app.db", null, Host.id());
        assertNull(names().pathOfAnother("app.db", app));
    }

    @Test
    void saysOfABackupThatItIsFromAfterTheDatabaseShrank() {
        backup("app.db");
        String before = BackupName.full("app.db", NOON, 1).fileName();
        note(
                "app.db",
                State.confirmed(NOON, NOON, FileIdentity.UNKNOWN, null)
                        .shrunkFrom(new State.Shrunk(before, NOON.toString(), 1_234_567)));
        assertNull(names().shrunkBefore(backup(before, NOON)), "the last one from before");
        assertNull(names().shrunkBefore(backup("app-older.gz", NOON.minusSeconds(1))));
        assertEquals(
                "this backup was made after the database had shrunk from 1,234,567 bytes in use; the last one from "
                        + "before: " + history.resolve(before),
                names().shrunkBefore(backup("app-newer.gz", NOON)));
        note("app.db", State.confirmed(NOON, NOON, FileIdentity.UNKNOWN, null));
        assertNull(names().shrunkBefore(backup("app-newer.gz", NOON)));
    }

    private Backup backup(String name, Instant createdAt) {
        return new Backup(history.resolve(name).toString(), name, "app.db", createdAt, 1, 1, 1L, null);
    }

    @Test
    void whatIsForgottenIsReadAgain() {
        backup("app.db", "/a", Host.id());
        History read = location().history();
        assertEquals("/a", read.names().noted("app.db").source().path());
        backup("app.db", "/b", Host.id());
        assertEquals("/a", read.names().noted("app.db").source().path());
        read.forget();
        assertEquals("/b", read.names().noted("app.db").source().path());
    }
}
