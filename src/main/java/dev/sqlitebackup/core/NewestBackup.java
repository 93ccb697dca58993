package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.SingleFile;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.store.Store;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.SortedSet;

/**
 * The newest backup at a destination.
 *
 * @param count how many there are
 * @param members what that is made of, oldest first
 * @param missing why not; of one that cannot be brought back, why that is so
 * @param hint what to do then, or when it is old
 */
record NewestBackup(Store store, StateFile stateFile, int count, List<Backup> members, String missing, String hint) {
    /** Null if there is none. */
    Backup backup() {
        return members.isEmpty() ? null : members.get(members.size() - 1);
    }

    static NewestBackup inHistory(History history, StatusService.Request request, Instant now, List<String> warnings) {
        String name = databaseName(history, request);
        Chain newest = history.newestByNow(name, now, warnings);
        SortedSet<String> others = history.databases();
        others.remove(name); // There are files of that name, and none of them is a backup.
        return new NewestBackup(
                history.store(),
                StateFile.of(history.store(), name),
                history.count(name),
                newest == null ? List.of() : newest.members(),
                newest != null
                        ? newest.isWhole() ? null : newest.broken().why()
                        : "there is no backup of " + name + " in "
                                + history.store().place()
                                + (others.isEmpty() ? "" : ", only of " + String.join(", ", others))
                                + ifNowhere(request),
                newest == null || newest.isWhole()
                        ? runOne(request, newest != null || others.isEmpty() ? "" : listCommand(request))
                        : (newest.broken().remedy() == null
                                        ? ""
                                        : newest.broken().remedy() + "; or ")
                                + "make a new backup, which will be a full one: " + backupCommand(request));
    }

    static NewestBackup inFile(StatusService.Request request) {
        SingleFile file = request.destination().single();
        BackupName ofHistory = BackupName.parse(file.name());
        if (ofHistory != null && ofHistory.parent() != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this is an increment, one file of a history: " + request.destination(),
                    "name the directory: "
                            + Hints.command(
                                    "status",
                                    request.database().toString(),
                                    "--to=" + file.store().place()));
        }
        String command = backupCommand(request);
        String missing = "there is no backup at " + request.destination() + ifNowhere(request);
        String hint = runOne(request, "");
        Backup backup = null;
        try {
            backup = file.find();
            if (backup != null && backup.databaseBytes() == null && file.store().isRemote()) {
                backup = null; // Only a download would tell whether it is whole.
                missing = request.destination()
                        + " is not a whole backup of this program: it was cut, or another program made it";
                hint = "make a new one: " + command + "; to check the old one: "
                        + Hints.command("verify", request.destination().toString());
            }
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.NOT_FOUND && e.kind() != Failure.Kind.CORRUPT) {
                throw e;
            }
            missing = e.getMessage();
            hint = e.hint() == null ? hint : e.hint();
        }
        return new NewestBackup(
                file.store(),
                file.stateFile(),
                backup == null ? 0 : 1,
                backup == null ? List.of() : List.of(backup),
                backup == null ? missing : null,
                hint);
    }

    private static boolean isNowhere(StatusService.Request request) {
        return Files.notExists(request.database());
    }

    private static String ifNowhere(StatusService.Request request) {
        return isNowhere(request) ? ", and no database at " + request.database() : "";
    }

    /** @param otherwise what to do where there is nothing to back up */
    private static String runOne(StatusService.Request request, String otherwise) {
        return isNowhere(request)
                ? "look at the path of the database, or run one where that lies" + otherwise
                : "run one: " + backupCommand(request);
    }

    private static String listCommand(StatusService.Request request) {
        return "; what is backed up there: "
                + Hints.command("list", request.destination().toString());
    }

    static String backupCommand(StatusService.Request request, String... more) {
        String place = request.destination()
                + (request.destination().isDirectory()
                                && !request.destination().toString().endsWith("/")
                        ? "/"
                        : "");
        List<String> words =
                Again.named(List.of("backup", request.database().toString(), "--to=" + place), request.name());
        words.addAll(request.pushed() && more.length == 0 ? List.of("--push") : List.of(more));
        return Hints.command(words.toArray(String[]::new));
    }

    /** Proves it, whatever the default database is. */
    String verifyCommand(StatusService.Request request) {
        return Hints.command(
                Again.verify(request.destination(), name(request)).words().toArray(String[]::new));
    }

    /** By which the backups of the database go there, null if there is nothing to tell them from. */
    String name(StatusService.Request request) {
        return request.name() == null && request.destination().isDirectory() ? backup().database() : request.name();
    }

    private static String databaseName(History history, StatusService.Request request) {
        if (request.name() != null) {
            return request.name();
        }
        String name = history.names()
                .nameOf(StatusService.real(request.database().toAbsolutePath().normalize()));
        if (name != null) {
            return name;
        }
        boolean decides = request.databaseNamed()
                || Files.exists(request.database())
                || history.databases().isEmpty();
        return decides
                ? Databases.name(request.database())
                : history.names().choose(DatabaseChoice.of(null, request.database(), false));
    }
}
