package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * One command for several targets: what it does for one, done for each of them, one after the other. One that fails
 * stops no other.
 */
final class Several {
    private static final int MOST_NAMES = 10;

    private final Environment environment;
    private final CommandSpec spec;
    private final CommonOptions common;
    private CommandLine one;
    private final Results results = new Results();

    Several(Environment environment, CommandSpec spec, CommonOptions common) {
        this.environment = environment;
        this.spec = spec;
        this.common = common;
        this.one = another(null);
    }

    /** A command of its own, to which the same was said. */
    private CommandLine another(Configuration.Database configured) {
        String[] words =
                spec.root().commandLine().getParseResult().originalArgs().toArray(String[]::new);
        CommandLine program = common.configuration == null
                ? SqliteBackup.commandLine(environment, words)
                : Configured.commandLine(environment, common.configuration, configured, true, words);
        CommonOptions ofOne = CommonOptions.of(program);
        ofOne.results = results;
        ofOne.metrics = common.metrics;
        return program.setOut(spec.commandLine().getOut())
                .setErr(spec.commandLine().getErr())
                .parseArgs(words)
                .subcommand()
                .commandSpec()
                .commandLine();
    }

    /**
     * Runs it for each.
     *
     * @param warnings of what there is besides
     * @return the exit code
     */
    int run(List<Target> targets, List<String> warnings) {
        List<String> failed = new ArrayList<>();
        List<Integer> exitCodes = new ArrayList<>();
        for (Target target : targets) {
            int exitCode = ended(target);
            exitCodes.add(exitCode);
            if (exitCode != ExitCodes.OK) {
                failed.add(target.name());
            }
            if (exitCode == ExitCodes.of(Failure.Kind.INTERRUPTED)) {
                break;
            }
        }
        Failure.Kind worst = ExitCodes.worst(exitCodes);
        Failure failure = worst == null
                ? null
                : worst == Failure.Kind.INTERRUPTED
                        ? interrupted(targets, exitCodes.size() - 1)
                        : new Failure(
                                worst, failed.size() + " of " + targets.size() + " failed: " + names(failed), null);
        return say(failure, warnings);
    }

    private int run(Target target) throws Exception {
        results.begin(target);
        if (common.configuration != null) {
            one = another(target.configured()); // Its options are others.
        }
        Target.Command command = (Target.Command) one.getCommandSpec().userObject();
        command.only(target);
        if (target.failure() != null) {
            MetricsOption.noteFailed(one, target.failure().kind());
            throw target.failure();
        }
        return command.call();
    }

    private int ended(Target target) {
        try {
            return run(target);
        } catch (ParameterException e) {
            return FailureHandler.print(new Failure(Failure.Kind.USAGE, e.getMessage(), null, e), one);
        } catch (Exception e) {
            return FailureHandler.print(e, one);
        }
    }

    private static Failure interrupted(List<Target> targets, int done) {
        List<String> names = targets.subList(0, done).stream().map(Target::name).toList();
        return new Failure(
                Failure.Kind.INTERRUPTED,
                Interruption.failure(null).getMessage() + "; done before: "
                        + (done == 0 ? "none" : done + " of " + targets.size() + ": " + names(names)));
    }

    private static String names(List<String> names) {
        return names.stream().limit(MOST_NAMES).collect(Collectors.joining(", "))
                + (names.size() > MOST_NAMES ? " and " + (names.size() - MOST_NAMES) + " more" : "");
    }

    private int say(Failure failure, List<String> warnings) {
        Output output = Output.of(spec.commandLine(), common);
        Map<String, Object> fields = Map.of("results", results.all());
        if (failure != null) {
            return output.failure(failure, warnings, fields);
        }
        output.success(List.of(), warnings, fields);
        return ExitCodes.OK;
    }
}
