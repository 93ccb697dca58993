package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Property;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rules of restic's documentation, "Removing snapshots according to a policy", and what they must never do. */
class RetentionTest {
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
    private static final Instant LATER = Instant.parse("9999-01-01T00:00:00Z");

    private static RetentionRules last(int count) {
        return new RetentionRules(count, 0, 0, 0, 0, 0, Duration.ZERO);
    }

    private static RetentionRules calendar(int hourly, int daily, int weekly, int monthly, int yearly) {
        return new RetentionRules(0, hourly, daily, weekly, monthly, yearly, Duration.ZERO);
    }

    private static RetentionRules within(Duration duration) {
        return new RetentionRules(0, 0, 0, 0, 0, 0, duration);
    }

    private static Chain backup(Instant createdAt, int number) {
        String name = "x-" + createdAt + "-" + number;
        return Chain.of(new Backup("/d/" + name, name, "x.db", createdAt, number, 1, 1L, null));
    }

    private static List<Chain> backups(Stream<LocalDateTime> times, ZoneId zone) {
        return times.map(time -> backup(time.atZone(zone).toInstant(), 1)).toList();
    }

    private static List<Retention.Decision> plan(Collection<Chain> backups, RetentionRules rules) {
        return Retention.plan(backups, null, rules, LATER, ZoneOffset.UTC);
    }

    private static List<String> kept(List<Retention.Decision> decisions) {
        return decisions.stream()
                .filter(Retention.Decision::kept)
                .map(decision -> decision.backup().createdAt() + " " + decision.reasons())
                .toList();
    }

    /** "Suppose you have only made one backup every Sunday for 12 weeks" */
    @Test
    void keepDaily4KeepsTheLastFourOfTwelveSundays() {
        List<Chain> sundays = backups(
                IntStream.range(0, 12)
                        .mapToObj(week -> LocalDateTime.of(2019, 9, 1, 11, 0).plusWeeks(week)),
                ZoneOffset.UTC);
        List<Retention.Decision> decisions = plan(sundays, calendar(0, 4, 0, 0, 0));
        assertEquals(
                List.of(
                        "2019-11-17T11:00:00Z [daily]",
                        "2019-11-10T11:00:00Z [daily]",
                        "2019-11-03T11:00:00Z [daily]",
                        "2019-10-27T11:00:00Z [daily]"),
                kept(decisions));
        assertEquals(8, decisions.stream().filter(decision -> !decision.kept()).count());
        assertEquals(List.of("no rule keeps it"), decisions.get(11).reasons());
    }

    /**
     * "suppose you make one backup every day for 100 years. Then forget --keep-daily 7 --keep-weekly 5 --keep-monthly
     * 12 --keep-yearly 75 would keep …"
     */
    @Test
    void aHundredYearsOfDaysAreThinnedOutAsDocumented() {
        LocalDate last = LocalDate.of(2026, 11, 22);
        List<Chain> days = backups(
                Stream.iterate(last, day -> day.minusDays(1)).limit(36_525).map(day -> day.atTime(12, 0)),
                ZoneOffset.UTC);
        List<Retention.Decision> kept = plan(days, calendar(0, 7, 5, 12, 75)).stream()
                .filter(Retention.Decision::kept)
                .toList();

        assertEquals(7, count(kept, reasons -> reasons.contains("daily")));
        // "and 4 last-day-of-the-week ones (since the 7 dailies already include 1 weekly)"
        assertEquals(4, count(kept, reasons -> reasons.contains("weekly") && !reasons.contains("daily")));
        // "Additionally, 12 or 11 last-day-of-the-month snapshots will be kept (depending on whether one of them ends
        // up being the same as a daily or weekly)"
        assertEquals(
                11,
                count(
                        kept,
                        reasons -> reasons.contains("monthly")
                                && !reasons.contains("daily")
                                && !reasons.contains("weekly")));
        // "And finally 75 or 74 last-day-of-the-year snapshots are kept": this year's is a daily as well, last year's
        // the last of a month.
        assertEquals(75, count(kept, reasons -> reasons.contains("yearly")));
        assertEquals(73, count(kept, reasons -> reasons.equals(List.of("yearly"))));
        assertTrue(kept.stream()
                .filter(decision -> decision.reasons().equals(List.of("yearly")))
                .allMatch(decision -> decision.backup().createdAt().toString().contains("-12-31T")));
    }

    private static long count(List<Retention.Decision> decisions, Predicate<List<String>> condition) {
        return decisions.stream()
                .filter(decision -> condition.test(decision.reasons()))
                .count();
    }

    @Test
    void aRuleThatIsNotUsedUpKeepsTheOldestToo() {
        List<Chain> hours = backups(
                IntStream.range(0, 30)
                        .mapToObj(hour -> LocalDateTime.of(2026, 11, 21, 0, 0).plusHours(hour)),
                ZoneOffset.UTC);
        assertEquals(
                List.of(
                        "2026-11-22T05:00:00Z [daily]",
                        "2026-11-21T23:00:00Z [daily]",
                        "2026-11-21T00:00:00Z [oldest, for daily]"),
                kept(plan(hours, calendar(0, 5, 0, 0, 0))));
        assertEquals(
                List.of("2026-11-22T05:00:00Z [daily]", "2026-11-21T23:00:00Z [daily]"),
                kept(plan(hours, calendar(0, 2, 0, 0, 0))));
    }

    @Test
    void withinIsCountedFromTheNewestAndNotFromNow() {
        List<Chain> days = backups(
                IntStream.range(0, 10)
                        .mapToObj(day -> LocalDateTime.of(2020, 1, 1, 12, 0).plusDays(day)),
                ZoneOffset.UTC);
        assertEquals(
                List.of(
                        "2020-01-10T12:00:00Z [within 3d of the newest]",
                        "2020-01-09T12:00:00Z [within 3d of the newest]",
                        "2020-01-08T12:00:00Z [within 3d of the newest]"),
                kept(plan(days, within(Duration.ofDays(3)))));
    }

    @Test
    void saysHowLongWithinIsInTheLargestUnitThatFits() {
        List<Chain> one = List.of(backup(Instant.parse("2020-01-01T12:00:00Z"), 1));
        for (String[] words : new String[][] {
            {"PT48H", "2d"},
            {"PT168H", "7d"},
            {"PT24H", "24h"},
            {"PT36H", "36h"},
            {"PT49H", "49h"},
            {"PT90M", "5400s"},
            {"PT72H1S", "259201s"}
        }) {
            assertEquals(
                    List.of("2020-01-01T12:00:00Z [within " + words[1] + " of the newest]"),
                    kept(plan(one, within(Duration.parse(words[0])))));
        }
    }

    @Test
    void weeksBeginOnMondayAndBelongToTheirOwnYear() {
        // Thursday 2020-12-31 to Monday 2021-01-04: one week of 2020 and one of 2021.
        List<Chain> days = backups(
                IntStream.range(0, 5)
                        .mapToObj(day -> LocalDateTime.of(2020, 12, 31, 12, 0).plusDays(day)),
                ZoneOffset.UTC);
        assertEquals(
                List.of("2021-01-04T12:00:00Z [weekly]", "2021-01-03T12:00:00Z [weekly]"),
                kept(plan(days, calendar(0, 0, 2, 0, 0))));
    }

    /** A year may be without a backup, and the one before it end in the same month and week. */
    @Test
    void weeksAndMonthsOfDifferentYearsAreNeverTheSame() {
        List<Chain> novembers = backups(
                IntStream.range(2019, 2023).mapToObj(year -> LocalDateTime.of(year, 11, 20, 12, 0)), ZoneOffset.UTC);
        assertEquals(
                List.of(
                        "2022-11-20T12:00:00Z [weekly]",
                        "2021-11-20T12:00:00Z [weekly]",
                        "2020-11-20T12:00:00Z [weekly]"),
                kept(plan(novembers, calendar(0, 0, 3, 0, 0))));
        assertEquals(
                List.of(
                        "2022-11-20T12:00:00Z [monthly]",
                        "2021-11-20T12:00:00Z [monthly]",
                        "2020-11-20T12:00:00Z [monthly]"),
                kept(plan(novembers, calendar(0, 0, 0, 3, 0))));
    }

    @Test
    void daysAreThoseOfTheTimeZone() {
        // 23:30 and 00:30 in Berlin: one day in UTC, two there.
        List<Chain> night = List.of(
                backup(Instant.parse("2026-11-21T22:30:00Z"), 1), backup(Instant.parse("2026-11-21T23:30:00Z"), 1));
        assertEquals(
                1,
                kept(Retention.plan(night, null, calendar(0, 1, 0, 0, 0), LATER, BERLIN))
                        .size());
        assertEquals(
                List.of("2026-11-21T23:30:00Z [daily]", "2026-11-21T22:30:00Z [daily]"),
                kept(Retention.plan(night, null, calendar(0, 2, 0, 0, 0), LATER, BERLIN)));
        assertEquals(
                List.of("2026-11-21T23:30:00Z [daily]", "2026-11-21T22:30:00Z [oldest, for daily]"),
                kept(Retention.plan(night, null, calendar(0, 2, 0, 0, 0), LATER, ZoneOffset.UTC)));
    }

    @Test
    void theHourThatComesTwiceCountsTwiceAndTheOneThatIsSkippedNotAtAll() {
        // Clocks in Berlin go back from 03:00 to 02:00 at 01:00 UTC: 02:30 comes at 00:30 and at 01:30 UTC.
        List<Chain> autumn = Stream.of(
                        "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z")
                .map(time -> backup(Instant.parse(time), 1))
                .toList();
        assertEquals(
                3,
                kept(Retention.plan(autumn, null, calendar(3, 0, 0, 0, 0), LATER, BERLIN))
                        .size());
        // And forward from 02:00 to 03:00 at 01:00 UTC.
        List<Chain> spring = Stream.of("2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z")
                .map(time -> backup(Instant.parse(time), 1))
                .toList();
        assertEquals(
                List.of("2026-03-29T01:30:00Z [hourly]", "2026-03-29T00:30:00Z [hourly]"),
                kept(Retention.plan(spring, null, calendar(2, 0, 0, 0, 0), LATER, BERLIN)));
    }

    @Test
    void equalTimesAreToldApartByNumber() {
        Instant time = Instant.parse("2026-11-22T12:00:00Z");
        List<Chain> same = List.of(backup(time, 2), backup(time, 10), backup(time, 1));
        assertEquals(
                List.of(10),
                plan(same, last(1)).stream()
                        .filter(Retention.Decision::kept)
                        .map(decision -> decision.backup().number())
                        .toList());
        assertEquals(
                List.of(10),
                plan(same, calendar(1, 0, 0, 0, 0)).stream()
                        .filter(Retention.Decision::kept)
                        .map(decision -> decision.backup().number())
                        .toList());
    }

    @Test
    void aBackupThatIsDatedAfterNowStaysAndCountsForNothing() {
        Instant now = Instant.parse("2026-11-22T12:00:00Z");
        List<Chain> backups = List.of(
                backup(Instant.parse("2031-01-01T00:00:00Z"), 1), backup(now, 1), backup(now.minusSeconds(3600), 1));
        assertEquals(
                List.of("2031-01-01T00:00:00Z [dated after now]", "2026-11-22T12:00:00Z [last]"),
                kept(Retention.plan(backups, null, last(1), now, ZoneOffset.UTC)));
        // Within is counted from the newest that counts, and the oldest is found among those.
        assertEquals(
                List.of("2031-01-01T00:00:00Z [dated after now]", "2026-11-22T12:00:00Z [within 1h of the newest]"),
                kept(Retention.plan(backups, null, within(Duration.ofHours(1)), now, ZoneOffset.UTC)));
        assertEquals(
                List.of(
                        "2031-01-01T00:00:00Z [dated after now]",
                        "2026-11-22T12:00:00Z [yearly]",
                        "2026-11-22T11:00:00Z [oldest, for yearly]"),
                kept(Retention.plan(backups, null, calendar(0, 0, 0, 0, 9), now, ZoneOffset.UTC)));
        // A clock that fell back to 1970: everything is dated after now, and everything stays.
        assertEquals(
                3,
                kept(Retention.plan(backups, null, last(1), Instant.EPOCH, ZoneOffset.UTC))
                        .size());
    }

    /** Each increment builds on the one of two days before it, and all on the first. */
    @Test
    void whatABackupThatStaysIsBuiltOnStaysAsWell() {
        Backup full = backup(Instant.parse("2026-11-01T00:00:00Z"), 1).tip();
        Backup first = backup(Instant.parse("2026-11-02T00:00:00Z"), 1).tip();
        Backup second = backup(Instant.parse("2026-11-03T00:00:00Z"), 1).tip();
        List<Chain> chains =
                List.of(Chain.of(full), new Chain(List.of(full, first)), new Chain(List.of(full, first, second)));
        assertEquals(
                List.of(
                        "2026-11-03T00:00:00Z [last]",
                        "2026-11-02T00:00:00Z [needed by 20261103T000000Z]",
                        "2026-11-01T00:00:00Z [needed by 20261103T000000Z]"),
                kept(plan(chains, last(1))));
        List<Chain> beside = List.of(Chain.of(full), new Chain(List.of(full, first)), new Chain(List.of(full, second)));
        assertEquals(
                List.of("2026-11-03T00:00:00Z [last]", "2026-11-01T00:00:00Z [needed by 20261103T000000Z]"),
                kept(plan(beside, last(1))));
    }

    // Properties

    /** @param good any of the backups, null where there is none */
    private record Prune(List<Chain> backups, Chain good, RetentionRules rules, ZoneId zone) {
        static Prune any(RandomGenerator random) {
            List<Chain> backups = Stream.generate(() -> anyBackup(random))
                    .limit(Property.between(random, 0, 60))
                    .distinct()
                    .toList();
            return new Prune(
                    backups,
                    backups.isEmpty() ? null : backups.get(random.nextInt(backups.size())),
                    new RetentionRules(
                            anyCount(random),
                            anyCount(random),
                            anyCount(random),
                            anyCount(random),
                            anyCount(random),
                            anyCount(random),
                            Duration.ofSeconds(Property.oneOf(random, 0, 0, 3_600, 86_400, 40_000_000))),
                    ZoneId.of(Property.oneOf(
                            random, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")));
        }

        /** Few moments, close together and far apart, so that equal times and full hours, days and years come up. */
        private static Chain anyBackup(RandomGenerator random) {
            int month = Property.oneOf(random, 1, 2, 3, 10, 12);
            int day = Property.oneOf(random, 1, 25, 28, 29);
            LocalDateTime time = LocalDate.of(random.nextInt(2019, 2027), month, month == 2 ? Math.min(day, 28) : day)
                    .atTime((int) Property.between(random, 0, 23), Property.oneOf(random, 0, 30, 59));
            return backup(time.toInstant(ZoneOffset.UTC), random.nextInt(1, 4));
        }

        private static int anyCount(RandomGenerator random) {
            return random.nextInt(3) == 0 ? (int) Property.between(random, 1, 8) : 0;
        }

        List<Retention.Decision> plan(Collection<Chain> backups, Chain proven, RetentionRules rules) {
            return Retention.plan(backups, proven, rules, LATER, zone);
        }

        LocalDate day(Chain backup) {
            return backup.createdAt().atZone(zone).toLocalDate();
        }

        /** The names say when and which, in a line that can be read. */
        @Override
        public String toString() {
            return "%s in %s, with %s as the good one of %s"
                    .formatted(
                            rules,
                            zone,
                            good == null ? null : good.tip().name(),
                            backups.stream().map(chain -> chain.tip().name()).toList());
        }
    }

    private static Set<Chain> keptSet(List<Retention.Decision> decisions) {
        return decisions.stream()
                .filter(Retention.Decision::kept)
                .map(Retention.Decision::chain)
                .collect(Collectors.toSet());
    }

    @Test
    void decidesEveryBackupOnceAndAlikeInAnyOrder() {
        Property.holds(Prune::any, prune -> {
            List<Retention.Decision> decisions = prune.plan(prune.backups, null, prune.rules);
            assertEquals(
                    new HashSet<>(prune.backups),
                    decisions.stream().map(Retention.Decision::chain).collect(Collectors.toSet()));
            assertEquals(prune.backups.size(), decisions.size());
            List<Chain> shuffled = new ArrayList<>(prune.backups);
            Collections.shuffle(shuffled, new Random(1));
            assertEquals(decisions, prune.plan(shuffled, null, prune.rules));
        });
    }

    @Test
    void neverDeletesTheLastGoodOne() {
        Property.holds(Prune::any, prune -> {
            if (prune.good != null) {
                assertTrue(keptSet(prune.plan(prune.backups, prune.good, prune.rules))
                        .contains(prune.good));
            }
        });
    }

    /** A union: what any rule keeps alone, all of them keep together, and nothing else. */
    @Test
    void keepsExactlyWhatAnyRuleKeepsAlone() {
        Property.holds(Prune::any, prune -> {
            RetentionRules rules = prune.rules;
            Set<Chain> alone = new HashSet<>();
            for (RetentionRules one : List.of(
                    last(rules.last()),
                    calendar(rules.hourly(), 0, 0, 0, 0),
                    calendar(0, rules.daily(), 0, 0, 0),
                    calendar(0, 0, rules.weekly(), 0, 0),
                    calendar(0, 0, 0, rules.monthly(), 0),
                    calendar(0, 0, 0, 0, rules.yearly()),
                    within(rules.within()))) {
                alone.addAll(keptSet(prune.plan(prune.backups, null, one)));
            }
            assertEquals(alone, keptSet(prune.plan(prune.backups, null, rules)));
        });
    }

    /**
     * Written the other way round: a backup is kept by a rule of days if it is the newest of its day and that day is
     * one of the last N that have one, or the oldest if there are not so many.
     */
    @Test
    void keepDailyMeansTheNewestOfEachOfTheLastDays() {
        Property.holds(Prune::any, prune -> {
            int count = prune.rules.daily();
            List<LocalDate> days = prune.backups.stream()
                    .map(prune::day)
                    .distinct()
                    .sorted(Collections.reverseOrder())
                    .toList();
            Set<Chain> expected = new HashSet<>();
            for (LocalDate day : days.subList(0, Math.min(count, days.size()))) {
                expected.add(prune.backups.stream()
                        .filter(backup -> prune.day(backup).equals(day))
                        .min(Chain.NEWEST_FIRST)
                        .orElseThrow());
            }
            if (count > days.size()) {
                prune.backups.stream().max(Chain.NEWEST_FIRST).ifPresent(expected::add);
            }
            assertEquals(expected, keptSet(prune.plan(prune.backups, null, calendar(0, count, 0, 0, 0))));
        });
    }

    /** Pruning again with the same rules deletes nothing more. */
    @Test
    void isStableWhenRepeated() {
        Property.holds(Prune::any, prune -> {
            Set<Chain> once = keptSet(prune.plan(prune.backups, null, prune.rules));
            assertEquals(once, keptSet(prune.plan(once, null, prune.rules)));
        });
    }

    // ---- chains

    /** Whatever the rules: what stays has what it needs, at every moment of a prune. */
    @Test
    void noMomentOfAPruneLeavesABackupWithoutWhatItNeeds() {
        for (int seed = 0; seed < 2000; seed++) {
            Random random = new Random(seed);
            List<Chain> chains = randomChains(random);
            RetentionRules rules = new RetentionRules(
                    random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(3),
                    random.nextInt(2),
                    random.nextInt(2),
                    random.nextInt(2),
                    Duration.ofHours(random.nextInt(48)));
            Instant now = chains.get(random.nextInt(chains.size())).createdAt();
            List<Retention.Decision> decisions = Retention.plan(
                    chains,
                    random.nextBoolean() ? chains.get(random.nextInt(chains.size())) : null,
                    rules,
                    now,
                    BERLIN);
            Set<Backup> left = chains.stream().map(Chain::tip).collect(Collectors.toCollection(HashSet::new));
            Set<Backup> gone = new HashSet<>();
            List<Backup> order = new ArrayList<>();
            for (List<Backup> next = Retention.nextToDelete(decisions, gone);
                    !next.isEmpty();
                    next = Retention.nextToDelete(decisions, gone)) {
                order.addAll(next);
                gone.addAll(next);
            }
            for (Backup next : random.nextBoolean() ? order : Retention.inOrderOfDeletion(decisions)) {
                left.remove(next);
                for (Chain chain : chains) {
                    assertTrue(
                            !left.contains(chain.tip()) || left.containsAll(chain.members()),
                            () -> "without " + next + ", " + chain + " is none");
                }
            }
            assertEquals(
                    decisions.stream()
                            .filter(Retention.Decision::kept)
                            .map(Retention.Decision::backup)
                            .collect(Collectors.toSet()),
                    left);
        }
    }

    /** A store that refuses some of them leaves whole chains too, and the rest is deleted all the same. */
    @Test
    void whatMayNotBeDeletedKeepsWhatItNeeds() {
        for (int seed = 0; seed < 1000; seed++) {
            Random random = new Random(seed);
            List<Chain> chains = randomChains(random);
            Set<Backup> refused = chains.stream()
                    .map(Chain::tip)
                    .filter(backup -> random.nextInt(5) == 0)
                    .collect(Collectors.toSet());
            List<Retention.Decision> decisions = chains.stream()
                    .map(chain -> new Retention.Decision(chain, false, List.of("no rule keeps it")))
                    .toList();
            Set<Backup> left = chains.stream().map(Chain::tip).collect(Collectors.toCollection(HashSet::new));
            Set<Backup> asked = new HashSet<>();
            for (List<Backup> next = Retention.nextToDelete(decisions, asked);
                    !next.isEmpty();
                    next = Retention.nextToDelete(decisions, asked)) {
                asked.addAll(next);
                next.stream().filter(backup -> !refused.contains(backup)).forEach(left::remove);
                decisions = Retention.keepWhatIsNeeded(decisions.stream()
                        .map(decision -> asked.contains(decision.backup()) && refused.contains(decision.backup())
                                ? new Retention.Decision(decision.chain(), true, List.of("refused"))
                                : decision)
                        .toList());
            }
            Set<Backup> needed = chains.stream()
                    .filter(chain -> refused.contains(chain.tip()))
                    .flatMap(chain -> chain.members().stream())
                    .collect(Collectors.toSet());
            assertEquals(needed, left);
            assertEquals(
                    left,
                    decisions.stream()
                            .filter(Retention.Decision::kept)
                            .map(Retention.Decision::backup)
                            .collect(Collectors.toSet()));
        }
    }

    /** As runs make them: now and then a full backup, else an increment. */
    private static List<Chain> randomChains(Random random) {
        List<Chain> chains = new ArrayList<>();
        Instant time = Instant.parse("2026-01-01T00:00:00Z");
        int number = 0;
        Chain newest = null;
        for (int i = 0; i < 1 + random.nextInt(40); i++) {
            time = time.plusSeconds(random.nextInt(60 * 3600));
            int inSecond = newest != null && newest.createdAt().equals(time)
                    ? newest.tip().number() + 1
                    : 1;
            boolean isFull = newest == null || random.nextInt(10) == 0;
            number = isFull ? 0 : number + 1;
            List<Backup> members = isFull
                    ? new ArrayList<>()
                    : new ArrayList<>(newest.members().subList(0, Integer.bitCount(number & number - 1) + 1));
            String name = "x-" + time + "-" + inSecond;
            members.add(new Backup(
                    "/d/" + name,
                    name,
                    "x.db",
                    time,
                    inSecond,
                    1,
                    1L,
                    null,
                    isFull ? null : members.get(members.size() - 1).moment(),
                    null));
            newest = new Chain(members);
            chains.add(newest);
        }
        return chains;
    }
}
