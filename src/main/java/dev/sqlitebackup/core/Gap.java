package dev.sqlitebackup.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A time without a backup that is much longer than usual. A run that finds nothing changed leaves no file, so nothing
 * may have changed, or no run may have been made: from the backups alone nobody can tell.
 *
 * @param open whether it has not ended yet: {@code to} is the time of the report then
 */
public record Gap(Instant from, Instant to, boolean open) {
    private static final int TIMES_THE_MEDIAN = 3;
    /** Of fewer, none is usual. */
    private static final int FEWEST_INTERVALS = 3;

    public Duration length() {
        return Duration.between(from, to);
    }

    /**
     * The gaps between backups, and after the newest.
     *
     * @param newestFirst when they were made; what is dated after now does not count
     * @return newest first
     */
    static List<Gap> of(List<Instant> newestFirst, Instant now) {
        List<Instant> times =
                newestFirst.stream().filter(time -> !time.isAfter(now)).toList();
        List<Gap> between = new ArrayList<>();
        for (int i = 1; i < times.size(); i++) {
            between.add(new Gap(times.get(i), times.get(i - 1), false));
        }
        if (between.size() < FEWEST_INTERVALS) {
            return List.of();
        }
        Duration median = between.stream().map(Gap::length).sorted().toList().get(between.size() / 2);
        List<Gap> all = new ArrayList<>(List.of(new Gap(times.get(0), now, true)));
        all.addAll(between);
        return all.stream()
                .filter(gap -> !median.isZero() && gap.length().compareTo(median.multipliedBy(TIMES_THE_MEDIAN)) > 0)
                .toList();
    }
}
