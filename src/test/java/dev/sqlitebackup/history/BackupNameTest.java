package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sqlitebackup.testing.Property;
import java.time.Instant;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    @Test
    void anIncrementIsReadBackAsItWasWritten() {
        Property.holds(
                random -> {
                    Instant time = anyTime(random, 1);
                    Instant earlier =
                            Instant.ofEpochSecond(anyTime(random, 0).getEpochSecond() % time.getEpochSecond());
                    int number = anyNumber(random);
                    return new BackupName(
                            anyDatabase(random),
                            new BackupName.Moment(time, number),
                            new BackupName.Moment(earlier, number));
                },
                name -> assertEquals(name, BackupName.parse(name.fileName())));
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

    @Test
    void isReadBackAsItWasWritten() {
        Property.holds(
                random -> BackupName.full(anyDatabase(random), anyTime(random, 0), anyNumber(random)),
                name -> assertEquals(name, BackupName.parse(name.fileName())));
    }

    @Test
    void isOrderedByTimeAndThenByNumber() {
        record Two(long a, long b, int m, int n) {}
        Property.holds(
                random -> {
                    long a = Property.between(random, 0, YEAR_9999);
                    long b = random.nextInt(3) == 0 ? a : Property.between(random, 0, YEAR_9999);
                    return new Two(a, b, random.nextInt(1, 13), random.nextInt(1, 13));
                },
                two -> {
                    int order = BackupName.full("x", Instant.ofEpochSecond(two.a), two.m)
                            .compareTo(BackupName.full("x", Instant.ofEpochSecond(two.b), two.n));
                    assertEquals(
                            two.a == two.b ? Integer.compare(two.m, two.n) : Long.compare(two.a, two.b),
                            Integer.signum(order));
                });
    }

    /** Of what names and times are made of as often as of any characters at all. */
    private static String anyDatabase(RandomGenerator random) {
        return Stream.generate(() -> random.nextBoolean()
                        ? Property.oneOf(random, ".", "-", "0", "2", "T", "Z", "x", "\n")
                        : Character.toString((char) Property.between(random, Character.MIN_VALUE, Character.MAX_VALUE)))
                .limit(Property.between(random, 1, 255))
                .collect(Collectors.joining());
    }

    private static Instant anyTime(RandomGenerator random, long min) {
        return Instant.ofEpochSecond(Property.between(random, min, YEAR_9999));
    }

    private static int anyNumber(RandomGenerator random) {
        return (int) Property.between(random, 1, 999_999_999);
    }
}
