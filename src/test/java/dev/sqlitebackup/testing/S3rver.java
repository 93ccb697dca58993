package dev.sqlitebackup.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The object store of the npm package s3rver, as an example of those that take a body as it comes. It knows no
 * checksums and no conditions either, cannot list, copy or take back what is sent in parts, and takes a range without a
 * start for one from the beginning.
 */
public final class S3rver implements AutoCloseable {
    public static final String BUCKET = "backups";
    private static final String IDENTITY = "S3RVER";
    private static final String OBJECT = "._S3rver_object";
    private static final Pattern LISTENING = Pattern.compile("S3rver listening on (\\S+)");
    private static final Path LOCK =
            Path.of("src/test/resources/s3rver/package-lock.json").toAbsolutePath();

    private final Process process;
    private final Path content;
    private final String endpoint;

    private S3rver(Process process, Path content, String endpoint) {
        this.process = process;
        this.content = content;
        this.endpoint = endpoint;
    }

    /** @param content an existing directory, which will hold a directory for the bucket */
    public static S3rver start(Path content) throws IOException {
        Path program = installed().resolve("node_modules/s3rver/bin/s3rver.js");
        Process process = new ProcessBuilder(
                        "node",
                        program.toString(),
                        "--directory",
                        content.toString(),
                        "--address",
                        "127.0.0.1",
                        "--port",
                        "0",
                        "--silent",
                        "--configure-bucket",
                        BUCKET)
                .redirectErrorStream(true)
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        StringBuilder all = new StringBuilder();
        for (String line; (line = said.readLine()) != null; ) {
            Matcher listening = LISTENING.matcher(line);
            if (listening.matches()) {
                return new S3rver(process, content, "http://" + listening.group(1));
            }
            all.append(line).append('\n');
        }
        throw new AssertionError("it does not start: " + all);
    }

    /** Once for all runs on this machine, as the lock file says. */
    private static Path installed() throws IOException {
        Tools.require("node", "npm");
        String cache = System.getenv().getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
        Path home = Path.of(
                cache, "sqlite-backup-tests", "s3rver-" + Lab.sha256(LOCK).substring(0, 16));
        if (!Files.isDirectory(home)) {
            Path fresh = Files.createTempDirectory(Files.createDirectories(home.getParent()), "new");
            for (String file : List.of("package.json", "package-lock.json")) {
                Files.copy(LOCK.resolveSibling(file), fresh.resolve(file));
            }
            Tools.Ended ended =
                    Tools.run(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), Map.of(), fresh);
            Tools.require(ended.exitCode() == 0, "s3rver cannot be installed: " + ended.out() + ended.err());
            try {
                Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException e) {
                Tools.run(List.of("rm", "-r", fresh.toString())).ok(); // Another run was quicker.
            }
        }
        return home;
    }

    /** What the SDK has to know, by the names of its system properties: no other host, no profile. */
    public Map<String, String> properties() {
        return Map.of(
                "aws.endpointUrlS3",
                endpoint,
                "aws.region",
                "us-east-1",
                "aws.accessKeyId",
                IDENTITY,
                "aws.secretAccessKey",
                IDENTITY,
                "aws.disableEc2Metadata",
                "true",
                "aws.configFile",
                "/dev/null",
                "aws.sharedCredentialsFile",
                "/dev/null");
    }

    /** The same for a program. */
    public Map<String, String> environment(Path cache) {
        return Map.of(
                "AWS_ENDPOINT_URL_S3",
                endpoint,
                "AWS_REGION",
                "us-east-1",
                "AWS_ACCESS_KEY_ID",
                IDENTITY,
                "AWS_SECRET_ACCESS_KEY",
                IDENTITY,
                "AWS_EC2_METADATA_DISABLED",
                "true",
                "AWS_CONFIG_FILE",
                "/dev/null",
                "AWS_SHARED_CREDENTIALS_FILE",
                "/dev/null",
                "XDG_CACHE_HOME",
                cache.toString());
    }

    public List<String> keys() {
        Path bucket = content.resolve(BUCKET);
        try (Stream<Path> files = Files.walk(bucket)) {
            return files.map(file -> bucket.relativize(file).toString())
                    .filter(name -> name.endsWith(OBJECT))
                    .map(name -> name.substring(0, name.length() - OBJECT.length()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where the store keeps an object. */
    public Path file(String key) {
        return content.resolve(BUCKET).resolve(key + OBJECT);
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(); // Else it writes on while its directory is removed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
