package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.RestorePlan;
import dev.sqlitebackup.core.RestoreService;
import dev.sqlitebackup.files.NativeCode;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;

/** What restore and undo do with their options: the call, what is said or asked before the switch, the report. */
record RestoreRun(Environment environment, CommandLine commandLine, CommonOptions common, RestoreOptions options) {
    /**
     * Runs it.
     *
     * @param asks whether a run on a terminal asks before it does anything
     * @return the exit code
     */
    int run(RestoreService.Wanted wanted, Path database, boolean asks) {
        long started = System.nanoTime();
        Path tmp = environment.temporaryDirectory(null);
        Reporter reporter = Reporter.of(commandLine, common);
        Question question = new Question(environment.streams());
        boolean isAsked = asks && !options.dryRun && question.canBeAsked();
        List<RunPlan> plans = !Files.exists(database)
                ? RunPlan.VERIFY
                : options.dryRun
                        ? RunPlan.DRY_RUN
                        : isAsked ? RunPlan.ASKED_RESTORE : options.live ? RunPlan.LIVE_RESTORE : RunPlan.RESTORE;
        try (ProgressDisplay progress = ProgressDisplay.of(common, environment.streams(), plans)) {
            NativeCode.unpackInto(environment.programDirectories(tmp));
            RestoreService service = new RestoreService(environment.clock(), progress);
            RestoreService.Request request = new RestoreService.Request(
                    wanted,
                    database,
                    options.live,
                    tmp,
                    directory("--tmp-dir", options.stagingDirectory),
                    directory("--safety-dir", options.safetyDirectory),
                    common.busyTimeout,
                    options.dryRun || isAsked);
            if (options.dryRun) {
                RestorePlan plan = service.plan(request, found -> {
                    progress.close();
                    tell(found);
                });
                return reporter.plan(plan, millisSince(started));
            }
            RestoreService.Result result = service.restore(request, plan -> {
                progress.close();
                if (isAsked) {
                    ask(question, plan);
                } else {
                    tell(plan);
                }
            });
            progress.close();
            return reporter.restore(result, millisSince(started));
        }
    }

    private static long millisSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1_000_000;
    }

    static Path directory(String option, Path directory) {
        if (directory != null && !Files.isDirectory(directory)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    (Files.exists(directory) ? "not a directory: " : "there is no directory ")
                            + directory.toAbsolutePath().normalize(),
                    "choose another one with " + option);
        }
        return directory;
    }

    private void tell(RestorePlan plan) {
        Output.of(commandLine, common).tell(ChangesReport.lines(plan));
    }

    /** What is asked is shown in any case. */
    private void ask(Question question, RestorePlan plan) {
        PrintWriter terminal = question.terminal(commandLine.getErr());
        Output.tell(
                terminal,
                List.of("about to restore " + Reporter.what(plan.content()) + " from "
                        + plan.content().backup() + " to " + plan.database()));
        Output.tell(terminal, ChangesReport.lines(plan));
        if (!question.isAnsweredYes("Restore?", terminal)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "not restored: nothing was changed",
                    "answer y to restore; --yes asks nothing");
        }
    }
}
