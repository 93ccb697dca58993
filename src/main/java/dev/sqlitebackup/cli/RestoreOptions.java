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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        VerifyService.Result content = result.backup();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("database", result.database().toString());
        fields.put("backup", content.backup());
        if (content.commit() != null) {
            fields.put("commit", content.commit());
        }
        fields.put("createdAt", content.createdAt().toString());
        fields.put(
                "safetyCopy",
                result.safetyCopy() == null ? null : result.safetyCopy().toString());
        fields.put("method", result.method().word());
        fields.put("databaseBytes", content.databaseBytes());
        fields.put("sha256", content.sha256());
        fields.put("verified", result.verification().word());
        fields.put("durationMillis", durationMillis);
        fields.put("changes", ChangesReport.fields(result.changes()));
        if (dryRun) {
            fields.put("dryRun", true);
        }
        Output.of(commandLine, common)
                .success(
                        List.of(line(result, durationMillis)),
                        result.verification().warnings(),
                        fields);
        return ExitCodes.OK;
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
                terminal, List.of("about to restore " + what(backup) + " from " + backup.backup() + " to " + target));
        Output.tell(terminal, lines);
        if (!Question.isAnsweredYes("Restore?", terminal)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "not restored: nothing was changed",
                    "answer y to restore; --yes asks nothing");
        }
    }

    private static String what(VerifyService.Result content) {
        return Output.size(content.databaseBytes()) + " of " + content.createdAt()
                + (content.commit() == null
                        ? ""
                        : " (commit " + content.commit().substring(0, 12) + ")");
    }

    private String line(RestoreService.Result result, long durationMillis) {
        VerifyService.Result content = result.backup();
        String what = what(content);
        if (dryRun) {
            return "would restore " + what + " from " + Output.backup(content.backup()) + " to " + result.database()
                    + (result.method() == RestoreService.Method.CREATED
                            ? Files.exists(result.database())
                                    ? ", in place of a file that SQLite cannot open, which is kept"
                                    : ", where there is no database"
                            : ", after a safety copy of what is there")
                    + "; nothing was changed";
        }
        return "restored " + what + " from " + Output.backup(content.backup()) + " to " + result.database() + " in "
                + Output.seconds(durationMillis) + (result.verification().full() ? ", verified" : ", verified in part")
                + (result.safetyCopy() == null ? "" : "; the old content is in " + result.safetyCopy());
    }
}
