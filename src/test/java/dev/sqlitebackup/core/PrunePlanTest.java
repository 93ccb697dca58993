package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.testing.Expect;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What stays whatever the rules say. Backups are called by their day: of 1 is the oldest. */
class PrunePlanTest {
    private static final Instant FIRST = Instant.parse("2026-11-01T12:00:00Z");
    private static final Clock LATER = Clock.fixed(FIRST.plus(Duration.ofDays(100)), ZoneOffset.UTC);
    private static final Set<String> NOTHING = Set.of();

    private final PrunePlan plan =
            new PrunePlan(new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO), LATER, List.of("told before"));
    private final List<Integer> read = new ArrayList<>();

    private static Backup backup(int day) {
        return new Backup("/b/" + day, "" + day, "app.db", FIRST.plus(Duration.ofDays(day)), 1, 1, 1L, null);
    }

    private static List<Chain> chains(int... days) {
        List<Chain> chains = new ArrayList<>();
        for (int day : days) {
            chains.add(Chain.of(backup(day)));
        }
        return chains;
    }

    private static int day(Chain chain) {
        return Integer.parseInt(chain.tip().name());
    }

    /** @param found what of each cannot be checked; null for one that is damaged */
    private PrunePlan.Proof proof(Map<Integer, Set<String>> found, Integer... damaged) {
        return chain -> {
            read.add(day(chain));
            if (List.of(damaged).contains(day(chain))) {
                throw new Failure(Failure.Kind.CORRUPT, "damaged: " + day(chain));
            }
            return found.getOrDefault(day(chain), NOTHING);
        };
    }

    private List<String> said() {
        return plan.decisions().stream()
                .map(decision -> day(decision.chain()) + (decision.kept() ? " stays " : " goes ") + decision.reasons())
                .toList();
    }

    @Test
    void theNewestThatVerifiesStaysBesideWhatTheRulesKeep() {
        plan.add("app.db", chains(4, 3, 2, 1), all -> all, proof(Map.of(), 4, 3));
        assertEquals(
                List.of(
                        "4 stays [last]",
                        "3 goes [no rule keeps it]",
                        "2 stays [newest that verifies]",
                        "1 goes [no rule keeps it]"),
                said());
        assertEquals(List.of(4, 3, 2), read, "none is read after one that verifies");
        assertEquals(List.of("told before", "damaged: 4", "damaged: 3"), plan.warnings());
    }

    @Test
    void nothingGoesWhereNoneVerifies() {
        plan.add("app.db", chains(2, 1), all -> all, proof(Map.of(), 2, 1));
        assertEquals(List.of("2 stays [none verifies]", "1 stays [none verifies]"), said());
        assertEquals(List.of("none of the backups of app.db verifies, so none was deleted"), plan.undecided());
        assertEquals(List.of(), new PrunePlan(RetentionRules.NONE, LATER, List.of()).undecided());
    }

    @Test
    void nothingIsDecidedWhereNobodyCanTell() {
        Expect.failure(
                Failure.Kind.FAILURE,
                "a disk",
                () -> plan.add("app.db", chains(2, 1), all -> all, chain -> {
                    throw new Failure(Failure.Kind.FAILURE, "a disk");
                }));
        assertEquals(List.of(), said());
    }

    @Test
    void whatIsNotOursCountsForNothing() {
        plan.add(
                "app.db",
                chains(3, 2, 1),
                some -> some.stream().filter(chain -> day(chain) != 3).toList(),
                proof(Map.of()));
        assertEquals(List.of("2 stays [newest that verifies, last]", "1 goes [no rule keeps it]"), said());
        assertEquals(List.of(2), read);
    }

    /** Of those that would go, the newest that was checked for more than the newest that verifies. */
    @Test
    void oneThatWasCheckedMoreFullyStays() {
        plan.add(
                "app.db",
                chains(5, 4, 3, 2, 1),
                all -> all,
                proof(Map.of(5, Set.of("index i"), 4, Set.of("index i"), 2, Set.of()), 3));
        assertEquals(
                List.of(
                        "5 stays [newest that verifies, last]",
                        "4 goes [no rule keeps it]",
                        "3 goes [no rule keeps it]",
                        "2 stays [checked more fully than the newest that verifies]",
                        "1 goes [no rule keeps it]"),
                said());
        assertEquals(List.of(5, 4, 3, 2), read);
    }

    @Test
    void theSameHoldsForWhatARunHasJustProven() {
        plan.addProven(chains(3, 2, 1), "3", Set.of("index i"), all -> all, proof(Map.of(2, Set.of("index i", "x"))));
        assertEquals(
                List.of(
                        "3 stays [newest that verifies, last]",
                        "2 goes [no rule keeps it]",
                        "1 stays [checked more fully than the newest that verifies]"),
                said());
        assertEquals(List.of(2, 1), read);
        Expect.failure(
                Failure.Kind.FAILURE,
                "the new backup is not listed: 9",
                () -> plan.addProven(chains(3), "9", NOTHING, all -> all, proof(Map.of())));
    }

    @Test
    void nothingIsReadWhereAllWasChecked() {
        plan.addProven(chains(2, 1), "2", NOTHING, all -> all, proof(Map.of()));
        assertEquals(List.of("2 stays [newest that verifies, last]", "1 goes [no rule keeps it]"), said());
        assertEquals(List.of(), read);
    }

    @Test
    void oneThatCannotBeReadEndsTheLookForABetterOne() {
        assertThrows(
                Failure.class,
                () -> plan.addProven(chains(2, 1), "2", Set.of("index i"), all -> all, chain -> {
                    throw new Failure(Failure.Kind.BUSY, "locked");
                }));
    }

    @Test
    void theLastFromBeforeADatabaseShrankStays() {
        plan.addProven(chains(3, 2, 1), "3", NOTHING, all -> all, proof(Map.of()));
        plan.keepLastBefore(null);
        State state = State.confirmed(FIRST, FIRST, FileIdentity.UNKNOWN, null);
        plan.keepLastBefore(state);
        assertEquals("1 goes [no rule keeps it]", said().get(2));
        plan.keepLastBefore(state.shrunkFrom(new State.Shrunk("1", FIRST.toString(), 1)));
        assertEquals("1 stays [the last from before the database shrank]", said().get(2));
        assertEquals("2 goes [no rule keeps it]", said().get(1));
    }

    @Test
    void whatAnythingThatStaysIsBuiltOnStaysToo() {
        Chain full = Chain.of(backup(1));
        Chain increment = new Chain(List.of(backup(1), backup(2)));
        Chain newest = Chain.of(backup(3));
        plan.addProven(List.of(newest, increment, full), "3", NOTHING, all -> all, proof(Map.of()));
        plan.keepLastBefore(State.confirmed(FIRST, FIRST, FileIdentity.UNKNOWN, null)
                .shrunkFrom(new State.Shrunk("2", FIRST.toString(), 1)));
        assertEquals("1 stays [needed by 20261103T120000Z]", said().get(2));
        assertEquals(
                0,
                plan.decisions().stream().filter(decision -> !decision.kept()).count());
        assertEquals(3, Retention.keepWhatIsNeeded(plan.decisions()).size());
    }
}
