package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Names;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** On the packaged program: a database whose log does not lie beside the name by which it is seen. */
class HiddenLogIT {
    private static final int ROWS = 500;
    private static final String SOON = "--busy-timeout=0s";

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeLab() throws IOException {
        Tools.requireRoot();
        Tools.require("unshare", "mount");
        lab = new Lab(directory.toRealPath());
        Files.createDirectory(lab.path("app"));
        lab.json(0, "backup", lab.database("source.db", "wal", 50, "backed up"), "--to=good.gz");
    }

    private Path database(String journalMode) {
        database = lab.database("app/live.db", journalMode, ROWS, "live");
        return database;
    }

    /** How the application came to lose sight of its own log, or we of it. */
    enum Hidden {
        LINK(Names.LINK),
        LINK_ELSEWHERE(Names.LINK_ELSEWHERE),
        MOUNT_ELSEWHERE(Names.MOUNT_ELSEWHERE),
        WAL_REMOVED(Names.OWN_ELSEWHERE),
        WAL_AND_SHM_REMOVED(Names.OWN_ELSEWHERE),
        REMOVED_AND_MADE_ANEW(Names.OWN_ELSEWHERE),
        STALE_LOG_BESIDE_US(Names.LINK_ELSEWHERE),
        STALE_WAL_BESIDE_US(Names.MOUNT_ELSEWHERE);

        private final Names name;

        Hidden(Names name) {
            this.name = name;
        }

        void hide(Path database, Path name) throws IOException {
            Path wal = Path.of(database + "-wal");
            Path shm = Path.of(database + "-shm");
            switch (this) {
                case WAL_REMOVED -> Files.delete(wal);
                case WAL_AND_SHM_REMOVED -> {
                    Files.delete(wal);
                    Files.delete(shm);
                }
                case REMOVED_AND_MADE_ANEW -> {
                    Files.delete(wal);
                    Files.delete(shm);
                    Lab.query(
                            database, "SELECT count(*) FROM t"); // Cannot checkpoint and remove what it made, since the
                    // application
                    // holds SHARED.
                    assertTrue(Files.exists(wal) && Files.exists(shm));
                }
                case STALE_LOG_BESIDE_US -> {
                    Files.copy(wal, Path.of(name + "-wal"));
                    Files.copy(shm, Path.of(name + "-shm"));
                }
                case STALE_WAL_BESIDE_US -> Files.copy(wal, Path.of(name + "-wal"));
                default -> {}
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Hidden.class)
    void refusesWhereALiveLogIsNotBesideTheName(Hidden hidden) throws IOException {
        database("wal");
        Path name = hidden.name.of(lab, database);
        Lab there = hidden.name.lab(lab, database, name);
        try (Writer writer = Writer.start(database, "commit", "wal", 5000)) {
            hidden.hide(database, name);
            List<Path> before = new ArrayList<>(lab.files(""));
            assertRefused(there, "backup", name, "--to=b.gz", SOON);
            assertRefusedOnStandardOutput(there, name);
            assertRefused(there, "restore", "good.gz", "--to=" + name, SOON);
            assertRefused(there, "restore", "good.gz", "--to=" + name, "--live", SOON);
            before.add(lab.path(".b.gz.state"));
            assertEquals(before.stream().sorted().toList(), lab.files(""));
            assertEquals(List.of(), lab.litter());
            assertTrue(names(name.getParent()).noneMatch(file -> file.contains("pre-restore")));
            assertEquals(
                    List.of(),
                    writer.stop().stream()
                            .filter(line -> line.startsWith("error"))
                            .toList());
        }
        assertEquals(String.valueOf(ROWS), Lab.query(database, "SELECT count(*) FROM t WHERE generation = 'live'"));
    }

    private static Stream<String> names(Path directory) {
        return Stream.of(directory.toFile().list());
    }

    private static void assertRefused(Lab there, Object... arguments) {
        JsonObject said = there.json(1, arguments);
        assertTrue(
                said.get("message")
                        .getAsString()
                        .contains("that is not beside it: it opened the file by another path, or the -wal was "
                                + "removed under it"),
                said.toString());
        assertTrue(said.get("hint").getAsString().contains("by the path that the application uses"), said.toString());
        assertFalse(said.toString().contains("--live"), said.toString());
    }

    private static void assertRefusedOnStandardOutput(Lab there, Path name) {
        Tools.Ended ended = there.run("backup", name, "--to=-", SOON);
        assertEquals(1, ended.exitCode(), ended.err());
        assertEquals("", ended.out());
        assertTrue(ended.err().contains("that is not beside it"), ended.err());
    }

    @Test
    void namesTheProcessThatHasTheOtherNameOpen() throws IOException {
        database("wal");
        Path name = Names.LINK.of(lab, database);
        try (Writer writer = Writer.start(database, "idle", "wal", 0)) {
            String message =
                    lab.json(1, "backup", name, "--to=b.gz").get("message").getAsString();
            assertTrue(
                    message.startsWith("pid " + writer.pid() + " (java) uses a WAL or rollback journal of "), message);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Names.class,
            names = {"LINK", "MOUNT_ELSEWHERE"})
    void warnsWhereAFileHasOtherNamesAndNobodyHasItOpen(Names names) throws IOException {
        database("wal");
        Path name = names.of(lab, database);
        Lab there = names.lab(lab, database, name);
        assertWarned("back up by the path", there.json(0, "backup", name, "--to=b.gz"));
        Tools.Ended piped = there.run("backup", name, "--to=-");
        assertEquals(0, piped.exitCode());
        assertTrue(piped.err().contains("back up by the path that the application uses"), piped.err());
        assertWarned("restore by the path", there.json(0, "restore", "good.gz", "--to=" + name));
        assertWarned("restore by the path", there.json(0, "undo", name));
        assertWarned("restore by the path", there.json(0, "restore", "good.gz", "--to=" + name, "--live"));
        assertEquals("50", Lab.query(database, "SELECT count(*) FROM t WHERE generation = 'backed up'"));
    }

    private static void assertWarned(String what, JsonObject said) {
        assertTrue(
                StreamSupport.stream(said.getAsJsonArray("warnings").spliterator(), false)
                        .map(JsonElement::getAsString)
                        .anyMatch(warning -> warning.contains(what)),
                said.toString());
    }

    @Test
    void saysNothingOfOtherNamesWhereTheApplicationUsesThisOne() throws IOException {
        database("wal");
        Names.LINK.of(lab, database);
        try (Writer writer = Writer.start(database, "idle", "wal", 0)) {
            JsonObject said = lab.json(0, "backup", database, "--to=b.gz");
            assertFalse(said.has("warnings") && said.getAsJsonArray("warnings").size() > 0, said.toString());
        }
    }

    @Test
    void warnsOfAHotJournalThatMayLieBesideAnotherName() throws IOException {
        database("delete");
        Path name = Names.LINK.of(lab, database);
        try (Writer writer = Writer.start(database, "half", "delete", 0)) {
            writer.stop();
        }
        assertTrue(Files.size(Path.of(database + "-journal")) > 0);
        assertWarned("half a transaction", lab.json(0, "backup", name, "--to=b.gz"));
    }

    @Test
    void refusesAReadOnlyMountOfTheFileAlone() throws IOException {
        database("wal");
        Path name = Names.MOUNT_ELSEWHERE.of(lab, database);
        Lab there = Names.MOUNT_ELSEWHERE.readOnlyLab(lab, database, name);
        try (Writer writer = Writer.start(database, "commit", "wal", 5000)) {
            JsonObject said = there.json(1, "backup", name, "--to=b.gz", SOON);
            assertTrue(
                    said.get("message")
                            .getAsString()
                            .startsWith("cannot tell whether an application has a log of " + name),
                    said.toString());
            assertTrue(said.get("hint").getAsString().startsWith("mount its directory"), said.toString());
            assertRefused(Names.MOUNT.readOnlyLab(lab, database, name), "backup", name, "--to=b.gz", SOON);
        }
        assertFalse(Files.exists(lab.path("b.gz")));
    }

    @ParameterizedTest
    @EnumSource(
            value = Names.class,
            names = {"OWN", "LINK", "MOUNT_ELSEWHERE"})
    void refusesAWriterWithoutAJournalOnlyWhereTheFileHasOtherNames(Names names) throws IOException {
        database("delete");
        Path name = names.of(lab, database);
        Lab there = names.lab(lab, database, name);
        for (String journalMode : List.of("delete", "memory")) {
            try (Writer writer = Writer.start(database, "reserved", journalMode, 0)) {
                if (names.isOther()) {
                    assertRefused(there, "backup", name, "--to=b.gz", SOON);
                    assertRefused(there, "restore", "good.gz", "--to=" + name, "--live", SOON);
                } else {
                    there.json(0, "backup", name, "--to=b.gz", SOON);
                }
                writer.stop();
            }
        }
    }

    @Test
    void twoRunsOnAClosedDatabaseDoNotTakeEachOtherForAnApplication() throws IOException {
        database("wal");
        Names.LINK.of(lab, database);
        for (int round = 0; round < 2; round++) {
            List<Tools.Started> runs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                runs.add(lab.start("backup", database, "--to=b" + i + ".gz"));
            }
            for (Tools.Started run : runs) {
                Tools.await(run).ok();
            }
        }
        assertEquals(
                List.of(database.getFileName().toString()),
                names(database.getParent()).toList());
    }

    @Test
    void makesNoDatabaseBesideTheLogOfOneThatWasRemovedUnderItsApplication() throws IOException {
        database("wal");
        try (Writer writer = Writer.start(database, "idle", "wal", 0)) {
            Files.delete(database);
            JsonObject said =
                    Names.OWN_ELSEWHERE.lab(lab, database, database).json(13, "restore", "good.gz", "--to=" + database);
            assertTrue(
                    said.get("message").getAsString().startsWith("an application is using the database"),
                    said.toString());
        }
    }
}
