package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The contract's words for values of options, and what to say when they are wrong. */
final class Converters {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})([smhdw])");

    private Converters() { }

    /** A whole number and s, m (minutes), h, d or w. */
    static final class OfDuration implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            Matcher parts = DURATION.matcher(text);
            if (!parts.matches()) {
                throw new TypeConversionException("'" + text + "' is not a duration: a whole number and s, m, h, d or w, such as 30s");
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
    }

    static final class OfPath implements ITypeConverter<Path> {
        @Override
        public Path convert(String text) {
            if (text.isEmpty()) {
                throw new TypeConversionException("an empty name is not a file");
            }
            try {
                return Environment.path(text);
            } catch (Failure e) {
                throw new TypeConversionException(e.getMessage() + "; " + e.hint());
            }
        }
    }
}
