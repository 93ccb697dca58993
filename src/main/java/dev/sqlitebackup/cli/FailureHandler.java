package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The one place that prints a failure and turns it into an exit code. */
public final class FailureHandler implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private final Environment environment;

    FailureHandler(Environment environment) {
        this.environment = environment;
    }

    @Override
    public int handleExecutionException(Exception e, CommandLine commandLine, ParseResult parsed) {
        return print(e, commandLine);
    }

    /** Bad arguments. The options may not have been parsed, so the contract's word for JSON is looked for by hand. */
    @Override
    public int handleParseException(ParameterException e, String[] args) {
        CommonOptions options = new CommonOptions();
        List<String> words = Arrays.asList(args);
        options.json = words.contains("--json");
        options.standardOutputIsTaken = words.contains("backup")
                && (words.contains("--to=-")
                        || Collections.indexOfSubList(words, List.of("--to", "-")) >= 0
                        || environment.isStandardOutputTheDefault()
                                && words.stream().noneMatch(word -> word.startsWith("--to")));
        options.verbose = words.contains("-v") || words.contains("--verbose");
        String help = "see: "
                + (e.getCommandLine().getParent() == null
                        ? Hints.command("--help")
                        : Hints.command(e.getCommandLine().getCommandName(), "--help"));
        boolean dashed = e instanceof UnmatchedArgumentException unmatched && unmatched.isUnknownOption();
        Failure failure = new Failure(
                Failure.Kind.USAGE,
                message(e),
                dashed ? help + "; a file name that begins with '-' goes after --" : help,
                e);
        return Output.of(e.getCommandLine(), options).failure(failure);
    }

    private static String message(ParameterException e) {
        if (!(e instanceof UnmatchedArgumentException unmatched) || unmatched.isUnknownOption()) {
            return e.getMessage();
        }
        String first = unmatched.getUnmatched().get(0);
        if (e.getCommandLine().getParent() != null) {
            return "one argument too many: " + first;
        }
        List<String> suggestions = unmatched.getSuggestions();
        return "unknown command: " + first
                + (suggestions.isEmpty() ? "" : "; did you mean " + String.join(" or ", suggestions) + "?");
    }

    /**
     * Says any error in the contract's form. One that nobody foresaw is a failure too, and never a bare stack trace.
     */
    public static int print(Throwable e, CommandLine commandLine) {
        Failure failure = asFailure(e);
        return Output.of(commandLine, CommonOptions.of(commandLine)).failure(failure);
    }

    /** Whoever asked has heard nothing, and must not take that for an answer. */
    public static Failure unsaid() {
        return new Failure(
                Failure.Kind.FAILURE,
                "cannot write the result to standard output: it is closed, or its disk is full; the command itself "
                        + "succeeded",
                "see where the output goes; what the command did need not be repeated");
    }

    static Failure asFailure(Throwable e) {
        return e instanceof Failure f
                ? f
                : new Failure(
                        Failure.Kind.FAILURE,
                        "unexpected " + e.getClass().getSimpleName() + ": " + e.getMessage(),
                        "run it again with -v, and report what it prints",
                        e);
    }
}
