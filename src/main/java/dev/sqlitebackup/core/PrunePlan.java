package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.run.State;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What is to become of the backups of each database: what the rules say ({@link Retention}), and what stays whatever
 * they say, because it is the best that there is. Nothing is deleted here.
 */
final class PrunePlan {
    private final RetentionRules rules;
    private final Clock clock;
    private final List<String> warnings;
    private final List<Retention.Decision> decisions = new ArrayList<>();
    private final List<String> undecided = new ArrayList<>();
    private final Map<Backup, String> needed = new HashMap<>();

    PrunePlan(RetentionRules rules, Clock clock, List<String> warnings) {
        this.rules = rules;
        this.clock = clock;
        this.warnings = new ArrayList<>(warnings);
    }

    /** @param ours which of some are what they are named */
    void add(String database, List<Chain> newestFirst, UnaryOperator<List<Chain>> ours, Proof proof) {
        // One that is dated after now stays in any case, and does not stand for those that are not.
        List<Chain> counting = newestFirst.stream()
                .filter(chain -> !chain.createdAt().isAfter(clock.instant()))
                .toList();
        List<Chain> foreign = new ArrayList<>();
        Proven proven = newestThatVerifies(counting, ours, foreign, proof);
        if (proven == null && !counting.isEmpty()) {
            undecided.add("none of the backups of " + database + " verifies, so none was deleted");
            newestFirst.forEach(chain -> decisions.add(new Retention.Decision(chain, true, List.of("none verifies"))));
        } else {
            List<Retention.Decision> planned = decide(
                    newestFirst.stream()
                            .filter(chain -> !foreign.contains(chain))
                            .toList(),
                    proven == null ? null : proven.chain,
                    ours);
            decisions.addAll(proven == null ? planned : keepBetter(planned, proven.leftOut, proof));
        }
    }

    /**
     * The same where a run has just made or confirmed the newest, and proven it.
     *
     * @param justProven its name
     * @param leftOut what of it could not be checked
     */
    void addProven(
            List<Chain> newestFirst,
            String justProven,
            Set<String> leftOut,
            UnaryOperator<List<Chain>> ours,
            Proof proof) {
        Chain proven = newestFirst.stream()
                .filter(chain -> chain.tip().name().equals(justProven))
                .findFirst()
                .orElseThrow(() -> new Failure(Failure.Kind.FAILURE, "the new backup is not listed: " + justProven));
        decisions.addAll(keepBetter(decide(newestFirst, proven, ours), leftOut, proof));
    }

    /** The last backup from before a database shrank may be all that is left of it. */
    void keepLastBefore(State state) {
        String last =
                state == null || state.shrunk() == null ? null : state.shrunk().backup();
        decisions.replaceAll(decision -> isKeptByARule(decision)
                        || !decision.backup().name().equals(last)
                ? decision
                : new Retention.Decision(decision.chain(), true, List.of("the last from before the database shrank")));
    }

    /**
     * What cannot be deleted stays, and what it is built on.
     *
     * @param reasons by names of files
     */
    void keep(Map<String, String> reasons) {
        decisions.replaceAll(decision ->
                decision.kept() || !reasons.containsKey(decision.backup().name())
                        ? decision
                        : new Retention.Decision(
                                decision.chain(),
                                true,
                                List.of(reasons.get(decision.backup().name()))));
    }

    private static boolean isKeptByARule(Retention.Decision decision) {
        return decision.kept()
                && !decision.reasons().stream().allMatch(reason -> reason.startsWith(Retention.NEEDED_BY));
    }

    /** @param foreign takes what turns out to be no backup of ours on the way */
    private Proven newestThatVerifies(
            List<Chain> newestFirst, UnaryOperator<List<Chain>> ours, List<Chain> foreign, Proof proof) {
        for (Chain chain : newestFirst) {
            Interruption.check();
            if (ours.apply(List.of(chain)).isEmpty()) {
                foreign.add(chain);
                keepNeededBy(chain);
                continue;
            }
            try {
                return new Proven(chain, proof.of(chain));
            } catch (Failure e) {
                if (e.kind() != Failure.Kind.CORRUPT && e.kind() != Failure.Kind.NOT_FOUND) {
                    throw e;
                }
                if (!warnings.contains(e.getMessage())) {
                    warnings.add(e.getMessage());
                }
            }
        }
        return null;
    }

    /** @param byOthers what has to stay for the sake of a file that is left alone, and which file that is */
    void keepNeeded(Map<Backup, String> byOthers) {
        byOthers.forEach(needed::putIfAbsent);
    }

    /** What cannot be read now may be read again, and shall find what it needs. */
    private void keepNeededBy(Chain leftAlone) {
        leftAlone
                .members()
                .subList(0, leftAlone.members().size() - 1)
                .forEach(member -> needed.putIfAbsent(member, leftAlone.tip().name()));
    }

    List<Retention.Decision> decisions() {
        return Retention.keepWhatIsNeeded(decisions.stream()
                .map(decision -> decision.kept() || !needed.containsKey(decision.backup())
                        ? decision
                        : new Retention.Decision(
                                decision.chain(),
                                true,
                                List.of(Retention.NEEDED_BY + needed.get(decision.backup()) + ", which is left alone")))
                .toList());
    }

    /** About files that count for nothing, and damaged ones. */
    List<String> warnings() {
        return warnings;
    }

    /** Why nothing goes of some databases. */
    List<String> undecided() {
        return undecided;
    }

    /** Reads all of a backup. */
    interface Proof {
        /**
         * @return what of it could not be checked without the application
         * @throws Failure CORRUPT or NOT_FOUND if it does not verify; anything else means that nobody can tell
         */
        Set<String> of(Chain chain);
    }

    private record Proven(Chain chain, Set<String> leftOut) {}

    /** What a rule would keep has to be a backup: what is not one does not count, and is left alone. */
    private List<Retention.Decision> decide(List<Chain> newestFirst, Chain proven, UnaryOperator<List<Chain>> ours) {
        List<Chain> counting = new ArrayList<>(newestFirst);
        while (true) {
            List<Retention.Decision> decisions =
                    Retention.plan(counting, proven, rules, clock.instant(), clock.getZone());
            List<Chain> kept = decisions.stream()
                    .filter(Retention.Decision::kept)
                    .map(Retention.Decision::chain)
                    .toList();
            Set<Chain> proper = new HashSet<>(ours.apply(kept));
            List<Chain> leftAlone =
                    kept.stream().filter(chain -> !proper.contains(chain)).toList();
            leftAlone.forEach(this::keepNeededBy);
            if (!counting.removeAll(leftAlone)) {
                return decisions;
            }
        }
    }

    /**
     * One that is verified in part does not count as the newest that verifies where an older one was checked for more.
     * So of those that would go, the newest that was stays as well. Only these are looked at, and only then.
     */
    private static List<Retention.Decision> keepBetter(
            List<Retention.Decision> newestFirst, Set<String> leftOut, Proof proof) {
        if (leftOut.isEmpty()) {
            return newestFirst;
        }
        List<Retention.Decision> decisions = new ArrayList<>(newestFirst);
        for (int i = 0; i < decisions.size(); i++) {
            Retention.Decision decision = decisions.get(i);
            if (!decision.kept() && isBetter(decision.chain(), leftOut, proof)) {
                decisions.set(
                        i,
                        new Retention.Decision(
                                decision.chain(), true, List.of("checked more fully than the newest that verifies")));
                break;
            }
        }
        return decisions;
    }

    private static boolean isBetter(Chain chain, Set<String> leftOut, Proof proof) {
        Interruption.check();
        try {
            return !proof.of(chain).containsAll(leftOut);
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.CORRUPT && e.kind() != Failure.Kind.NOT_FOUND) {
                throw e;
            }
            return false;
        }
    }
}
