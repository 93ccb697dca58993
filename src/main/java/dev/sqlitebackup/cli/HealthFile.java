package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The last result of a program that does not end, for a container's probe; replaced as a whole, readable for the owner
 * alone.
 */
record HealthFile(Path file) {
    /** A prune may have deleted thousands. */
    private static final int MOST_BYTES = 16 << 20;

    /**
     * @param result of the run, as JSON has it
     * @return what went wrong, or nothing: it is worth a warning and never a failed backup
     */
    List<String> write(Map<String, Object> result, boolean success, Instant now) {
        Path absolute = file.toAbsolutePath();
        Map<String, Object> fields = new LinkedHashMap<>(result);
        read(absolute, now).after(success, now).putInto(fields);
        try (Workspace workspace = Workspace.create(absolute.getParent())) {
            Path written = workspace.createFile("health");
            Files.writeString(written, Output.json(fields) + "\n");
            DurableFiles.replace(written, absolute);
            return List.of();
        } catch (IOException e) {
            return List.of(
                    Failure.io("cannot write the health file", absolute, e).getMessage());
        } catch (Failure e) {
            return List.of("cannot write the health file " + absolute + ": " + e.getMessage());
        }
    }

    /** What cannot be read is as good as absent. */
    private static Health read(Path absolute, Instant now) {
        try (FileChannel channel = PrivateFiles.open(absolute, StandardOpenOption.READ)) {
            byte[] bytes = Channels.newInputStream(channel).readNBytes(MOST_BYTES);
            return Health.of(new String(bytes, StandardCharsets.UTF_8), now);
        } catch (IOException e) {
            return Health.UNKNOWN;
        }
    }
}
