package dev.sqlitebackup.cli;

import dev.sqlitebackup.history.RetentionRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** What to keep, in restic's words. A backup that any of them keeps stays. */
public final class RetentionOptions {
    @Option(names = "--keep-last", paramLabel = "N", order = 1, description = "Keep the N newest backups.")
    private Integer last;

    @Option(
            names = "--keep-hourly",
            paramLabel = "N",
            order = 2,
            description = "Keep the newest of each of the last N hours that have one.")
    private Integer hourly;

    @Option(
            names = "--keep-daily",
            paramLabel = "N",
            order = 3,
            description = "Keep the newest of each of the last N days that have one (local time).")
    private Integer daily;

    @Option(
            names = "--keep-weekly",
            paramLabel = "N",
            order = 4,
            description = "Keep the newest of each of the last N weeks (from Monday on) that have one.")
    private Integer weekly;

    @Option(
            names = "--keep-monthly",
            paramLabel = "N",
            order = 5,
            description = "Keep the newest of each of the last N months that have one.")
    private Integer monthly;

    @Option(
            names = "--keep-yearly",
            paramLabel = "N",
            order = 6,
            description = "Keep the newest of each of the last N years that have one.")
    private Integer yearly;

    @Option(
            names = "--keep-within",
            paramLabel = "DURATION",
            order = 7,
            description = "Keep all that are less than DURATION older than the newest: a whole number and h, d or w "
                    + "(not m, which is a month for restic).")
    private String within;

    /** @throws ParameterException for rules that keep nothing, and for what restic would take for something else */
    RetentionRules rules(CommandSpec spec) {
        RetentionRules rules = new RetentionRules(
                count("last", last, spec),
                count("hourly", hourly, spec),
                count("daily", daily, spec),
                count("weekly", weekly, spec),
                count("monthly", monthly, spec),
                count("yearly", yearly, spec),
                within(spec));
        boolean given = within != null
                || Stream.of(last, hourly, daily, weekly, monthly, yearly).anyMatch(Objects::nonNull);
        if (given && rules.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "rules that keep nothing would delete everything");
        }
        return rules;
    }

    /** The options as they were given, for a command that says the same. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        add(words, "--keep-last", last);
        add(words, "--keep-hourly", hourly);
        add(words, "--keep-daily", daily);
        add(words, "--keep-weekly", weekly);
        add(words, "--keep-monthly", monthly);
        add(words, "--keep-yearly", yearly);
        add(words, "--keep-within", within);
        return words;
    }

    private static void add(List<String> words, String option, Object value) {
        if (value != null) {
            words.add(option + "=" + value);
        }
    }

    private static int count(String rule, Integer given, CommandSpec spec) {
        if (given != null && given < 0) {
            throw new ParameterException(spec.commandLine(), "--keep-" + rule + " is a number from 0 up, not " + given);
        }
        return given == null ? 0 : given;
    }

    private Duration within(CommandSpec spec) {
        try {
            return within == null ? Duration.ZERO : within(within);
        } catch (TypeConversionException e) {
            throw new ParameterException(spec.commandLine(), "--keep-within: " + e.getMessage());
        }
    }

    /**
     * Whoever brings a policy from restic means months by m, and would lose all but minutes.
     *
     * @throws TypeConversionException for what is none
     */
    static Duration within(String text) {
        if (text.matches("\\d+m")) {
            throw new TypeConversionException(
                    "'" + text
                            + "' would be minutes here and months in restic: write it in h, d or w, such as 26w for half a year");
        }
        return Converters.duration(text);
    }
}
