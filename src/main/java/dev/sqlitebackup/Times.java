package dev.sqlitebackup;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;

/**
 * How times are written for people: local, to the second, as {@code --at} reads them. Programs, and commands in hints,
 * get RFC 3339 in UTC.
 */
public final class Times {
    private Times() {}

    /** 2026-11-22 14:00:05 +01:00: in a sentence, which may be read elsewhere. */
    public static String local(Instant time) {
        return local(time, ZoneId.systemDefault());
    }

    static String local(Instant time, ZoneId zone) {
        ZoneOffset offset = zone.getRules().getOffset(time);
        return inColumn(time, zone) + " " + (offset.equals(ZoneOffset.UTC) ? "UTC" : offset.getId());
    }

    /** 2026-11-22 14:00:05: in a column whose head names the zone. */
    public static String inColumn(Instant time, ZoneId zone) {
        // By the digits of an Instant, and not by a formatter, which is slow for the thousands of a list.
        Instant shifted = time.truncatedTo(ChronoUnit.SECONDS)
                .plusSeconds(zone.getRules().getOffset(time).getTotalSeconds());
        return shifted.toString().replace('T', ' ').replace("Z", "");
    }

    /** Europe/Berlin, or UTC. */
    public static String name(ZoneId zone) {
        return zone.normalized().equals(ZoneOffset.UTC) ? "UTC" : zone.getId();
    }
}
