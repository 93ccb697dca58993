package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Instant START = Instant.parse("2026-11-22T09:17:03.250Z");

    private static Schedule every(Duration period, Instant now) {
        return new Schedule(Clock.fixed(now, ZoneOffset.UTC), period);
    }

    @Test
    void isAlignedAndDoesNotDrift() {
        Schedule schedule = every(Duration.ofHours(4), START);
        assertEquals(Instant.parse("2026-11-22T12:00:00Z"), schedule.next(START));
        assertEquals(Instant.parse("2026-11-22T16:00:00Z"), schedule.next(Instant.parse("2026-11-22T12:00:00Z")));
        assertEquals(Instant.parse("2026-11-22T12:00:00Z"), schedule.next(Instant.parse("2026-11-22T11:59:59.999Z")));
    }

    @Test
    void leavesOutWhatALongRunHasMissed() {
        assertEquals(
                Instant.parse("2026-11-22T09:21:00Z"),
                every(Duration.ofMinutes(1), START).next(Instant.parse("2026-11-22T09:20:30Z")));
    }

    @Test
    void looksAtTheClockAgainWhileItWaits() {
        Schedule schedule = every(Duration.ofHours(4), START);
        assertEquals(30_000, schedule.waitMillis(START.plusSeconds(3600)));
        assertEquals(1_500, schedule.waitMillis(START.plusMillis(1_500)));
        assertTrue(schedule.waitMillis(START.minusSeconds(1)) < 0);
    }

    @Test
    void takesTheNextMomentOfAClockThatWasSetBack() {
        Instant before = START.plus(Duration.ofDays(3));
        Schedule schedule = every(Duration.ofHours(4), START);
        assertEquals(Instant.parse("2026-11-22T12:00:00Z"), schedule.stillAhead(schedule.next(before)));
        assertEquals(Instant.parse("2026-11-22T12:00:00Z"), schedule.stillAhead(Instant.parse("2026-11-22T12:00:00Z")));
    }

    @Property
    void theNextMomentIsAfterNowByAtMostAPeriod(
            @ForAll @LongRange(min = 0, max = 4_000_000_000L) long now,
            @ForAll @LongRange(min = 1, max = 10_000_000) long periodSeconds) {
        Instant next = every(Duration.ofSeconds(periodSeconds), START).next(Instant.ofEpochSecond(now));
        assertTrue(next.getEpochSecond() > now
                && next.getEpochSecond() <= now + periodSeconds
                && next.getEpochSecond() % periodSeconds == 0);
    }
}
