package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.store.Store;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Where the backups of one database go: into one file that is always the newest, or into a history of files that never
 * change.
 */
public interface Destination {
    /**
     * @param database the real path of the database
     * @param name by which its backups go in a history
     * @throws Failure USAGE if nothing can be backed up there
     */
    static Destination of(Location location, Path database, String name) {
        if (location.isDirectory()) {
            return HistoryDestination.of(location, database, name);
        }
        if (!location.isNamedAsBackup()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the destination is neither a file ending in .gz nor a directory: " + location,
                    hint(location, database));
        }
        return location.singleFor(database);
    }

    /** A file cannot become a directory, so what has the name of one gets a directory beside it. */
    private static String hint(Location location, Path database) {
        boolean taken = location.path() != null && Files.exists(location.path());
        String history = taken ? elsewhere(location) : location + "/";
        return "for one file, always the newest backup: "
                + Hints.command("backup", database.toString(), "--to=" + location + Location.BACKUP_SUFFIX)
                + "; for a history: " + Hints.command("backup", database.toString(), "--to=" + history);
    }

    /** A directory of its own for backups, beside a place that cannot be used. */
    static String elsewhere(Location location) {
        return elsewhere(location.toString());
    }

    /** The same by its name. */
    static String elsewhere(String place) {
        return place.substring(0, place.lastIndexOf('/') + 1) + "backups/";
    }

    Store store();

    /** Whether a new backup leaves those that are there. */
    boolean keepsOlder();

    /** @return the backup that a new one takes the place of, null for none */
    Backup replaced();

    /** The state, whose lock makes runs of this database at this destination take turns. */
    StateFile stateFile();

    /**
     * The backup to compare with, to build upon and to take blocks from.
     *
     * @return null if there is none
     */
    Chain previous(Instant now);

    /** How many backups of the database there are, by their names; asked for with {@link #previous}, at no cost. */
    int count(Chain previous);

    /**
     * Publishes a finished full backup that has been read back.
     *
     * @return its name
     */
    String publish(Path finished, Instant createdAt);

    /**
     * Decides whether the next backup may be an increment.
     *
     * @param previous the newest, all of which is here
     * @param number of that in its chain
     * @param createdAt of the next
     */
    Next next(Chain previous, int number, Instant createdAt);

    /**
     * Publishes a finished increment that has been read back. Its trailer says its name.
     *
     * @return its name, null if that is taken
     */
    String publish(Path finished, Next next);

    /** The name of a full backup of that moment, if nothing else has it. */
    String name(Instant createdAt);

    /** @return where the newest backup is, if that is dated after now; else null */
    String datedAfter(Instant now);
}
