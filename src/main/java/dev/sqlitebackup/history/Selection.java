package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * One backup, chosen by what a user said, and not read yet.
 *
 * @param location what people call it
 * @param commit that holds it in Git, else null
 * @param createdAt as far as it is known from outside, else null
 * @param hintIfDamaged what else there is, null where nobody knows
 * @param warnings about newer ones that were passed over
 * @param content where its bytes are
 */
public record Selection(
        String location,
        String commit,
        Instant createdAt,
        String hintIfDamaged,
        List<String> warnings,
        Content content) {
    /** The bytes of a backup, wherever they are. */
    public interface Content {
        /**
         * Brings them onto this machine, where they are not there already.
         *
         * @param workspace takes the file, if one has to be made
         */
        Path in(Workspace workspace);

        /** Before that: how much it brings, null where that is not known. */
        default Long fetchedBytes() {
            return null;
        }

        /** Before that: the size of the database that is in it, null likewise. */
        default Long databaseBytes() {
            return null;
        }

        /** What the last run noted where the backup lies, null for nothing. */
        default State noted() {
            return null;
        }
    }

    /**
     * A backup at a place for backups.
     *
     * @param stateFile of the database at that place
     * @param farNote likewise, where that is far away: what others may write there is not asked
     */
    private record Published(Store store, Backup backup, StateFile stateFile, Supplier<State> farNote)
            implements Content {
        @Override
        public Path in(Workspace workspace) {
            return store.fetch(backup.name(), workspace.directory());
        }

        @Override
        public Long fetchedBytes() {
            return store.isNear() ? 0 : backup.backupBytes();
        }

        @Override
        public Long databaseBytes() {
            return backup.databaseBytes();
        }

        @Override
        public State noted() {
            return store.isNear() ? readState(stateFile, backup.name()) : farNote.get();
        }
    }

    /** A file that lies here, whoever made it. */
    private record Here(Path file) implements Content {
        @Override
        public Path in(Workspace workspace) {
            return file;
        }

        /** Of a single file by its own name, of a file of a history by that of its database. */
        @Override
        public State noted() {
            SingleFile single = SingleFile.toRead(Location.file(file));
            BackupName name = BackupName.parse(single.name());
            return readState(
                    name == null ? single.stateFile() : StateFile.of(single.store(), name.database()), single.name());
        }
    }

    /**
     * Where others may write, only a note counts of somebody who could read the backup anyway: it says who may read the
     * database.
     */
    private static State readState(StateFile file, String backup) {
        Store store = file.store();
        try {
            return !store.isNear()
                            || PrivateFiles.isWrittenByUsRootOrOwnerOf(store.local(file.name()), store.local(backup))
                    ? file.readIfPossible()
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    public static final String HINT_IF_MISSING = "name it as the argument, or set SQLITE_BACKUP_TO";

    public static Selection of(Path file) {
        return new Selection(file.toAbsolutePath().normalize().toString(), null, null, null, List.of(), new Here(file));
    }

    /**
     * @param backup a file, or a directory with a history
     * @param choice which database, where a directory holds several
     * @param notAfter the latest time of the backup, or null for the newest
     * @param now what a backup must not be dated after without a word about it
     * @param again what the user asked for
     * @throws Failure NOT_FOUND if there is none
     */
    public static Selection of(Location backup, DatabaseChoice choice, Instant notAfter, Instant now, Again again) {
        Failure missing = backup.missingFileSystem();
        try {
            Selection selection = choose(backup, choice, notAfter, now, again);
            return missing == null ? selection : selection.withWarning(missing.getMessage());
        } catch (Failure e) {
            throw missing == null ? e : e.withHint(missing.getMessage());
        }
    }

    Selection withWarning(String warning) {
        return new Selection(
                location,
                commit,
                createdAt,
                hintIfDamaged,
                Stream.concat(Stream.of(warning), warnings.stream()).toList(),
                content);
    }

    Selection withHintIfDamaged(String hint) {
        return new Selection(location, commit, createdAt, hint, warnings, content);
    }

    private static Selection choose(
            Location backup, DatabaseChoice choice, Instant notAfter, Instant now, Again again) {
        if (backup.isDirectory()) {
            return fromHistory(History.at(backup), choice, notAfter, now, again);
        }
        if (backup instanceof Location.Remote remote) {
            return fromRemoteFile(remote, notAfter);
        }
        if (backup instanceof Location.Pipe pipe) {
            return fromPipe(pipe, notAfter);
        }
        Path file = ((Location.Local) backup).path();
        boolean missing = !Files.exists(file);
        GitHistory git = notAfter == null && !missing ? null : GitHistory.of(file);
        List<GitHistory.Version> versions = git == null ? List.of() : git.versions();
        if (notAfter != null && !versions.isEmpty()) {
            return fromGit(file, git, versions, notAfter);
        }
        Databases.requireRegularFile(
                file,
                "backup",
                versions.isEmpty()
                        ? HINT_IF_MISSING
                        : "Git has it, as it was committed on "
                                + versions.get(0).committedAt() + ": " + again.atNow());
        if (notAfter != null) {
            requireSingleBackup(file);
            requireAsOldAs(SingleFile.toRead(backup).existing(backup), notAfter);
        }
        return of(file);
    }

    private static void requireSingleBackup(Path file) {
        if (FileKind.isPlainDatabase(file)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--at chooses one of several backups, and this is a single database: " + file,
                    "leave --at out, or see its safety copies: " + Hints.command("list", file.toString()));
        }
    }

    private static Selection fromPipe(Location.Pipe pipe, Instant notAfter) {
        if (notAfter != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--at chooses one of several backups, and standard input is a single one",
                    "leave out --at");
        }
        return new Selection(
                Location.Pipe.NAME,
                null,
                null,
                "nothing was changed; see whether what writes into the pipe has failed",
                List.of(),
                workspace -> PipedBackup.keep(pipe.in(), workspace));
    }

    private static Selection fromRemoteFile(Location.Remote location, Instant notAfter) {
        SingleFile single = SingleFile.toRead(location);
        Backup only = single.existing(location);
        if (notAfter != null) {
            requireAsOldAs(only, notAfter);
        }
        return new Selection(
                only.location(),
                null,
                only.createdAt(),
                null,
                List.of(),
                new Published(single.store(), only, single.stateFile(), single.stateFile()::readIfPossible));
    }

    private static void requireAsOldAs(Backup only, Instant notAfter) {
        if (only.createdAt().isAfter(notAfter)) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no backup as old as " + seconds(notAfter) + ": " + only.location() + " is of "
                            + only.createdAt(),
                    "a single file keeps only the newest; older ones need a directory as destination, or Git");
        }
    }

    private static Instant seconds(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS);
    }

    private static Selection fromHistory(
            History history, DatabaseChoice choice, Instant notAfter, Instant now, Again again) {
        String place = history.store().place();
        String database = history.names().choose(choice);
        if (!choice.databaseNamed() && !history.names().mayBeOf(database, choice.database())) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    place + " holds backups of " + (database.equals(choice.fileName()) ? "another " : "") + database
                            + ", not of " + choice.database() + ", which is the default",
                    Provenance.hint(place, database, notAfter));
        }
        List<String> warnings = new ArrayList<>();
        Backup newest = history.newest(database, notAfter == null ? Instant.MAX : notAfter, warnings);
        if (newest == null) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no backup of " + database + (notAfter == null ? "" : " as old as " + seconds(notAfter))
                            + " in " + place + (warnings.isEmpty() ? "" : "; " + warnings.get(0)),
                    warnings.isEmpty()
                            ? "see what is there: " + Hints.command("list", place)
                            : "it can be named itself, all the same");
        }
        if (newest.createdAt().isAfter(now) && notAfter == null) {
            warnings.add(newest.location() + " is dated after now (" + seconds(now)
                    + "): a clock is or was wrong; for the newest that is not: " + again.atNow());
        }
        String another =
                Files.exists(choice.database()) ? history.names().pathOfAnother(database, choice.database()) : null;
        if (another != null) {
            warnings.add("the backups called " + database + " in " + place + " are of " + another + ", and not of "
                    + choice.database());
        }
        String shrunk = history.names().shrunkBefore(newest);
        if (shrunk != null) {
            warnings.add(shrunk);
        }
        Instant older = history.createdBefore(newest);
        return new Selection(
                newest.location(),
                null,
                newest.createdAt(),
                older == null ? null : "nothing was changed; the backup before it: " + again.at(older),
                warnings,
                new Published(
                        history.store(),
                        newest,
                        StateFile.of(history.store(), database),
                        () -> history.names().noted(database)));
    }

    private static Selection fromGit(Path file, GitHistory git, List<GitHistory.Version> versions, Instant notAfter) {
        GitHistory.Version version = versions.stream()
                .filter(v -> !v.committedAt().isAfter(notAfter))
                .findFirst()
                .orElseThrow(() -> tooOld(file, git, versions, notAfter));
        return new Selection(
                file.toAbsolutePath().normalize().toString(),
                version.commit(),
                version.committedAt(),
                null,
                List.of(),
                workspace -> {
                    Path checkedOut = workspace.createFile("version.gz");
                    git.checkOut(version, checkedOut);
                    return checkedOut;
                });
    }

    private static Failure tooOld(Path file, GitHistory git, List<GitHistory.Version> versions, Instant notAfter) {
        Instant oldest = versions.get(versions.size() - 1).committedAt();
        String fetch = git.fetchOfTheRest();
        return fetch == null
                ? new Failure(
                        Failure.Kind.NOT_FOUND,
                        "there is no backup as old as " + seconds(notAfter) + ": " + file + " was first committed at "
                                + oldest,
                        "see what Git keeps: " + Hints.command("list", file.toString()))
                : new Failure(
                        Failure.Kind.NOT_FOUND,
                        "Git has no backup here as old as " + seconds(notAfter) + ": what this clone has of " + file
                                + " begins at " + oldest,
                        fetch);
    }

    public boolean isPiped() {
        return location.equals(Location.Pipe.NAME); // Every other location begins with a slash or a scheme.
    }

    /** Whether it is this very file. */
    public boolean isFile(Path file) {
        return commit == null && !isPiped() && Databases.isSameFile(Path.of(location), file);
    }

    /** For messages: which one exactly. */
    @Override
    public String toString() {
        return isPiped() ? PipedBackup.NAME : commit == null ? location : location + " of commit " + commit;
    }
}
