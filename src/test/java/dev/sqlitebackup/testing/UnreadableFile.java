package dev.sqlitebackup.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A regular file of which every read fails with EIO, as on a disk that has died: this process's own memory, from its
 * beginning on.
 */
public final class UnreadableFile implements AutoCloseable {
    private final Path file;

    /** @param file that does not exist yet */
    public UnreadableFile(Path file) throws IOException {
        Tools.requireRoot();
        Tools.require("mount", "umount");
        this.file = Files.createFile(file);
        Tools.sh("mount --bind \"/proc/$1/mem\" \"$2\"", ProcessHandle.current().pid(), file)
                .ok();
    }

    @Override
    public void close() {
        Tools.sh("umount \"$1\"", file).ok();
    }
}
