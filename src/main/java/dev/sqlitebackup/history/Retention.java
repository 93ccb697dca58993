package dev.sqlitebackup.history;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The one decision about what is deleted: a pure function of the backups, the rules, the time and the time zone. The
 * rules mean what restic's mean (restic documentation, "Removing snapshots according to a policy"): hours, days, weeks
 * and so on are those of the calendar, only those with a backup count, the newest of each is kept, and where a rule is
 * not used up, it keeps the oldest backup as well.
 *
 * <p>Three things are added. The newest backup that verifies stays, whatever the rules say. So does what any backup
 * that stays is built on. A backup that is dated after now stays and counts for nothing: a clock was or is wrong, and
 * until it is known which, neither it nor what it would displace may go.
 */
public final class Retention {
    /** @param reasons why it stays; of one that goes, that no rule keeps it */
    public record Decision(Chain chain, boolean kept, List<String> reasons) {
        /** The backup that stays or goes. */
        public Backup backup() {
            return chain.tip();
        }
    }

    /** What the reason begins with of a backup that stays for another's sake. */
    public static final String NEEDED_BY = "needed by ";

    private static final List<String> NO_RULE = List.of("no rule keeps it");

    private Retention() {}

    /**
     * @param chains the backups of one database, each with what it is built on, in any order
     * @param proven the newest that is known to verify, null if there is none
     * @param zone whose days and weeks count
     * @return newest first
     */
    public static List<Decision> plan(
            Collection<Chain> chains, Chain proven, RetentionRules rules, Instant now, ZoneId zone) {
        List<Chain> newestFirst = chains.stream().sorted(Chain.NEWEST_FIRST).toList();
        List<Chain> counting = newestFirst.stream()
                .filter(chain -> !chain.createdAt().isAfter(now))
                .toList();
        List<Bucket> buckets = buckets(rules);
        List<Decision> decisions = new ArrayList<>();
        int index = 0;
        for (Chain chain : newestFirst) {
            List<String> reasons = new ArrayList<>();
            if (chain.equals(proven)) {
                reasons.add("newest that verifies");
            }
            if (chain.createdAt().isAfter(now)) {
                reasons.add("dated after now");
            } else {
                boolean oldest = index == counting.size() - 1;
                if (index < rules.last()) {
                    reasons.add("last");
                }
                for (Bucket bucket : buckets) {
                    bucket.offer(chain.createdAt().atZone(zone), oldest, reasons);
                }
                if (isWithin(rules.within(), chain, counting.get(0))) {
                    reasons.add("within " + words(rules.within()) + " of the newest");
                }
                index++;
            }
            decisions.add(new Decision(chain, !reasons.isEmpty(), reasons.isEmpty() ? NO_RULE : reasons));
        }
        return keepWhatIsNeeded(decisions);
    }

    /**
     * Whatever made the decisions: without what it is built on, a backup is worth nothing. Where two files have one
     * moment, which a listing of names cannot tell apart, both are needed.
     */
    public static List<Decision> keepWhatIsNeeded(List<Decision> decisions) {
        Map<Place, Chain> neededBy = new HashMap<>();
        decisions.stream()
                .filter(Decision::kept)
                .forEach(kept ->
                        kept.chain.members().forEach(member -> neededBy.putIfAbsent(Place.of(member), kept.chain)));
        return decisions.stream()
                .map(decision -> decision.kept || !neededBy.containsKey(Place.of(decision.backup()))
                        ? decision
                        : new Decision(
                                decision.chain,
                                true,
                                List.of(NEEDED_BY
                                        + neededBy.get(Place.of(decision.backup()))
                                                .tip()
                                                .moment())))
                .toList();
    }

    private record Place(String database, BackupName.Moment moment) {
        static Place of(Backup backup) {
            return new Place(backup.database(), backup.moment());
        }
    }

    /**
     * What goes, in the order in which it has to: one full backup with its increments after the other, from the oldest
     * on, and of these the newest first. So what a crash leaves is what an earlier prune would have left, or chains
     * that are shorter, and never an increment without what it builds on.
     *
     * @param decisions newest first
     */
    public static List<Backup> inOrderOfDeletion(List<Decision> decisions) {
        return decisions.stream()
                .filter(decision -> !decision.kept)
                .sorted(Comparator.comparing(
                                (Decision decision) -> decision.chain.full(), Backup.NEWEST_FIRST.reversed())
                        .thenComparing(Decision::backup, Backup.NEWEST_FIRST))
                .map(Decision::backup)
                .toList();
    }

    /**
     * Of what goes, all on which nothing that goes is built but what is gone: where one of these may not be deleted
     * after all, what it is built on is still there.
     *
     * @return the oldest first
     */
    public static List<Backup> nextToDelete(List<Decision> decisions, Set<Backup> gone) {
        List<Decision> left = decisions.stream()
                .filter(decision -> !decision.kept && !gone.contains(decision.backup()))
                .toList();
        Set<Place> builtOn = left.stream()
                .flatMap(decision -> decision.chain.members().stream()
                        .limit(decision.chain.members().size() - 1L))
                .map(Place::of)
                .collect(Collectors.toSet());
        return inOrderOfDeletion(left).stream()
                .filter(backup -> !builtOn.contains(Place.of(backup)))
                .toList();
    }

    private static boolean isWithin(Duration within, Chain chain, Chain newest) {
        return !within.isZero()
                && Duration.between(chain.createdAt(), newest.createdAt()).compareTo(within) < 0;
    }

    private static String words(Duration duration) {
        return duration.toHours() >= 48 && duration.toSeconds() % 86_400 == 0
                ? duration.toDays() + "d"
                : duration.toSeconds() % 3_600 == 0 ? duration.toHours() + "h" : duration.toSeconds() + "s";
    }

    private static List<Bucket> buckets(RetentionRules rules) {
        return List.of(
                // With its offset: when clocks are set back, there are two hours of the same name.
                new Bucket(
                        "hourly",
                        rules.hourly(),
                        time -> time.truncatedTo(ChronoUnit.HOURS).toOffsetDateTime()),
                new Bucket("daily", rules.daily(), ZonedDateTime::toLocalDate),
                // A week is known by its Monday, whatever the year.
                new Bucket("weekly", rules.weekly(), time -> time.toLocalDate().with(DayOfWeek.MONDAY)),
                new Bucket("monthly", rules.monthly(), YearMonth::from),
                new Bucket("yearly", rules.yearly(), ZonedDateTime::getYear));
    }

    /** One rule that keeps the newest of each period. Backups come newest first. */
    private static final class Bucket {
        private final String name;
        private final Function<ZonedDateTime, Object> period;
        private int left;
        private Object last;

        Bucket(String name, int count, Function<ZonedDateTime, Object> period) {
            this.name = name;
            this.left = count;
            this.period = period;
        }

        void offer(ZonedDateTime time, boolean oldest, List<String> reasons) {
            if (left == 0) {
                return;
            }
            Object current = period.apply(time);
            boolean newestOfItsPeriod = !current.equals(last);
            if (newestOfItsPeriod || oldest) {
                reasons.add(newestOfItsPeriod ? name : "oldest, for " + name);
                left--;
                last = current;
            }
        }
    }
}
