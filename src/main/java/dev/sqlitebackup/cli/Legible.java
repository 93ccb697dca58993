package dev.sqlitebackup.cli;

import dev.sqlitebackup.history.Location;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How people read sizes, ages and names in a line or a table; of times, see {@link dev.sqlitebackup.Times}. */
final class Legible {
    private static final int LONGEST_NAME = 60;
    private static final Pattern RULE = Pattern.compile("^(oldest, for )?(last|hourly|daily|weekly|monthly|yearly)$");

    private Legible() {}

    /** With blanks before it, so that columns line up. */
    static String right(String text, int width) {
        return " ".repeat(Math.max(0, width - text.length())) + text;
    }

    /** What people read of where a backup is, which is a word for programs where it came down a pipe. */
    static String backup(String location) {
        return location.equals(Location.Pipe.NAME) ? "standard input" : location;
    }

    /** A name of a table, say, as far as it fits a line; by code points, of which none is cut in two. */
    static String shortened(String name) {
        return name.codePointCount(0, name.length()) <= LONGEST_NAME
                ? name
                : name.substring(0, name.offsetByCodePoints(0, LONGEST_NAME)) + "...";
    }

    /** Why a backup stays, with a rule as it is typed: "last" alone could be the oldest. */
    static String reasons(List<String> reasons) {
        return reasons.stream()
                .map(reason -> RULE.matcher(reason).replaceFirst("$1keep-$2"))
                .collect(Collectors.joining(", "));
    }

    /** 343.0 MB: decimal units, one digit behind the point. */
    static String size(long bytes) {
        String[] units = {"B", "kB", "MB", "GB", "TB"};
        double value = bytes;
        int unit = 0;
        while (value >= 999.95 && unit < units.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 ? bytes + " B" : oneDigit(value) + " " + units[unit];
    }

    /** 3 d, 4 h, 5 min, 6 s: the largest unit of which there are at least two. */
    static String age(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds < 120
                ? seconds + " s"
                : seconds < 7_200
                        ? seconds / 60 + " min"
                        : seconds < 172_800 ? seconds / 3_600 + " h" : seconds / 86_400 + " d";
    }

    static String seconds(long millis) {
        return oneDigit(millis / 1000.0) + " s";
    }

    /** Not by a formatter, which is slow for the thousands of a list. */
    private static String oneDigit(double value) {
        long tenths = Math.round(value * 10);
        return tenths / 10 + "." + tenths % 10;
    }
}
