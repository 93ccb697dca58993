package dev.sqlitebackup.files;

import dev.sqlitebackup.Failure;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Adds up what a run will write where, and refuses before the first byte when there is no room. Needs on the same file
 * system are added.
 */
public final class Space {
    private static final int PROBE_BUFFER_BYTES = 1 << 16;
    /** What is tried at most: more would take long, and the room from others. */
    private static final long MOST_PROBED_BYTES = 16 << 20;

    private final Map<Object, Need> needs = new LinkedHashMap<>();

    private record Need(Path where, long bytes) {}

    /** @param directory an existing directory that {@code bytes} more will be written to */
    public Space need(Path directory, long bytes) {
        try {
            needs.merge(
                    fileSystemOf(directory),
                    new Need(directory, bytes),
                    (a, b) -> new Need(a.where, a.bytes + b.bytes));
            return this;
        } catch (IOException e) {
            throw Failure.io("cannot see how much room there is in", directory, e);
        }
    }

    /**
     * Whether so much cannot be written to a directory just now. Of a quota no call tells what it leaves, and SQLite
     * calls an exceeded one an I/O error: so some of it is written.
     */
    public static boolean isExhausted(Path directory, long bytes) {
        if (freeBytes(directory) < bytes) {
            return true;
        }
        try (Workspace workspace = Workspace.create(directory);
                FileChannel probe = PrivateFiles.open(
                        workspace.path("probe"), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer zeros = ByteBuffer.allocate(PROBE_BUFFER_BYTES);
            for (long left = Math.min(bytes, MOST_PROBED_BYTES); left > 0; left -= zeros.position()) {
                zeros.clear().limit((int) Math.min(left, PROBE_BUFFER_BYTES));
                probe.write(zeros);
            }
            probe.force(true);
            return false;
        } catch (IOException e) {
            return Failure.isNoSpace(e);
        } catch (Failure e) {
            return e.kind() == Failure.Kind.NO_SPACE;
        }
    }

    /** The device number: a FileStore wants a readable mount table, which not every container has. */
    static Object fileSystemOf(Path directory) throws IOException {
        return PrivateFiles.isPosix()
                ? Files.getAttribute(directory, "unix:dev")
                : directory.toAbsolutePath().getRoot();
    }

    /** Whether everything fits. */
    public boolean isThere() {
        return needs.values().stream().allMatch(need -> freeBytes(need.where) >= need.bytes);
    }

    /**
     * @param hint what to do if something does not fit
     * @throws Failure of kind NO_SPACE then
     */
    public void check(String hint) {
        for (Need need : needs.values()) {
            long freeBytes = freeBytes(need.where);
            if (freeBytes < need.bytes) {
                throw new Failure(
                        Failure.Kind.NO_SPACE,
                        String.format(
                                Locale.ROOT,
                                "not enough room in %s: %,d bytes are needed, %,d are free",
                                need.where,
                                need.bytes,
                                freeBytes),
                        hint);
            }
        }
    }

    /** Without end where the file system does not say. */
    private static long freeBytes(Path directory) {
        File absolute = directory.toAbsolutePath().toFile();
        long usableBytes = absolute.getUsableSpace();
        return usableBytes > 0 || absolute.getTotalSpace() > 0 ? usableBytes : Long.MAX_VALUE;
    }
}
