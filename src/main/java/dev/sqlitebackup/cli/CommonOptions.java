package dev.sqlitebackup.cli;

import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The options of every command. */
public final class CommonOptions {
    @Option(names = "--json", description = "Print exactly one JSON object on standard output.")
    boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print nothing but warnings and errors.")
    boolean quiet;

    @Option(
            names = "--busy-timeout",
            paramLabel = "DURATION",
            defaultValue = "30s",
            description =
                    "How long to wait for each lock: a whole number and s, m, h, d or w (default: ${DEFAULT-VALUE}).")
    Duration busyTimeout;

    boolean verbose;

    /** Set by a run that writes a backup to standard output: nothing else goes there then. */
    boolean standardOutputIsTaken;

    /** Takes the result of every run as well, null for none. */
    Path healthFile;

    /** Those that a command was given; their defaults where it has none. */
    static CommonOptions of(CommandLine command) {
        return command.getMixins().get("common") instanceof CommonOptions common ? common : new CommonOptions();
    }

    /** The level has to be there before the first logger is made, which the first database connection does. */
    @Option(
            names = {"-v", "--verbose"},
            description = "Print a debug log, and stack traces of errors.")
    void setVerbose(boolean value) {
        verbose = value;
        if (value) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "debug");
            LogStream.install();
        }
    }
}
