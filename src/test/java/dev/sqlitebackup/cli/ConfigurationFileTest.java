package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Lab;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class ConfigurationFileTest {
    @TempDir
    Path directory;

    private Environment environment() {
        return new Environment(
                Map.of("HOME", "/home/u", "XDG_CACHE_HOME", "/cache"),
                "/home/u",
                directory,
                directory,
                "/tmp",
                StandardStreams.ofProcess(),
                Clock.systemUTC());
    }

    private Configuration read(String text) {
        Lab.write(directory.resolve("c.toml"), text);
        return ConfigurationFile.read(directory.resolve("c.toml"), environment());
    }

    private String refused(String text) {
        Failure failure = assertThrows(Failure.class, () -> read(text));
        assertEquals(Failure.Kind.USAGE, failure.kind());
        return failure.getMessage().replace(directory.resolve("c.toml").toString(), "F");
    }

    @Test
    void aDatabaseHasItsOwnValuesAndElseThoseOfAllInTheOrderOfTheFile() {
        Configuration read = read("""
                to = "s3://bucket/all/"
                keep-daily = 7
                compact = true
                [databases."z.db"]
                path = "~/z.db"
                keep-last = 3
                [databases.a]
                path = "sub/../a.db"
                name = "other"
                to = "one.gz"
                [databases.m]
                path = "/m.db"
                to = "nas/"
                keep-daily = 9
                """);
        assertEquals(Map.of("to", "s3://bucket/all/", "keep-daily", "7", "compact", "true"), read.defaults());
        assertEquals(
                List.of(
                        new Configuration.Database(
                                "z.db",
                                Path.of("/home/u/z.db"),
                                Map.of(
                                        "to",
                                        "s3://bucket/all/",
                                        "keep-daily",
                                        "7",
                                        "compact",
                                        "true",
                                        "keep-last",
                                        "3")),
                        // A single file has no history, so the rules of all are not for it.
                        new Configuration.Database(
                                "other",
                                directory.resolve("a.db"),
                                Map.of("to", directory.resolve("one.gz").toString(), "compact", "true")),
                        new Configuration.Database(
                                "m",
                                Path.of("/m.db"),
                                Map.of("to", directory.resolve("nas") + "/", "keep-daily", "9", "compact", "true"))),
                read.databases());
    }

    @Test
    void everyKeyIsAnOptionOfSomeCommand() {
        Set<String> options = new HashSet<>();
        for (CommandLine command :
                SqliteBackup.commandLine(environment()).getSubcommands().values()) {
            options.addAll(command.getCommandSpec().optionsMap().keySet());
        }
        ConfigurationFile.OPTIONS.keySet().forEach(key -> assertTrue(options.contains("--" + key), key));
        // What does something else, does not end, or accepts what is wrong, is for a command line.
        for (String no : List.of("every", "allow-shrink", "yes", "live", "dry-run", "json", "full", "ping", "name")) {
            assertTrue(options.contains("--" + no), no);
            assertFalse(ConfigurationFile.OPTIONS.containsKey(no), no);
        }
    }

    @Test
    void whatIsWrongIsNamedWithItsLine() {
        assertEquals("F:2: unknown key keep-wekly; did you mean keep-weekly?", refused("level = 6\nkeep-wekly = 1\n"));
        assertEquals("F:3: unknown key tto; did you mean to?", refused("[databases.a]\npath = '/a'\ntto = '/b/'\n"));
        assertEquals("F:1: unknown key path", refused("path = '/a'\n").replaceFirst("; did.*", ""));
        assertEquals("F:1: the database a has no path", refused("[databases.a]\nto = '/b/'\n"));
        assertEquals("F:1: databases is no table", refused("databases = 1\n"));
        assertEquals("F:2: a is no table", refused("[databases]\na = 1\n"));
        assertEquals("F:1: level wants a number from 1 to 9, not \"6\"", refused("level = '6'\n"));
        assertEquals("F:1: level wants a number from 1 to 9, not 12", refused("level = 12\n"));
        assertEquals("F:1: threads wants a number from 1 to 64, not 0", refused("threads = 0\n"));
        assertEquals("F:1: keep-daily wants a number from 0 up, not -1", refused("keep-daily = -1\n"));
        assertEquals(
                "F:1: keep-within wants a duration, such as \"26w\": a whole number and h, d or w, not \"6m\"",
                refused("keep-within = '6m'\n"));
        assertEquals("F:1: allow-shrink is not for a configuration file", refused("allow-shrink = true\n"));
        assertEquals("F:1: live is not for a configuration file", refused("live = true\n"));
        assertEquals(
                "F:1: max-age wants a duration, such as \"24h\": a whole number and s, m, h, d or w, not \"6 hours\"",
                refused("max-age = '6 hours'\n"));
        assertEquals("F:1: compact wants true or false, not 1", refused("compact = 1\n"));
        assertEquals("F:1: keep-last wants a number from 0 up, not 99999999999", refused("keep-last = 99999999999\n"));
        assertTrue(refused("to = '-'\n").startsWith("F:1: to wants a place"));
        assertTrue(refused("to = \n").startsWith("F:1: "));
        assertTrue(refused("level = 1\nlevel = 2\n").startsWith("F:2: "));
        Failure dotted = assertThrows(Failure.class, () -> read("[databases.wiki.db]\npath = '/a'\n"));
        assertTrue(
                dotted.getMessage().endsWith("the database wiki has no path")
                        || dotted.hint().contains("[databases.\"wiki.db\"]"),
                dotted::toString);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password = 'hidden'",
                "aws_secret_access_key = 'hidden'",
                "ping = 'https://example.org/hidden'",
                "api-token = 'hidden'",
                "[databases.a]\npath = '/a'\naccess-key = 'hidden'",
                "to = 'https://user:hidden@example.org/'",
                "to = 'AKIA0123456789HIDDEN'",
                "tmp-dir = 'https://hc-ping.com/hidden'"
            })
    void aSecretIsRefusedAndNotRepeated(String text) {
        String message = refused(text);
        assertTrue(message.contains("secret"), message);
        assertFalse(message.toLowerCase(java.util.Locale.ROOT).contains("hidden"), message);
    }
}
