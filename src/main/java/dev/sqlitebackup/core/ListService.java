package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.store.GitHistory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Says what there is to restore: the history in a directory, the versions of a file, the safety copies of a database. */
public final class ListService {
    /**
     * @param backups newest first
     * @param warnings about files that look like backups and are none
     */
    public record Listing(List<Backup> backups, List<String> warnings) { }

    /** @throws Failure NOT_FOUND if the place itself does not exist; a place that is empty is a list of nothing */
    public Listing list(Location location) {
        return switch (location.kind()) {
            case DIRECTORY -> history(location);
            case BACKUP -> versions(location.path());
            case DATABASE -> safetyCopies(location.path());
        };
    }

    private static Listing history(Location location) {
        History history = History.at(location);
        Databases.requireDirectory(history.store().workingDirectory());
        History.Listing listing = history.read();
        return new Listing(listing.backups(), listing.warnings());
    }

    /** What Git has, and the file itself where that is something else. */
    private static Listing versions(Path file) {
        GitHistory git = GitHistory.of(file);
        List<GitHistory.Version> versions = git == null ? List.of() : git.versions();
        List<Backup> backups = new ArrayList<>();
        if (versions.isEmpty() || Files.exists(file) && git.isModified()) {
            Backup current = SingleFile.toRead(file).find();
            if (current == null) {
                throw new Failure(Failure.Kind.NOT_FOUND, "there is no backup at " + file, Selection.HINT_IF_MISSING);
            }
            backups.add(current);
        }
        String location = file.toAbsolutePath().normalize().toString();
        versions.forEach(version -> backups.add(new Backup(location, file.getFileName().toString(), null, version.committedAt(), 1, version.sizeBytes(), null, version.commit())));
        return new Listing(backups, List.of());
    }

    private static Listing safetyCopies(Path given) {
        Path database = Databases.existingOrNew(given);
        List<Backup> copies = SafetyCopies.list(database);
        if (copies.isEmpty()) {
            Databases.requireRegularFile(database, "backup or database", "name a directory, a backup file or a database");
        }
        return new Listing(copies, List.of());
    }
}
