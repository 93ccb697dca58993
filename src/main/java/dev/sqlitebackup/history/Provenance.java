package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * Of which database a single file is a backup, as far as anybody noted: its content does not say. The state beside it
 * does, if it speaks of this very backup; else its name has to do.
 */
public final class Provenance {
    private Provenance() {}

    /**
     * A database that nobody named gets no backup of another one.
     *
     * @param backup a single file
     * @param named the default database
     * @param target the file behind its links
     * @param notAfter what the user said of the backup's time, null for nothing
     * @throws Failure USAGE if it is another's
     */
    public static void refuseIfOfAnother(Location backup, Path named, Path target, Instant notAfter) {
        if (backup.isPipe()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "a pipe does not say of which database its backup is, and no database is named",
                    "say where it goes, behind the same pipe: "
                            + Hints.command("restore", backup.toString(), "--to=restored.db"));
        }
        List<String> wanted =
                List.of(named.getFileName().toString(), target.getFileName().toString());
        String source = noted(backup);
        List<String> names = source == null ? names(backup) : List.of(fileName(source));
        if (names.stream().noneMatch(wanted::contains) || source != null && isAnother(source, target)) {
            String name = names.get(0);
            throw new Failure(
                    Failure.Kind.USAGE,
                    backup + " is " + (source == null ? "by its name a backup of " + name : "a backup of " + source)
                            + ", not of " + named + ", which is the default",
                    hint(backup.toString(), source == null ? name : source, notAfter));
        }
    }

    /**
     * Whether the database that was backed up is still there, and is not this one. On another machine, the name has to
     * do.
     */
    private static boolean isAnother(String source, Path target) {
        try {
            return Files.isRegularFile(Path.of(source)) && !Databases.isSameFile(Path.of(source), target);
        } catch (InvalidPathException e) {
            return true; // This locale cannot express it, so it is not this one.
        }
    }

    /** How to say where it goes. */
    static String hint(String backup, String database, Instant notAfter) {
        return "say where it goes: "
                + (notAfter == null
                        ? Hints.command("restore", backup, "--to=" + database)
                        : Hints.command("restore", backup, "--at=" + notAfter, "--to=" + database));
    }

    /** @return the path of the database, as the state says, null if it says nothing of this backup */
    private static String noted(Location backup) {
        SingleFile file = backup.single();
        try {
            Backup found = file.find();
            State state = found == null ? null : file.stateFile().read();
            return found != null && found.isConfirmedBy(state) && state.source() != null
                    ? state.source().path()
                    : null;
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT || e.kind() == Failure.Kind.NOT_FOUND) {
                return null; // A plain database, or nothing that can be restored, which is said in its own words.
            }
            throw e;
        }
    }

    /** By the name that was given, and by that of the file behind its links. */
    private static List<String> names(Location backup) {
        return List.of(database(backup.single().name()), database(fileName(backup.toString())));
    }

    private static String database(String fileName) {
        BackupName ofHistory = BackupName.parse(fileName);
        String name = fileName.endsWith(Location.BACKUP_SUFFIX)
                ? fileName.substring(0, fileName.length() - Location.BACKUP_SUFFIX.length())
                : fileName;
        return ofHistory == null ? SafetyCopies.database(name) : ofHistory.database();
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
