import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Shows the whole thing on nothing but itself: java -cp target/sqlite-backup.jar scripts/Demo.java target/sqlite-backup.jar.
 * Every line that begins with ✓ is a check that has just been made; the first that fails ends the run with an error.
 */
public final class Demo {
    private static final int SESSIONS = 40_000;

    private final Path jar;
    private final Path directory;
    private final Path database;
    private final Path backup;

    private Demo(Path jar, Path directory) {
        this.jar = jar;
        this.directory = directory;
        this.database = directory.resolve("history.db");
        this.backup = directory.resolve("backups/history.db.gz");
    }

    public static void main(String[] args) throws Exception {
        if (args.length == 2) {
            write(args[1]);
            return;
        }
        Path directory = Files.createTempDirectory("sqlite-backup-demo");
        try {
            new Demo(Path.of(args[0]).toAbsolutePath(), directory).run();
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private void run() throws Exception {
        say("A sample database, as a coding assistant keeps one: WAL mode, sessions and messages");
        sql("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", "CREATE TABLE session(id INTEGER PRIMARY KEY, title)",
                "CREATE TABLE message(id INTEGER PRIMARY KEY, session REFERENCES session(id), body)",
                "CREATE TABLE debit(amount)", "CREATE TABLE credit(amount)",
                "INSERT INTO session(title) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + SESSIONS + ") SELECT 'Session ' || i FROM n",
                "INSERT INTO message(session, body) SELECT id, hex(randomblob(150)) || printf('%0600d', id) FROM session");
        say("A second process that commits to it every 3 ms, and a backup under that load");
        Process writer = java("-cp", jar.toString(), Path.of("scripts/Demo.java").toAbsolutePath().toString(), "write", database.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader said = new BufferedReader(new InputStreamReader(writer.getInputStream()));
        check(said.readLine().equals("READY"), "the writer is writing");
        program(0, "backup", database, "--to=" + backup);
        program(0, "verify", backup);
        program(13, "restore", backup, "--to=" + database);
        check(true, "a restore under the running application was refused, and it was named");
        writer.getOutputStream().close();
        String[] result = said.lines().reduce((a, b) -> b).orElseThrow().split(" ");
        writer.waitFor();
        check(result[1].equals("0"), "the writer made " + result[0] + " commits and saw " + result[1] + " errors");

        say("Disaster: somebody writes over the middle of the database");
        byte[] bytes = Files.readAllBytes(database);
        for (int i = bytes.length / 3; i < bytes.length / 2; i++) {
            bytes[i] = 42;
        }
        Files.write(database, bytes);
        check(!query("PRAGMA integrity_check").equals("ok"), "SQLite finds the database damaged");
        program(12, "backup", database, "--to=" + backup);
        check(true, "a backup of the damaged database was refused, and the good backup is untouched");
        program(0, "restore", backup, "--to=" + database);
        check(query("PRAGMA integrity_check").equals("ok"), "the restored database passes integrity_check");
        check(query("SELECT count(*) FROM session").equals(String.valueOf(SESSIONS)), "all " + SESSIONS + " sessions are there");
        String debit = query("SELECT count(*) FROM debit");
        check(debit.equals(query("SELECT count(*) FROM credit")), "the backup is one moment: " + debit + " debits, and as many credits");

        say("A restore by mistake, and undo");
        sql("INSERT INTO session(title) VALUES ('Written after the restore')");
        program(0, "restore", backup, "--to=" + database);
        check(query("SELECT count(*) FROM session WHERE title LIKE 'Written%'").equals("0"), "the new row is gone");
        program(0, "undo", database);
        check(query("SELECT count(*) FROM session WHERE title LIKE 'Written%'").equals("1"), "undo brought it back");

        say("A damaged backup");
        byte[] damaged = Files.readAllBytes(backup);
        damaged[damaged.length / 2] ^= 1;
        Path flipped = Files.write(directory.resolve("flipped.gz"), damaged);
        program(12, "restore", flipped, "--to=" + database);
        check(query("SELECT count(*) FROM session WHERE title LIKE 'Written%'").equals("1"), "one flipped bit is seen before the database is touched");
        System.out.println("\nProved: " + checks + " checks, none failed.");
    }

    /** Commits to two tables at once until standard input ends; then says how many commits and errors there were. */
    private static void write(String database) throws Exception {
        int commits = 0;
        int errors = 0;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database); Statement sql = connection.createStatement()) {
            Thread end = new Thread(() -> {
                try {
                    System.in.read();
                } catch (IOException e) {
                    // Ended all the same.
                }
            });
            end.start();
            while (end.isAlive()) {
                try {
                    sql.execute("BEGIN IMMEDIATE");
                    sql.execute("INSERT INTO debit VALUES (1)");
                    sql.execute("INSERT INTO credit VALUES (1)");
                    sql.execute("COMMIT");
                    if (++commits == 10) {
                        System.out.println("READY");
                    }
                } catch (SQLException e) {
                    errors++;
                }
                Thread.sleep(3);
            }
        }
        System.out.println(commits + " " + errors);
    }

    private int checks;

    private void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not so: " + what);
        }
        checks++;
        System.out.println("  ✓ " + what);
    }

    private static void say(String what) {
        System.out.println("\n" + what);
    }

    /** Runs the packaged program as a user would, and shows what it prints. */
    private void program(int expectedExitCode, Object... arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of("-jar", jar.toString()));
        for (Object argument : arguments) {
            words.add(argument.toString());
        }
        System.out.println("  $ sqlite-backup " + String.join(" ", words.subList(2, words.size())).replace(directory + "/", ""));
        Process process = java(words.toArray(new String[0])).redirectErrorStream(true).start();
        try (BufferedReader lines = process.inputReader()) {
            lines.lines().forEach(line -> System.out.println("    " + line.replace(directory + "/", "")));
        }
        if (process.waitFor() != expectedExitCode) {
            throw new AssertionError("exit code " + process.exitValue() + ", expected " + expectedExitCode);
        }
        checks++;
    }

    private static ProcessBuilder java(String... arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }

    private void sql(String... statements) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database); Statement sql = connection.createStatement()) {
            for (String statement : statements) {
                sql.execute(statement);
            }
        }
    }

    private String query(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database); Statement sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : "";
        } catch (SQLException e) {
            return e.getMessage();
        }
    }
}
