package dev.sqlitebackup.cli;

import dev.sqlitebackup.Times;
import dev.sqlitebackup.history.Backup;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** How a page says times, numbers and sizes. */
final class ReportWords {
    private ReportWords() {}

    /**
     * A time, for programs and for people.
     *
     * @param iso RFC 3339
     * @param text UTC, which the page says of all times
     */
    record Time(String iso, String text) {
        static Time of(Instant instant) {
            return new Time(instant.toString(), time(instant));
        }
    }

    /** 2026-11-22 14:00:05, UTC. */
    static String time(Instant instant) {
        return Times.inColumn(instant, ZoneOffset.UTC);
    }

    /** 1 backup, 2 backups, 10,000 backups. */
    static String count(long count, String what) {
        return String.format(Locale.ROOT, "%,d", count) + " " + what + (count == 1 ? "" : "s");
    }

    /** How long before the page a time was. */
    static String before(Instant time, Instant madeAt) {
        return time.isAfter(madeAt)
                ? "after this page was made: a clock is or was wrong"
                : Legible.age(Duration.between(time, madeAt)) + " before this page was made";
    }

    static String sizeOf(Collection<Backup> backups) {
        return Legible.size(backups.stream().mapToLong(Backup::backupBytes).sum());
    }

    /** 12 backups: 2 full and 10 increments. */
    static String kinds(List<Backup> backups) {
        long increments = backups.stream().filter(Backup::isIncrement).count();
        return count(backups.size(), "backup")
                + (increments == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ": %,d full and %s",
                                backups.size() - increments,
                                count(increments, "increment")));
    }
}
