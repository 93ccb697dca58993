package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.store.Store;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out a plan in a history, as far as the place lets it: what is locked, or may not be deleted, is kept and
 * counts as that, with all that it is built on. So increments go before what they are built on, and that only when it
 * is known that they are gone.
 */
final class Deletion {
    private static final Logger LOG = LoggerFactory.getLogger(Deletion.class);

    private final Store store;
    private final PrunePlan plan;

    Deletion(Store store, PrunePlan plan) {
        this.store = store;
        this.plan = plan;
    }

    private static List<String> names(List<Backup> backups) {
        return backups.stream().map(Backup::name).toList();
    }

    /** Decides nothing to be deleted that is locked, and deletes nothing yet. */
    void keepLocked() {
        plan.keep(store.locked(names(Retention.inOrderOfDeletion(plan.decisions()))));
    }

    /** @return what to say where something may not be deleted, else null */
    Failure run() {
        keepLocked();
        int wanted = Retention.inOrderOfDeletion(plan.decisions()).size();
        int refusedCount = 0;
        String why = null;
        Set<Backup> done = new HashSet<>();
        List<Backup> next = Retention.nextToDelete(plan.decisions(), done);
        while (!next.isEmpty()) {
            Map<String, String> refused = delete(names(next), wanted);
            plan.keep(refused);
            done.addAll(next);
            refusedCount += refused.size();
            why = refused.isEmpty() ? why : refused.values().iterator().next();
            next = Retention.nextToDelete(plan.decisions(), done);
        }
        return why == null
                ? null
                : new Failure(
                        Failure.Kind.FAILURE,
                        refusedCount + " of " + wanted + " backups in " + store.place() + " that no rule keeps stay: "
                                + why,
                        "let these credentials delete (s3:DeleteObject), or prune with others");
    }

    private Map<String, String> delete(List<String> names, int wanted) {
        LOG.debug("deleting what no rule keeps, the oldest first: {}", names);
        try {
            return store.delete(names);
        } catch (Failure e) {
            // Far away, thousands go in several requests.
            throw e.kind() != Failure.Kind.INTERRUPTED
                    ? e
                    : new Failure(
                            Failure.Kind.INTERRUPTED,
                            "interrupted while deleting " + wanted + " backups, of which some may be gone: the oldest "
                                    + "go first; everything temporary is removed",
                            "what is left goes with the next prune",
                            e);
        }
    }
}
