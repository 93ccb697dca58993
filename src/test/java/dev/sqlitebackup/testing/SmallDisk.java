package dev.sqlitebackup.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file system of its own, of a size that can be filled. */
public final class SmallDisk implements AutoCloseable {
    private static final String FILLER = "filler";

    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    public static SmallDisk mount(Path directory, long sizeBytes) throws IOException {
        Tools.requireRoot();
        Tools.require("mount", "umount");
        Files.createDirectory(directory);
        Tools.sh("mount -t tmpfs -o size=\"$2\" tmpfs \"$1\"", directory, sizeBytes)
                .ok();
        return new SmallDisk(directory);
    }

    public Path path(String name) {
        return directory.resolve(name);
    }

    /** Fills it until just so much is left, to a page. */
    public SmallDisk leave(long bytes) throws IOException {
        Files.deleteIfExists(path(FILLER));
        Files.write(path(FILLER), new byte[(int) (directory.toFile().getUsableSpace() - bytes)]);
        return this;
    }

    public void makeReadOnly() {
        Tools.sh("mount -o remount,ro \"$1\"", directory).ok();
    }

    @Override
    public void close() {
        Tools.sh("umount \"$1\"", directory).ok();
    }
}
