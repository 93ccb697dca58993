package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Which backup a user means: a file, the newest of a history, a version in Git, what comes down a pipe. */
public final class Selection {
    /** What to say to who named a backup that is not there. */
    public static String hintIfMissing(String backup) {
        String place = backup.substring(0, backup.lastIndexOf('/') + 1);
        return "see what there is: " + Hints.command("list", place.isEmpty() ? "./" : place)
                + "; or name another backup";
    }

    private Selection() {}

    /**
     * What a user asked for.
     *
     * @param choice which database, where a directory holds several
     * @param notAfter the latest time of the backup, or null for the newest
     * @param now the time of the run; a backup that is dated after it gets a warning
     * @param again how to ask for it again
     */
    public record Wish(DatabaseChoice choice, Instant notAfter, Instant now, Again again) {}

    /**
     * Chooses it.
     *
     * @param backup a file, or a directory with a history
     * @throws Failure NOT_FOUND if there is none
     */
    public static BackupSource of(Location backup, Wish wish) {
        Failure missing = backup.missingFileSystem();
        try {
            BackupSource source = backup.isDirectory() ? fromHistory(backup.history(), wish) : backup.choose(wish);
            return missing == null ? source : source.withWarning(missing.getMessage());
        } catch (Failure e) {
            throw missing == null ? e : e.withHint(missing.getMessage());
        }
    }

    static BackupSource fromFile(Location.Local backup, Wish wish) {
        Path file = backup.path();
        Instant notAfter = wish.notAfter;
        boolean missing = !Files.exists(file);
        boolean isIncrement = NamedIncrement.isOne(file.getFileName().toString());
        if (isIncrement && Files.isRegularFile(file)) {
            return NamedIncrement.of(backup.single(), wish);
        }
        GitHistory git = notAfter == null && !missing ? null : GitHistory.of(file);
        List<GitHistory.Version> versions = git == null ? List.of() : git.versions();
        if (isIncrement && !versions.isEmpty()) {
            throw NamedIncrement.inGit(file, versions.get(0));
        }
        if (notAfter != null && !versions.isEmpty()) {
            return fromGit(file, git, versions, notAfter);
        }
        Databases.requireRegularFile(
                file,
                "backup",
                versions.isEmpty()
                        ? hintIfMissing(file.toString())
                        : "Git has it, as it was committed on "
                                + Times.local(versions.get(0).committedAt()) + ": " + wish.again.atNow());
        if (notAfter != null) {
            refusePlainDatabase(file);
            requireAsOldAs(backup.single().existing(backup), notAfter);
        }
        return BackupSource.of(file);
    }

    private static void refusePlainDatabase(Path file) {
        if (FileKind.isPlainDatabase(file)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--at chooses one of several backups, and this is a single database: " + file,
                    "leave --at out, or see its safety copies: " + Hints.command("list", file.toString()));
        }
    }

    static BackupSource fromPipe(Location.Pipe pipe, Instant notAfter) {
        if (notAfter != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--at chooses one of several backups, and standard input is a single one",
                    "leave out --at");
        }
        return new BackupSource(
                Location.Pipe.NAME,
                null,
                null,
                member -> "nothing was changed; see whether what writes into the pipe has failed",
                List.of(),
                workspace -> BackupSource.one(PipedBackup.keep(pipe.in(), workspace), PipedBackup.NAME));
    }

    static BackupSource fromSingleFile(Location location, Wish wish) {
        Instant notAfter = wish.notAfter;
        SingleFile single = location.single();
        if (NamedIncrement.isOne(single.name())) {
            return NamedIncrement.of(single, wish);
        }
        Backup only = single.existing(location);
        if (notAfter != null) {
            requireAsOldAs(only, notAfter);
        }
        return new BackupSource(
                only.location(),
                null,
                only.createdAt(),
                BackupSource.HintIfDamaged.UNKNOWN,
                List.of(),
                new BackupSource.Published(single.store(), Chain.of(only), single.stateFile()::readIfPossible));
    }

    private static void requireAsOldAs(Backup only, Instant notAfter) {
        if (only.createdAt().isAfter(notAfter)) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no backup as old as " + Times.local(notAfter) + ": " + only.location() + " is of "
                            + Times.local(only.createdAt()),
                    "a single file keeps only the newest; older ones need a directory as destination, or Git");
        }
    }

    private static BackupSource fromHistory(History history, Wish wish) {
        DatabaseChoice choice = wish.choice;
        String place = history.store().place();
        String database = history.names().choose(choice);
        if (!choice.databaseNamed() && !history.names().mayBeOf(database, choice.database())) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    place + " holds backups of " + (database.equals(choice.fileName()) ? "another " : "") + database
                            + ", not of " + choice.database() + ", which is the default",
                    Provenance.hint(place, database, wish.notAfter));
        }
        List<String> warnings = new ArrayList<>();
        Chain newest = history.newest(database, wish.notAfter == null ? Instant.MAX : wish.notAfter, warnings);
        if (newest == null) {
            throw noneInHistory(place, database, wish.notAfter, warnings);
        }
        warnings.addAll(aboutNewest(history, newest.tip(), wish));
        return published(history, requireWhole(history, newest, wish.again), warnings, wish.again);
    }

    static BackupSource published(History history, Chain chain, List<String> warnings, Again again) {
        Backup tip = chain.tip();
        StateFile stateFile = StateFile.of(history.store(), tip.database());
        return new BackupSource(
                tip.location(),
                null,
                tip.createdAt(),
                member -> hintWithout(history, tip, chain.members().get(member), again),
                warnings,
                new BackupSource.Published(
                        history.store(),
                        chain,
                        () -> history.store().isRemote()
                                ? history.names().noted(tip.database())
                                : stateFile.readIfTrusted(tip.name())));
    }

    private static String hintWithout(History history, Backup tip, Backup damaged, Again again) {
        Instant older = history.createdBefore(tip, damaged.name());
        if (older == null) {
            return null;
        }
        return again.nothingWasChanged()
                + (damaged.equals(tip) ? "the backup before it: " : "the newest older one that does not need it: ")
                + again.at(older);
    }

    /** @throws Failure NOT_FOUND if it, or something that it builds on, is missing */
    static Chain requireWhole(History history, Chain chain, Again again) {
        if (chain.isWhole()) {
            return chain;
        }
        Instant older = history.createdBefore(chain.tip(), null);
        String fetch = chain.broken().remedy();
        String full = OtherBackups.newFull(history, chain.tip().database());
        String instead = older == null
                ? "no older one can be restored" + (full == null ? "" : "; " + full)
                : "the newest older one that can be restored: " + again.at(older);
        throw new Failure(
                Failure.Kind.NOT_FOUND,
                "the backup " + chain.tip().location() + " cannot be restored: "
                        + chain.broken().why(),
                again.nothingWasChanged() + (fetch == null ? "" : fetch + "; ") + instead);
    }

    private static Failure noneInHistory(String place, String database, Instant notAfter, List<String> warnings) {
        return new Failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup of " + database + (notAfter == null ? "" : " as old as " + Times.local(notAfter))
                        + " in " + place + (warnings.isEmpty() ? "" : "; " + warnings.get(0)),
                warnings.isEmpty()
                        ? "see what is there: " + Hints.command("list", place)
                        : "it can be named itself, all the same");
    }

    /** What whoever is given the newest has to hear. */
    private static List<String> aboutNewest(History history, Backup newest, Wish wish) {
        List<String> warnings = new ArrayList<>();
        if (newest.createdAt().isAfter(wish.now) && wish.notAfter == null) {
            warnings.add(newest.location() + " is dated after now (" + Times.local(wish.now)
                    + "): a clock is or was wrong; for the newest that is not: " + wish.again.atNow());
        }
        Path database = wish.choice.database();
        String another = Files.exists(database) ? history.names().pathOfAnother(newest.database(), database) : null;
        if (another != null) {
            warnings.add("the backups called " + newest.database() + " in "
                    + history.store().place() + " are of " + another + ", and not of " + database);
        }
        String shrunk = history.names().shrunkBefore(newest);
        if (shrunk != null) {
            warnings.add(shrunk);
        }
        return warnings;
    }

    private static BackupSource fromGit(
            Path file, GitHistory git, List<GitHistory.Version> versions, Instant notAfter) {
        GitHistory.Version version = versions.stream()
                .filter(v -> !v.committedAt().isAfter(notAfter))
                .findFirst()
                .orElseThrow(() -> tooOld(file, git, versions, notAfter));
        return new BackupSource(
                file.toAbsolutePath().normalize().toString(),
                version.commit(),
                version.committedAt(),
                BackupSource.HintIfDamaged.UNKNOWN,
                List.of(),
                workspace -> {
                    Path checkedOut = workspace.createFile("version.gz");
                    git.checkOut(version, checkedOut);
                    return BackupSource.one(checkedOut, file.toString());
                });
    }

    private static Failure tooOld(Path file, GitHistory git, List<GitHistory.Version> versions, Instant notAfter) {
        Instant oldest = versions.get(versions.size() - 1).committedAt();
        String fetch = git.fetchOfTheRest();
        return fetch == null
                ? new Failure(
                        Failure.Kind.NOT_FOUND,
                        "there is no backup as old as " + Times.local(notAfter) + ": " + file
                                + " was first committed at " + Times.local(oldest),
                        "see what Git keeps: " + Hints.command("list", file.toString()))
                : new Failure(
                        Failure.Kind.NOT_FOUND,
                        "Git has no backup here as old as " + Times.local(notAfter) + ": what this clone has of " + file
                                + " begins at " + Times.local(oldest),
                        fetch);
    }
}
