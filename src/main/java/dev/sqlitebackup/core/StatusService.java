package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.Links;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.Fingerprint;
import dev.sqlitebackup.sqlite.LastWriter;
import dev.sqlitebackup.sqlite.OtherNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells a backup that is old from a database that has not changed since. It rings when runs have stopped, and does not
 * when there was nothing to back up. It takes no lock, writes nothing, and reads the end of one backup.
 */
public final class StatusService {
    public enum Freshness {
        FRESH("fresh"),
        STALE("stale"),
        /** As old as one that is too old, where it was to be. */
        UNPUSHED("stale"),
        /** Nobody has proven a backup for too long, where somebody was to. */
        UNVERIFIED("stale"),
        MISSING("missing"),
        /** The newest cannot be brought back, because something that it builds on is not there. */
        BROKEN("broken"),
        /** It holds much less than it did, and nobody has said that this is right. */
        SHRUNK("shrunk"),
        /** An earlier run of this host backed it up, and it is not there any more. */
        GONE("gone");

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
     * @param pushed whether what Git has not pushed counts as not backed up
     * @param maxVerifyAge how long no backup may go unproven, null where that does not matter
     */
    public record Request(
            Path database,
            boolean databaseNamed,
            Location destination,
            String name,
            Duration maxAge,
            boolean pushed,
            Duration maxVerifyAge) {
        /** Where it does not matter how far Git has taken it, and who has proven it. */
        public Request(Path database, boolean databaseNamed, Location destination, String name, Duration maxAge) {
            this(database, databaseNamed, destination, name, maxAge, false, null);
        }
    }

    /**
     * @param backup the newest, null if there is none
     * @param confirmedAt when that was last found to be current, null if nobody noted it
     * @param age since then, else since it was made; null if there is none. Negative if a clock is or was wrong
     * @param changedSince whether the database differs from what was backed up then; null where it cannot be seen,
     *     nobody noted what it looked like, or it was written too shortly before
     * @param missing why there is no backup, why the newest cannot be brought back, or what is gone; else null
     * @param hint what to do about an alarm
     * @param shrunk what the database held before, null if it has not shrunk
     * @param git how far Git has taken the backup, null where it does not track it
     * @param verifiedAt when the newest backup of then was last proven, null for never
     * @param verifiedAge since then
     * @param count how many backups of the database there are
     * @param chainLength how many files have to be read to restore the newest, 0 if there is none
     * @param lastWriter of the database, null where that does not show
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
            State.Shrunk shrunk,
            GitStatus git,
            Instant verifiedAt,
            Duration verifiedAge,
            int count,
            int chainLength,
            LastWriter lastWriter) {}

    private final Clock clock;
    /** Of this moment: where many databases share a place, each would look at the files of all. */
    private final Map<Location, History> histories = new HashMap<>();

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
        NewestBackup newest = request.destination.isDirectory()
                ? NewestBackup.inHistory(
                        histories.computeIfAbsent(request.destination, Location::history),
                        request,
                        clock.instant(),
                        warnings)
                : NewestBackup.inFile(request);
        if (newest.backup() == null) {
            return missing(database, newest.missing(), newest.hint(), warnings);
        }
        State noted = newest.stateFile().read();
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
        return new Result(
                database,
                null,
                null,
                null,
                null,
                Freshness.MISSING,
                missing,
                hint,
                warnings,
                null,
                null,
                null,
                null,
                0,
                0,
                LastWriter.of(real(database)));
    }

    /** @param noted by the last run, null for nothing */
    private Result judge(Request request, Path database, NewestBackup newest, State noted, List<String> warnings) {
        // The backup may have come, or gone, by another way, such as `git pull`.
        State state = newest.backup().isConfirmedBy(noted) ? noted : null;
        Instant confirmedAt = state == null ? null : state.confirmedInstant();
        Boolean changed = hasChanged(database, state, newest.backup());
        Duration age =
                Duration.between(confirmedAt == null ? newest.backup().createdAt() : confirmedAt, clock.instant());
        State.Shrunk shrunk = noted == null ? null : noted.shrunk();
        // One that is dated far after now is as bad as an old one: it would be fresh for ever.
        boolean old = age.abs().compareTo(request.maxAge) > 0;
        Freshness freshness = shrunk != null
                ? Freshness.SHRUNK
                : old && !Boolean.FALSE.equals(changed) ? Freshness.STALE : Freshness.FRESH;
        if (newest.missing() != null && shrunk == null) {
            freshness = Freshness.BROKEN;
        }
        String hint = shrunk == null
                ? newest.hint()
                : Shrinkage.hint(database, newest.store().location(shrunk.backup()), request.destination, request.name);
        Gone gone = Gone.of(request, newest, noted);
        if (gone != null) {
            freshness = Freshness.GONE;
            hint = gone.hint();
        }
        GitStatus git = GitStatus.of(request.destination, newest.members(), warnings);
        if (request.pushed
                && freshness == Freshness.FRESH
                && !GitStatus.isFresh(git, request.maxAge, clock.instant())) {
            freshness = Freshness.UNPUSHED;
            hint = GitStatus.hint(git, request);
        }
        Instant verifiedAt = noted == null ? null : noted.verifiedInstant();
        Duration verifiedAge = verifiedAt == null ? null : Duration.between(verifiedAt, clock.instant());
        if (freshness == Freshness.FRESH && isUnverified(verifiedAge, request.maxVerifyAge)) {
            freshness = Freshness.UNVERIFIED;
            hint = newest.verifyCommand(request);
        }
        return new Result(
                database,
                newest.backup(),
                confirmedAt,
                age,
                changed,
                freshness,
                gone == null ? newest.missing() : gone.message(),
                hint,
                warnings,
                shrunk,
                git,
                verifiedAt,
                verifiedAge,
                newest.count(),
                newest.members().size(),
                LastWriter.of(real(database)));
    }

    /** As of a backup, a time far after now silences nothing. */
    private static boolean isUnverified(Duration age, Duration maxAge) {
        return maxAge != null && (age == null || age.abs().compareTo(maxAge) > 0);
    }

    /** A database may be somewhere else, or gone. */
    static Path real(Path database) {
        return Files.exists(database) ? Databases.real(database) : Links.leadsTo(database);
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
