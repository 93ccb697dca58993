package dev.sqlitebackup;

import dev.sqlitebackup.cli.Environment;
import dev.sqlitebackup.cli.FailureHandler;
import dev.sqlitebackup.cli.RunLog;
import dev.sqlitebackup.cli.SqliteBackup;
import dev.sqlitebackup.cli.StandardOutput;
import dev.sqlitebackup.cli.StandardStreams;
import dev.sqlitebackup.files.Workspace;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/** The program, and the only place that exits. */
public final class Main {
    /** How long a signal waits for the work to unwind, before everything temporary is removed from under it. */
    private static final long GRACE_MILLIS = 5_000;

    private Main() {}

    public static void main(String[] args) {
        Hints.startedAs(program(), System.getenv("SQLITE_BACKUP_MAKE"));
        CommandLine commandLine =
                SqliteBackup.commandLine(environment(), args).setOut(printer(StandardOutput.ofProcess()));
        CountDownLatch done = new CountDownLatch(1);
        int[] exitCode = {0};
        Thread onSignal = new Thread(() -> endOnSignal(commandLine, done, exitCode));
        Runtime.getRuntime().addShutdownHook(onSignal);
        exitCode[0] = run(commandLine, args);
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException e) {
            return; // A signal came; its thread ends the process with our exit code.
        }
        System.exit(exitCode[0]);
    }

    static int run(CommandLine commandLine, String[] args) {
        long startedNanos = System.nanoTime();
        int exitCode = execute(commandLine, args);
        CommandLine executed = executed(commandLine);
        if (SqliteBackup.isVerbose(executed)) {
            RunLog.ended(executed, exitCode, startedNanos);
        }
        return exitCode;
    }

    private static int execute(CommandLine commandLine, String[] args) {
        try {
            int exitCode = commandLine.execute(args);
            // What the library prints itself: help, the version, the completion.
            return exitCode == 0 && commandLine.getOut().checkError()
                    ? FailureHandler.print(FailureHandler.unsaid(), executed(commandLine))
                    : exitCode;
        } catch (Throwable e) {
            return FailureHandler.print(e, commandLine);
        }
    }

    /**
     * Nothing between us and the descriptor: {@code System.out} keeps to itself that a disk is full or a pipe broken.
     */
    static PrintWriter printer(OutputStream out) {
        String charset = System.getProperty(
                "stdout.encoding",
                System.getProperty(
                        "sun.stdout.encoding", Charset.defaultCharset().name()));
        return new PrintWriter(new OutputStreamWriter(out, Charset.forName(charset)), true);
    }

    private static void endOnSignal(CommandLine commandLine, CountDownLatch done, int[] exitCode) {
        Interruption.request();
        if (Interruption.isCritical()) {
            commandLine.getErr().println("interrupted: the switch is under way, and is finished first");
            commandLine.getErr().flush();
        }
        Interruption.awaitCritical();
        try {
            if (!done.await(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                exitCode[0] = FailureHandler.print(Interruption.failure(null), executed(commandLine));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Workspace.closeAll();
        Runtime.getRuntime().halt(exitCode[0]);
    }

    private static CommandLine executed(CommandLine commandLine) {
        CommandLine.ParseResult parsed = commandLine.getParseResult();
        return parsed != null && parsed.hasSubcommand()
                ? parsed.subcommand().commandSpec().commandLine()
                : commandLine;
    }

    /** What starts it again: the launcher says its name, and java none. */
    static List<String> program() {
        String launcher = System.getProperty("sqlite-backup.program");
        Path jar = location();
        return launcher != null
                ? List.of(launcher)
                : jar != null && Files.isRegularFile(jar)
                        ? List.of("java", "-jar", jar.toString())
                        : List.of("sqlite-backup");
    }

    private static Environment environment() {
        Path workingDirectory = Path.of("").toAbsolutePath();
        return new Environment(
                System.getenv(),
                System.getProperty("user.home"),
                location() == null ? workingDirectory : location().getParent(),
                workingDirectory,
                System.getProperty("java.io.tmpdir"),
                StandardStreams.ofProcess(),
                Clock.systemDefaultZone());
    }

    /** The jar that runs, or a directory of classes; null where nobody knows. */
    static Path location() {
        try {
            return Path.of(Main.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException | IllegalArgumentException | NullPointerException e) {
            return null;
        }
    }
}
