package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.RetentionRules;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What to keep, in restic's words. A backup that any of them keeps stays. */
public final class RetentionOptions {
    @Option(names = "--keep-last", paramLabel = "N", order = 1, description = "Keep the N newest backups.")
    private int last;

    @Option(names = "--keep-hourly", paramLabel = "N", order = 2, description = "Keep the newest of each of the last N hours that have one.")
    private int hourly;

    @Option(names = "--keep-daily", paramLabel = "N", order = 3, description = "The same for days (local time).")
    private int daily;

    @Option(names = "--keep-weekly", paramLabel = "N", order = 4, description = "The same for weeks (from Monday on).")
    private int weekly;

    @Option(names = "--keep-monthly", paramLabel = "N", order = 5, description = "The same for months.")
    private int monthly;

    @Option(names = "--keep-yearly", paramLabel = "N", order = 6, description = "The same for years.")
    private int yearly;

    @Option(names = "--keep-within", paramLabel = "DURATION", order = 7, converter = Converters.OfDuration.class,
            description = "Keep all that are less than DURATION older than the newest.")
    private Duration within = Duration.ZERO;

    RetentionRules rules(CommandSpec spec) {
        for (int count : new int[] {last, hourly, daily, weekly, monthly, yearly}) {
            if (count < 0) {
                throw new ParameterException(spec.commandLine(), "--keep-… takes a number from 0 up, not " + count);
            }
        }
        return new RetentionRules(last, hourly, daily, weekly, monthly, yearly, within);
    }
}
