package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The last result of a program that does not end, for a container's probe; replaced as a whole, readable for the owner
 * alone.
 */
final class HealthFile {
    private HealthFile() {}

    /** What an earlier program has left says nothing of this one. */
    static void forget(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // The first result says that it cannot be written.
        }
    }

    /** @return what went wrong, or nothing: it is worth a warning and never a failed backup */
    static List<String> write(Path file, String json) {
        Path absolute = file.toAbsolutePath();
        try (Workspace workspace = Workspace.create(absolute.getParent())) {
            Path written = workspace.createFile("health");
            Files.writeString(written, json + "\n");
            DurableFiles.replace(written, absolute);
            return List.of();
        } catch (IOException e) {
            return List.of(
                    Failure.io("cannot write the health file", absolute, e).getMessage());
        } catch (Failure e) {
            return List.of("cannot write the health file " + absolute + ": " + e.getMessage());
        }
    }
}
