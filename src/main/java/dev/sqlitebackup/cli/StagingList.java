package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Retention;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which files a run has made or confirmed, and which it has deleted: what {@code scripts/stage-backup} stages in Git,
 * and nothing else. Absolute paths, each ended by a NUL, since a name may hold anything else.
 */
final class StagingList {
    private StagingList() {}

    /**
     * @param list a file that exists, null if nobody wants to know
     * @return what went wrong, or nothing: it is worth a warning and never a failed backup
     */
    static List<String> write(Path list, Location destination, BackupService.Result result) {
        if (list == null || destination.path() == null) {
            return List.of();
        }
        String paths = Stream.concat(
                        Stream.of(result.backup()),
                        result.pruned().stream().map(Retention.Decision::backup).map(backup -> backup.location()))
                .map(path -> path + "\0")
                .collect(Collectors.joining());
        try {
            Files.write(
                    list,
                    paths.getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING,
                    LinkOption.NOFOLLOW_LINKS);
            return List.of();
        } catch (IOException e) {
            return List.of(Failure.io("cannot write the list of files to stage", list, e)
                    .getMessage());
        }
    }
}
