package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Suggestion;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The one place that prints a failure and turns it into an exit code. */
public final class FailureHandler implements IExecutionExceptionHandler, IParameterExceptionHandler {
    private static final String UNSAID =
            "cannot write the result to standard output: it is closed, or its disk is full; "
                    + "the command itself succeeded";
    /** What is read as far as one likes: the others say what was done. */
    private static final Set<String> QUIET =
            Set.of("list", "diff", "query", "help", "generate-completion", "sqlite-backup");

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
        Failure failure = new Failure(Failure.Kind.USAGE, message(e), hint(e), e);
        MetricsOption.noteUsage(e.getCommandLine(), args);
        options.ping = PingOption.of(e.getCommandLine());
        return Output.of(e.getCommandLine(), options).failure(failure);
    }

    private String message(ParameterException e) {
        if (!(e instanceof UnmatchedArgumentException unmatched)) {
            return e.getMessage();
        }
        CommandLine command = e.getCommandLine();
        String first = unmatched.getUnmatched().get(0);
        if (unmatched.isUnknownOption()) {
            return e.getMessage()
                    + Suggestion.of(
                            first.replaceFirst("=.*", ""),
                            command.getCommandSpec().optionsMap().keySet(),
                            Set.of());
        }
        if (command.getParent() != null) {
            String refused = refused(command, first);
            return refused != null ? refused : "one argument too many: " + first;
        }
        return "unknown command: " + first
                + Suggestion.of(first, command.getSubcommands().keySet(), SqliteBackup.WRITING);
    }

    /**
     * A list takes as many words as can be converted, and picocli calls the next one too many.
     *
     * @return what it would say of one that is alone; null if it is really too many
     */
    private String refused(CommandLine command, String word) {
        for (PositionalParamSpec argument : command.getCommandSpec().positionalParameters()) {
            if (argument.isMultiValue()) {
                try {
                    Converters.converted(word, argument.auxiliaryTypes()[0], environment);
                } catch (TypeConversionException e) {
                    return "Invalid value for positional parameter at index 0 (" + argument.paramLabel() + "): "
                            + e.getMessage();
                }
            }
        }
        return null;
    }

    private static String hint(ParameterException e) {
        CommandLine command = e.getCommandLine();
        String help = "see: "
                + (command.getParent() == null
                        ? Hints.command("--help")
                        : Hints.command(command.getCommandName(), "--help"));
        if (!(e instanceof UnmatchedArgumentException unmatched)) {
            return help;
        }
        if (unmatched.isUnknownOption() && command.getParent() == null) {
            return "options of a command go behind it; " + help;
        }
        if (unmatched.isUnknownOption()) {
            return help + "; a file name that begins with '-' goes after --";
        }
        if (command.getParent() == null) {
            return "the commands are "
                    + String.join(", ", command.getSubcommands().keySet()) + "; " + help;
        }
        return hintIfDestination(command, unmatched.getUnmatched().get(0), help);
    }

    /** @return otherwise, unless the command has an option for it that was not given */
    static String hintIfDestination(CommandLine command, String word, String otherwise) {
        OptionSpec to = command.getCommandSpec().findOption("--to");
        boolean isGiven =
                command.getParseResult() != null && command.getParseResult().hasMatchedOption("--to");
        return to != null && !isGiven
                ? "the "
                        + (to.paramLabel().equals("DEST")
                                ? "destination"
                                : to.paramLabel().toLowerCase(Locale.ROOT))
                        + " is an option: --to="
                        + Hints.quoted(word)
                : otherwise;
    }

    /**
     * Says any error in the contract's form. One that nobody foresaw is a failure too, and never a bare stack trace.
     */
    public static int print(Throwable e, CommandLine commandLine) {
        Failure failure = asFailure(e);
        MetricsOption.noteUnmeasured(commandLine, failure.kind());
        if (failure.getMessage().equals(UNSAID)
                && StandardOutput.isReaderGone()
                && QUIET.contains(commandLine.getCommandName())) {
            return ExitCodes.of(failure.kind());
        }
        return Output.of(commandLine, CommonOptions.of(commandLine)).failure(failure);
    }

    /** Whoever asked has heard nothing, and must not take that for an answer. */
    public static Failure unsaid() {
        return new Failure(
                Failure.Kind.FAILURE, UNSAID, "see where the output goes; do not run the command again, it has worked");
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
