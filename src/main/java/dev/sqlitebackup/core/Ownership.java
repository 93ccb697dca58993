package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.store.Store;
import java.nio.file.Path;
import java.util.Set;

/**
 * Whether the backups of a name are of the database that rules are for. Where the one that they were made of is not
 * there, it may have moved, and it may just be away while another one was given its name: then they may be all that is
 * left of it. So nothing is deleted until the name is typed.
 *
 * @param before what the last run noted, null for nothing
 * @param database which the request is for, the real path
 */
record Ownership(State before, Path database, BackupService.Request request) {
    /** @throws Failure USAGE if any of these names is another database's, or may be */
    static void refuseOthers(Store store, Set<String> names, PruneService.Request request) {
        if (request.database() == null) {
            return;
        }
        for (String name : names) {
            State noted = StateFile.of(store, name).read();
            Path database = Databases.existingOrNew(request.database());
            Origin origin = noted == null ? Origin.SAME : Origin.of(noted.source(), database);
            if (origin == Origin.ANOTHER) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "the backups called " + name + " at " + request.location() + " are of another database, "
                                + noted.source().path() + ", and not of " + request.database()
                                + ": nothing was deleted",
                        Origin.ownName(request.database(), request.location()));
            }
            if (origin == Origin.MOVED && request.claim() != Origin.Claim.TYPED) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "the backups called " + name + " at " + request.location() + " are of "
                                + noted.source().path() + ", where no database is any more, and may not be of "
                                + request.database() + ": nothing was deleted",
                        whatToType(request.database(), request.location(), name));
            }
        }
    }

    /** Whether a backup's rules would delete what may be another database's. */
    boolean isInDoubt() {
        return before != null
                && !request.rules().isEmpty()
                && request.claim() != Origin.Claim.TYPED
                && Origin.of(before.source(), database) == Origin.MOVED;
    }

    /** That nothing was deleted, and why. */
    String warning() {
        String name = request.nameOf(database);
        return "no older backup of " + name + " was deleted: they may not be of " + database + ", but of "
                + before.source().path() + "; " + whatToType(database, request.destination(), name);
    }

    /**
     * What a run notes of its database. As long as it is in doubt, the one before stays noted: the next run would not
     * doubt otherwise.
     */
    State.Source toNote(State.Source now) {
        return isInDoubt() ? before.source() : now;
    }

    private static String whatToType(Path database, Location place, String name) {
        return Origin.sayMoved(database, place, name) + "; else " + Origin.ownName(database, place);
    }
}
