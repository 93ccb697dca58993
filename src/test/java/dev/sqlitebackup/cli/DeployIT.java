package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import io.kubernetes.client.openapi.models.V1CronJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import picocli.CommandLine;

/** That what the documents and the deployment files tell people to type is what the program understands. */
class DeployIT {
    private static final Path PROJECT = Path.of("").toAbsolutePath();
    private static final Pattern COMMAND = Pattern.compile(
            "sqlite-backup(?:\\.jar)? +((?:backup|restore|undo|verify|list|status|prune|report|diff|query|undelete) [^|>`#\\n]*)");

    @TempDir
    Path directory;

    private static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        Matcher word = Pattern.compile("(?:'[^']*'|\"[^\"]*\"|[^\\s'\"])+")
                .matcher(command.replaceAll("\\s+(or|and|;|&&)\\s.*", "")
                        .replaceAll("[;,.]+\\s*$", "")
                        .trim());
        while (word.find()) {
            words.add(word.group().replaceAll("'([^']*)'|\"([^\"]*)\"", "$1$2"));
        }
        return words;
    }

    private void parse(List<String> words, Path where) {
        Environment environment = new Environment(
                Map.of("HOME", "/home/u"),
                "/home/u",
                directory,
                directory,
                "/tmp",
                StandardStreams.ofProcess(),
                Clock.systemUTC());
        CommandLine commandLine = SqliteBackup.commandLine(environment);
        assertDoesNotThrow(() -> commandLine.parseArgs(words.toArray(String[]::new)), () -> where + ": " + words);
    }

    /** What people read, and what they copy. */
    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(PROJECT.resolve("README.md")));
        for (String place : List.of("docs", "deploy")) {
            try (Stream<Path> files = Files.list(PROJECT.resolve(place))) {
                files.filter(file -> !file.toString().endsWith(".png")).sorted().forEach(documents::add);
            }
        }
        return documents;
    }

    /** Whatever else is typed: a shell reads it, make has the target, and a link leads somewhere. */
    @Test
    void everyBlockOfShellCanBeReadEveryTargetIsThereAndEveryLinkLeadsSomewhere() throws IOException {
        Pattern block = Pattern.compile("^```sh\\n(.*?)^```", Pattern.DOTALL | Pattern.MULTILINE);
        Pattern target = Pattern.compile("`make ([a-z-]+)");
        Pattern typedTarget = Pattern.compile("^make ([a-z-]+)", Pattern.MULTILINE);
        Pattern link = Pattern.compile("\\]\\((?!https?:)([^)#]+)[^)]*\\)");
        String targets =
                Tools.sh("cd \"$1\"; make -pRrq : 2>/dev/null || true", PROJECT).out();
        int found = 0;
        for (Path document : documents()) {
            String text = Files.readString(document);
            for (Matcher matcher = block.matcher(text); matcher.find(); found++) {
                Tools.Ended read = Tools.sh("printf '%s' \"$1\" | bash -n", matcher.group(1));
                assertEquals(0, read.exitCode(), document + ": " + read.err());
                found += requireTargets(typedTarget.matcher(matcher.group(1)), targets, document);
            }
            found += requireTargets(target.matcher(text), targets, document);
            if (document.toString().endsWith(".md")) {
                for (Matcher matcher = link.matcher(text); matcher.find(); found++) {
                    assertTrue(
                            Files.exists(document.resolveSibling(matcher.group(1))),
                            document + " leads to " + matcher.group(1));
                }
            }
        }
        assertTrue(found > 60, found + " blocks, targets and links");
    }

    private static int requireTargets(Matcher named, String targets, Path document) {
        int found = 0;
        for (; named.find(); found++) {
            assertTrue(targets.contains("\n" + named.group(1) + ":"), document + ": make " + named.group(1));
        }
        return found;
    }

    @Test
    void everyCommandInTheDocumentsIsOneThatTheProgramUnderstands() throws IOException {
        int found = 0;
        for (Path document : documents()) {
            Matcher command = COMMAND.matcher(Files.readString(document));
            while (command.find()) {
                parse(words(command.group(1)), document.getFileName());
                found++;
            }
        }
        assertTrue(found > 20, found + " commands");
        assertThrows(
                AssertionError.class,
                () -> parse(List.of("backup", "--no-such-option"), Path.of("this test")),
                "the check can fail");
    }

    private static Object yaml(String file) throws IOException {
        return new Load(LoadSettings.builder().setAllowDuplicateKeys(false).build())
                .loadFromString(Files.readString(PROJECT.resolve("deploy").resolve(file)));
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T> T at(Object yaml, Object... path) {
        Object value = yaml;
        for (Object step : path) {
            value = step instanceof Integer index
                    ? ((List<Object>) value).get(index)
                    : ((Map<String, Object>) value).get(step);
        }
        return (T) value;
    }

    @Test
    void theCronJobIsOneByKubernetesOwnModel() throws IOException {
        Object cronJob = yaml("cronjob.yaml");
        JsonElement json = new Gson().toJsonTree(cronJob);
        V1CronJob.validateJsonElement(json);
        Object pod = at(cronJob, "spec", "jobTemplate", "spec", "template", "spec");
        Object container = at(pod, "containers", 0);
        parse(strings(at(container, "args")), Path.of("cronjob.yaml"));
        assertEquals("Forbid", at(cronJob, "spec", "concurrencyPolicy"));
        assertEquals(true, at(container, "volumeMounts", 0, "readOnly"));
        // What Kubernetes calls the restricted profile.
        assertEquals(true, at(pod, "securityContext", "runAsNonRoot"));
        assertEquals("RuntimeDefault", at(pod, "securityContext", "seccompProfile", "type"));
        assertEquals(false, at(container, "securityContext", "allowPrivilegeEscalation"));
        assertEquals(List.of("ALL"), at(container, "securityContext", "capabilities", "drop"));

        json.getAsJsonObject().getAsJsonObject("spec").addProperty("concurencyPolicy", "Forbid");
        assertThrows(IllegalArgumentException.class, () -> V1CronJob.validateJsonElement(json), "the check can fail");
    }

    private List<String> strings(Object list) {
        return ((List<?>) list).stream().map(Object::toString).toList();
    }

    @Test
    void theSidecarReadsItsDatabaseOnlyAndHasNoPrivileges() throws IOException {
        Object backup = at(yaml("compose.yaml"), "services", "backup");
        parse(strings(at(backup, "command")), Path.of("compose.yaml"));
        assertTrue(strings(at(backup, "volumes")).contains("data:/data:ro"));
        assertEquals(List.of("ALL"), at(backup, "cap_drop"));
        assertEquals(true, at(backup, "read_only"));
    }

    /**
     * The image's layout: the launcher beside the jar, made ready once, then used by a user who may write nothing
     * there.
     */
    private Path installed() {
        Path app = directory.resolve("app");
        Tools.sh(
                        "mkdir \"$2\"; cp \"$1/target/sqlite-backup.jar\" \"$1/scripts/sqlite-backup\" \"$2/\"; "
                                + "chmod 755 \"$2/sqlite-backup\" \"$3\"; \"$2/sqlite-backup\" --version; ls "
                                + "\"$2\"/*.jsa",
                        PROJECT,
                        app,
                        directory)
                .ok();
        return app;
    }

    @Test
    void theImagesLayoutWorksForAUserWithoutANameAndReadOnlyPlaces() throws IOException {
        Tools.require("setpriv");
        Tools.requireRoot();
        Lab lab = new Lab(directory);
        Path app = installed();
        Path database = lab.database("app.db", "wal", 200, "g");
        Tools.sh(
                        "chmod 755 \"$1\"; mkdir \"$1/mine\" \"$1/mine/cache\" \"$1/mine/tmp\"; chmod 644 "
                                + "\"$2\"; chown -R 10001:10001 \"$1/mine\"",
                        directory,
                        database)
                .ok();
        Tools.sh(
                        "cd /; exec env -i PATH=/usr/bin:/bin JAVA_HOME=\"$3\" LC_ALL=C.UTF-8 "
                                + "TMPDIR=\"$1/mine/tmp\" XDG_CACHE_HOME=\"$1/mine/cache\" setpriv "
                                + "--reuid=10001 --regid=10001 --clear-groups"
                                + " \"$4/sqlite-backup\" backup \"$2\" --to=\"$1/mine/history/\" --keep-last=3 --json",
                        directory,
                        database,
                        System.getProperty("java.home"),
                        app)
                .ok();
        assertEquals(
                1,
                lab.json(0, "list", "mine/history")
                        .get("backups")
                        .getAsJsonArray()
                        .size());
    }

    @Test
    void theCrontabRunsAsItIsWritten() throws IOException {
        Lab lab = new Lab(directory);
        Path app = installed();
        Path database = lab.database("app.db", "delete", 20, "g");
        int run = 0;
        for (String line : Files.readAllLines(PROJECT.resolve("deploy/crontab.example"))) {
            Matcher entry = Pattern.compile("[\\d*/]+ [\\d*/]+ [\\d*/]+ [\\d*/]+ [\\d*/]+ (/opt/sqlite-backup/.*)")
                    .matcher(line);
            if (entry.matches()) {
                Tools.Ended ended = Tools.sh(
                                "cd /; env -i HOME=/nonexistent PATH=/usr/bin:/bin JAVA_HOME=\"$1\" "
                                        + "TMPDIR=\"$2\" SQLITE_BACKUP_DB=\"$3\" "
                                        + "SQLITE_BACKUP_TO=\"$4/backups/\" /bin/sh -c \"$5\"",
                                System.getProperty("java.home"),
                                lab.temporary(),
                                database,
                                directory,
                                entry.group(1).replace("/opt/sqlite-backup", app.toString()))
                        .ok();
                assertEquals("", ended.out() + ended.err(), "cron mails what is printed");
                run++;
            }
        }
        assertEquals(3, run);
    }

    @Test
    void theSystemdTemplatesAreValidAndTheirCommandRunsWithTheirVariables() throws IOException {
        Tools.require("systemd-analyze");
        Lab lab = new Lab(directory);
        Path app = installed();
        Path units = Files.createDirectory(directory.resolve("units"));
        for (String kind : List.of("service", "timer")) {
            String unit = Files.readString(PROJECT.resolve("deploy/sqlite-backup@." + kind));
            Files.writeString(units.resolve("sqlite-backup@." + kind), unit);
            Files.writeString(units.resolve("sqlite-backup@app." + kind), unit);
        }
        for (String manager : List.of("--system", "--user")) {
            Tools.Ended verified = Tools.sh(
                            "cd \"$1\"; export XDG_RUNTIME_DIR=\"$1\"; systemd-analyze \"$2\" verify --man=no "
                                    + "./sqlite-backup@app.service ./sqlite-backup@app.timer",
                            units,
                            manager)
                    .ok();
            assertEquals("", verified.out() + verified.err(), manager);
        }
        String service = Files.readString(units.resolve("sqlite-backup@.service"));
        Path database = lab.database("app.db", "delete", 20, "g");
        Tools.sh(
                        "cd /; env -i JAVA_HOME=\"$1\" SQLITE_BACKUP_DB=\"$3\" SQLITE_BACKUP_TO=\"$4/backups/\" $6 "
                                + "TMPDIR=\"$2\" \"$5\" bash -c \"$7\"",
                        System.getProperty("java.home"),
                        lab.temporary(),
                        database,
                        directory,
                        only(service, "^Environment=\"(OPTIONS=.*)\"$"),
                        only(service, "^Environment=(LC_ALL=.*)$").replace("%h/.local/bin", app.toString()),
                        only(service, "^ExecStart=(.*)$"))
                .ok();
        assertEquals(
                1,
                lab.json(0, "list", "backups").get("backups").getAsJsonArray().size());
    }

    private static String only(String text, String pattern) {
        List<String> found = Pattern.compile(pattern, Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map(result -> result.group(1))
                .toList();
        assertEquals(1, found.size(), pattern + ": " + found);
        return found.get(0);
    }
}
