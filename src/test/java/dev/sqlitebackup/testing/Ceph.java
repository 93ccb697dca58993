package dev.sqlitebackup.testing;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;

/**
 * A whole Ceph cluster on loopback, as small as one can be: a monitor, a disk in memory, and its object gateway. It has
 * versions, Object Lock and policies, and enforces them. A second gateway encrypts whatever comes through it.
 */
public final class Ceph implements AutoCloseable {
    /** Who may do everything. */
    public static final String OWNER = "owner";
    /** Who may do what a policy allows. */
    public static final String WRITER = "writer";

    private static final String SECRET = "ceph-secret-never-printed";
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    private final Path directory;
    private final Deque<Process> processes = new ArrayDeque<>();
    private int port;
    private int encryptingPort;

    private Ceph(Path directory) {
        this.directory = directory;
    }

    /** @param directory an existing one, empty */
    public static Ceph start(Path directory) throws IOException {
        Tools.require("ceph", "ceph-mon", "ceph-osd", "monmaptool", "rados", "radosgw", "radosgw-admin");
        Ceph ceph = new Ceph(directory);
        try {
            ceph.start();
            return ceph;
        } catch (IOException | RuntimeException | Error e) {
            ceph.close();
            throw e;
        }
    }

    private void start() throws IOException {
        UUID cluster = UUID.randomUUID();
        UUID disk = UUID.randomUUID();
        int monitor = freePort();
        port = freePort();
        encryptingPort = freePort();
        Files.writeString(directory.resolve("ceph.conf"), configuration(cluster, monitor));
        Files.createFile(directory.resolve("keyring"));
        for (String name : List.of("mon", "osd", "run")) {
            Files.createDirectory(directory.resolve(name));
        }
        String map = directory.resolve("monmap").toString();
        tool("monmaptool", "--create", "--fsid", cluster, "--addv", "a", "[v1:127.0.0.1:" + monitor + "]", map);
        tool("ceph-mon", "--mkfs", "-i", "a", "--monmap", map);
        daemon("ceph-mon", "-i", "a");
        tool("ceph", "osd", "new", disk);
        tool("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk);
        daemon("ceph-osd", "-i", "0");
        daemon("radosgw", "-n", "client.rgw");
        awaitGateway(endpoint());
        for (String user : List.of(OWNER, WRITER)) {
            tool(
                    "radosgw-admin",
                    "user",
                    "create",
                    "--uid=" + user,
                    "--display-name=" + user,
                    "--access-key=" + user,
                    "--secret=" + SECRET);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private String configuration(UUID cluster, int monitor) {
        return """
                [global]
                fsid = %1$s
                mon host = v1:127.0.0.1:%2$d
                public addr = 127.0.0.1
                auth cluster required = none
                auth service required = none
                auth client required = none
                keyring = %3$s/keyring
                run dir = %3$s/run
                admin socket = %3$s/run/$name.$pid.asok
                log file = %3$s/$name.log
                mon cluster log file = %3$s/cluster.log
                crash dir = %3$s/run
                mon data = %3$s/mon
                mon data avail crit = 1
                mon allow pool size one = true
                paxos propose interval = 0.02
                paxos min wait = 0.01
                osd data = %3$s/osd
                osd objectstore = memstore
                osd crush chooseleaf type = 0
                osd pool default size = 1
                osd pool default min size = 1
                osd pool default pg num = 1
                osd pool default pgp num = 1
                osd pool default pg autoscale mode = off
                [client.rgw]
                rgw frontends = beast endpoint=127.0.0.1:%4$d
                [client.encrypting]
                rgw frontends = beast endpoint=127.0.0.1:%5$d
                rgw crypt require ssl = false
                rgw crypt default encryption key = %6$s
                """.formatted(
                        cluster,
                        monitor,
                        directory,
                        port,
                        encryptingPort,
                        Base64.getEncoder().encodeToString(new byte[32]));
    }

    private List<String> command(String program, Object... arguments) {
        List<String> command = new ArrayList<>(
                List.of(program, "-c", directory.resolve("ceph.conf").toString()));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        return command;
    }

    private void tool(String program, Object... arguments) {
        Tools.run(command(program, arguments)).ok();
    }

    private void daemon(String program, Object... arguments) throws IOException {
        List<String> command = command(program, arguments);
        command.add("-f");
        Path said = directory.resolve(program + ".out");
        processes.push(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start());
    }

    private void awaitGateway(String endpoint) throws IOException {
        long started = System.nanoTime();
        while (!answers(endpoint)) {
            boolean alive = processes.stream().allMatch(Process::isAlive);
            if (!alive || System.nanoTime() - started > PATIENCE_NANOS) {
                throw new AssertionError("Ceph does not start: "
                        + Tools.sh("tail -n 20 \"$1\"/*.out \"$1\"/*.log", directory)
                                .out());
            }
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static boolean answers(String endpoint) {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(endpoint).toURL().openConnection();
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException e) {
            return false;
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /**
     * Starts the gateway that encrypts at rest, by one key of its own for all.
     *
     * @return what a program needs besides {@link #environment} to use that one
     */
    public Map<String, String> encrypting() throws IOException {
        daemon("radosgw", "-n", "client.encrypting");
        String endpoint = "http://127.0.0.1:" + encryptingPort;
        awaitGateway(endpoint);
        return Map.of("AWS_ENDPOINT_URL_S3", endpoint);
    }

    /** How an object begins on the disk, in hexadecimal. */
    public String begins(String key) {
        String rados = "rados -c \"$1\" -p default.rgw.buckets.data ";
        return Tools.sh(
                        "object=$(" + rados + "ls | grep -F \"_$2\" | grep -v __shadow_ | head -n 1) && " + rados
                                + "get \"$object\" \"$3\" && od -An -tx1 -N4 \"$3\"",
                        directory.resolve("ceph.conf"),
                        key,
                        directory.resolve("stored"))
                .ok()
                .out()
                .strip();
    }

    /** What a program needs to use it as that user, and to ask nobody else. */
    public Map<String, String> environment(String user, Path cache) {
        Map<String, String> environment = new HashMap<>();
        environment.put("AWS_ENDPOINT_URL_S3", endpoint());
        environment.put("AWS_REGION", "us-east-1");
        environment.put("AWS_ACCESS_KEY_ID", user);
        environment.put("AWS_SECRET_ACCESS_KEY", SECRET);
        environment.put("AWS_EC2_METADATA_DISABLED", "true");
        environment.put("AWS_CONFIG_FILE", "/dev/null");
        environment.put("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        environment.put("XDG_CACHE_HOME", cache.toString());
        return environment;
    }

    /** As who may do everything. */
    public S3Client client() {
        return S3Client.builder()
                .endpointOverride(URI.create(endpoint()))
                .region(Region.US_EAST_1)
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(true)
                        .chunkedEncodingEnabled(false)
                        .build())
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .addPlugin(LegacyMd5Plugin.create())
                .httpClient(UrlConnectionHttpClient.create())
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(OWNER, SECRET)))
                .build();
    }

    @Override
    public void close() {
        processes.forEach(Process::destroyForcibly); // Its disk is in memory: there is nothing to bring to an end.
        try {
            for (Process process : processes) {
                process.waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
