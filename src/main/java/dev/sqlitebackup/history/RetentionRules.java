package dev.sqlitebackup.history;

import java.time.Duration;

/**
 * Which backups to keep, in restic's words. A backup that any rule keeps stays.
 *
 * @param last so many of the newest
 * @param hourly the newest of each of so many hours that have one; the others likewise
 * @param within all that are not older than the newest by this or more; zero for none
 */
public record RetentionRules(int last, int hourly, int daily, int weekly, int monthly, int yearly, Duration within) {
    public static final RetentionRules NONE = new RetentionRules(0, 0, 0, 0, 0, 0, Duration.ZERO);

    /** Nothing would be kept. */
    public boolean isEmpty() {
        return (last | hourly | daily | weekly | monthly | yearly) == 0 && within.isZero();
    }
}
