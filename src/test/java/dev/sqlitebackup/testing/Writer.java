package dev.sqlitebackup.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * A second process that uses a database as an application does. It is told what to do by its arguments, says READY, then
 * one line for each commit that it was told is durable, and ends when its standard input does.
 */
public final class Writer implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final List<String> lines = new ArrayList<>();

    private Writer(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream()));
    }

    /** @param what commit, read, idle, exclusive, crash or hot (see {@link #main}) */
    public static Writer start(Path database, String what, String journalMode, int busyTimeoutMillis) {
        return start(database, what, journalMode, busyTimeoutMillis, 3);
    }

    public static Writer start(Path database, String what, String journalMode, int busyTimeoutMillis, int pauseMillis) {
        try {
            Process process = new ProcessBuilder(System.getProperty("java.home") + "/bin/java", "-Xshare:auto", "--enable-native-access=ALL-UNNAMED",
                    "-cp", System.getProperty("java.class.path"), Writer.class.getName(), database.toString(), what, journalMode,
                    String.valueOf(busyTimeoutMillis), String.valueOf(pauseMillis)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            Writer writer = new Writer(process);
            writer.await("READY");
            return writer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until a line comes that starts so. */
    public String await(String start) throws IOException {
        for (String line; (line = output.readLine()) != null; ) {
            lines.add(line);
            if (line.startsWith(start)) {
                return line;
            }
        }
        throw new AssertionError("the writer ended without saying " + start + ": " + lines);
    }

    /** Asks it to end, and waits. @return every line it said */
    public List<String> stop() {
        try {
            process.getOutputStream().close();
            for (String line; (line = output.readLine()) != null; ) {
                lines.add(line);
            }
            process.waitFor();
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public static void main(String[] args) throws Exception {
        Path database = Path.of(args[0]);
        int pauseMillis = Integer.parseInt(args[4]);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:file:" + database.toString().replace("%", "%25").replace("?", "%3f").replace("#", "%23"));
                Statement sql = connection.createStatement()) {
            sql.execute("PRAGMA busy_timeout=" + args[3]);
            if (!args[2].equals("keep")) {
                sql.execute("PRAGMA journal_mode=" + args[2]);
            }
            switch (args[1]) {
                case "commit" -> commits(sql, pauseMillis);
                case "read" -> reads(sql, pauseMillis);
                case "exclusive" -> {
                    sql.execute("PRAGMA locking_mode=EXCLUSIVE");
                    sql.execute("BEGIN EXCLUSIVE");
                    sql.execute("COMMIT");
                    untilTold();
                }
                case "idle" -> {
                    sql.executeQuery("SELECT count(*) FROM sqlite_schema").close();
                    untilTold();
                }
                case "crash" -> {
                    sql.execute("CREATE TABLE crashed(x)");
                    sql.execute("INSERT INTO crashed WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i FROM n");
                    System.out.println("READY");
                    Runtime.getRuntime().halt(0);
                }
                case "hot" -> {
                    // A page cache of ten pages spills into the database file, so the journal that is left is hot.
                    sql.execute("PRAGMA cache_size=10");
                    sql.execute("BEGIN");
                    sql.execute("UPDATE t SET b = 'never committed' || b");
                    System.out.println("READY");
                    Runtime.getRuntime().halt(0);
                }
                default -> throw new IllegalArgumentException(args[1]);
            }
        }
    }

    private static void untilTold() throws IOException {
        System.out.println("READY");
        System.in.read();
    }

    /** Each commit inserts a row into two tables, so that a copy in which their counts differ is torn. */
    private static void commits(Statement sql, int pauseMillis) throws Exception {
        sql.execute("CREATE TABLE IF NOT EXISTS debit(id INTEGER PRIMARY KEY, amount)");
        sql.execute("CREATE TABLE IF NOT EXISTS credit(id INTEGER PRIMARY KEY, amount)");
        boolean ready = false;
        int number = 0;
        long worstMillis = 0;
        while (!ended()) {
            number++;
            long before = System.nanoTime();
            try {
                sql.execute("BEGIN IMMEDIATE");
                sql.execute("INSERT INTO debit(amount) VALUES (" + number + ")");
                sql.execute("INSERT INTO credit(amount) VALUES (" + number + ")");
                sql.execute("COMMIT");
                System.out.println("commit " + number);
            } catch (SQLException e) {
                System.out.println("error " + e.getMessage());
                try {
                    sql.execute("ROLLBACK");
                } catch (SQLException none) {
                    // No transaction was open.
                }
            }
            worstMillis = Math.max(worstMillis, (System.nanoTime() - before) / 1_000_000);
            if (!ready && number > 20) {
                ready = true;
                System.out.println("READY");
            }
            Thread.sleep(pauseMillis);
        }
        System.out.println("worst " + worstMillis);
    }

    /** Reads a database in which every table t holds rows of one generation only; says a line when the generation changes. */
    private static void reads(Statement sql, int pauseMillis) throws Exception {
        String last = null;
        boolean ready = false;
        while (!ended()) {
            try (ResultSet row = sql.executeQuery("SELECT min(generation), max(generation), count(*) FROM t")) {
                row.next();
                if (!row.getString(1).equals(row.getString(2))) {
                    System.out.println("error mixture");
                }
                if (!row.getString(1).equals(last)) {
                    last = row.getString(1);
                    System.out.println("generation " + last);
                }
            } catch (SQLException e) {
                System.out.println("error " + e.getMessage());
            }
            if (!ready) {
                ready = true;
                System.out.println("READY");
            }
            Thread.sleep(pauseMillis);
        }
    }

    private static volatile Thread waiter;

    /** Whether standard input was closed. */
    private static boolean ended() {
        if (waiter == null) {
            waiter = new Thread(() -> {
                try {
                    System.in.read();
                } catch (IOException e) {
                    // Ended all the same.
                }
            });
            waiter.setDaemon(true);
            waiter.start();
        }
        return !waiter.isAlive();
    }
}
