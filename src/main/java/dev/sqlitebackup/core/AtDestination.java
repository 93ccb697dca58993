package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.run.State;
import java.nio.file.Path;
import java.time.Instant;

/**
 * What is at the destination already. A store far away that does not answer at first may do so when the backup is made,
 * so the backup is made all the same. But what is not known is not nothing: it is asked again before anything is
 * published there.
 *
 * @param unknown why it is not known, null if it is
 * @param before what the last run noted, null for nothing
 * @param previous the name of the backup to compare with, null for none
 * @param previousFile its content on this machine, null where it is not
 * @param ahead where the newest backup is, if that is dated after now; else null
 */
record AtDestination(Failure unknown, State before, String previous, Path previousFile, String ahead) {
    static AtDestination ask(Destination destination, Instant now) {
        try {
            return askAgain(destination, now);
        } catch (Failure e) {
            if (!mayAnswerLater(destination, e)) {
                throw e;
            }
            return new AtDestination(e, null, null, null, null);
        }
    }

    /** @throws Failure if it still does not answer */
    static AtDestination askAgain(Destination destination, Instant now) {
        State before = destination.stateFile().read();
        String previous = destination.previous(now);
        return previous == null
                ? new AtDestination(null, before, null, null, null)
                : new AtDestination(
                        null, before, previous, destination.store().local(previous), destination.datedAfter(now));
    }

    /** Whether a failure may be that of the way there, and not of what was asked. */
    static boolean mayAnswerLater(Destination destination, Failure e) {
        return destination.store().isRemote() && e.kind() == Failure.Kind.FAILURE;
    }
}
