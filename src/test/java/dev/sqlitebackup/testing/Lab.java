package dev.sqlitebackup.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A directory with databases and backups in it, and the packaged program to use on them. */
public final class Lab {
    public static final Path JAR = Path.of("target/sqlite-backup.jar").toAbsolutePath();
    /** How its hints name the program when it is started here. */
    public static final String PROGRAM = "java -jar " + JAR;

    public static final String JAVA = System.getProperty("java.home") + "/bin/java";

    private final Path directory;
    private final Path temporary;
    private final Map<String, String> more = new TreeMap<>();
    private final List<String> wrapper = new ArrayList<>();

    public Lab(Path directory) {
        this.directory = directory;
        this.temporary = directory.resolve("tmp");
        try {
            Files.createDirectories(temporary);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path path(String name) {
        return directory.resolve(name);
    }

    public Path temporary() {
        return temporary;
    }

    private List<String> command(List<String> arguments) {
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(java());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-jar", JAR.toString())); // It ends before more is of use.
        command.addAll(arguments);
        return command;
    }

    private static List<String> java() {
        return List.of(JAVA, "-XX:-UsePerfData", "-XX:+UseSerialGC", "-XX:SharedArchiveFile=" + ClassArchive.FILE);
    }

    private static List<String> strings(Object... arguments) {
        return Stream.of(arguments).map(Object::toString).toList();
    }

    /** Runs the program with these variables too, from now on. */
    public Lab with(Map<String, String> variables) {
        more.putAll(variables);
        return this;
    }

    /** The same directory, with a program (and its first arguments) that starts ours, such as {@code unshare}. */
    public Lab within(Object... program) {
        Lab lab = new Lab(directory).with(more);
        lab.wrapper.addAll(strings(program));
        return lab;
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new TreeMap<>();
        environment.put("XDG_STATE_HOME", path("state").toString());
        environment.put("XDG_CONFIG_HOME", path("config").toString());
        environment.put("SQLITE_BACKUP_DB", null);
        environment.put("SQLITE_BACKUP_TO", null);
        environment.putAll(more);
        environment.put("TMPDIR", temporary.toString());
        return environment;
    }

    /** Runs the packaged program to its end, in a process that is kept for the next run where that is the same. */
    public Tools.Ended run(Object... arguments) {
        List<String> strings = strings(arguments);
        KeptProcess kept = wrapper.isEmpty() && KeptProcesses.suit(strings, environment())
                ? KeptProcesses.with(java(), environment())
                : null;
        Tools.Ended ended = kept == null ? null : kept.run(strings, environment(), directory);
        return ended != null ? ended : runAlone(arguments);
    }

    /** The same in a process of its own, for what a test says of the whole process. */
    public Tools.Ended runAlone(Object... arguments) {
        return Tools.await(start(arguments));
    }

    /** Runs a script of bash in which {@code sb} is the program. */
    public Tools.Ended sh(String script) {
        return within(
                        "bash",
                        "-euo",
                        "pipefail",
                        "-c",
                        "program=(\"$@\"); sb() { \"${program[@]}\" \"$@\"; }; " + script,
                        "sh")
                .runAlone();
    }

    public Tools.Started start(Object... arguments) {
        return Tools.start(command(strings(arguments)), environment(), directory);
    }

    /** Runs it with --json, checks that it printed one object whose code is the exit code, and returns that. */
    public JsonObject json(int expectedExitCode, Object... arguments) {
        Object[] all = Stream.concat(
                        Stream.of(arguments).limit(1),
                        Stream.concat(Stream.of("--json"), Stream.of(arguments).skip(1)))
                .toArray();
        Tools.Ended ended = run(all);
        assertEquals(expectedExitCode, ended.exitCode(), () -> ended.out() + ended.err());
        assertEquals(1, ended.out().lines().count(), ended.out());
        JsonObject object = JsonParser.parseString(ended.out()).getAsJsonObject();
        assertEquals(expectedExitCode, object.get("exitCode").getAsInt());
        assertEquals(expectedExitCode == 0, object.get("ok").getAsBoolean());
        return object;
    }

    /** Bytes that hardly compress: its backup is about as large, and an object store gets it in two parts. */
    public Path databaseOfTwoParts() {
        Path file = path("large.db");
        sql(
                file,
                "PRAGMA synchronous=OFF",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, b)",
                "INSERT INTO t(b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000) "
                        + "SELECT randomblob(500) FROM n");
        return file;
    }

    /** A database with a table t of this many rows (about 1 kB each), all of one generation, in a journal mode. */
    public Path database(String name, String journalMode, int rows, String generation) {
        Path file = path(name);
        sql(
                file,
                "PRAGMA journal_mode=" + journalMode,
                "PRAGMA synchronous=OFF",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, generation, b)",
                "CREATE INDEX t_b ON t(substr(b, 1, 20))",
                "INSERT INTO t(generation, b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                        + rows + ")" + " SELECT '" + generation
                        + "', hex(randomblob(200)) || printf('%0600d', i) FROM n");
        return file;
    }

    /**
     * Waits until a database's times are old enough for `status` to take them for a proof: nothing can set the inode's
     * own time back.
     */
    public static void settle(Path database) {
        Path wal = database.resolveSibling(database.getFileName() + "-wal");
        try {
            for (Path file : Files.exists(wal) ? List.of(database, wal) : List.of(database)) {
                long settledMillis = ((FileTime) Files.getAttribute(file, "unix:ctime")).toMillis()
                        + 3100; // Two seconds, and the one that a state's own time is cut to.
                while (System.currentTimeMillis() < settledMillis) {
                    Thread.sleep(20);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    public static void sql(Path database, String... statements) {
        try (Connection connection = connect(database);
                Statement sql = connection.createStatement()) {
            for (String statement : statements) {
                sql.execute(statement);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    public static String query(Path database, String query) {
        try (Connection connection = connect(database);
                Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        } catch (SQLException e) {
            throw new AssertionError(database + ": " + query, e);
        }
    }

    private static Connection connect(Path database) throws SQLException {
        return DriverManager.getConnection("jdbc:sqlite:file:"
                + database.toString().replace("%", "%25").replace("?", "%3f").replace("#", "%23"));
    }

    /** Everything that an application would see of a database, as one checksum of sqlite3's own dump. */
    public static String dump(Path database) {
        Tools.require("sqlite3", "sha256sum");
        return Tools.sh(
                        "f=$(readlink -f \"$1\"); cd \"$(dirname \"$f\")\"; sqlite3 \"./$(basename \"$f\")\" "
                                + ".dump | sha256sum",
                        database)
                .ok()
                .out();
    }

    /** Name, mode, owner, inode and content of every file in the directory whose name starts so. */
    public Map<String, String> state(String prefix) {
        Map<String, String> state = new TreeMap<>();
        for (Path file : files(prefix)) {
            try {
                boolean shm = file.toString().endsWith("-shm"); // Its content is not data.
                state.put(
                        file.getFileName().toString(),
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(file))
                                + Files.getOwner(file)
                                + Files.getAttribute(file, "unix:ino")
                                + (shm ? "" : Files.getLastModifiedTime(file) + sha256(file)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return state;
    }

    /** Name and content of every file below a directory of the lab. */
    public Map<String, String> contents(String name) {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(path(name))) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> contents.put(path(name).relativize(file).toString(), sha256(file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return contents;
    }

    public List<Path> files(String prefix) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix) && Files.isRegularFile(file))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whatever temporary is left in the lab, anywhere. */
    public List<String> litter() {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(file -> !file.equals(temporary)
                            && (file.startsWith(temporary) || file.toString().contains("/.sqlite-backup-")))
                    .map(Path::toString)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<Path> safetyCopies(String database) {
        return files(database + ".pre-restore-");
    }

    public static String sha256(Path file) {
        try {
            return java.util.HexFormat.of()
                    .formatHex(
                            java.security.MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    public static void write(Path file, String content) {
        try {
            Files.write(file, content.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
