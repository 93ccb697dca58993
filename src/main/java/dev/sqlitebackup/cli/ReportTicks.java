package dev.sqlitebackup.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** The labels of a time axis: round times, and no more than fit side by side on a phone. */
final class ReportTicks {
    /**
     * One label, of two short lines.
     *
     * @param x of the tick, in percent
     * @param labelX of the middle of its label, which leaves the picture nowhere
     * @param first time of day, or month and day
     * @param second month and day, or the year
     */
    record Tick(String x, String labelX, String first, String second) {}

    private static final int MOST = 5;
    private static final long DAY = 86_400;
    private static final long[] STEPS_SECONDS = {
        1, 5, 15, 60, 300, 900, 3_600, 3 * 3_600, 6 * 3_600, 12 * 3_600, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY
    };
    private static final int[] STEPS_MONTHS = {1, 2, 3, 6, 12, 24, 60, 120, 600, 2_400, 12_000};
    /** Half of a label on a phone, in percent. */
    private static final double HALF_A_LABEL = 6;

    private ReportTicks() {}

    static List<Tick> of(ReportScale scale) {
        for (long step : STEPS_SECONDS) {
            if (Duration.between(scale.from(), scale.to()).toSeconds() / step < MOST) {
                return ticks(every(scale, step), scale, step < DAY);
            }
        }
        for (int months : STEPS_MONTHS) {
            List<Instant> times = everyMonths(scale, months);
            if (times.size() <= MOST) {
                return ticks(times, scale, false);
            }
        }
        return List.of();
    }

    private static List<Instant> every(ReportScale scale, long step) {
        return LongStream.rangeClosed(
                        -Math.floorDiv(-scale.from().getEpochSecond(), step),
                        scale.to().getEpochSecond() / step)
                .mapToObj(number -> Instant.ofEpochSecond(number * step))
                .toList();
    }

    private static List<Instant> everyMonths(ReportScale scale, int months) {
        LocalDate first = LocalDate.ofInstant(scale.from(), ZoneOffset.UTC);
        LocalDate date = LocalDate.of(first.getYear(), 1, 1);
        List<Instant> times = new ArrayList<>();
        for (Instant time = start(date);
                !time.isAfter(scale.to()) && times.size() <= MOST;
                date = date.plusMonths(months), time = start(date)) {
            if (!time.isBefore(scale.from())) {
                times.add(time);
            }
        }
        return times;
    }

    private static Instant start(LocalDate date) {
        return date.atStartOfDay(ZoneOffset.UTC).toInstant();
    }

    private static List<Tick> ticks(List<Instant> times, ReportScale scale, boolean ofDay) {
        return times.stream()
                .map(time -> {
                    double place = scale.place(time);
                    String[] dayAndTime = ReportWords.time(time).split(" ");
                    int year = dayAndTime[0].indexOf('-', 1);
                    String day = dayAndTime[0].substring(year + 1);
                    return new Tick(
                            ReportScale.percent(place),
                            ReportScale.percent(Math.max(HALF_A_LABEL, Math.min(100 - HALF_A_LABEL, place))),
                            ofDay ? dayAndTime[1].replaceFirst(":00$", "") : day,
                            ofDay ? day : dayAndTime[0].substring(0, year));
                })
                .toList();
    }
}
