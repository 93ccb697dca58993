package dev.sqlitebackup.testing;

import dev.sqlitebackup.sqlite.NativeLibrary;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * A second process that uses a database as an application does. It is told what to do by its arguments, says READY,
 * then one line for each commit that it was told is durable (the measuring ones: for many), and ends when its standard
 * input does.
 */
public final class Writer implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;
    private final List<String> lines = new ArrayList<>();

    private Writer(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /**
     * @param what commit, measure, checkpoint, measure-reads, read, reading, idle, reopen, open, reserved, exclusive,
     *     crash, hot or half (see {@link #main})
     */
    public static Writer start(Path database, String what, String journalMode, int busyTimeoutMillis) {
        return start(database, what, journalMode, busyTimeoutMillis, 3);
    }

    public static Writer start(Path database, String what, String journalMode, int busyTimeoutMillis, int pauseMillis) {
        try {
            Process process = new ProcessBuilder(
                            System.getProperty("java.home") + "/bin/java",
                            "-Xshare:auto",
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Writer.class.getName(),
                            database.toString(),
                            what,
                            journalMode,
                            String.valueOf(busyTimeoutMillis),
                            String.valueOf(pauseMillis))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
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

    /**
     * What a writer that measures did since it was last asked, or since it began.
     *
     * @param busyErrors commits that were refused because the database was locked; they are not among the latencies
     */
    public record Latency(
            long medianMicros, long percentile99Micros, long maximumMicros, int commits, int busyErrors) {}

    /** Waits until it has committed so often in all. */
    public void awaitCommits(int commits) throws IOException {
        while (Integer.parseInt(await("commits ").substring(8)) < commits) {}
    }

    public Latency latency() throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        String[] words = await("latency ").split(" ");
        return new Latency(
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                Integer.parseInt(words[4]),
                Integer.parseInt(words[5]));
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

    /** The number of the last commit that it was told is durable, as far as it has said so by now. */
    public int told() throws IOException {
        while (output.ready()) {
            lines.add(output.readLine());
        }
        return lines.stream()
                .filter(line -> line.startsWith("commit "))
                .reduce((first, last) -> last)
                .map(line -> Integer.parseInt(line.substring(7)))
                .orElse(0);
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
        NativeLibrary.load(); // Else each that is killed would leave a copy of it there.
        Path database = Path.of(args[0]);
        int pauseMillis = Integer.parseInt(args[4]);
        String url = "jdbc:sqlite:file:"
                + database.toString().replace("%", "%25").replace("?", "%3f").replace("#", "%23");
        try (Connection connection = DriverManager.getConnection(url);
                Statement sql = connection.createStatement()) {
            sql.execute("PRAGMA busy_timeout=" + args[3]);
            if (!args[2].equals("keep")) {
                sql.execute("PRAGMA journal_mode=" + args[2]);
            }
            switch (args[1]) {
                case "commit" -> commits(sql, pauseMillis);
                case "measure" -> measuredCommits(sql, pauseMillis, false);
                case "checkpoint" -> measuredCommits(sql, pauseMillis, true);
                case "measure-reads" ->
                    measured(
                            number -> sql.executeQuery("SELECT count(*) FROM sqlite_schema")
                                    .close(),
                            sql,
                            pauseMillis);
                case "reopen" -> {
                    connection.close();
                    commitsOfManyConnections(url, args[3], pauseMillis);
                }
                case "open" -> {
                    connection.close();
                    opens(url, pauseMillis);
                }
                case "reserved" -> {
                    sql.execute("BEGIN IMMEDIATE");
                    untilTold();
                }
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
                case "reading" -> {
                    sql.execute("BEGIN");
                    sql.executeQuery("SELECT count(*) FROM sqlite_schema").close();
                    untilTold();
                }
                case "crash" -> {
                    sql.execute("CREATE TABLE crashed(x)");
                    sql.execute("INSERT INTO crashed WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                            + "WHERE i < 500) SELECT i FROM n");
                    System.out.println("READY");
                    Runtime.getRuntime().halt(0);
                }
                case "hot", "half" -> {
                    // A page cache of ten pages spills into the database file, so the journal that is left is hot.
                    sql.execute("PRAGMA cache_size=10");
                    sql.execute("BEGIN");
                    // The one leaves the file damaged without its journal; the other, which moves nothing, a sound one
                    // with half a transaction in it.
                    sql.execute(
                            args[1].equals("hot")
                                    ? "UPDATE t SET b = 'never committed' || b"
                                    : "UPDATE t SET generation = 'half'");
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
        createAccounts(sql);
        boolean ready = false;
        int number = 0;
        long worstMillis = 0;
        while (!ended()) {
            number++;
            long before = System.nanoTime();
            try {
                commit(sql, number);
                System.out.println("commit " + number);
            } catch (SQLException e) {
                System.out.println("error " + e.getMessage());
                rollBack(sql);
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

    /** The same, by a connection for every 20 commits; all are closed for a while in between. */
    private static void commitsOfManyConnections(String url, String busyTimeout, int pauseMillis) throws Exception {
        int number = 0;
        while (!ended()) {
            try (Connection connection = DriverManager.getConnection(url);
                    Statement sql = connection.createStatement()) {
                sql.execute("PRAGMA busy_timeout=" + busyTimeout);
                createAccounts(sql);
                for (int last = number + 20; number < last; ) {
                    try {
                        commit(sql, number + 1);
                        System.out.println("commit " + ++number);
                    } catch (SQLException e) {
                        System.out.println("error " + e.getMessage());
                        rollBack(sql);
                    }
                    Thread.sleep(pauseMillis);
                }
            }
            if (number == 20) {
                System.out.println("READY");
            }
            Thread.sleep(pauseMillis * 20L);
        }
    }

    /** Opens, reads and closes without a busy timeout; says at the end {@code opened TIMES BUSY_ERRORS}. */
    private static void opens(String url, int pauseMillis) throws Exception {
        System.out.println("READY");
        int times = 0;
        int busyErrors = 0;
        for (; !ended(); times++) {
            try (Connection connection = DriverManager.getConnection(url);
                    Statement sql = connection.createStatement()) {
                sql.execute("PRAGMA busy_timeout=0");
                sql.executeQuery("SELECT count(*) FROM sqlite_schema").close();
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) == 5) {
                    busyErrors++;
                } else {
                    System.out.println("error " + e.getMessage());
                }
            }
            if (pauseMillis > 0) {
                Thread.sleep(pauseMillis);
            }
        }
        System.out.println("opened " + times + " " + busyErrors);
    }

    private static void createAccounts(Statement sql) throws SQLException {
        sql.execute("CREATE TABLE IF NOT EXISTS debit(id INTEGER PRIMARY KEY, amount)");
        sql.execute("CREATE TABLE IF NOT EXISTS credit(id INTEGER PRIMARY KEY, amount)");
    }

    private static void commit(Statement sql, int number) throws SQLException {
        sql.execute("BEGIN IMMEDIATE");
        sql.execute("INSERT INTO debit(amount) VALUES (" + number + ")");
        sql.execute("INSERT INTO credit(amount) VALUES (" + number + ")");
        sql.execute("COMMIT");
    }

    private static void rollBack(Statement sql) {
        try {
            sql.execute("ROLLBACK");
        } catch (SQLException none) {
            // No transaction was open.
        }
    }

    /**
     * The same commits, of which too many are made for a line each: says how many there were at every 100th, and for
     * each line that it is given how long those since the last one took, {@code latency MEDIAN_MICROS P99_MICROS
     * MAX_MICROS COMMITS BUSY_ERRORS}. Any other error has a line of its own.
     */
    private static void measuredCommits(Statement sql, int pauseMillis, boolean checkpoints) throws Exception {
        createAccounts(sql);
        measured(
                number -> {
                    commit(sql, number);
                    if (checkpoints) {
                        sql.executeQuery("PRAGMA wal_checkpoint(TRUNCATE)").close();
                    }
                },
                sql,
                pauseMillis);
    }

    private interface Work {
        void run(int number) throws SQLException;
    }

    private static void measured(Work work, Statement sql, int pauseMillis) throws Exception {
        BlockingQueue<Boolean> asked = new LinkedBlockingQueue<>();
        Thread listener = new Thread(() -> {
            try {
                int c;
                do {
                    c = System.in.read();
                    asked.add(c >= 0);
                } while (c >= 0);
            } catch (IOException e) {
                asked.add(false);
            }
        });
        listener.setDaemon(true);
        listener.start();
        System.out.println("READY");
        List<Long> micros = new ArrayList<>();
        int busyErrors = 0;
        int commits = 0;
        for (Boolean goesOn = null; !Boolean.FALSE.equals(goesOn); goesOn = asked.poll()) {
            if (goesOn != null) {
                System.out.println("latency " + percentile(micros, 50) + " " + percentile(micros, 99) + " "
                        + percentile(micros, 100) + " " + micros.size() + " " + busyErrors);
                micros.clear();
                busyErrors = 0;
            }
            long before = System.nanoTime();
            try {
                work.run(commits + 1);
                micros.add((System.nanoTime() - before) / 1000);
                if (++commits % 100 == 0) {
                    System.out.println("commits " + commits);
                }
            } catch (SQLException e) {
                if ((e.getErrorCode() & 0xff) == 5) {
                    busyErrors++;
                } else {
                    System.out.println("error " + e.getMessage());
                }
                rollBack(sql);
            }
            if (pauseMillis > 0) {
                Thread.sleep(pauseMillis);
            }
        }
    }

    private static long percentile(List<Long> values, int percent) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(sorted.size() * percent / 100.0) - 1);
    }

    /**
     * Reads a database in which every table t holds rows of one generation only; says a line when the generation
     * changes.
     */
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
