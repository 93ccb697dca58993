package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Whether a file's times tell that it was written. On a file system of this machine's kernel every write sets mtime and
 * ctime before it returns. A network file system shows what it has heard of last, and what others (FUSE) do is theirs
 * to decide.
 */
public final class FileTimes {
    /** As /proc/mounts names them: those on which it was tried ({@code NothingToDoIT}). */
    private static final Set<String> KEPT = Set.of("ext4", "xfs", "btrfs", "tmpfs", "overlay");

    private FileTimes() {}

    /** @return false where nobody can tell */
    public static boolean areKept(Path file) {
        try {
            return KEPT.contains(Files.getFileStore(file).type());
        } catch (IOException | SecurityException e) {
            return false;
        }
    }
}
