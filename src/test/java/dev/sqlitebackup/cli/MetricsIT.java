package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics file as Prometheus reads it, and the alerts and the dashboard that are made of it. */
class MetricsIT {
    private static final Path DEPLOY = Path.of("deploy").toAbsolutePath();
    private static final String OLD = "1000000000";

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;
    private Path file;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 400, "g");
        file = lab.path("sqlite-backup.prom");
    }

    private Tools.Ended run(int exitCode, Object... arguments) {
        return lab.run(Stream.concat(Stream.of(arguments), Stream.of("--metrics-file=" + file))
                        .toArray())
                .endsWith(exitCode);
    }

    private String read() throws IOException {
        return Files.readString(file);
    }

    private String series(Metric metric, String of, String place, String command) {
        return metric.fullName() + "{database=\"" + of + "\",destination=\"" + place + "\",command=\"" + command
                + "\"}";
    }

    private String value(Metric metric, String of, String place, String command) throws IOException {
        String start = series(metric, of, place, command) + " ";
        List<String> found = Stream.of(read().split("\n"))
                .filter(line -> line.startsWith(start))
                .toList();
        assertTrue(found.size() <= 1, found.toString());
        return found.isEmpty() ? null : found.get(0).substring(start.length());
    }

    private String value(Metric metric, String command) throws IOException {
        return value(metric, "app.db", history(), command);
    }

    private String history() {
        return lab.path("history") + "/";
    }

    private void assertNow(String seconds) {
        long age = Instant.now().getEpochSecond() - Long.parseLong(seconds);
        assertTrue(0 <= age && age < 600, seconds);
    }

    /** promtool ends with 3 for what it finds bad style, and says so. */
    private void assertAccepted() {
        Tools.require("promtool");
        Tools.Ended said = Tools.sh("promtool check metrics < \"$1\"", file).ok();
        assertEquals("", said.out() + said.err());
    }

    /** As if all of it had been written long ago. */
    private void age() throws IOException {
        Files.writeString(file, read().replaceAll("(timestamp_seconds\\{.*\\}) \\d+", "$1 " + OLD));
    }

    @Test
    void eachCommandSaysWhenAndHowItEndedAndWhatItFoundInWordsThatPrometheusAccepts() throws IOException {
        run(0, "backup", database, "--to=history/");
        Lab.sql(database, "UPDATE t SET generation = 'h' WHERE id = 1");
        JsonObject made = lab.json(0, "backup", database, "--to=history", "--metrics-file=" + file);
        run(0, "verify", "history", "--all");
        run(0, "status", "app.db", "--to=history");
        run(0, "prune", history(), "--keep-last=1");
        assertAccepted();
        for (String command : List.of("backup", "status")) {
            assertNow(value(Metric.LAST_SUCCESS, command));
            assertNow(value(Metric.LAST_RUN, command));
            assertEquals("0", value(Metric.LAST_EXIT_CODE, command));
            assertTrue(value(Metric.LAST_DURATION, command).matches("\\d+\\.\\d{3}"));
            assertEquals(made.get("databaseBytes").getAsString(), value(Metric.DATABASE_BYTES, command));
            assertEquals(made.get("backupBytes").getAsString(), value(Metric.BACKUP_BYTES, command));
            assertEquals("2", value(Metric.BACKUPS, command));
            assertEquals("2", value(Metric.CHAIN_LENGTH, command));
        }
        for (String command : List.of("verify", "prune")) {
            assertEquals("0", value(Metric.LAST_EXIT_CODE, "", history(), command), "asked for all databases there");
            assertEquals("2", value(Metric.BACKUPS, command));
        }
        assertNow(value(Metric.LAST_VERIFIED, "verify"));
        assertNow(value(Metric.LAST_VERIFIED, "status"));
        assertNull(value(Metric.LAST_VERIFIED, "backup"), "a backup proves itself, and that is not what is meant");
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(
                List.of(".sqlite-backup.prom.lock", "sqlite-backup.prom"),
                Stream.of(directory.toFile().list())
                        .filter(name -> name.contains("prom") || name.contains("metrics"))
                        .sorted()
                        .toList());
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void theCountIsRightWhateverARunMadeOrDeleted() throws IOException {
        for (int i = 0; i < 3; i++) {
            Lab.sql(database, "UPDATE t SET generation = " + i);
            run(0, "backup", database, "--to=history/", "--full");
        }
        assertEquals("3", value(Metric.BACKUPS, "backup"));
        run(0, "backup", database, "--to=history/");
        assertEquals("3", value(Metric.BACKUPS, "backup"), "unchanged");
        Lab.sql(database, "UPDATE t SET generation = 'x'");
        run(0, "backup", database, "--to=history/", "--full", "--keep-last=2");
        assertEquals("2", value(Metric.BACKUPS, "backup"));
        assertEquals("1", value(Metric.CHAIN_LENGTH, "backup"));
        String single = lab.path("one.gz").toString();
        run(0, "backup", database, "--to=one.gz");
        run(0, "verify", "one.gz");
        assertEquals("1", value(Metric.BACKUPS, "app.db", single, "backup"));
        assertNow(value(Metric.LAST_VERIFIED, "one", single, "verify"));
        run(0, "prune", history(), "--keep-last=1", "--dry-run");
        assertNull(value(Metric.LAST_RUN, "", history(), "prune"), "a dry run does nothing");
        Tools.sh("rm \"$1\"/app-*", lab.path("history")).ok();
        run(14, "status", database, "--to=history/");
        assertEquals("0", value(Metric.BACKUPS, "status"));
    }

    @Test
    void aFailureIsSaidAndLeavesTheLastSuccessAndWhatOthersHaveSaid() throws IOException {
        run(0, "backup", database, "--to=history/");
        run(0, "backup", lab.database("wiki.db", "delete", 3, "w"), "--to=history/");
        age();
        Files.delete(database);
        run(10, "backup", database, "--to=history/");
        assertEquals(OLD, value(Metric.LAST_SUCCESS, "backup"));
        assertNow(value(Metric.LAST_RUN, "backup"));
        assertEquals("10", value(Metric.LAST_EXIT_CODE, "backup"));
        assertEquals("1", value(Metric.BACKUPS, "backup"));
        assertEquals(OLD, value(Metric.LAST_RUN, "wiki.db", history(), "backup"));
        run(14, "status", database, "--to=history/");
        assertEquals("14", value(Metric.LAST_EXIT_CODE, "status"));
        assertNull(value(Metric.LAST_SUCCESS, "status"));
        assertAccepted();

        // The same labels, whether there is anything to resolve or not.
        Files.move(lab.path("history"), lab.path("elsewhere"));
        run(10, "verify", "history");
        assertEquals("10", value(Metric.LAST_EXIT_CODE, "", history(), "verify"));
    }

    @Test
    void badArgumentsAreSaidToo() throws IOException {
        for (String wrong :
                List.of("--keep-daily=x", "--no-such-option", "--level=11", "--ping=ftp://x", "--every=0s")) {
            lab.run("backup", "--metrics-file=" + file, wrong, database, "--to=history/")
                    .endsWith(2);
            assertEquals("2", value(Metric.LAST_EXIT_CODE, "app.db", history(), "backup"), wrong);
            Files.delete(file);
        }
        run(2, "status", directory, "--to=history/");
        assertEquals("2", value(Metric.LAST_EXIT_CODE, directory.getFileName().toString(), history(), "status"));
    }

    /** A series of a database that nobody meant would ring for ever. */
    @Test
    void nothingIsSaidOfADatabaseThatNobodyMeant() throws IOException {
        Files.writeString(lab.path("config.toml"), "[databases.one]\npath = 'app.db'\nto = 'history/'\n");
        run(2, "backup", "--no-such-option", "--config=config.toml");
        Files.writeString(lab.path("config.toml"), "nonsense");
        run(2, "backup", "--config=config.toml");
        run(2, "prune", "history", "--keep-last=x", "--dry-run");
        assertFalse(Files.exists(file));
    }

    @Test
    void whatFailsBeforeAnyOfSeveralIsTriedIsSaidOfAllAndTakenBack() throws IOException {
        Files.createDirectories(lab.path("srv/other"));
        lab.database("srv/app.db", "wal", 10, "g");
        Path second = lab.database("srv/other/app.db", "wal", 10, "h");
        for (String command : List.of("backup", "status")) {
            run(2, command, "--databases-in=srv", "--to=history/"); // Both would be app.db.
            assertEquals("2", value(Metric.LAST_EXIT_CODE, "", history(), command));
        }
        Files.move(second, lab.path("srv/second.db"));
        Files.createDirectory(lab.path("srv/odd-journal"));
        lab.database("srv/odd-journal/x.db-journal", "delete", 10, "h");
        run(1, "backup", "--databases-in=srv", "--to=history/");
        assertEquals("1", value(Metric.LAST_EXIT_CODE, "", history(), "backup"));
        assertEquals("1", value(Metric.LAST_EXIT_CODE, "x.db-journal", history(), "backup"));
        assertEquals("0", value(Metric.LAST_EXIT_CODE, "second.db", history(), "backup"));
        Files.delete(lab.path("srv/odd-journal/x.db-journal"));
        run(0, "backup", "--databases-in=srv", "--to=history/");
        assertEquals("0", value(Metric.LAST_EXIT_CODE, "", history(), "backup"));
        assertAccepted();
    }

    @Test
    void aFileThatCannotBeReadIsAWarningAndALinkIsNotFollowed() throws IOException {
        Path readable = file;
        file = database.resolve("x.prom");
        Tools.Ended ended = run(0, "backup", database, "--to=history/");
        assertTrue(ended.err().startsWith("warning: no metrics were written: "), ended.err());
        file = readable;
        Path elsewhere = Files.writeString(lab.path("empty.conf"), "");
        Files.createSymbolicLink(file, elsewhere);
        run(2, "backup", database, "--to=other/");
        assertEquals("", Files.readString(elsewhere));
        assertFalse(Files.exists(lab.path("other")));
    }

    /** To wait anew for each of hundreds would take hours. */
    @Test
    void aLockThatIsHeldIsWaitedForOnceAndNotForEach() throws IOException {
        Path second = lab.database("second.db", "wal", 10, "h");
        Path lock = lab.path(".sqlite-backup.prom.lock");
        try (FileChannel held = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock ignored = held.lock()) {
            Tools.Ended ended = run(0, "backup", database, second, "--to=history/");
            assertEquals(
                    1,
                    ended.err()
                            .lines()
                            .filter(line -> line.contains("another run holds the lock"))
                            .count(),
                    ended.err());
        }
    }

    @Test
    void eachOfSeveralHasItsOwnSeries() throws IOException {
        Path second = lab.database("second.db", "wal", 10, "h");
        run(10, "backup", database, second, "missing.db", "--to=history/");
        assertEquals("0", value(Metric.LAST_EXIT_CODE, "app.db", history(), "backup"));
        assertEquals("0", value(Metric.LAST_EXIT_CODE, "second.db", history(), "backup"));
        assertEquals("10", value(Metric.LAST_EXIT_CODE, "missing.db", history(), "backup"));
        run(2, "backup", database, second, "--to=history/", "--level=11");
        assertEquals("2", value(Metric.LAST_EXIT_CODE, "second.db", history(), "backup"));
        Files.writeString(
                lab.path("config.toml"),
                "metrics-file = 'sqlite-backup.prom'\nto = 'history/'\n[databases.one]\npath = 'app.db'\n"
                        + "[databases.two]\npath = 'second.db'\n");
        lab.run("backup", "--config=config.toml").endsWith(0);
        lab.run("status", "--config=config.toml").endsWith(0);
        for (String command : List.of("backup", "status")) {
            assertEquals("0", value(Metric.LAST_EXIT_CODE, "one", history(), command));
            assertEquals("0", value(Metric.LAST_EXIT_CODE, "two", history(), command));
        }
        assertAccepted();
    }

    /** The series of what had failed before would say that all is well. */
    @Test
    void whatHadEndedWhenASignalCameIsNoted() throws Exception {
        Path busy = lab.database("busy.db", "delete", 10, "h");
        run(0, "backup", database, "--to=history/");
        try (Connection holder = DriverManager.getConnection("jdbc:sqlite:" + busy);
                Statement statement = holder.createStatement()) {
            statement.execute("BEGIN EXCLUSIVE");
            Tools.Started started = lab.start(
                    "backup",
                    database,
                    "missing.db",
                    busy,
                    "--to=history/",
                    "--busy-timeout=10m",
                    "--metrics-file=" + file);
            while (!Files.readString(started.err()).contains("missing.db")) {
                assertTrue(started.process().isAlive());
                Thread.onSpinWait();
            }
            started.process().destroy();
            Tools.Ended ended = Tools.await(started).endsWith(130);
            assertFalse(ended.err().contains("metrics"), ended.err());
        }
        assertEquals("0", value(Metric.LAST_EXIT_CODE, "backup"));
        assertEquals("10", value(Metric.LAST_EXIT_CODE, "missing.db", history(), "backup"));
        assertNull(value(Metric.LAST_EXIT_CODE, "busy.db", history(), "backup"), "it has not ended");
        assertNull(value(Metric.LAST_EXIT_CODE, "", history(), "backup"), "and neither have all");
        assertAccepted();
    }

    @Test
    void aFileThatIsNotOursIsRefusedBeforeAnythingRunsAndLeftAsItIs() throws IOException {
        for (String theirs : List.of("node_load1 0.5\n", "sqlite_backup_backups 5\n", "text")) {
            Files.writeString(file, theirs);
            Tools.Ended refused = run(2, "backup", database, "--to=history/");
            assertTrue(refused.err().contains("holds no metrics of this program"), refused.err());
            assertEquals(theirs, read());
        }
        assertFalse(Files.exists(lab.path("history")));
        Files.delete(file);
        Tools.sh("mkfifo \"$1\"", file).ok();
        assertTrue(run(2, "backup", database, "--to=history/").err().contains("not a regular file"));
        Files.delete(file);
        Files.writeString(file, "");
        run(0, "backup", database, "--to=history/");
    }

    /** What cannot be written is no reason not to back up. */
    @Test
    void aPlaceThatIsNotThereIsAWarningAndNoFailure() {
        file = lab.path("nowhere/x.prom");
        Tools.Ended ended = run(0, "backup", database, "--to=history/");
        assertTrue(ended.err().contains("warning: no metrics were written: cannot "), ended.err());
        assertEquals(1, lab.json(0, "list", "history").getAsJsonArray("backups").size());
    }

    @Test
    void runsThatShareAFileLoseNoLineOfEachOther() throws IOException {
        run(0, "backup", database, "--to=history/");
        List<Tools.Started> runs = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            names.add("other-" + i + ".db");
            runs.add(
                    lab.start("status", "app.db", "--to=history/", "--name=" + names.get(i), "--metrics-file=" + file));
        }
        runs.forEach(started -> Tools.await(started).endsWith(14));
        for (String name : names) {
            assertEquals("14", value(Metric.LAST_EXIT_CODE, name, history(), "status"));
        }
        assertEquals("0", value(Metric.LAST_EXIT_CODE, "backup"));
        assertAccepted();
    }

    @Test
    void namesWithAnythingInThemAreEscapedAndNoSecretIsALabel() throws IOException {
        String name = "a \"b\\c\n→{}\r.db";
        Path odd = Files.move(database, lab.path(name));
        run(0, "backup", odd, "--to=history/", "--ping=http://127.0.0.1:1/secret-uuid");
        run(0, "backup", odd, "--to=history/");
        assertAccepted();
        assertEquals("1", value(Metric.BACKUPS, "a \\\"b\\\\c\\n→{}\r.db", history(), "backup"));
        assertFalse(read().contains("secret"));
        run(1, "backup", odd, "--to=s3://user:password@bucket/x/");
        assertFalse(read().contains("password"), "not even of an address that nobody understands");
    }

    /** It may be asked for the number of backups that it has listed anyway, and for nothing else. */
    @Test
    void anObjectStoreIsAskedNothingMore() throws Exception {
        try (S3Server server = S3Server.start()) {
            List<List<String>> asked = new ArrayList<>();
            for (String more : List.of("--busy-timeout=30s", "--metrics-file=" + file)) {
                Lab there = new Lab(directory).with(server.environment(lab.path("cache-" + asked.size())));
                String place = "s3://" + S3Server.BUCKET + "/metrics-" + asked.size() + "/";
                there.run("backup", database, "--to=" + place, more).ok();
                there.run("backup", database, "--to=" + place, "--full", more).ok();
                there.run("status", database, "--to=" + place, more).ok();
                there.run("verify", place, more).ok();
                asked.add(server.requests().stream()
                        .map(request -> request.replaceAll("metrics-\\d", "").replaceAll("\\d{8}T\\d{6}Z", ""))
                        .toList());
            }
            assertEquals(asked.get(0), asked.get(1));
            assertEquals("1", value(Metric.BACKUPS, "app.db", "s3://" + S3Server.BUCKET + "/metrics-1/", "status"));
        }
    }

    @Test
    void everyRunOfAScheduleIsNoted() throws IOException, InterruptedException {
        Tools.Started service = lab.start("backup", database, "--to=history/", "--every=1s", "--metrics-file=" + file);
        try {
            for (String seen = ""; ; Thread.sleep(20)) {
                String now = Files.exists(file) ? String.valueOf(value(Metric.LAST_RUN, "backup")) : "";
                if (!seen.isEmpty() && !now.equals(seen)) {
                    break;
                }
                seen = now;
            }
        } finally {
            service.process().destroy();
        }
        int exitCode = Tools.await(service).exitCode();
        assertTrue(exitCode == 0 || exitCode == 130, "stopped while it waited, or in a run: " + exitCode);
        assertEquals("0", value(Metric.LAST_EXIT_CODE, "backup"), "who is stopped says nothing");
    }

    // ---- what is made of it

    @Test
    void everyAlertRingsWhereItMustAndNowhereElse() throws IOException {
        Tools.require("promtool");
        Tools.sh("cd \"$1\" && promtool check rules alerts.yaml && promtool test rules alerts-test.yaml", DEPLOY)
                .ok();
        String rules = Files.readString(DEPLOY.resolve("alerts.yaml"));
        String tests = Files.readString(DEPLOY.resolve("alerts-test.yaml"));
        assertOurs(rules);
        assertOurs(tests);
        for (Matcher alert = Pattern.compile("alert: (\\w+)").matcher(rules); alert.find(); ) {
            assertTrue(tests.contains("alertname: " + alert.group(1) + "\n        exp_alerts:\n"), alert.group(1));
            assertTrue(tests.contains("alertname: " + alert.group(1) + "\n        exp_alerts: []\n"), alert.group(1));
        }
        // The check can fail.
        String[] each = tests.split("(?=  - name: )");
        String oneTest = Stream.of(each)
                .filter(test -> test.contains("a run that failed"))
                .findFirst()
                .orElseThrow();
        Files.writeString(lab.path("one-test.yaml"), each[0] + oneTest);
        Files.writeString(lab.path("alerts.yaml"), rules.replace("exit_code != 0", "exit_code == 0"));
        Tools.sh("cd \"$1\" && promtool test rules one-test.yaml", directory).endsWith(1);
    }

    private static void assertOurs(String text) {
        Set<String> ours = Stream.of(Metric.values()).map(Metric::fullName).collect(Collectors.toSet());
        Set<String> named = new TreeSet<>();
        for (Matcher metric = Pattern.compile(Metric.PREFIX + "[a-z_]+").matcher(text); metric.find(); ) {
            named.add(metric.group());
        }
        assertFalse(named.isEmpty());
        named.removeAll(ours);
        assertEquals(Set.of(), named, "metrics that nobody writes");
    }

    @Test
    void everyPanelAsksForWhatIsWrittenInPromQl() throws IOException {
        Tools.require("promtool");
        String text = Files.readString(DEPLOY.resolve("dashboard.json"));
        assertOurs(text);
        Map<String, String> expressions = new LinkedHashMap<>();
        for (JsonElement panel : JsonParser.parseString(text).getAsJsonObject().getAsJsonArray("panels")) {
            for (JsonElement target : panel.getAsJsonObject().getAsJsonArray("targets")) {
                expressions.put(
                        "panel:" + expressions.size(),
                        target.getAsJsonObject().get("expr").getAsString());
            }
        }
        Set<String> shown = new TreeSet<>();
        String all = String.join("\n", expressions.values());
        Stream.of(Metric.values())
                .filter(metric -> !all.contains(metric.fullName()))
                .forEach(metric -> shown.add(metric.fullName()));
        assertEquals(Set.of(), shown, "metrics that no panel shows");
        StringBuilder rules = new StringBuilder("groups:\n  - name: panels\n    rules:\n");
        expressions.forEach((name, expression) ->
                rules.append("      - record: " + name + "\n        expr: '" + expression + "'\n"));
        Path checked = Files.writeString(lab.path("panels.yaml"), rules);
        Tools.sh("promtool check rules \"$1\"", checked).ok();
        Files.writeString(checked, rules.toString().replace("max without", "max withut"));
        Tools.sh("promtool check rules \"$1\"", checked).endsWith(1);
    }
}
