package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetyCopiesTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final String AT_NOON = "app.db.pre-restore-20261122120000";

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void nameDatabase() {
        database = directory.resolve("app.db");
    }

    private Path write(String name, String content) {
        Lab.write(directory.resolve(name), content);
        return directory.resolve(name);
    }

    private String keep(String content) {
        return SafetyCopies.keep(write("copy", content), database, NOON)
                .getFileName()
                .toString();
    }

    private List<String> names() {
        return SafetyCopies.list(database).stream().map(Backup::name).toList();
    }

    @Test
    void eachGetsANameOfItsOwnAndNoneIsEverOverwritten() throws IOException {
        for (String name : List.of(AT_NOON, AT_NOON + "-2", AT_NOON + "-3")) {
            Files.deleteIfExists(directory.resolve("copy"));
            assertEquals(name, keep("what became " + name));
        }
        for (Backup copy : SafetyCopies.list(database)) {
            assertEquals("what became " + copy.name(), Files.readString(Path.of(copy.location())));
        }
    }

    /** A file under that name would find the sidecars of another. */
    @Test
    void aNameIsNotFreeAsLongAsASidecarHasIt() throws IOException {
        assertEquals(directory.resolve(AT_NOON), SafetyCopies.freeName(database, NOON));
        write(AT_NOON, "copy");
        write(AT_NOON + "-2-journal", "left");
        Files.createSymbolicLink(directory.resolve(AT_NOON + "-3-wal"), directory.resolve("nowhere"));
        assertEquals(directory.resolve(AT_NOON + "-4"), SafetyCopies.freeName(database, NOON));
    }

    @Test
    void areListedNewestFirstAndWithNothingThatIsNot() throws IOException {
        for (String suffix : List.of(
                "20261122120000", "20261122120000-10", "20261122120000-2", "20251231235959", "20270101000000")) {
            write("app.db.pre-restore-" + suffix, suffix);
        }
        // Of other databases, of no time that there is, with numbers that are never given, and no files.
        for (String name : List.of(
                "a",
                "app.db",
                "app.db-wal",
                "xpp.db.pre-restore-20261122120000",
                "app.dbx.pre-restore-20261122120000",
                "app.db.pre-restore-20260231000000",
                "app.db.pre-restore-mine",
                AT_NOON + "-0",
                AT_NOON + "-1",
                AT_NOON + "-02",
                AT_NOON + "-1234567890",
                AT_NOON + "-wal",
                AT_NOON + ".bak")) {
            write(name, name);
        }
        Files.createDirectory(directory.resolve(AT_NOON + "-7"));
        Files.createSymbolicLink(directory.resolve(AT_NOON + "-8"), database);

        assertEquals(
                List.of(
                        "app.db.pre-restore-20270101000000",
                        AT_NOON + "-10",
                        AT_NOON + "-2",
                        AT_NOON,
                        "app.db.pre-restore-20251231235959"),
                names());
        Backup tenth = SafetyCopies.list(database).get(1);
        assertEquals(
                new Backup(
                        directory.resolve(AT_NOON + "-10").toString(),
                        AT_NOON + "-10",
                        "app.db",
                        NOON,
                        10,
                        17,
                        17L,
                        null),
                tenth);
        assertEquals(1, SafetyCopies.list(database).get(3).number());
        Instant newYear = Instant.parse("2027-01-01T00:00:00Z");
        assertNewest("app.db.pre-restore-20270101000000", null, newYear);
        assertNewest(AT_NOON + "-10", "app.db.pre-restore-20270101000000", newYear.minusNanos(1));
        assertNewest("app.db.pre-restore-20251231235959", "app.db.pre-restore-20270101000000", NOON.minusNanos(1));
        assertNewest("app.db.pre-restore-20270101000000", "app.db.pre-restore-20270101000000", Instant.EPOCH);
    }

    /** @param named in the only warning, null where there is none */
    private void assertNewest(String expected, String named, Instant now) {
        BackupSource newest = SafetyCopies.newest(database, null, now);
        assertEquals(directory.resolve(expected).toString(), newest.location());
        assertEquals(named == null ? 0 : 1, newest.warnings().size());
        if (named != null) {
            assertTrue(
                    newest.warnings().get(0).startsWith(directory.resolve(named) + " is dated after now"),
                    newest.warnings().get(0));
            assertEquals(expected.equals(named), newest.warnings().get(0).endsWith("there is no other safety copy"));
        }
    }

    @Test
    void withoutOneThereIsNothingToUndo() {
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no safety copy of " + database + ", so there is nothing to undo",
                () -> SafetyCopies.newest(database, null, NOON));
        Path nowhere = directory.resolve("nowhere/app.db");
        Expect.failure(Failure.Kind.NOT_FOUND, "nothing to undo", () -> SafetyCopies.newest(nowhere, null, NOON));
    }

    /** A database may be gone or damaged while its copies are there; one that has none has to be one. */
    @Test
    void whatHasNoneHasToBeADatabase() {
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no directory, backup or database at " + database,
                () -> SafetyCopies.listOrRefuse(database));
        write("app.db", "damaged");
        Expect.failure(
                Failure.Kind.FAILURE,
                "neither a backup nor a SQLite database: " + database,
                () -> SafetyCopies.listOrRefuse(database));
        Path copy = write(AT_NOON + "-2", "copy");
        assertEquals(
                List.of(AT_NOON + "-2"),
                SafetyCopies.listOrRefuse(database).stream().map(Backup::name).toList());
        assertTrue(Expect.failure(
                        Failure.Kind.USAGE, "this is itself a safety copy", () -> SafetyCopies.listOrRefuse(copy))
                .hint()
                .endsWith("name the database, " + database));

        Path other = directory.resolve("other.db");
        Lab.sql(other, "CREATE TABLE t(a)");
        assertEquals(List.of(), SafetyCopies.listOrRefuse(other));
    }

    @Test
    void goWithTheirSidecarsAndWithNothingElse() throws IOException {
        for (String name : List.of(
                AT_NOON,
                AT_NOON + "-wal",
                AT_NOON + "-shm",
                AT_NOON + "-journal",
                AT_NOON + "-2",
                AT_NOON + "-2-wal",
                "app.db",
                "app.db-wal")) {
            write(name, "");
        }
        SafetyCopies.delete(directory.resolve(AT_NOON));
        assertEquals(
                List.of("app.db", "app.db-wal", AT_NOON + "-2", AT_NOON + "-2-wal"),
                new Lab(directory)
                        .files("app.db").stream()
                                .map(file -> file.getFileName().toString())
                                .toList());
    }
}
