package dev.sqlitebackup.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The classes that a run loads, as the launcher keeps them: it takes half off the start of each of the many runs of a
 * {@link Lab}.
 */
final class ClassArchive {
    static final Path FILE =
            Path.of("target/lab-" + System.getProperty("java.version") + ".jsa").toAbsolutePath();

    static {
        try {
            if (!Files.exists(FILE)
                    || Files.getLastModifiedTime(FILE).compareTo(Files.getLastModifiedTime(Lab.JAR)) < 0) {
                Path directory = Files.createTempDirectory("archive");
                Path database = directory.resolve("a.db");
                Path made = FILE.resolveSibling("lab-" + ProcessHandle.current().pid() + ".jsa");
                Lab.sql(database, "CREATE TABLE t(a)");
                Path classes = directory.resolve("classes");
                // To a store that is not there: so the classes of the SDK, which take a second, are loaded too.
                java(
                                directory,
                                "-XX:DumpLoadedClassList=" + classes,
                                "-Daws.endpointUrlS3=http://127.0.0.1:1",
                                "-Daws.region=us-east-1", // Else it asks the machine it might be.
                                "-Daws.accessKeyId=none",
                                "-Daws.secretAccessKey=none",
                                "-Daws.maxAttempts=1",
                                "-jar",
                                Lab.JAR.toString(),
                                "backup",
                                database.toString(),
                                "--to=s3://none/p/")
                        .endsWith(1);
                java(
                                directory,
                                "-Xshare:dump",
                                "-XX:SharedClassListFile=" + classes,
                                "-XX:SharedArchiveFile=" + made,
                                "-jar",
                                Lab.JAR.toString())
                        .endsWith(0);
                // Whole or not at all: another test process may want it too.
                Files.move(made, FILE, StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ClassArchive() {}

    private static Tools.Ended java(Path directory, String... arguments) {
        return Tools.run(
                Stream.concat(Stream.of(Lab.JAVA, "-XX:+UseSerialGC"), Stream.of(arguments))
                        .toList(),
                Map.of("XDG_CACHE_HOME", directory.toString()),
                directory);
    }
}
