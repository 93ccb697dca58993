package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.format.ResolverStyle;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** The contract's words for values of options, and what to say when they are wrong. */
final class Converters {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})([smhdw])");

    private static final Pattern IN_NAMES = Pattern.compile("\\d{8}T\\d{6}Z");
    private static final DateTimeFormatter NAME_TIME = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'")
            .withResolverStyle(ResolverStyle.STRICT)
            .withZone(ZoneOffset.UTC);
    private static final int DATE_LENGTH = "2026-11-22".length();

    private Converters() {}

    /** Teaches a command line what the types of its options and arguments look like. */
    static void register(CommandLine commandLine, Environment environment) {
        commandLine.registerConverter(Duration.class, Converters::duration);
        commandLine.registerConverter(Path.class, text -> named(text, environment::argument));
        commandLine.registerConverter(Location.class, text -> named(text, environment::location));
    }

    /** A whole number and s, m (minutes), h, d or w. */
    static Duration duration(String text) {
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            throw new TypeConversionException(
                    "'" + text + "' is not a duration: a whole number and s, m, h, d or w, such as 30s");
        }
        long number = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofDays(7 * number);
        };
    }

    /**
     * The latest time that a backup may be of: RFC 3339, a date, of which the end counts, a duration ago, or the form
     * that is in the names of backups.
     *
     * @param clock whose time and zone hold
     */
    static Instant notAfter(String text, Clock clock) {
        if (DURATION.matcher(text).matches()) {
            return clock.instant().minus(duration(text));
        }
        try {
            if (text.length() == DATE_LENGTH) {
                return LocalDate.parse(text)
                        .plusDays(1)
                        .atStartOfDay(clock.getZone())
                        .toInstant()
                        .minusNanos(1);
            }
            return IN_NAMES.matcher(text).matches()
                    ? Instant.from(NAME_TIME.parse(text))
                    : OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new TypeConversionException("'" + text
                    + "' is not a time: write it as 2026-11-22 (the end of that day), 2026-11-22T23:22:33Z (Z is UTC; "
                    + "or +01:00), or 3d (three days ago)");
        }
    }

    private static <T> T named(String text, Function<String, T> meaning) {
        if (text.isEmpty()) {
            throw new TypeConversionException("an empty name is not a file");
        }
        try {
            return meaning.apply(text);
        } catch (Failure e) {
            throw new TypeConversionException(e.getMessage() + "; " + e.hint());
        }
    }
}
