package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Links;
import dev.sqlitebackup.history.Location;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Notes in a metrics file how a run ended and what it found, also where it failed. A file that cannot be written is
 * worth a warning, and never a failed run.
 */
public final class MetricsOption {
    /** Of {@code scheme://user:password@host}. */
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)[^/]*@");

    /**
     * What a run is about: by its arguments alone, so that a failure has the same labels as the success that follows.
     *
     * @param database by the name of its backups, empty for all that are at the place
     * @param destination as it was named, null where each of several has its own
     */
    record Subject(String database, Location destination) {
        /**
         * @param name what the user calls its backups, null for the database's own
         * @param database which may not be there
         */
        static Subject of(String name, Path database, Location destination) {
            return new Subject(
                    name != null ? name : String.valueOf(Links.leadsTo(database).getFileName()), destination);
        }

        /** Of several databases, each of which may have a destination of its own: null. */
        static Subject ofAll(Location destination) {
            return new Subject("", destination);
        }

        /** Of a place at which backups are looked for: of a single file, by that file's name. */
        static Subject at(Location place, String name) {
            Subject all = new Subject("", place);
            return name != null
                    ? new Subject(name, place)
                    : place.isPipe() || all.isAtDirectory()
                            ? all
                            : new Subject(
                                    place.toString()
                                            .replaceFirst("(?s)^.*/", "")
                                            .replaceFirst(Pattern.quote(Location.BACKUP_SUFFIX) + "$", ""),
                                    place);
        }

        /** Or at one that is not there just now, because its disk is not. */
        private boolean isAtDirectory() {
            return destination.isDirectory()
                    || !destination.isNamedAsBackup()
                            && destination.path() != null
                            && Files.notExists(destination.path());
        }

        /** The same place is called the same, however it was typed; no secret is in it. */
        String place() {
            if (destination == null) {
                return "";
            }
            if (destination.path() == null) {
                return USER_INFO.matcher(destination.toString()).replaceFirst("");
            }
            Path absolute = destination.path().toAbsolutePath().normalize();
            return absolute + (isAtDirectory() && absolute.getFileName() != null ? "/" : "");
        }
    }

    private final Clock clock;
    private final Supplier<Subject> subject;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--metrics-file",
            paramLabel = "FILE",
            description = "Note there, for node_exporter's textfile collector, when and how this run ended and what it "
                    + "found. Runs may share a file. The collector reads names that end in .prom.")
    private Path given;

    /** What it says is noted by its end. */
    private boolean isBegun;

    /** @param subject of the run, null where its arguments do not say it: may fail as the run would */
    MetricsOption(Clock clock, Supplier<Subject> subject) {
        this.clock = clock;
        this.subject = subject;
    }

    /**
     * Does the work, and notes how it ended.
     *
     * @param work takes what it finds to the facts, and returns its exit code
     * @throws Failure USAGE before anything is done if another file has the name
     */
    int measure(ToIntFunction<Facts> work) {
        if (given != null) {
            CommonOptions.of(command.commandLine()).metrics.open(given);
            isBegun = true;
        }
        Facts facts = new Facts();
        long started = System.nanoTime();
        try {
            int exitCode = work.applyAsInt(facts);
            note(exitCode, started, facts);
            return exitCode;
        } catch (RuntimeException e) {
            Failure.Kind kind = e instanceof ParameterException
                    ? Failure.Kind.USAGE
                    : FailureHandler.asFailure(e).kind();
            note(ExitCodes.of(kind), started, facts);
            throw e;
        } finally {
            end();
        }
    }

    /** Also where only the databases of the configuration have a metrics file. */
    private void end() {
        CommonOptions common = CommonOptions.of(command.commandLine());
        String warning = common.results == null ? common.metrics.end() : null;
        if (warning != null) {
            Output.of(command.commandLine(), common).warnings(List.of(warning));
        }
    }

    /** Notes that a command was not understood, as far as it is known which one it was and of what. */
    static void noteUsage(CommandLine command, String[] arguments) {
        CommandSpec spec = command.getCommandSpec();
        try {
            // What is behind the error was not read.
            spec.parser().collectErrors(true);
            spec.root().parser().collectErrors(true);
            spec.root().commandLine().parseArgs(arguments);
        } catch (RuntimeException e) {
            return; // It is said already that the arguments are wrong.
        }
        noteUnmeasured(command, Failure.Kind.USAGE);
    }

    /** Notes that a command failed before its work began, as far as it is known of what it was. */
    static void noteUnmeasured(CommandLine command, Failure.Kind kind) {
        MetricsOption metrics = of(command);
        if (metrics != null && !metrics.isBegun) {
            metrics.noteUnmeasured(kind);
        }
    }

    /** Notes that nothing could be done with one of several. */
    static void noteFailed(CommandLine command, Failure.Kind kind) {
        MetricsOption metrics = of(command);
        if (metrics != null) {
            metrics.noteUnmeasured(kind);
        }
    }

    /** @return null if it was not given */
    private static MetricsOption of(CommandLine command) {
        CommandSpec mixin = command.getCommandSpec().mixins().get("metrics");
        return mixin != null && mixin.userObject() instanceof MetricsOption metrics && metrics.given != null
                ? metrics
                : null;
    }

    private void noteUnmeasured(Failure.Kind kind) {
        CommonOptions common = CommonOptions.of(command.commandLine());
        try {
            if (subject.get() != null) {
                common.metrics.open(given);
                note(ExitCodes.of(kind), System.nanoTime(), new Facts());
            }
        } catch (RuntimeException e) {
            return; // What went wrong is said already.
        }
        if (common.results == null) {
            common.metrics.end();
        }
    }

    /** A run that was interrupted says nothing: as its own last word it would ring until the next one. */
    private void note(int exitCode, long startedNanos, Facts facts) {
        if (given != null && exitCode != ExitCodes.of(Failure.Kind.INTERRUPTED)) {
            long millis = (System.nanoTime() - startedNanos) / 1_000_000;
            CommonOptions.of(command.commandLine()).metrics.put(given, values(subject.get(), exitCode, millis, facts));
        }
    }

    private Map<String, String> values(Subject of, int exitCode, long millis, Facts facts) {
        String now = String.valueOf(clock.instant().getEpochSecond());
        Map<String, String> values = new LinkedHashMap<>();
        values.put(series(Metric.LAST_RUN, of, of.database), now);
        values.put(series(Metric.LAST_EXIT_CODE, of, of.database), String.valueOf(exitCode));
        values.put(
                series(Metric.LAST_DURATION, of, of.database),
                BigDecimal.valueOf(millis, 3).toPlainString());
        if (exitCode == ExitCodes.OK) {
            values.put(series(Metric.LAST_SUCCESS, of, of.database), now);
        }
        facts.byDatabase()
                .forEach((database, found) ->
                        found.forEach((metric, value) -> values.put(series(metric, of, database), value.toString())));
        return values;
    }

    private String series(Metric metric, Subject of, String database) {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("database", database);
        labels.put("destination", of.place());
        labels.put("command", command.name());
        return MetricsFile.series(metric, labels);
    }
}
