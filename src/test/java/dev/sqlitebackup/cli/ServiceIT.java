package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code --every} promises to whoever runs it as a service: systemd, a container, a probe. */
class ServiceIT {
    private static final int INTERRUPTED = 130;
    private static final Duration LONGEST = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Path health;

    @BeforeEach
    void makeDatabase() {
        health = directory.resolve("health.json");
        lab = new Lab(directory).with(Map.of("SQLITE_BACKUP_HEALTH_FILE", health.toString()));
        database = lab.database("live.db", "delete", 100, "g");
    }

    private static void await(String what, BooleanSupplier come) {
        long started = System.nanoTime();
        while (!come.getAsBoolean()) {
            assertTrue(System.nanoTime() - started < LONGEST.toNanos(), "never came: " + what);
            Thread.onSpinWait();
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void awaitHealth(String part) {
        await(part, () -> read(health).contains(part));
    }

    private JsonObject health() {
        return JsonParser.parseString(read(health)).getAsJsonObject();
    }

    private static Tools.Ended signal(Tools.Started service, String signal) {
        Tools.sh("kill -\"$1\" \"$2\"", signal, service.process().pid()).ok();
        return Tools.await(service);
    }

    /** Starts it, and ends it after its first run. */
    private Tools.Ended once(String signal, String... more) {
        Tools.Started service = lab.start(
                Stream.concat(Stream.of("backup", "live.db", "--to=history/", "--every=9999h"), Stream.of(more))
                        .toArray());
        await(
                "the end of the first run",
                () -> !read(service.out()).isEmpty() || read(service.err()).contains("error: "));
        return signal(service, signal);
    }

    @Test
    void backsUpOnScheduleAndGoesOnAfterAFailure() throws IOException {
        Tools.Started service = lab.start("backup", "live.db", "--to=history/", "--every=1s", "--json");
        Tools.Ended ended;
        try {
            awaitHealth("\"unchanged\":true");
            Files.move(database, lab.path("away.db"));
            awaitHealth("\"error\":\"not-found\"");
            Files.move(lab.path("away.db"), database);
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('more')");
            awaitHealth("\"unchanged\":false");
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(health)));
        } finally {
            ended = signal(service, "TERM");
        }
        assertTrue(List.of(0, INTERRUPTED).contains(ended.exitCode()), "as the moment was: " + ended);
        for (String line : ended.out().lines().toList()) {
            JsonObject object = JsonParser.parseString(line).getAsJsonObject();
            assertEquals("backup", object.get("command").getAsString());
            Instant.parse(object.get("finishedAt").getAsString());
        }
        assertEquals(
                2,
                lab.json(0, "list", "history").get("backups").getAsJsonArray().size());
        assertEquals(List.of(), lab.litter());
        assertEquals(
                2, lab.run("backup", database, "--to=history/", "--every=0s").exitCode());
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void aSignalWhileItWaitsIsAnOrderlyEnd(String signal) {
        Tools.Ended ended = once(signal, "--json").ok();
        assertEquals(1, ended.out().lines().count(), ended.out());
        assertEquals("", ended.err());
        assertTrue(health().get("ok").getAsBoolean());
        assertEquals(List.of(), lab.litter());
    }

    /** The image's health check, on the health file here. */
    private boolean isHealthy() throws IOException {
        String check = Files.readAllLines(Path.of("deploy/Dockerfile")).stream()
                .filter(line -> line.startsWith("  CMD grep "))
                .map(line -> line.replaceFirst(".* CMD ", "").replace("/tmp/health.json", "\"$0\""))
                .findFirst()
                .orElseThrow();
        Tools.Ended ended = Tools.run(List.of("sh", "-c", check, health.toString()));
        assertTrue(ended.exitCode() <= 1 && ended.out().isEmpty() && ended.err().isEmpty(), ended.toString());
        return ended.exitCode() == 0;
    }

    @Test
    void whatItNotesOutlivesARestartAndTurnsTheContainerUnhealthyAfterThreeFailures() throws IOException {
        once("TERM").ok();
        assertTrue(isHealthy());
        JsonObject first = health();
        assertEquals(first.get("lastRunAt"), first.get("lastSuccessAt"));
        assertEquals(0, first.get("consecutiveFailures").getAsInt());
        Files.move(database, lab.path("away.db"));
        for (int failures = 1; failures <= 3; failures++) {
            once("TERM").ok();
            assertFalse(health().get("ok").getAsBoolean());
            assertEquals(first.get("lastSuccessAt"), health().get("lastSuccessAt"));
            assertEquals(failures, health().get("consecutiveFailures").getAsInt());
            assertEquals(failures < 3, isHealthy());
        }
        Lab.write(health, "{\"command\":\"backup\"");
        once("TERM").ok();
        assertTrue(health().get("lastSuccessAt").isJsonNull(), health().toString());
        assertEquals(1, health().get("consecutiveFailures").getAsInt());
        assertFalse(isHealthy(), "there was no success");
    }

    @Test
    void aRunThatASignalCutsShortHasNeitherSucceededNorFailed() throws Exception {
        once("TERM").ok();
        String before = read(health);
        try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement sql = other.createStatement()) {
            sql.execute("INSERT INTO t(generation) VALUES ('more')");
            sql.execute("BEGIN EXCLUSIVE");
            Tools.Started service =
                    lab.start("backup", "live.db", "--to=history/", "--every=9999h", "--busy-timeout=9999h");
            await("a run that waits for the lock", () -> !lab.litter().isEmpty());
            assertEquals(INTERRUPTED, signal(service, "TERM").exitCode());
        }
        assertEquals(before, read(health));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void eachLineForPeopleBeginsWithTheLocalTime() throws IOException {
        lab.with(Map.of("TZ", "Asia/Kolkata"));
        Instant started = Instant.now().minusSeconds(1);
        List<String> said = once("TERM", "-v").ok().err().lines().toList();
        assertTrue(said.size() > 5, said.toString());
        Files.delete(database);
        Tools.Ended failed = once("TERM").ok();
        assertEquals(2, failed.err().lines().count(), "an error and its hint: " + failed.err());
        for (String line : Stream.concat(said.stream(), failed.err().lines()).toList()) {
            OffsetDateTime time = OffsetDateTime.parse(line.substring(0, line.indexOf(' ')));
            assertEquals(ZoneOffset.ofHoursMinutes(5, 30), time.getOffset(), line);
            assertTrue(time.toInstant().isAfter(started.minusSeconds(1)), line);
            assertTrue(time.toInstant().isBefore(Instant.now().plusSeconds(1)), line);
        }
    }
}
