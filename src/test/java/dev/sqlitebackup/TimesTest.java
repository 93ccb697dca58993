package dev.sqlitebackup;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class TimesTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @Test
    void saysLocalTimesToTheSecondWithTheOffsetThatHeldThen() {
        assertEquals("2026-11-23 00:22:33 +01:00", Times.local(Instant.parse("2026-11-22T23:22:33.999Z"), BERLIN));
        assertEquals("2026-07-01 14:00:00 +02:00", Times.local(Instant.parse("2026-07-01T12:00:00Z"), BERLIN));
        assertEquals("2026-11-22 23:22:33 UTC", Times.local(Instant.parse("2026-11-22T23:22:33Z"), ZoneOffset.UTC));
        assertEquals(
                "2026-11-22 17:52:33 +05:30",
                Times.local(Instant.parse("2026-11-22T12:22:33Z"), ZoneId.of("Asia/Kolkata")));
    }

    @Test
    void namesTheZoneOfAColumn() {
        assertEquals("2026-11-23 00:22:33", Times.inColumn(Instant.parse("2026-11-22T23:22:33Z"), BERLIN));
        assertEquals("Europe/Berlin", Times.name(BERLIN));
        for (String utc : new String[] {"Z", "UTC", "Etc/UTC", "GMT"}) {
            assertEquals("UTC", Times.name(ZoneId.of(utc)), utc);
        }
    }
}
