package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;

class BackupNameTest {
    private static final long YEAR_9999 = 253_402_300_799L;

    @Test
    void putsTheTimeBeforeTheLastExtension() {
        Instant time = Instant.parse("2026-11-22T23:22:33Z");
        assertEquals(
                "opencode-20261122T232233Z.db.gz",
                BackupName.full("opencode.db", time, 1).fileName());
        assertEquals(
                "opencode-20261122T232233Z-2.db.gz",
                BackupName.full("opencode.db", time, 1).next().fileName());
        assertEquals(
                "a.b-20261122T232233Z.c.gz", BackupName.full("a.b.c", time, 1).fileName());
        assertEquals(
                "history-20261122T232233Z.gz",
                BackupName.full("history", time, 1).fileName());
        assertEquals(
                ".hidden-20261122T232233Z.gz",
                BackupName.full(".hidden", time, 1).fileName());
        assertEquals(BackupName.full(".hidden", time, 1), BackupName.parse(".hidden-20261122T232233Z.gz"));
    }

    @Test
    void beginsAsAllOfItsDatabaseDo() {
        for (String database : new String[] {"opencode.db", "a.b.c", "history", ".hidden"}) {
            BackupName name = BackupName.full(database, Instant.EPOCH, 2);
            String prefix = BackupName.FAMILIES.prefix(name.fileName());
            assertEquals(database, BackupName.FAMILIES.of(name.fileName()));
            assertEquals(name.fileName(), prefix + name.fileName().substring(prefix.length()));
            assertEquals(name.fileName().indexOf("19700101T"), prefix.length(), database);
        }
    }

    @Test
    void saysWhatAnIncrementBuildsOn() {
        BackupName.Moment parent = new BackupName.Moment(Instant.parse("2026-11-01T00:00:00Z"), 2);
        BackupName.Moment moment = new BackupName.Moment(Instant.parse("2026-11-08T00:00:00Z"), 1);
        BackupName increment = new BackupName("app.db", moment, parent);
        assertEquals("app-20261108T000000Z-since-20261101T000000Z-2.db-wal.gz", increment.fileName());
        assertEquals(increment, BackupName.parse(increment.fileName()));
        assertEquals(
                "app-20261108T000000Z-2-since-20261101T000000Z-2.db-wal.gz",
                increment.next().fileName());
        assertEquals("app.db", BackupName.FAMILIES.of(increment.fileName()));
        assertEquals(
                new BackupName("history", moment, parent),
                BackupName.parse("history-20261108T000000Z-since-20261101T000000Z-2-wal.gz"));
        assertNull(
                BackupName.parse("app-20261101T000000Z-since-20261108T000000Z.db-wal.gz"),
                "nothing builds on what came after it");
        assertNull(BackupName.parse("app-20261101T000000Z-since-20261101T000000Z.db-wal.gz"));
    }

    @Property
    void anIncrementIsReadBackAsItWasWritten(
            @ForAll @NotEmpty String database,
            @ForAll @LongRange(min = 1, max = YEAR_9999) long seconds,
            @ForAll @LongRange(max = YEAR_9999) long earlier,
            @ForAll @IntRange(min = 1, max = 999_999_999) int number) {
        BackupName name = new BackupName(
                database,
                new BackupName.Moment(Instant.ofEpochSecond(seconds), number),
                new BackupName.Moment(Instant.ofEpochSecond(earlier % seconds), number));
        assertEquals(name, BackupName.parse(name.fileName()));
    }

    @Test
    void recognisesNothingElse() {
        for (String foreign : new String[] {
            "opencode.db.gz",
            "opencode-20261122T232233Z.db",
            "opencode-20261122.db.gz",
            "opencode-20261122T232233Z (1).db.gz",
            "opencode-20261122T232233Z-1.db.gz",
            "opencode-20261122T232233Z-02.db.gz",
            "opencode-20260231T232233Z.db.gz",
            "opencode-20261122T242233Z.db.gz",
            "-20261122T232233Z.db.gz",
            "opencode-20261122T232233Z.db.gz.part",
            "opencode.db-20261122T232233Z.gz",
            "opencode-20261122t232233z.db.gz",
            ".gz",
            ""
        }) {
            assertNull(BackupName.parse(foreign), foreign);
        }
    }

    @Property
    void isReadBackAsItWasWritten(
            @ForAll @NotEmpty String database,
            @ForAll @LongRange(max = YEAR_9999) long seconds,
            @ForAll @IntRange(min = 1, max = 999_999_999) int number) {
        BackupName name = BackupName.full(database, Instant.ofEpochSecond(seconds), number);
        assertEquals(name, BackupName.parse(name.fileName()));
    }

    @Property
    void isOrderedByTimeAndThenByNumber(
            @ForAll @LongRange(max = YEAR_9999) long a,
            @ForAll @LongRange(max = YEAR_9999) long b,
            @ForAll @IntRange(min = 1, max = 12) int m,
            @ForAll @IntRange(min = 1, max = 12) int n) {
        int order = BackupName.full("x", Instant.ofEpochSecond(a), m)
                .compareTo(BackupName.full("x", Instant.ofEpochSecond(b), n));
        assertTrue(
                a == b ? Integer.signum(order) == Integer.compare(m, n) : Integer.signum(order) == Long.compare(a, b));
    }
}
