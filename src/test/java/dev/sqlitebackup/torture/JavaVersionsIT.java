package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each Java that is on this machine, started plainly and by the launcher. All other tests run on the one that runs
 * Maven.
 */
class JavaVersionsIT {
    private static final int OLDEST = 17;
    private static final List<String> COMMANDS = List.of(
            "backup app.db --to=out/",
            "backup app.db --to=b.gz",
            "backup app.db --to=- --quiet",
            "list out",
            "status app.db --to=b.gz",
            "verify b.gz",
            "restore b.gz --to=app.db --quiet",
            "restore b.gz --to=app.db --live --quiet",
            "undo app.db --quiet",
            "list app.db",
            "prune out --keep-last=1",
            "prune app.db --keep-last=1",
            "--version",
            "backup --help");

    @TempDir
    Path directory;

    @Tag("torture")
    @Test
    void noneOfThemPrintsAWarning() throws IOException {
        Map<Integer, Path> homes = homes();
        homes.entrySet().parallelStream().forEach(java -> {
            printsNothingButWhatIsAskedFor(
                    java, List.of(java.getValue().resolve("bin/java").toString(), "-jar", Lab.JAR.toString()));
            printsNothingButWhatIsAskedFor(
                    java,
                    List.of(Path.of("scripts/sqlite-backup").toAbsolutePath().toString()));
        });
        Tools.require(homes.size() > 1, "there is but one Java here");
    }

    private void printsNothingButWhatIsAskedFor(Map.Entry<Integer, Path> java, List<String> program) {
        Path own = directory.resolve("java" + java.getKey() + program.size());
        Lab lab = new Lab(own);
        lab.database("app.db", "wal", 50, "g");
        for (String arguments : COMMANDS) {
            List<String> command = Stream.concat(program.stream(), Stream.of(arguments.split(" ")))
                    .toList();
            Tools.Ended ended = Tools.run(
                    command,
                    Map.of(
                            "JAVA_HOME",
                            java.getValue().toString(),
                            "TMPDIR",
                            lab.temporary().toString()),
                    own);
            assertEquals("0: ", ended.exitCode() + ": " + ended.err(), () -> "Java " + java.getKey() + ": " + command);
        }
    }

    /** By major version, the one that runs this test among them. */
    private static Map<Integer, Path> homes() throws IOException {
        Map<Integer, Path> homes = new TreeMap<>();
        Path all = Path.of("/usr/lib/jvm");
        try (Stream<Path> found = Files.isDirectory(all) ? Files.list(all) : Stream.empty()) {
            for (Path home : found.sorted().toList()) {
                if (Files.exists(home.resolve("release")) && Files.isExecutable(home.resolve("bin/java"))) {
                    homes.put(version(home), home);
                }
            }
        }
        homes.put(Runtime.version().feature(), Path.of(System.getProperty("java.home")));
        homes.keySet().removeIf(version -> version < OLDEST);
        return homes;
    }

    private static int version(Path home) throws IOException {
        Properties release = new Properties();
        try (var in = Files.newBufferedReader(home.resolve("release"))) {
            release.load(in);
        }
        return Integer.parseInt(
                release.getProperty("JAVA_VERSION", "0").replace("\"", "").replaceAll("\\..*|[^0-9.].*", ""));
    }
}
