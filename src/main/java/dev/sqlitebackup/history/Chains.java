package dev.sqlitebackup.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;

/** Finds what a backup builds on. Names are enough for that, and each of them is looked at only where it is needed. */
final class Chains {
    /** No chain is longer: each parent has at least one set bit less in its number. */
    private static final int MOST_MEMBERS = Integer.SIZE + 1;

    /** Looks for the backup of a moment, of the one database. */
    interface Parents {
        /** @return null if there is none */
        Backup of(BackupName.Moment moment);
    }

    private final Parents parents;
    private final BiFunction<String, BackupName.Moment, String> missing;

    /** @param missing says of what is not found why */
    Chains(Parents parents, BiFunction<String, BackupName.Moment, String> missing) {
        this.parents = parents;
        this.missing = missing;
    }

    /** The chain that leads to a backup, as far as it is there. */
    Chain to(Backup tip) {
        List<Backup> newestFirst = new ArrayList<>(List.of(tip));
        String broken = null;
        for (Backup last = tip; last.isIncrement() && broken == null; ) {
            Backup parent = parents.of(last.parent());
            if (parent == null) {
                broken = missing.apply(last.database(), last.parent());
            } else if (newestFirst.size() == MOST_MEMBERS) {
                broken = "it is longer than a chain can be";
            } else {
                newestFirst.add(parent);
                last = parent;
            }
        }
        Collections.reverse(newestFirst);
        return new Chain(newestFirst, broken);
    }
}
