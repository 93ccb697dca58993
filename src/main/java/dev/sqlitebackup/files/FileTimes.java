package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/**
 * Whether a file's times tell that it was written. On a file system of this machine's kernel every write sets mtime and
 * ctime before it returns. A network file system shows what it has heard of last, and what others (FUSE) do is theirs
 * to decide.
 */
public final class FileTimes {
    /**
     * As the system names them: those on which it was tried ({@code NothingToDoIT}). What an overlay shows is written
     * to its upper layer, which is on no network.
     */
    private static final Set<String> KEPT = Set.of("ext4", "xfs", "btrfs", "tmpfs", "overlay");

    private FileTimes() {}

    /** @return false where nobody can tell */
    public static boolean areKept(Path file) {
        try {
            Mounts mounts = Mounts.read();
            Mounts.Mount mount = mounts == null ? null : mounts.of(file.toRealPath());
            return mount != null && KEPT.contains(mount.fileSystem().split(" ")[0]);
        } catch (IOException e) {
            return false;
        }
    }
}
