package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/**
 * One of several that a command is for.
 *
 * @param name of the database; of a place, how it was named
 * @param database null where the command is for places alone
 * @param place where its backups are or go
 * @param failure why nothing can be done with it, null if it can be tried
 * @param configured what the configuration says of it, null for nothing
 * @param isFound whether nobody has named it
 */
record Target(
        String name,
        Path database,
        Location place,
        Failure failure,
        Configuration.Database configured,
        boolean isFound) {
    /** A command that can be told to be for one alone. */
    interface Command extends Callable<Integer> {
        /** From now on it does what it does for one that was named. */
        void only(Target target);
    }
}
