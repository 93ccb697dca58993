package dev.sqlitebackup.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;

/** Finds what a backup builds on. Names are enough for that, and each of them is looked at only where it is needed. */
final class Chains {
    /** No chain is longer: each parent has exactly one set bit fewer in its number. */
    private static final int MAX_MEMBERS = Integer.SIZE + 1;

    /** Looks for the backups of a moment, of the one database. */
    interface Parents {
        /** @return all that have the name of one: two hosts, or another tool, may have put a second one there */
        List<Backup> of(BackupName.Moment moment);
    }

    private final Parents parents;
    private final BiFunction<String, BackupName.Moment, Chain.Broken> missing;

    /** @param missing says of what is not found why */
    Chains(Parents parents, BiFunction<String, BackupName.Moment, Chain.Broken> missing) {
        this.parents = parents;
        this.missing = missing;
    }

    /** The chain that leads to a backup, as far as it is there. */
    Chain to(Backup tip) {
        List<Backup> newestFirst = new ArrayList<>(List.of(tip));
        Chain.Broken broken = null;
        for (Backup last = tip; last.isIncrement() && broken == null; ) {
            Backup child = last;
            List<Backup> possible = parents.of(last.parent());
            Backup parent = possible.stream().filter(child::fits).findFirst().orElse(null);
            if (parent == null) {
                broken = possible.isEmpty()
                        ? missing.apply(last.database(), last.parent())
                        : new Chain.Broken(
                                possible.get(0).location()
                                        + " is not the backup of that name on which it was built: another has its place",
                                null);
            } else if (newestFirst.size() == MAX_MEMBERS) {
                broken = new Chain.Broken("its chain is longer than one can be", null);
            } else {
                newestFirst.add(parent);
                last = parent;
            }
        }
        Collections.reverse(newestFirst);
        return new Chain(newestFirst, broken);
    }
}
