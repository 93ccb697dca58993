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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each Java that is on this machine, started plainly and by the launcher. All other tests run on the one that runs Maven. */
class JavaVersionsIT {
    private static final int OLDEST = 17;

    @TempDir Path directory;

    @Test
    void noneOfThemPrintsAWarning() throws IOException {
        Lab lab = new Lab(directory);
        Map<Integer, Path> homes = homes();
        Path launcher = Path.of("scripts/sqlite-backup").toAbsolutePath();
        for (Map.Entry<Integer, Path> java : homes.entrySet()) {
            for (List<String> program : List.of(List.of(java.getValue().resolve("bin/java").toString(), "-jar", Lab.JAR.toString()), List.of(launcher.toString()))) {
                String name = "app" + java.getKey() + program.size() + ".db";
                lab.database(name, "wal", 50, "g");
                for (String arguments : List.of("backup DB --to=out/", "backup DB --to=b.gz", "backup DB --to=- --quiet", "list out", "status DB --to=b.gz", "verify b.gz", "restore b.gz --to=DB",
                        "restore b.gz --to=DB --live", "undo DB", "list DB", "prune out --keep-last=1", "prune DB --keep-last=1", "--version", "backup --help")) {
                    List<String> command = Stream.concat(program.stream(), Stream.of(arguments.replace("DB", name).split(" "))).toList();
                    Tools.Ended ended = Tools.run(command, Map.of("JAVA_HOME", java.getValue().toString(), "TMPDIR", lab.temporary().toString()), directory);
                    assertEquals("0: ", ended.exitCode() + ": " + ended.err(), () -> "Java " + java.getKey() + ": " + command);
                }
            }
        }
        Tools.require(homes.size() > 1, "there is but one Java here");
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
        return Integer.parseInt(release.getProperty("JAVA_VERSION", "0").replace("\"", "").replaceAll("\\..*|[^0-9.].*", ""));
    }
}
