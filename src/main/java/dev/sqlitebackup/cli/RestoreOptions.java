package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.Changes;
import dev.sqlitebackup.core.RestoreService;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.sqlite.NativeLibrary;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.function.BiFunction;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** What restore and undo have in common: options, call and report. */
public final class RestoreOptions {
    @Option(names = "--live", description = "Restore while other processes keep the database open.")
    private boolean live;

    @Option(names = "--dry-run", description = "Verify the backup, say what would happen, and do nothing.")
    private boolean dryRun;

    @Option(
            names = "--tmp-dir",
            paramLabel = "DIR",
            description = "Where the backup is decompressed and verified (default: beside the database).")
    private Path stagingDirectory;

    @Option(
            names = "--safety-dir",
            paramLabel = "DIR",
            description = "Where the safety copy is kept (default: beside the database).")
    private Path safetyDirectory;

    int run(
            Environment environment,
            CommandLine commandLine,
            CommonOptions common,
            Location backup,
            Instant notAfter,
            Path database,
            boolean databaseNamed,
            String name,
            boolean asks,
            BiFunction<RestoreService, RestoreService.Request, RestoreService.Result> operation) {
        long started = System.nanoTime();
        Path tmp = environment.temporaryDirectory(null);
        RestoreService.Result result;
        try (ProgressDisplay progress = ProgressDisplay.of(common)) {
            NativeLibrary.load(environment.programDirectories(tmp));
            result = operation.apply(
                    new RestoreService(environment.clock(), progress, (target, content, changes) -> {
                        progress.close();
                        announce(
                                commandLine,
                                common,
                                target,
                                content,
                                changes,
                                asks && !dryRun && Question.canBeAsked());
                    }),
                    new RestoreService.Request(
                            backup,
                            notAfter,
                            database,
                            databaseNamed,
                            name,
                            live,
                            dryRun,
                            tmp,
                            directory("--tmp-dir", stagingDirectory),
                            directory("--safety-dir", safetyDirectory),
                            common.busyTimeout));
        }
        long durationMillis = (System.nanoTime() - started) / 1_000_000;
        return Reporter.of(commandLine, common).restore(result, dryRun, durationMillis);
    }

    private static Path directory(String option, Path directory) {
        if (directory != null && !Files.isDirectory(directory)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    (Files.exists(directory) ? "not a directory: " : "there is no directory ")
                            + directory.toAbsolutePath().normalize(),
                    "choose another one with " + option);
        }
        return directory;
    }

    /** What is asked is shown in any case. */
    private static void announce(
            CommandLine commandLine,
            CommonOptions common,
            Path target,
            VerifyService.Result backup,
            Changes changes,
            boolean asks) {
        Output output = Output.of(commandLine, common);
        List<String> lines = ChangesReport.lines(target, changes, backup.createdAt());
        if (!asks) {
            if (!common.quiet && !common.json) {
                output.tell(lines);
            }
            return;
        }
        PrintWriter terminal = Question.terminal(commandLine.getErr());
        Output.tell(
                terminal,
                List.of("about to restore " + Reporter.what(backup) + " from " + backup.backup() + " to " + target));
        Output.tell(terminal, lines);
        if (!Question.isAnsweredYes("Restore?", terminal)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "not restored: nothing was changed",
                    "answer y to restore; --yes asks nothing");
        }
    }
}
