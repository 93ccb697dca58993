package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * Whether a file's times tell that it was written. On a file system of this machine's kernel every write sets both of
 * them before it returns. A network file system shows what it has heard of last, and what others (FUSE) do is theirs to
 * decide.
 */
public final class FileTimes {
    /** As /proc/mounts names them. An overlay shows the times of the file system below it. */
    private static final Set<String> KEPT =
            Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "overlay");

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
