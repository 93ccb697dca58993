package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.testing.Engine;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * What {@code deploy/} ships runs in a real engine, under the very limits that are written in its files, on a database
 * of 343 MB that an application writes to.
 */
class ContainerIT {
    private static final Path DEPLOY = Path.of("deploy").toAbsolutePath();
    private static final String IMAGE = "localhost/sqlite-backup-test";
    private static final int ROWS_OF_343_MB = 330_000;
    private static final long DATABASE_BYTES = 343_000_000;
    private static final int OUT_OF_MEMORY = 137;
    private static final int POLL_MILLIS = 200;

    @TempDir
    static Path data;

    @TempDir
    Path directory;

    private final String run = "sqlite-backup-" + UUID.randomUUID();
    private S3Server store;
    private Writer application;

    @BeforeAll
    static void buildTheImageAndADatabase() {
        Engine.build(IMAGE);
        new Lab(data).database("app.db", "wal", ROWS_OF_343_MB, "g");
        Tools.sh("chmod 755 \"$1\"; chmod 644 \"$1\"/*", data).ok();
    }

    @BeforeEach
    void startTheApplicationAndTheStore() throws Exception {
        application = Writer.start(data.resolve("app.db"), "commit", "wal", 5000);
        store = S3Server.start();
    }

    @AfterEach
    void stop() {
        application.close();
        store.close();
        Tools.run(Engine.with("rm", "--force", "--ignore", run));
        Tools.run(Engine.with("volume", "rm", "--force", run + "-cache", run + "-tmp"));
    }

    private static Object yaml(String file) throws IOException {
        return new Load(LoadSettings.builder().build()).loadFromString(Files.readString(DEPLOY.resolve(file)));
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T> T at(Object yaml, Object... path) {
        Object value = yaml;
        for (Object step : path) {
            value = value == null
                    ? null
                    : step instanceof Integer index
                            ? ((List<Object>) value).get(index)
                            : ((Map<String, Object>) value).get(step);
        }
        return (T) value;
    }

    private static List<String> strings(Object list) {
        return list == null
                ? List.of()
                : ((List<?>) list).stream().map(Object::toString).toList();
    }

    /** The shipped command, to a bucket that there is. */
    private static List<String> command(Object words) {
        return strings(words).stream()
                .map(word -> word.replace("your-bucket", S3Server.BUCKET))
                .toList();
    }

    /** Of the shipped files, what a secret holds, and where the store of this test is. */
    private Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>(store.environment(directory));
        environment.remove("XDG_CACHE_HOME");
        return environment;
    }

    private static List<String> memory(String limit) {
        return List.of("--memory=" + limit, "--memory-swap=" + limit);
    }

    /** What compose.yaml says of the sidecar, in the engine's words. */
    private List<String> composeOptions(Object service) {
        List<String> options = new ArrayList<>(
                List.of("--name=" + run, "--user=" + at(service, "user"), "--read-only=" + at(service, "read_only")));
        options.addAll(memory(at(service, "mem_limit")));
        strings(at(service, "cap_drop")).forEach(capability -> options.add("--cap-drop=" + capability));
        strings(at(service, "security_opt"))
                .forEach(option -> options.add("--security-opt=" + option.replace(":true", "")));
        strings(at(service, "tmpfs")).forEach(mount -> options.add("--tmpfs=" + mount));
        for (String volume : strings(at(service, "volumes"))) {
            options.add("--volume="
                    + (volume.startsWith("data:") ? data + volume.substring("data".length()) : run + "-" + volume));
        }
        return options;
    }

    private static JsonObject result(Tools.Ended ended) {
        return JsonParser.parseString(ended.out()
                        .lines()
                        .filter(line -> line.startsWith("{"))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError(ended.out() + ended.err())))
                .getAsJsonObject();
    }

    private static void assertBackedUp(JsonObject result) {
        assertTrue(result.get("ok").getAsBoolean(), result.toString());
        assertEquals("full", result.get("verified").getAsString());
        assertTrue(result.get("databaseBytes").getAsLong() > DATABASE_BYTES, result.toString());
        assertTrue(!result.has("warnings"), result.toString());
    }

    @Test
    void theSidecarOfTheComposeFileBacksUpTurnsHealthyAndStopsInTime() throws Exception {
        Object service = at(yaml("compose.yaml"), "services", "backup");
        Tools.Started sidecar = Tools.start(
                Engine.run(IMAGE, composeOptions(service), environment(), command(at(service, "command"))),
                Map.of(),
                directory);
        JsonObject first = firstResult(sidecar);
        assertBackedUp(first);
        Tools.run(Engine.with("healthcheck", "run", run)).ok();
        assertTheHealthCheckOfComposeLooksAtTheTime(service);
        long grace = Duration.parse("PT" + at(service, "stop_grace_period").toString())
                .toSeconds();
        long before = System.nanoTime();
        Tools.run(Engine.with("stop", "--time", String.valueOf(10 * grace), run))
                .ok();
        assertTrue(
                Duration.ofNanos(System.nanoTime() - before).toSeconds() <= grace, "it ends before it would be killed");
        Tools.Ended ended = Tools.await(sidecar);
        assertEquals(0, ended.exitCode(), ended.err());
        assertEquals(2, store.keys().size(), "one backup and the state: " + store.keys());
        // As docs/containers.md has it, with the volume writable and by the user whom it belongs to.
        List<String> restore = new ArrayList<>(List.of("--name=" + run, "--user=0:0", "--volume=" + data + ":/data"));
        restore.addAll(memory(at(service, "mem_limit")));
        JsonObject restored = result(Tools.run(
                        Engine.run(
                                IMAGE,
                                restore,
                                environment(),
                                List.of(
                                        "restore",
                                        "s3://" + S3Server.BUCKET + "/app/",
                                        "--name=app.db",
                                        "--to=/data/restored.db",
                                        "--json")),
                        Map.of(),
                        directory)
                .ok());
        assertEquals(first.get("sha256"), restored.get("sha256"));
    }

    private void assertTheHealthCheckOfComposeLooksAtTheTime(Object service) {
        String test = at(service, "healthcheck", "test").toString().replace("$$", "$");
        Tools.run(inSidecar(test)).ok();
        Tools.run(inSidecar(test.replace("9 hours ago", "1 minute"))).endsWith(1);
        Tools.run(inSidecar(test.replace("health.json", "none.json"))).endsWith(1);
    }

    private List<String> inSidecar(String command) {
        return Engine.with("exec", run, "/bin/sh", "-c", command);
    }

    /** A run that goes on by itself has said how the first one ended. */
    private static JsonObject firstResult(Tools.Started started) throws Exception {
        while (!Files.readString(started.out()).contains("\n")) {
            assertTrue(started.process().isAlive(), () -> Tools.await(started).err());
            Thread.sleep(POLL_MILLIS);
        }
        return JsonParser.parseString(
                        Files.readString(started.out()).lines().findFirst().orElseThrow())
                .getAsJsonObject();
    }

    /** An emptyDir is a directory of the node's disk, of a limited size, that belongs to the pod's group. */
    private List<String> emptyDir(Object pod, Object mount) throws IOException {
        Object volume = ((List<?>) at(pod, "volumes"))
                .stream()
                        .filter(candidate -> at(candidate, "name").equals(at(mount, "name")))
                        .findFirst()
                        .orElseThrow();
        String path = at(mount, "mountPath");
        if (at(volume, "emptyDir") == null) {
            return List.of("--volume=" + data + ":" + path + (Boolean.TRUE.equals(at(mount, "readOnly")) ? ":ro" : ""));
        }
        String size = at(volume, "emptyDir", "sizeLimit").toString().replace("i", "");
        if ("Memory".equals(at(volume, "emptyDir", "medium"))) {
            return List.of("--tmpfs=" + path + ":exec,mode=1777,size=" + size);
        }
        Path disk = Files.createDirectory(directory.resolve(at(volume, "name").toString()));
        Tools.sh(
                        "truncate -s \"$2\" \"$1.img\" && mkfs.ext4 -q \"$1.img\" && mount -o loop \"$1.img\" "
                                + "\"$1\" && chgrp \"$3\" \"$1\" && chmod 2777 \"$1\"",
                        disk,
                        size,
                        at(pod, "securityContext", "fsGroup"))
                .ok();
        return List.of("--volume=" + disk + ":" + path);
    }

    private static long mebibytes(String quantity) {
        long number = Long.parseLong(quantity.replaceAll("[GM]i$", ""));
        return quantity.endsWith("Gi") ? 1024 * number : number;
    }

    @Test
    void theJobOfTheCronJobBacksUpWithinItsLimits() throws Exception {
        Object pod = at(yaml("cronjob.yaml"), "spec", "jobTemplate", "spec", "template", "spec");
        Object container = at(pod, "containers", 0);
        long emptyDirs = ((List<?>) at(pod, "volumes"))
                .stream()
                        .filter(volume -> at(volume, "emptyDir") != null)
                        .mapToLong(volume -> mebibytes(at(volume, "emptyDir", "sizeLimit")))
                        .sum();
        assertTrue(
                emptyDirs <= mebibytes(at(container, "resources", "requests", "ephemeral-storage")),
                "a node with room for the pod has room for its volumes");
        assertTrue(emptyDirs < mebibytes(at(container, "resources", "limits", "ephemeral-storage")), "and for its log");
        List<String> options = new ArrayList<>(List.of(
                "--name=" + run,
                "--user=" + at(pod, "securityContext", "runAsUser") + ":" + at(pod, "securityContext", "runAsGroup"),
                "--read-only=" + at(container, "securityContext", "readOnlyRootFilesystem")));
        options.addAll(memory(at(container, "resources", "limits", "memory")
                .toString()
                .replace("i", "")
                .toLowerCase(java.util.Locale.ROOT)));
        strings(at(container, "securityContext", "capabilities", "drop"))
                .forEach(capability -> options.add("--cap-drop=" + capability));
        if (Boolean.FALSE.equals(at(container, "securityContext", "allowPrivilegeEscalation"))) {
            options.add("--security-opt=no-new-privileges");
        }
        try {
            for (Object mount : (List<?>) at(container, "volumeMounts")) {
                options.addAll(emptyDir(pod, mount));
            }
            assertBackedUp(result(Tools.run(
                            Engine.run(IMAGE, options, environment(), command(at(container, "args"))),
                            Map.of(),
                            directory)
                    .ok()));
            assertEquals(2, store.keys().size(), "one backup and the state: " + store.keys());
        } finally {
            try (Stream<Path> mounted = Files.list(directory)) {
                mounted.filter(Files::isDirectory)
                        .forEach(mount -> Tools.sh("mountpoint -q \"$1\" && umount \"$1\" || true", mount)
                                .ok());
            }
        }
    }

    /** That the limit is one: as it was shipped once, the snapshot lay in memory. */
    @Test
    void aSnapshotInMemoryIsMoreThanTheLimit() throws Exception {
        Object service = at(yaml("compose.yaml"), "services", "backup");
        List<String> options = new ArrayList<>(composeOptions(service));
        assertTrue(options.remove("--volume=" + run + "-tmp:/tmp"), options.toString());
        options.add("--tmpfs=/tmp:mode=1777,size=2g,exec");
        assertEquals(
                OUT_OF_MEMORY,
                Tools.run(
                                Engine.run(IMAGE, options, environment(), command(at(service, "command"))),
                                Map.of(),
                                directory)
                        .exitCode());
        assertEquals(List.of(), store.keys());
    }
}
