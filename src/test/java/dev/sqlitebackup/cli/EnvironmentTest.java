package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.TypeConversionException;

class EnvironmentTest {
    @TempDir
    Path directory;

    private Environment environment(Map<String, String> variables) {
        return new Environment(
                variables,
                "/home/u",
                directory.resolve("repo/target"),
                directory.resolve("work/deep"),
                "/tmp",
                StandardStreams.ofProcess(),
                Clock.systemUTC());
    }

    private static Location local(Path path, boolean namedAsDirectory) {
        return new Location.Local(path, namedAsDirectory, Path.of("/home/u/.local/state/sqlite-backup"));
    }

    @Test
    void keepsWhatItKnowsInTheStateDirectoryOfTheXdgSpecificationOrNowhere() {
        assertEquals(
                new Location.Local(Path.of("d"), false, Path.of("/s/sqlite-backup")),
                environment(Map.of("XDG_STATE_HOME", "/s", "HOME", "/h")).location("d"));
        assertEquals(
                new Location.Local(Path.of("d"), false, Path.of("/h/.local/state/sqlite-backup")),
                environment(Map.of("XDG_STATE_HOME", "relative", "HOME", "/h")).location("d"));
        for (String home : new String[] {null, "", "?"}) {
            assertEquals(
                    new Location.Local(Path.of("d"), false),
                    new Environment(
                                    Map.of(),
                                    home,
                                    directory,
                                    directory,
                                    "/tmp",
                                    StandardStreams.ofProcess(),
                                    Clock.systemUTC())
                            .location("d"));
        }
    }

    @Test
    void takesTheDatabaseFromTheArgumentThenTheEnvironmentThenTheAssistant() {
        assertEquals(
                Path.of("x.db"), environment(Map.of("SQLITE_BACKUP_DB", "y.db")).database(Path.of("x.db")));
        assertEquals(
                Path.of("y.db"), environment(Map.of("SQLITE_BACKUP_DB", "y.db")).database(null));
        assertEquals(
                Path.of("/data/opencode/opencode.db"),
                environment(Map.of("XDG_DATA_HOME", "/data")).database(null));
        assertEquals(
                Path.of("/home/u/.local/share/opencode/opencode.db"),
                environment(Map.of("SQLITE_BACKUP_DB", "")).database(null));
    }

    @Test
    void aHyphenIsAPipeWhereABackupIsNamedAndNoFile() {
        Environment environment = environment(Map.of("SQLITE_BACKUP_DB", "-", "SQLITE_BACKUP_TO", "-"));
        Location pipe = environment.location("-");
        assertTrue(pipe instanceof Location.Pipe);
        assertEquals(pipe, environment.backup(null, Path.of("x.db"), null));
        assertEquals(local(Path.of("./-"), false), environment.location("./-"));
        assertEquals(local(Path.of("-"), true), environment.location("-/"));
        assertEquals(Path.of("./-"), environment.argument("./-"));
        for (Executable refused : List.<Executable>of(
                () -> environment.argument("-"),
                () -> environment.database(null),
                () -> environment.place(pipe, null, null),
                () -> environment.place(null, null, null))) {
            assertEquals(
                    Failure.Kind.USAGE, assertThrows(Failure.class, refused).kind());
        }
    }

    @Test
    void takesTheDestinationFromTheArgumentThenTheEnvironmentThenTheRepository() throws IOException {
        Path database = Path.of("/d/opencode.db");
        assertEquals(
                Location.file(Path.of("x.gz")),
                environment(Map.of("SQLITE_BACKUP_TO", "y.gz"))
                        .destination(Location.file(Path.of("x.gz")), database, null));
        assertEquals(
                local(Path.of("d"), true),
                environment(Map.of("SQLITE_BACKUP_TO", "d/")).destination(null, database, null));
        assertEquals(
                local(Path.of("y.gz"), false),
                environment(Map.of("SQLITE_BACKUP_TO", "y.gz")).destination(null, database, null));
        assertEquals(
                Failure.Kind.USAGE,
                assertThrows(Failure.class, () -> environment(Map.of()).destination(null, database, null))
                        .kind());
        Files.createDirectories(directory.resolve("work/.git"));
        assertEquals(
                local(directory.resolve("work/backups/opencode.db.gz"), false),
                environment(Map.of()).destination(null, database, null));
        Files.createDirectories(directory.resolve("repo"));
        Files.createFile(directory.resolve("repo/.git")); // A worktree or submodule has a file there.
        assertEquals(
                local(directory.resolve("repo/backups/opencode.db.gz"), false),
                environment(Map.of()).destination(null, database, null));
    }

    @Test
    void expandsTheHomeDirectoryWhereNoShellDoes() {
        Environment environment = environment(Map.of("HOME", "/home/u"));
        assertEquals(local(Path.of("/home/u/backups"), true), environment.location("~/backups/"));
        assertEquals(Path.of("/home/u/app.db"), environment.argument("~/app.db"));
        assertEquals(Path.of("./~/app.db"), environment.argument("./~/app.db"));
    }

    @Test
    void readsDurations() {
        assertEquals(Duration.ofSeconds(30), Converters.duration("30s"));
        assertEquals(Duration.ofMinutes(5), Converters.duration("5m"));
        assertEquals(Duration.ofHours(24), Converters.duration("24h"));
        assertEquals(Duration.ofDays(14), Converters.duration("2w"));
        for (String wrong : new String[] {"", "5", "m", "-5m", "5 m", "5y", "1.5h", "99999999999d"}) {
            assertThrows(TypeConversionException.class, () -> Converters.duration(wrong), wrong);
        }
    }

    @Test
    void readsTimesAsRfc3339AsTheEndOfALocalDayOrMinuteOrAsADurationAgo() {
        Clock clock = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneId.of("Europe/Berlin"));
        assertEquals(Instant.parse("2026-11-22T23:22:33Z"), Converters.notAfter("2026-11-22T23:22:33Z", clock));
        assertEquals(
                Instant.parse("2026-11-22T22:22:33.5Z"), Converters.notAfter("2026-11-22T23:22:33.5+01:00", clock));
        assertEquals(Instant.parse("2026-11-22T22:59:59.999999999Z"), Converters.notAfter("2026-11-22", clock));
        assertEquals(
                Instant.parse("2026-10-25T22:59:59.999999999Z"),
                Converters.notAfter("2026-10-25", clock),
                "a day of 25 hours");
        assertEquals(
                Instant.parse("2026-03-29T21:59:59.999999999Z"),
                Converters.notAfter("2026-03-29", clock),
                "a day of 23 hours");
        assertEquals(Instant.parse("2026-11-20T12:00:00Z"), Converters.notAfter("3d", clock));
        assertEquals(
                Instant.parse("2026-11-22T23:22:33Z"),
                Converters.notAfter("20261122T232233Z", clock),
                "as it stands in the names of backups");
        assertEquals(Instant.parse("2026-11-22T22:59:59.999999999Z"), Converters.notAfter("yesterday", clock));
        for (String minute : List.of("2026-11-22T12:00", "2026-11-22 12:00", "2026-11-22 12:00 +01:00")) {
            assertEquals(Instant.parse("2026-11-22T11:00:59.999999999Z"), Converters.notAfter(minute, clock), minute);
        }
        for (String second : List.of(
                "2026-11-22T12:00:05", "2026-11-22 12:00:05", "2026-11-22 11:00:05 UTC", "2026-11-22t11:00:05z")) {
            assertEquals(Instant.parse("2026-11-22T11:00:05Z"), Converters.notAfter(second, clock), second);
        }
        for (String wrong : List.of(
                "",
                "today",
                "Yesterday",
                "2026-13-01",
                "2026-02-30",
                "2026-11-22 24:00",
                "2026-11-22 12",
                "12:00",
                "2026-11-22  12:00",
                "2026-11-22 12:00 CET",
                "2026-11-22 12:00 +19:00",
                "-3d",
                "3 d")) {
            assertThrows(TypeConversionException.class, () -> Converters.notAfter(wrong, clock), wrong);
        }
    }

    @Test
    void takesTheLaterOfTwoLocalTimesAndTheEndOfAGapForOneThatThereIsNot() {
        Clock clock = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneId.of("Europe/Berlin"));
        assertEquals(Instant.parse("2026-10-25T01:30:05Z"), Converters.notAfter("2026-10-25 02:30:05", clock), "twice");
        assertEquals(Instant.parse("2026-10-25T00:30:05Z"), Converters.notAfter("2026-10-25 02:30:05+02:00", clock));
        assertEquals(Instant.parse("2026-10-25T01:59:59.999999999Z"), Converters.notAfter("2026-10-25 02:59", clock));
        assertEquals(Instant.parse("2026-10-25T02:00:59.999999999Z"), Converters.notAfter("2026-10-25 03:00", clock));
        for (String passedOver : List.of("2026-03-29 02:00", "2026-03-29 02:30:05", "2026-03-29 02:59")) {
            assertEquals(Instant.parse("2026-03-29T01:00:00Z"), Converters.notAfter(passedOver, clock), passedOver);
        }
        assertEquals(Instant.parse("2026-03-29T00:59:59.999999999Z"), Converters.notAfter("2026-03-29 01:59", clock));
        Clock afterTheGap = Clock.fixed(Instant.parse("2026-03-29T22:30:00Z"), ZoneId.of("Europe/Berlin"));
        assertEquals(
                Instant.parse("2026-03-29T21:59:59.999999999Z"),
                Converters.notAfter("yesterday", afterTheGap),
                "the day before, where it is after midnight here and not in UTC");
    }

    @Test
    void printsSizesInDecimalUnits() {
        assertEquals("0 B", Legible.size(0));
        assertEquals("999 B", Legible.size(999));
        assertEquals("1.0 kB", Legible.size(1000));
        assertEquals("343.0 MB", Legible.size(343_012_345));
        assertEquals("1.0 GB", Legible.size(999_960_000));
    }

    @Test
    void letsNoControlCharacterReachATerminal() {
        assertEquals("a\\u001b[31m\\nb\\u202ec é🗄", Output.escape("a\u001b[31m\nb\u202ec é🗄"));
    }
}
