package dev.sqlitebackup.cli;

import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options of every command, which also go before it. One for all: a flag given twice is given. */
public final class CommonOptions {
    boolean json;
    boolean quiet;

    @Option(
            names = "--busy-timeout",
            scope = ScopeType.INHERIT,
            paramLabel = "DURATION",
            defaultValue = "30s",
            description =
                    "How long to wait for each lock: a whole number and s, m, h, d or w (default: ${DEFAULT-VALUE}).")
    Duration busyTimeout;

    @Option(
            names = "--config",
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            description = "Defaults of options, and a table for each database (TOML; default: "
                    + "$XDG_CONFIG_HOME/sqlite-backup/config.toml, if it is there).")
    Path configurationFile;

    boolean verbose;

    /** What the file says, null where there is none. */
    Configuration configuration;

    /** The database of the file that this run is for, null for none or several. */
    Configuration.Database configured;

    /** Set by a run that writes a backup to standard output: nothing else goes there then. */
    boolean standardOutputIsTaken;

    /** Hears how the run ended, null for nobody. */
    Ping ping;

    /** The program that the run is one of many of, null for one that ends with it. */
    Service service;

    /** Takes what is said of each where a command is for several, null for one. */
    Results results;

    /** One for all that a run does. */
    MetricsBatch metrics = new MetricsBatch();

    @Option(
            names = "--json",
            scope = ScopeType.INHERIT,
            description = "Print exactly one JSON object on standard output.")
    void setJson(boolean value) {
        json = value;
    }

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "Print nothing but warnings and errors.")
    void setQuiet(boolean value) {
        quiet = value;
    }

    /** Those that a run was given, before its command or behind it. */
    static CommonOptions of(CommandLine command) {
        return command.getCommandSpec().root().mixins().get("common").userObject() instanceof CommonOptions common
                ? common
                : new CommonOptions();
    }

    /** The level has to be there before the first logger is made, which the first database connection does. */
    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Print a debug log, and stack traces of errors.")
    void setVerbose(boolean value) {
        verbose = value;
        if (value) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
            LogStream.install();
        }
    }
}
