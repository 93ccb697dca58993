package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Host;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.store.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Which database the backups of one name at one place are of, as the last run noted it. Two databases of one name would replace each other's backups, and a prune
 * would count both as one.
 */
enum Origin {
    /** Nobody noted another one. */
    SAME,
    /** Another database, that is there on this host as well. */
    ANOTHER,
    /** Another path of this host, where no database is any more. */
    MOVED,
    /** Noted by another host. A container has a new one every time, so that proves nothing. */
    OTHER_HOST;

    /** What a database looks like now, for the state. */
    static State.Source describe(Path database, String name) throws IOException {
        if (!PrivateFiles.isPosix()) {
            return new State.Source(name, database.toString(), Host.id(), null, null, null);
        }
        PosixFileAttributes attributes = Files.readAttributes(database, PosixFileAttributes.class);
        return new State.Source(name, database.toString(), Host.id(), attributes.owner().getName(), attributes.group().getName(), PosixFilePermissions.toString(attributes.permissions()));
    }

    /**
     * @param noted by the last run, null for nothing
     * @param database real, or where it was
     */
    static Origin of(State.Source noted, Path database) {
        if (noted == null || noted.path() == null) {
            return SAME;
        }
        if (noted.host() != null && !noted.host().equals(Host.id())) {
            return OTHER_HOST;
        }
        Path before = Path.of(noted.path());
        if (before.equals(database) || isSameFile(before, database)) {
            return SAME;
        }
        return isDatabase(before) ? ANOTHER : MOVED;
    }

    /**
     * A run must not take over what is another database's.
     *
     * @param before what the last run noted at the destination, null for nothing
     * @param database the real path
     * @return what to say of one that goes on
     * @throws Failure USAGE if it is another's, unless the request names it: then it has moved
     */
    static List<String> refuseAnother(State before, Path database, String name, BackupService.Request request) {
        State.Source noted = before == null ? null : before.source();
        String known = noted == null || noted.name() == null ? name : noted.name();
        boolean isNamed = known.equals(request.name());
        String theirs = noted == null ? null : "the backups of the name " + known + " at " + request.destination() + " are of " + noted.path();
        return switch (of(noted, database)) {
            case SAME -> List.of();
            case MOVED -> List.of(theirs + ", where no database is any more: they go on with " + database);
            case OTHER_HOST -> isNamed && noted.path().equals(database.toString()) ? List.of() : List.of(theirs + " on the host " + noted.host() + ": they go on with " + database
                    + "; if that is another database, give it a name of its own: " + ownName(database, request.destination()));
            case ANOTHER -> {
                if (!isNamed) {
                    throw new Failure(Failure.Kind.USAGE, theirs + ", and not of " + database,
                            "give this one a name of its own: " + ownName(database, request.destination()) + "; if it is the same database in another place: " + command(database, request.destination(), "--name=" + known));
                }
                yield List.of(theirs + ", which is still there: from now on they are of " + database);
            }
        };
    }

    /** By its directory, which is what tells databases of one file name from each other. */
    static String ownName(Path database, Location destination) {
        String name = (database.getParent().getFileName() == null ? "other" : database.getParent().getFileName()) + "-" + database.getFileName();
        String place = destination.toString();
        return destination.isDirectory() ? command(database, destination, "--name=" + name)
                : Hints.command("backup", database.toString(), "--to=" + place.substring(0, place.lastIndexOf('/') + 1) + name + Location.BACKUP_SUFFIX);
    }

    private static String command(Path database, Location destination, String name) {
        return Hints.command("backup", database.toString(), "--to=" + destination, name);
    }

    private static boolean isSameFile(Path a, Path b) {
        try {
            return Databases.isSameFile(a, b);
        } catch (Failure e) {
            return false;   // It cannot be seen, so there is nothing of it here.
        }
    }

    /** What this user may not read may be one. */
    private static boolean isDatabase(Path file) {
        return Files.isRegularFile(file) && (!Files.isReadable(file) || StagedBackup.isPlainDatabase(file));
    }
}
