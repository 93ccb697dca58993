package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.VerifyAll.Outcome;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.OtherBackups;
import java.util.List;

/** What follows from what was found of each backup at a place. */
final class Verdict {
    private Verdict() {}

    /**
     * Sums it up.
     *
     * @param history null where the place is none
     * @return what to say, of kind CORRUPT if one is bad; null if all are good
     */
    static Failure of(List<Outcome> outcomes, History history) {
        List<Outcome> failed =
                outcomes.stream().filter(outcome -> outcome.failure() != null).toList();
        List<Outcome> bad = failed.stream().filter(Outcome::isBad).toList();
        if (failed.isEmpty()) {
            return null;
        }
        Outcome first = bad.isEmpty() ? failed.get(0) : bad.get(0);
        Failure.Kind kind = bad.isEmpty() ? first.failure().kind() : Failure.Kind.CORRUPT;
        if (outcomes.size() == 1) {
            Failure only = first.failure();
            boolean mayBeReplaced = only.hint() == null && !bad.isEmpty() && history != null;
            return new Failure(
                    kind,
                    only.getMessage(),
                    mayBeReplaced ? OtherBackups.newFull(history, first.database()) : only.hint(),
                    only);
        }
        int count = bad.isEmpty() ? failed.size() : bad.size();
        return new Failure(
                kind,
                count + " of " + outcomes.size() + " backups "
                        + (bad.isEmpty() ? "could not be read" : count == 1 ? "is bad" : "are bad")
                        + (count == 1 ? ": " : ", the first: ") + first.backup(),
                bad.isEmpty() || history == null ? first.failure().hint() : hint(bad, outcomes, history),
                first.failure());
    }

    /** What matters most is whether the newest of a database is good. */
    private static String hint(List<Outcome> bad, List<Outcome> outcomes, History history) {
        for (Outcome outcome : bad) {
            List<Outcome> ofDatabase = outcomes.stream()
                    .filter(other -> other.database().equals(outcome.database()))
                    .toList();
            if (ofDatabase.get(0).equals(outcome)) {
                return remedy(outcome, ofDatabase, history);
            }
        }
        String own = bad.get(0).failure().hint();
        return "the newest backup of each database is good; "
                + (own == null ? "what is bad can only be brought back from another copy of its file" : own);
    }

    private static String remedy(Outcome newest, List<Outcome> ofDatabase, History history) {
        String own = newest.failure().hint();
        String good = ofDatabase.stream()
                .filter(outcome -> outcome.failure() == null)
                .findFirst()
                .map(outcome -> "the newest good one is " + outcome.backup())
                .orElse("none of " + newest.database() + " is good");
        String remedy = own == null ? OtherBackups.newFull(history, newest.database()) : own;
        return remedy == null ? good : good + "; " + remedy;
    }
}
