package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.OtherNames;
import dev.sqlitebackup.store.State;
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
 * Tells a backup that is old from a database that has not changed since. It rings when runs have stopped, and does not when there was nothing to
 * back up. It takes no lock, writes nothing, and reads the end of one backup.
 */
public final class StatusService {
    public enum Freshness {
        FRESH("fresh"),
        STALE("stale"),
        MISSING("missing");

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
     * @param maxAge of the last confirmation of a backup of a database that has changed since
     */
    public record Request(Path database, boolean databaseNamed, Location destination, Duration maxAge) { }

    /**
     * @param backup the newest, null if there is none
     * @param confirmedAt when that was last found to be current, null if nobody noted it
     * @param age since then, else since it was made; null if there is none. Negative if a clock is or was wrong
     * @param changedSince whether the database differs from what was backed up then; null where it cannot be seen, nobody noted what it looked like, or it was written too shortly before
     * @param missing why there is no backup, else null
     * @param hint what to do about an alarm
     */
    public record Result(Path database, Backup backup, Instant confirmedAt, Duration age, Boolean changedSince, Freshness freshness, String missing, String hint, List<String> warnings) { }

    private final Clock clock;

    public StatusService(Clock clock) {
        this.clock = clock;
    }

    public Result status(Request request) {
        Path database = request.database.toAbsolutePath().normalize();
        if (Files.isDirectory(database)) {
            throw new Failure(Failure.Kind.USAGE, "this is a directory and no database: " + request.database, "did you mean --to=" + request.database + "/?");
        }
        request.destination.requireFileSystem();
        List<String> warnings = new ArrayList<>();
        Store store;
        String stateFile;
        Backup newest = null;
        String missing;
        String hint = "run one: " + Hints.command("backup", request.database.toString(), "--to=" + request.destination + (request.destination.isDirectory() && !request.destination.toString().endsWith("/") ? "/" : ""));
        if (request.destination.isDirectory()) {
            History history = History.at(request.destination);
            String name = databaseName(history, request);
            store = history.store();
            stateFile = Destination.stateFile(name);
            newest = history.newestByNow(name, clock.instant(), warnings);
            SortedSet<String> others = history.databases();
            others.remove(name);    // There are files of that name, and none of them is a backup.
            missing = "there is no backup of " + name + " in " + store.place() + (others.isEmpty() ? "" : ", only of " + String.join(", ", others));
        } else {
            SingleFile file = SingleFile.toRead(request.destination);
            store = file.store();
            stateFile = file.stateFile();
            missing = "there is no backup at " + request.destination;
            try {
                newest = file.find();
                if (newest != null && newest.databaseBytes() == null && !store.isNear()) {
                    newest = null;      // Only a download would tell whether it is whole.
                    missing = request.destination + " is not a whole backup of this program: it was cut, or another program made it";
                    hint = "make a new one: " + hint.substring(hint.indexOf(": ") + 2) + "; to check the old one: " + Hints.command("verify", request.destination.toString());
                }
            } catch (Failure e) {
                if (e.kind() != Failure.Kind.NOT_FOUND && e.kind() != Failure.Kind.CORRUPT) {
                    throw e;
                }
                missing = e.getMessage();
                hint = e.hint() == null ? hint : e.hint();
            }
        }
        if (newest == null) {
            return new Result(database, null, null, null, null, Freshness.MISSING, missing, hint, warnings);
        }
        State state = store.readState(stateFile);
        if (state != null && !state.isOf(newest.createdAt())) {
            state = null;   // The backup came, or went, by another way, such as `git pull`.
        }
        Instant confirmedAt = state == null ? null : state.confirmedInstant();
        Boolean changed = hasChanged(database, state, newest);
        Duration age = Duration.between(confirmedAt == null ? newest.createdAt() : confirmedAt, clock.instant());
        // One that is dated far after now is as bad as an old one: it would be fresh for ever.
        boolean old = age.abs().compareTo(request.maxAge) > 0;
        return new Result(database, newest, confirmedAt, age, changed, old && !Boolean.FALSE.equals(changed) ? Freshness.STALE : Freshness.FRESH, null, hint, warnings);
    }

    private static String databaseName(History history, Request request) {
        String name = Databases.name(request.database);
        if (request.databaseNamed || Files.exists(request.database)) {
            return name;
        }
        SortedSet<String> databases = history.databases();
        return databases.isEmpty() ? name : history.choose(name);
    }

    /** Without a state the files' times can prove that something was written since, and never that nothing was: the file may be another one. */
    private static Boolean hasChanged(Path database, State state, Backup newest) {
        try {
            Path real = database.toRealPath();
            Path wal = DatabaseFiles.of(real).wal();
            if (state != null) {
                Boolean changed = state.hasChanged(FileIdentity.of(real), State.walIdentity(wal));
                // An application that uses another name writes to a log that is not seen here.
                return Boolean.FALSE.equals(changed) && OtherNames.of(real).any() ? null : changed;
            }
            boolean written = isWrittenSince(real, newest.createdAt()) || Files.exists(wal) && isWrittenSince(wal, newest.createdAt());
            return written ? true : null;
        } catch (IOException e) {
            return null;    // It is not there, or not for this user to see.
        }
    }

    private static boolean isWrittenSince(Path file, Instant time) throws IOException {
        return !Files.getLastModifiedTime(file).toInstant().isBefore(time);
    }
}
