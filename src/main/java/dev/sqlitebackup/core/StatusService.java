package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.SingleFile;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.Fingerprint;
import dev.sqlitebackup.sqlite.OtherNames;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/**
 * Tells a backup that is old from a database that has not changed since. It rings when runs have stopped, and does not
 * when there was nothing to back up. It takes no lock, writes nothing, and reads the end of one backup.
 */
public final class StatusService {
    public enum Freshness {
        FRESH("fresh"),
        STALE("stale"),
        MISSING("missing"),
        /** The newest cannot be brought back, because something that it builds on is not there. */
        BROKEN("broken"),
        /** It holds much less than it did, and nobody has said that this is right. */
        SHRUNK("shrunk");

        private final String word;

        Freshness(String word) {
            this.word = word;
        }

        /** The word of the contract. */
        public String word() {
            return word;
        }
    }

    /**
     * @param database that may be somewhere else (a monitoring host)
     * @param databaseNamed whether the user named it; the default one decides nothing where it does not exist
     * @param name what its backups are called there, null if the user did not say
     * @param maxAge of the last confirmation of a backup of a database that has changed since
     */
    public record Request(Path database, boolean databaseNamed, Location destination, String name, Duration maxAge) {}

    /**
     * @param backup the newest, null if there is none
     * @param confirmedAt when that was last found to be current, null if nobody noted it
     * @param age since then, else since it was made; null if there is none. Negative if a clock is or was wrong
     * @param changedSince whether the database differs from what was backed up then; null where it cannot be seen,
     *     nobody noted what it looked like, or it was written too shortly before
     * @param missing why there is no backup, or why the newest cannot be brought back; else null
     * @param hint what to do about an alarm
     * @param shrunk what the database held before, null if it has not shrunk
     */
    public record Result(
            Path database,
            Backup backup,
            Instant confirmedAt,
            Duration age,
            Boolean changedSince,
            Freshness freshness,
            String missing,
            String hint,
            List<String> warnings,
            State.Shrunk shrunk) {}

    private final Clock clock;

    public StatusService(Clock clock) {
        this.clock = clock;
    }

    /**
     * Says how old the newest backup is, and whether the database has changed since.
     *
     * @throws Failure USAGE if it is not clear what is meant, FAILURE if the destination cannot be asked
     */
    public Result status(Request request) {
        Path database = request.database.toAbsolutePath().normalize();
        if (Files.isDirectory(database)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this is a directory and no database: " + request.database,
                    "did you mean its history? " + Hints.command("status", "--to=" + request.database + "/"));
        }
        request.destination.requireFileSystem();
        List<String> warnings = new ArrayList<>();
        Newest newest = request.destination.isDirectory() ? inHistory(request, warnings) : inFile(request);
        if (newest.backup == null) {
            return missing(database, newest.missing, newest.hint, warnings);
        }
        State noted = newest.stateFile.read();
        State.Source source = noted == null ? null : noted.source();
        if (Files.exists(database) && Origin.of(source, real(database)) == Origin.ANOTHER) {
            return missing(
                    database,
                    "there is no backup of " + database + " at " + request.destination + ": those called "
                            + source.name() + " are of " + source.path(),
                    Origin.ownName(real(database), request.destination),
                    warnings);
        }
        return judge(request, database, newest, noted, warnings);
    }

    private static Result missing(Path database, String missing, String hint, List<String> warnings) {
        return new Result(database, null, null, null, null, Freshness.MISSING, missing, hint, warnings, null);
    }

    /** @param noted by the last run, null for nothing */
    private Result judge(Request request, Path database, Newest newest, State noted, List<String> warnings) {
        // The backup may have come, or gone, by another way, such as `git pull`.
        State state = newest.backup.isConfirmedBy(noted) ? noted : null;
        Instant confirmedAt = state == null ? null : state.confirmedInstant();
        Boolean changed = hasChanged(database, state, newest.backup);
        Duration age = Duration.between(confirmedAt == null ? newest.backup.createdAt() : confirmedAt, clock.instant());
        State.Shrunk shrunk = noted == null ? null : noted.shrunk();
        // One that is dated far after now is as bad as an old one: it would be fresh for ever.
        boolean old = age.abs().compareTo(request.maxAge) > 0;
        Freshness freshness = shrunk != null
                ? Freshness.SHRUNK
                : old && !Boolean.FALSE.equals(changed) ? Freshness.STALE : Freshness.FRESH;
        if (newest.missing != null && shrunk == null) {
            freshness = Freshness.BROKEN;
        }
        String hint = shrunk == null
                ? newest.hint
                : Shrinkage.hint(database, newest.store.location(shrunk.backup()), request.destination, request.name);
        return new Result(
                database, newest.backup, confirmedAt, age, changed, freshness, newest.missing, hint, warnings, shrunk);
    }

    /**
     * The newest backup at a destination.
     *
     * @param backup null if there is none
     * @param missing why not; of one that cannot be brought back, why that is so
     * @param hint what to do then, or when it is old
     */
    private record Newest(Store store, StateFile stateFile, Backup backup, String missing, String hint) {}

    private Newest inHistory(Request request, List<String> warnings) {
        History history = request.destination.history();
        String name = databaseName(history, request);
        Chain newest = history.newestByNow(name, clock.instant(), warnings);
        SortedSet<String> others = history.databases();
        others.remove(name); // There are files of that name, and none of them is a backup.
        return new Newest(
                history.store(),
                StateFile.of(history.store(), name),
                newest == null ? null : newest.tip(),
                newest != null
                        ? newest.isWhole() ? null : newest.broken().why()
                        : "there is no backup of " + name + " in "
                                + history.store().place()
                                + (others.isEmpty() ? "" : ", only of " + String.join(", ", others)),
                newest == null || newest.isWhole()
                        ? "run one: " + backupCommand(request)
                        : (newest.broken().remedy() == null
                                        ? ""
                                        : newest.broken().remedy() + "; or ")
                                + "make a new backup, which will be a full one: " + backupCommand(request));
    }

    private static Newest inFile(Request request) {
        SingleFile file = request.destination.single();
        BackupName ofHistory = BackupName.parse(file.name());
        if (ofHistory != null && ofHistory.parent() != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this is an increment, one file of a history: " + request.destination,
                    "name the directory: "
                            + Hints.command(
                                    "status",
                                    request.database.toString(),
                                    "--to=" + file.store().place()));
        }
        String command = backupCommand(request);
        String missing = "there is no backup at " + request.destination;
        String hint = "run one: " + command;
        Backup backup = null;
        try {
            backup = file.find();
            if (backup != null && backup.databaseBytes() == null && file.store().isRemote()) {
                backup = null; // Only a download would tell whether it is whole.
                missing = request.destination
                        + " is not a whole backup of this program: it was cut, or another program made it";
                hint = "make a new one: " + command + "; to check the old one: "
                        + Hints.command("verify", request.destination.toString());
            }
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.NOT_FOUND && e.kind() != Failure.Kind.CORRUPT) {
                throw e;
            }
            missing = e.getMessage();
            hint = e.hint() == null ? hint : e.hint();
        }
        return new Newest(file.store(), file.stateFile(), backup, backup == null ? missing : null, hint);
    }

    private static String backupCommand(Request request) {
        String place = request.destination
                + (request.destination.isDirectory()
                                && !request.destination.toString().endsWith("/")
                        ? "/"
                        : "");
        return request.name == null
                ? Hints.command("backup", request.database.toString(), "--to=" + place)
                : Hints.command("backup", request.database.toString(), "--to=" + place, "--name=" + request.name);
    }

    private static String databaseName(History history, Request request) {
        if (request.name != null) {
            return request.name;
        }
        String name =
                history.names().nameOf(real(request.database.toAbsolutePath().normalize()));
        if (name != null) {
            return name;
        }
        boolean decides = request.databaseNamed
                || Files.exists(request.database)
                || history.databases().isEmpty();
        return decides
                ? Databases.name(request.database)
                : history.names().choose(DatabaseChoice.of(null, request.database, false));
    }

    /** A database may be somewhere else, or gone. */
    private static Path real(Path database) {
        return Files.exists(database) ? Databases.real(database) : database;
    }

    /**
     * Without a state the files' times can prove that something was written since, and never that nothing was: the file
     * may be another one.
     */
    private static Boolean hasChanged(Path database, State state, Backup newest) {
        try {
            Path real = database.toRealPath();
            Path wal = DatabaseFiles.of(real).wal();
            if (state != null) {
                Boolean changed = state.hasChanged(FileIdentity.of(real), Fingerprint.ofWal(wal));
                // An application that uses another name writes to a WAL that is not seen here.
                return Boolean.FALSE.equals(changed) && OtherNames.of(real).any() ? null : changed;
            }
            boolean written = isWrittenSince(real, newest.createdAt())
                    || Files.exists(wal) && isWrittenSince(wal, newest.createdAt());
            return written ? true : null;
        } catch (IOException e) {
            return null; // It is not there, or not for this user to see.
        }
    }

    private static boolean isWrittenSince(Path file, Instant time) throws IOException {
        return !Files.getLastModifiedTime(file).toInstant().isBefore(time);
    }
}
