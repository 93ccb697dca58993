package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.time.zone.ZoneOffsetTransition;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.TypeConversionException;

/** The contract's words for values of options, and what to say when they are wrong. */
final class Converters {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})([smhdw])");

    private static final DateTimeFormatter NAME_TIME = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'")
            .withResolverStyle(ResolverStyle.STRICT)
            .withZone(ZoneOffset.UTC);
    private static final Pattern WRITTEN = Pattern.compile(
            "(?<date>\\d{4}-\\d\\d-\\d\\d)([Tt ](?<time>\\d\\d:\\d\\d(?<seconds>:\\d\\d(\\.\\d{1,9})?)?)"
                    + "( ?(?<offset>UTC|[Zz]|[+-]\\d\\d:\\d\\d))?)?");
    /** The last moment before one that begins the next. */
    private static final long BEFORE_NANOS = 1;

    private Converters() {}

    /** Teaches a command line what the types of its options and arguments look like. */
    static void register(CommandLine commandLine, Environment environment) {
        // Two lambdas that are the same crash Java 17 when it makes its archive of classes.
        CommandLine.ITypeConverter<Integer> number = Converters::number;
        commandLine.registerConverter(int.class, number);
        commandLine.registerConverter(Integer.class, number);
        commandLine.registerConverter(Duration.class, Converters::duration);
        commandLine.registerConverter(Path.class, text -> named(text, environment::argument));
        commandLine.registerConverter(Location.class, text -> named(text, environment::location));
    }

    /** What a path or a place is, as {@link #register} has it. */
    static Object converted(String text, Class<?> type, Environment environment) {
        return type == Location.class ? named(text, environment::location) : named(text, environment::argument);
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new TypeConversionException("'" + text + "' is not a whole number, such as 7");
        }
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
     * The latest time that a backup may be of: a date or a time, local unless an offset is behind it,
     * {@code yesterday}, a duration ago, or the form that is in the names of backups. Of a day, and of a minute, the
     * end counts.
     *
     * @param clock whose time and zone hold
     */
    static Instant notAfter(String text, Clock clock) {
        if (DURATION.matcher(text).matches()) {
            return clock.instant().minus(duration(text));
        }
        try {
            if (text.equals("yesterday")) {
                return end(LocalDate.now(clock).minusDays(1), clock.getZone());
            }
            Matcher written = WRITTEN.matcher(text);
            return written.matches() ? written(written, clock.getZone()) : Instant.from(NAME_TIME.parse(text));
        } catch (DateTimeException e) {
            throw new TypeConversionException("'" + text
                    + "' is not a time: write it as 2026-11-22 (the end of that day), '2026-11-22 14:00' (local time), "
                    + "2026-11-22T13:00:00Z (Z is UTC; or +01:00), yesterday, or 3d (three days ago)");
        }
    }

    private static Instant written(Matcher parts, ZoneId zone) {
        LocalDate date = LocalDate.parse(parts.group("date"));
        if (parts.group("time") == null) {
            return end(date, zone);
        }
        LocalDateTime said = date.atTime(LocalTime.parse(parts.group("time")));
        LocalDateTime end = parts.group("seconds") == null ? said.plusMinutes(1).minusNanos(BEFORE_NANOS) : said;
        String offset = parts.group("offset");
        return offset == null
                ? local(end, zone)
                : end.toInstant(offset.equals("UTC") ? ZoneOffset.UTC : ZoneOffset.of(offset.toUpperCase(Locale.ROOT)));
    }

    private static Instant end(LocalDate day, ZoneId zone) {
        return day.plusDays(1).atStartOfDay(zone).toInstant().minusNanos(BEFORE_NANOS);
    }

    /** One that clocks show twice is the later one; one that they pass over, the moment in which they do. */
    private static Instant local(LocalDateTime time, ZoneId zone) {
        ZoneOffsetTransition passedOver = zone.getRules().getTransition(time);
        return passedOver != null && passedOver.isGap()
                ? passedOver.getInstant()
                : time.atZone(zone).withLaterOffsetAtOverlap().toInstant();
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
