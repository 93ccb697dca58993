package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Property;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
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

    @Test
    void theNextMomentIsAfterNowByAtMostAPeriod() {
        record Wait(long now, long periodSeconds) {}
        Property.holds(
                random ->
                        new Wait(Property.between(random, 0, 4_000_000_000L), Property.between(random, 1, 10_000_000)),
                wait -> {
                    long next = every(Duration.ofSeconds(wait.periodSeconds), START)
                            .next(Instant.ofEpochSecond(wait.now))
                            .getEpochSecond();
                    assertTrue(next > wait.now, () -> next + " is not after now");
                    assertTrue(next <= wait.now + wait.periodSeconds, () -> next + " is after more than a period");
                    assertEquals(0, next % wait.periodSeconds, () -> next + " is no multiple of the period");
                });
    }
}
