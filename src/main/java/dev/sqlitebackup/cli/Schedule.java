package dev.sqlitebackup.cli;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * When the next run begins: at whole multiples of a period since 1970 UTC, so every 4h means 00:00, 04:00 and so on,
 * whenever the program was started and however long a run takes. A moment that passes while a run is under way is left
 * out, never made up for.
 */
final class Schedule {
    /** A clock may be set while we wait; so nothing waits for longer than this without looking at it. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final Clock clock;
    private final Duration period;

    Schedule(Clock clock, Duration period) {
        this.clock = clock;
        this.period = period;
    }

    /** The first moment after {@code now}. */
    Instant next(Instant now) {
        long periodSeconds = period.toSeconds();
        return Instant.ofEpochSecond((Math.floorDiv(now.getEpochSecond(), periodSeconds) + 1) * periodSeconds);
    }

    /**
     * The same moment, or, if the clock was set back by more than a period meanwhile, the next one by what it says now.
     */
    Instant stillAhead(Instant moment) {
        Instant now = clock.instant();
        return Duration.between(now, moment).compareTo(period) > 0 ? next(now) : moment;
    }

    /** How much longer to wait for {@code moment} before looking again; zero or less when it has come. */
    long waitMillis(Instant moment) {
        return Math.min(
                LONGEST_WAIT.toMillis(),
                Duration.between(clock.instant(), moment).toMillis());
    }
}
