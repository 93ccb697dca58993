package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.Host;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which database the backups of one name at one place are of, as the last run noted it. Two databases of one name would
 * replace each other's backups, and a prune would count both as one.
 */
public enum Origin {
    /** Nobody noted another one. */
    SAME,
    /** Another database, that is there on this host as well. */
    ANOTHER,
    /** Another path of this host, where no database is any more. */
    MOVED,
    /** Noted by another host. A container has a new one every time, so that proves nothing. */
    OTHER_HOST;

    /** How a run came to a database, which is how far it may go with the backups of a name. */
    public enum Claim {
        /** Below a directory: nobody has said that it is this one. */
        FOUND,
        /** By its path, as an argument or in a file. */
        NAMED,
        /** And the name of its backups was typed: then it has moved, and takes over what is there. */
        TYPED
    }

    /** What a database looks like now, for the state. */
    public static State.Source describe(Path database, String name) throws IOException {
        if (!PrivateFiles.isPosix()) {
            return new State.Source(name, database.toString(), Host.id(), null, null, null);
        }
        PosixFileAttributes attributes = Files.readAttributes(database, PosixFileAttributes.class);
        return new State.Source(
                name,
                database.toString(),
                Host.id(),
                attributes.owner().getName(),
                attributes.group().getName(),
                PosixFilePermissions.toString(attributes.permissions()));
    }

    /**
     * @param noted by the last run, null for nothing
     * @param database real, or where it was
     */
    public static Origin of(State.Source noted, Path database) {
        if (noted == null || noted.path() == null) {
            return SAME;
        }
        if (noted.host() != null && !noted.host().equals(Host.id())) {
            return OTHER_HOST;
        }
        Path before;
        try {
            before = Path.of(noted.path());
        } catch (InvalidPathException e) {
            return ANOTHER; // This locale cannot express it, so it is not this one; whether it is there, who knows?
        }
        if (before.equals(database) || isSameFile(before, database)) {
            return SAME;
        }
        return isDatabase(before) ? ANOTHER : MOVED;
    }

    /**
     * Where a database was that an earlier run of this host noted, if nothing is there any more.
     *
     * @param noted by the last run, null for nothing
     * @param named where the database leads that the user named, null if he named none
     * @return null if it is there, another one is meant, or it is not for this host or user to tell
     */
    public static Path gone(State.Source noted, Path named) {
        if (noted == null || noted.path() == null || noted.host() == null || !Host.isThis(noted.host())) {
            return null;
        }
        try {
            Path before = Path.of(noted.path());
            return (named == null || named.equals(before)) && isNone(before) ? before : null;
        } catch (InvalidPathException e) {
            return null; // This locale cannot express it.
        }
    }

    /**
     * The database that was noted, as far as one is there.
     *
     * @param noted by the last run, null for nothing
     * @return null if none is there
     */
    static Path there(State.Source noted) {
        try {
            Path before = noted == null || noted.path() == null ? null : Path.of(noted.path());
            return before != null && isDatabase(before) ? before : null;
        } catch (InvalidPathException e) {
            return null; // This locale cannot express it.
        }
    }

    /**
     * A run must not take over what is another database's.
     *
     * @param before what the last run noted at the place, null for nothing
     * @param database the real path
     * @return what to say of one that goes on
     * @throws Failure USAGE if it is another's, or was, and nobody has said that it has moved
     */
    public static List<String> refuseAnother(State before, Path database, String name, Location place, Claim claim) {
        State.Source noted = before == null ? null : before.source();
        String known = noted == null || noted.name() == null ? name : noted.name();
        boolean isNamed = claim == Claim.TYPED && known.equals(name);
        return switch (of(noted, database)) {
            case SAME -> List.of();
            case MOVED -> {
                if (claim == Claim.FOUND) {
                    throw new Failure(
                            Failure.Kind.USAGE,
                            "the backups called " + known + " at " + place + " are of " + noted.path()
                                    + ", where no database is any more, and " + database + " was found, not named",
                            sayMoved(database, place, known) + "; else " + ownName(database, place));
                }
                yield List.of(noted.path() + ", whose backups are called " + known + " at " + place
                        + ", is no database any more: they are continued with " + database);
            }
            case OTHER_HOST ->
                isNamed && noted.path().equals(database.toString())
                        ? List.of()
                        : List.of("the backups called " + known + " at " + place + " were last made of " + noted.path()
                                + " on the host "
                                + noted.host().substring(0, noted.host().lastIndexOf('/')) + ", and are continued with "
                                + database + "; if that is another database: " + ownName(database, place)
                                + "; if it is the same one, --name=" + known + " says so");
            case ANOTHER -> {
                if (!isNamed) {
                    throw new Failure(
                            Failure.Kind.USAGE,
                            place + " holds the backups of another database that is called " + known + ": "
                                    + noted.path() + ", and this one is " + database,
                            ownName(database, place)
                                    + "; only if it is the same database, which has moved (its backups are then "
                                    + "continued with this one): "
                                    + command(database, place, "--name=" + known));
                }
                yield List.of("the backups called " + known + " at " + place + " were of " + noted.path()
                        + ", which is still there, and are continued with " + database);
            }
        };
    }

    /**
     * How to back up a database to where its name is another's: by the name that it has there already, else by its
     * directory, which is what tells databases of one file name from each other.
     */
    public static String ownName(Path database, Location destination) {
        String place = destination.toString();
        if (!destination.isDirectory()) {
            return "give this one a file of its own: "
                    + Hints.command(
                            "backup",
                            database.toString(),
                            "--to=" + place.substring(0, place.lastIndexOf('/') + 1) + byDirectory(database, 1)
                                    + Location.BACKUP_SUFFIX);
        }
        History history = destination.history();
        String there = history.names().nameOf(database);
        if (there != null && !there.equals(database.getFileName().toString())) {
            return "its backups are called " + there + " there: " + command(database, destination, "--name=" + there);
        }
        Set<String> taken = history.databases();
        String free = IntStream.iterate(1, directories -> directories + 1)
                .mapToObj(directories -> byDirectory(database, directories))
                .filter(name -> !taken.contains(name))
                .findFirst()
                .orElseThrow();
        return "give this one a name of its own, in every command: " + command(database, destination, "--name=" + free);
    }

    /** @param directories how many of those above are in the name; beyond the last, a number is */
    private static String byDirectory(Path database, int directories) {
        String name = database.getFileName().toString();
        Path above = database.getParent();
        for (int i = 0; i < directories; i++) {
            if (above == null || above.getFileName() == null) {
                return (directories - i + 1) + "-" + name;
            }
            name = above.getFileName() + "-" + name;
            above = above.getParent();
        }
        return name;
    }

    /** What says, typed once, that a database has moved, and that the backups of that name are its own. */
    public static String sayMoved(Path database, Location place, String name) {
        return "if it is the same database, which has moved, say so once: "
                + command(database, place, "--name=" + name);
    }

    private static String command(Path database, Location destination, String name) {
        return Hints.command("backup", database.toString(), "--to=" + destination, name);
    }

    private static boolean isSameFile(Path a, Path b) {
        try {
            return Databases.isSameFile(a, b);
        } catch (Failure e) {
            return false; // It cannot be seen, so there is nothing of it here.
        }
    }

    /** Nothing is there, or what no application could use: no file, emptied, zeros after a crash, or cut short. */
    private static boolean isNone(Path file) {
        return Files.notExists(file)
                || Files.exists(file)
                        && !Files.isDirectory(file)
                        && (!isDatabase(file) || Files.isReadable(file) && Databases.isCutShort(file));
    }

    /** What this user may not read may be one. */
    private static boolean isDatabase(Path file) {
        return Files.isRegularFile(file) && (!Files.isReadable(file) || FileKind.isPlainDatabase(file));
    }
}
