package dev.sqlitebackup.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process has open. */
public final class Descriptors {
    private Descriptors() {}

    /** How many descriptors of a file there are. */
    public static int of(Path file) {
        int count = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            Path real = file.toRealPath();
            for (Path descriptor : descriptors) {
                try {
                    count += Files.readSymbolicLink(descriptor).equals(real) ? 1 : 0;
                } catch (IOException e) {
                    // Closed meanwhile: the one by which the directory is read, for one.
                }
            }
            return count;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
