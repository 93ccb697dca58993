package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.git.Published;
import dev.sqlitebackup.git.WorkTree;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Location;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How far Git has taken the newest backup, with all that it builds on.
 *
 * @param committed whether the branch that is checked out has it
 * @param pushed whether it was pushed, as far as is known here; null where there is no remote
 * @param unpushedSince when that was made which is not pushed; null if all is
 */
public record GitStatus(boolean committed, Boolean pushed, Instant unpushedSince) {
    /** @return null where Git does not track what lies there, or cannot tell: then a warning says so */
    static GitStatus of(Location destination, List<Backup> members, List<String> warnings) {
        if (destination.path() == null || members.isEmpty()) {
            return null;
        }
        Path place = destination.path().toAbsolutePath().normalize();
        try {
            WorkTree tree = WorkTree.around(Files.isDirectory(place) ? place : place.getParent());
            if (tree == null) {
                return null;
            }
            List<Path> files =
                    members.stream().map(member -> Path.of(member.location())).toList();
            Published published = Published.of(tree, files, place);
            if (published == null) {
                return null;
            }
            boolean isBehind = !Boolean.TRUE.equals(published.pushed());
            Instant made = members.get(members.size() - 1).createdAt();
            Instant since = published.unpushedSince() == null
                            || !published.committed() && made.isBefore(published.unpushedSince())
                    ? made
                    : published.unpushedSince();
            return new GitStatus(published.committed(), published.pushed(), isBehind ? since : null);
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.INTERRUPTED) {
                throw e;
            }
            warnings.add("whether the backup is committed and pushed is not known: " + e.getMessage());
            return null;
        }
    }

    /** Whether nothing that was to be pushed has waited for longer than it may. */
    static boolean isFresh(GitStatus git, Duration maxAge, Instant now) {
        return git != null
                && git.pushed != null
                && (git.pushed || Duration.between(git.unpushedSince, now).compareTo(maxAge) <= 0);
    }

    static String hint(GitStatus git, StatusService.Request request) {
        return git == null
                ? "commit and push it: " + NewestBackup.backupCommand(request, "--push")
                : git.pushed == null
                        ? "name a remote: git -C "
                                + Hints.quoted(directory(request).toString()) + " remote add origin URL"
                        : "push it: " + NewestBackup.backupCommand(request, "--push");
    }

    private static Path directory(StatusService.Request request) {
        Path place = request.destination().path().toAbsolutePath().normalize();
        return Files.isDirectory(place) ? place : place.getParent();
    }
}
