package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.GitHistory;
import dev.sqlitebackup.history.History;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Says what there is to restore: the history in a directory, the versions of a file, the safety copies of a database.
 */
public final class ListService {
    /**
     * What there is.
     *
     * @param backups newest first
     * @param warnings about files that look like backups and are none
     */
    public record Listing(List<Backup> backups, List<String> warnings) {}

    /**
     * The same with what each backup builds on.
     *
     * @param chains newest first
     * @param history null where the place is none, as is its listing
     */
    record Found(List<Chain> chains, List<String> warnings, History history, History.Listing listing) {
        private static Found of(Listing listing) {
            return new Found(listing.backups().stream().map(Chain::of).toList(), listing.warnings(), null, null);
        }
    }

    /**
     * Lists what there is at a place.
     *
     * @param name of the one database to list of a history, null for all
     * @throws Failure NOT_FOUND if the place itself does not exist; a place that is empty is a list of nothing
     */
    public Listing list(Location location, String name) {
        Found found = find(location, name);
        return new Listing(found.chains().stream().map(Chain::tip).toList(), found.warnings());
    }

    /** The same for who has to know what each backup builds on. */
    Found find(Location location, String name) {
        Failure missing = location.missingFileSystem();
        try {
            Found found = found(location, name);
            return missing == null
                    ? found
                    : new Found(
                            found.chains(),
                            Stream.concat(Stream.of(missing.getMessage()), found.warnings().stream())
                                    .toList(),
                            found.history(),
                            found.listing());
        } catch (Failure e) {
            throw missing == null ? e : e.withHint(missing.getMessage());
        }
    }

    private static Found found(Location location, String name) {
        return switch (location.kind()) {
            case DIRECTORY -> history(location, name);
            case BACKUP ->
                Found.of(
                        location.path() != null
                                ? versions(location.path())
                                : new Listing(List.of(current(location)), List.of()));
            case DATABASE -> Found.of(safetyCopies(location.path()));
        };
    }

    private static Found history(Location location, String name) {
        History history = location.history();
        history.store().requirePlace();
        if (name != null) {
            history.names().requireName(name);
        }
        History.Listing listing = history.read(name);
        List<String> warnings = new ArrayList<>(listing.warnings());
        if (listing.chains().isEmpty()) {
            history.singles()
                    .forEach(file ->
                            warnings.add("this is a single backup and no history: " + Hints.command("list", file)));
        }
        return new Found(listing.chains(), warnings, history, listing);
    }

    /** What Git has, and the file itself where that is something else. */
    private static Listing versions(Path file) {
        GitHistory git = GitHistory.of(file);
        List<GitHistory.Version> versions = git == null ? List.of() : git.versions();
        List<Backup> backups = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        if (versions.isEmpty() || Files.exists(file) && git.isModified()) {
            current(file, versions.isEmpty(), warnings).ifPresent(backups::add);
        }
        String fetch = versions.isEmpty() ? null : git.fetchOfTheRest();
        if (fetch != null) {
            warnings.add("there may be older versions of " + file + ": " + fetch);
        }
        String location = file.toAbsolutePath().normalize().toString();
        versions.forEach(version -> backups.add(new Backup(
                location,
                file.getFileName().toString(),
                null,
                version.committedAt(),
                1,
                version.sizeBytes(),
                null,
                version.commit())));
        return new Listing(backups, warnings);
    }

    private static Backup current(Location location) {
        return location.single().existing(location);
    }

    /**
     * @param alone whether there is nothing else to list, so that what is wrong with the file is a failure and no
     *     warning
     */
    private static Optional<Backup> current(Path file, boolean alone, List<String> warnings) {
        try {
            return Optional.of(current(Location.file(file)));
        } catch (Failure e) {
            if (alone) {
                throw e;
            }
            warnings.add(e.getMessage());
            return Optional.empty();
        }
    }

    private static Listing safetyCopies(Path given) {
        return new Listing(SafetyCopies.listOrRefuse(Databases.existingOrNew(given)), List.of());
    }
}
