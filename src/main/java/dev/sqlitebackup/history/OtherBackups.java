package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.git.WorkTree;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** For hints: where there may be others, when a backup is of no use. */
public final class OtherBackups {
    private OtherBackups() {}

    /** A file of a history has them beside it, any other one in Git, if anywhere. */
    public static String ifDamaged(String location) {
        boolean ofHistory =
                BackupName.parse(location.substring(directory(location).length())) != null;
        return "nothing was changed; "
                + (ofHistory
                        ? "for an older one: " + Hints.command("list", directory(location))
                        : Hints.isAddress(location)
                                ? "the store has only this one"
                                : isInRepository(location)
                                        ? "for an older one, where Git keeps them: " + Hints.command("list", location)
                                        : "no older one is known");
    }

    private static boolean isInRepository(String location) {
        Path directory = Path.of(location).toAbsolutePath().getParent();
        return Files.isDirectory(directory) && WorkTree.isAround(directory);
    }

    /** @param backup a file, perhaps of a commit, that is a Git LFS pointer */
    static String ifPointer(String backup) {
        if (Hints.isAddress(backup)) {
            return "somebody sent the pointer there: fetch the backup where the repository is, and send that";
        }
        String git = "git -C " + Hints.quoted(directory(backup));
        return "fetch it: " + git + " lfs pull; for an older version: " + git + " lfs fetch --all";
    }

    /**
     * What to do where none of a database in a history can be restored.
     *
     * @param name of the database there
     * @return null where the database is not known, or is not there
     */
    public static String newFull(History history, String name) {
        State noted = history.names().noted(name);
        Path database = Origin.there(noted == null ? null : noted.source());
        if (database == null) {
            return null;
        }
        boolean isItsName = Databases.name(database).equals(name);
        List<String> words = Again.named(
                List.of("backup", database.toString(), "--to=" + history.store().place(), "--full"),
                isItsName ? null : name);
        return "make a new one that builds on nothing: " + Hints.command(words.toArray(String[]::new));
    }

    /**
     * The command that brings a database back which is not there any more.
     *
     * @param named the database as the user named it
     * @param name what its backups are called, null if the user did not say
     * @return null where no backup of it is known
     */
    public static String ofLost(Path named, Location destination, String name) {
        try {
            Path database = Databases.inRealDirectory(named);
            if (destination.isDirectory()) {
                History history = destination.history();
                String there = name != null && history.databases().contains(name)
                        ? name
                        : name == null ? history.names().nameOf(database) : null;
                return there == null
                        ? null
                        : Hints.command("restore", destination.toString(), "--to=" + database, "--name=" + there);
            }
            SingleFile file = destination.single();
            State noted = file.stateFile().read();
            boolean isIts = file.store().find(file.name()) != null
                    && Origin.of(noted == null ? null : noted.source(), database) != Origin.ANOTHER;
            return isIts ? Hints.command("restore", destination.toString(), "--to=" + database) : null;
        } catch (Failure e) {
            return null; // Where nothing can be seen, nothing is promised.
        }
    }

    private static String directory(String location) {
        return location.substring(0, location.lastIndexOf('/') + 1);
    }
}
