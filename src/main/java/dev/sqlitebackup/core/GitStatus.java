package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.git.Published;
import dev.sqlitebackup.git.WorkTree;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Location;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How far Git has taken the newest backup, with all that it builds on.
 *
 * @param committed whether the branch that is checked out has it
 * @param pushed whether it was pushed, as far as is known here; null where there is no remote
 * @param unpushedSince since when something has waited to be pushed; null if nothing does
 */
public record GitStatus(boolean committed, Boolean pushed, Instant unpushedSince) {
    /** @return null where Git does not track what lies there, or cannot tell: then a warning says so */
    static GitStatus of(Location destination, List<Backup> members, List<String> warnings) {
        if (destination.path() == null || members.isEmpty()) {
            return null;
        }
        Backup newest = members.get(members.size() - 1);
        try {
            Path place = destination.isDirectory() ? directory(destination) : Path.of(newest.location());
            WorkTree tree = WorkTree.around(directory(destination));
            Published published = tree == null
                    ? null
                    : Published.of(
                            tree,
                            members.stream()
                                    .map(member -> Path.of(member.location()))
                                    .toList(),
                            place);
            if (published == null) {
                return null;
            }
            if (Boolean.TRUE.equals(published.pushed())) {
                return new GitStatus(true, true, null);
            }
            Instant since = destination.isDirectory()
                    ? oldestUnpushed(tree, place, newest.database())
                    : Published.waitingSince(tree, place);
            return new GitStatus(published.committed(), published.pushed(), since == null ? newest.createdAt() : since);
        } catch (IOException e) {
            throw Failure.io("cannot read", destination, e);
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.INTERRUPTED) {
                throw e;
            }
            warnings.add("whether the backup is committed and pushed is not known: " + e.getMessage());
            return null;
        }
    }

    /** By its name, since it may be long ago that anything was committed: only what was seen there counts. */
    private static Instant oldestUnpushed(WorkTree tree, Path directory, String database) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            Set<String> names = files.map(file -> file.getFileName().toString())
                    .filter(name -> isOf(BackupName.parse(name), database))
                    .collect(Collectors.toSet());
            return Published.unpushed(tree, directory, names).stream()
                    .map(name -> BackupName.parse(name).moment().createdAt())
                    .min(Comparator.naturalOrder())
                    .orElse(null);
        }
    }

    private static boolean isOf(BackupName name, String database) {
        return name != null && name.database().equals(database);
    }

    private static Path directory(Location destination) {
        Path place = destination.path().toAbsolutePath().normalize();
        return destination.isDirectory() ? place : place.getParent();
    }

    /** Whether nothing that was to be pushed has waited for longer than it may; a clock that is wrong is no excuse. */
    static boolean isFresh(GitStatus git, Duration maxAge, Instant now) {
        return git != null
                && git.pushed != null
                && (git.pushed || Duration.between(git.unpushedSince, now).abs().compareTo(maxAge) <= 0);
    }

    static String hint(GitStatus git, StatusService.Request request) {
        if (git == null
                && (request.destination().path() == null || !WorkTree.isAround(directory(request.destination())))) {
            return "its place is in no Git repository: see docs/git.md, or leave out --pushed";
        }
        return git == null
                ? "commit and push it: " + NewestBackup.backupCommand(request, "--push")
                : git.pushed == null
                        ? "name a remote: git -C "
                                + Hints.quoted(directory(request.destination()).toString()) + " remote add origin URL"
                        : "push it: " + NewestBackup.backupCommand(request, "--push");
    }
}
