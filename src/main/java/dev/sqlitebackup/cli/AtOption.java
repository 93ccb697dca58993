package dev.sqlitebackup.cli;

import java.time.Instant;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** Which of several backups: the option of everything that reads one. */
public final class AtOption {
    @Option(
            names = "--at",
            paramLabel = "TIME",
            description = {
                "The newest backup that is not after TIME: local time (a date, yesterday, \"2026-11-22 14:00\", "
                        + "each to its end), RFC 3339 (2026-11-22T13:00:00Z), or a duration ago (3d).",
                "Of a file tracked by Git, the newest commit that is not after it."
            })
    private String text;

    /** @return null for the newest */
    Instant notAfter(Environment environment, CommandSpec spec) {
        try {
            return text == null ? null : Converters.notAfter(text, environment.clock());
        } catch (TypeConversionException e) {
            throw new ParameterException(spec.commandLine(), "--at: " + e.getMessage());
        }
    }
}
