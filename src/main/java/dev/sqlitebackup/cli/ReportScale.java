package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Gap;
import dev.sqlitebackup.core.Report;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Where a time lies on an axis, in percent of its width.
 *
 * @param from the first time, at the left
 * @param to the last, which is later
 */
record ReportScale(Instant from, Instant to) {
    /** Room for half a bar on either side, in percent. */
    private static final double MARGIN = 2;

    /** From the oldest backup to the newest, or to the end of a gap after it. */
    static ReportScale of(List<Report.Listed> oldestFirst, List<Gap> gaps) {
        Instant first = oldestFirst.get(0).backup().createdAt();
        Instant last = oldestFirst.get(oldestFirst.size() - 1).backup().createdAt();
        Instant end = gaps.stream()
                .map(Gap::to)
                .filter(to -> to.isAfter(last))
                .findFirst()
                .orElse(last);
        return end.isAfter(first)
                ? new ReportScale(first, end)
                : new ReportScale(first.minus(Duration.ofHours(12)), end.plus(Duration.ofHours(12)));
    }

    private double share(Instant time) {
        return (double) Duration.between(from, time).toSeconds()
                / Duration.between(from, to).toSeconds();
    }

    double place(Instant time) {
        return place(share(time));
    }

    private static double place(double share) {
        return MARGIN + share * (100 - 2 * MARGIN);
    }

    String percent(Instant time) {
        return percent(place(time));
    }

    /** As SVG takes it, to a hundredth. */
    static String percent(double place) {
        return Math.round(place * 100) / 100.0 + "%";
    }

    /** In which of so many equal parts a time is, from 0. */
    int part(Instant time, int parts) {
        return Math.min(parts - 1, (int) (share(time) * parts));
    }

    /** When a part begins, to the second. */
    Instant time(int part, int parts) {
        return from.plusSeconds(Duration.between(from, to).toSeconds() * part / parts);
    }

    /** Where a part begins. */
    String startOf(int part, int parts) {
        return percent(place((double) part / parts));
    }

    /** What is drawn of a part: a little is left free between two. */
    String widthOf(int parts) {
        return percent((100 - 2 * MARGIN) / parts * 0.8);
    }
}
