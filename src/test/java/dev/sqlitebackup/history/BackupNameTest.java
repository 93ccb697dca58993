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
        assertEquals("opencode-20261122T232233Z.db.gz", new BackupName("opencode.db", time, 1).fileName());
        assertEquals(
                "opencode-20261122T232233Z-2.db.gz",
                new BackupName("opencode.db", time, 1).next().fileName());
        assertEquals("a.b-20261122T232233Z.c.gz", new BackupName("a.b.c", time, 1).fileName());
        assertEquals("history-20261122T232233Z.gz", new BackupName("history", time, 1).fileName());
        assertEquals(".hidden-20261122T232233Z.gz", new BackupName(".hidden", time, 1).fileName());
        assertEquals(new BackupName(".hidden", time, 1), BackupName.parse(".hidden-20261122T232233Z.gz"));
    }

    @Test
    void beginsAsAllOfItsDatabaseDo() {
        for (String database : new String[] {"opencode.db", "a.b.c", "history", ".hidden"}) {
            BackupName name = new BackupName(database, Instant.EPOCH, 2);
            String prefix = BackupName.FAMILIES.prefix(name.fileName());
            assertEquals(database, BackupName.FAMILIES.of(name.fileName()));
            assertEquals(name.fileName(), prefix + name.fileName().substring(prefix.length()));
            assertEquals(name.fileName().indexOf("19700101T"), prefix.length(), database);
        }
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
        BackupName name = new BackupName(database, Instant.ofEpochSecond(seconds), number);
        assertEquals(name, BackupName.parse(name.fileName()));
    }

    @Property
    void isOrderedByTimeAndThenByNumber(
            @ForAll @LongRange(max = YEAR_9999) long a,
            @ForAll @LongRange(max = YEAR_9999) long b,
            @ForAll @IntRange(min = 1, max = 12) int m,
            @ForAll @IntRange(min = 1, max = 12) int n) {
        int order = new BackupName("x", Instant.ofEpochSecond(a), m)
                .compareTo(new BackupName("x", Instant.ofEpochSecond(b), n));
        assertTrue(
                a == b ? Integer.signum(order) == Integer.compare(m, n) : Integer.signum(order) == Long.compare(a, b));
    }
}
