package dev.sqlitebackup.files;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Loads what a library brings as native code. Left to itself, each would unpack it where it stays for ever if the
 * process is killed. So it is unpacked into a {@link Workspace}, in the first place from which programs may be run.
 */
public final class NativeCode {
    /** Unpacks a library and loads it. */
    public interface Loading {
        /** @return false if none of it loads on this machine */
        boolean load(Workspace workspace) throws Exception;
    }

    private static volatile List<Path> candidates = List.of(Path.of(System.getProperty("java.io.tmpdir")));

    private NativeCode() {}

    /**
     * Says where code may be unpacked, for all that this process loads: that is a matter of its surroundings.
     *
     * @param directories existing ones, the preferred one first; one mounted {@code noexec} is passed over
     */
    public static void unpackInto(List<Path> directories) {
        candidates = List.copyOf(directories);
    }

    /**
     * Loads a library.
     *
     * @param what it is, for messages
     * @param sizeBytes of the largest that may be unpacked, and some more
     * @throws Failure if it cannot be loaded; NO_SPACE if that is why
     */
    public static void load(String what, long sizeBytes, Loading loading) {
        List<Path> candidates = NativeCode.candidates;
        boolean full = false;
        for (Path candidate : candidates) {
            try {
                if (loadFrom(candidate, what, sizeBytes, loading)) {
                    return;
                }
            } catch (Failure e) {
                if (e.kind() != Failure.Kind.NO_SPACE) {
                    throw e;
                }
                full = true;
            }
        }
        throw full
                ? new Failure(
                        Failure.Kind.NO_SPACE,
                        "no room for " + what + " in any of " + candidates,
                        "free some space in one of them, or set TMPDIR to another directory")
                : new Failure(
                        Failure.Kind.FAILURE,
                        what + " cannot be run from any of " + candidates,
                        "they are mounted noexec, or cannot be written: set TMPDIR to a directory from which "
                                + "programs may be run");
    }

    private static boolean loadFrom(Path candidate, String what, long sizeBytes, Loading loading) {
        if (!Files.isDirectory(candidate) || !Files.isWritable(candidate)) {
            return false;
        }
        new Space().need(candidate, sizeBytes).check(null);
        Workspace workspace = Workspace.create(candidate);
        try {
            if (!mayRunPrograms(workspace)) {
                return false;
            }
            if (!loading.load(workspace)) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        what + " does not load on this machine (unpacked into " + candidate + ")");
            }
            return true;
        } catch (Failure e) {
            throw e;
        } catch (Exception e) {
            // The loaders do not say what stopped them.
            throw new Failure(
                    Space.isExhausted(candidate, sizeBytes) ? Failure.Kind.NO_SPACE : Failure.Kind.FAILURE,
                    "cannot load " + what + " from " + candidate + ": " + e.getMessage(),
                    null,
                    e);
        } finally {
            // A mapped library needs no name any more. Windows keeps the file while it is loaded; there the next run
            // removes it.
            if (PrivateFiles.isPosix()) {
                workspace.close();
            }
        }
    }

    /** access(2) with X_OK says no on a file system mounted noexec, whatever the mode. */
    private static boolean mayRunPrograms(Workspace workspace) throws IOException {
        if (!PrivateFiles.isPosix()) {
            return true;
        }
        Path probe = workspace.createFile("probe");
        Files.setPosixFilePermissions(probe, PosixFilePermissions.fromString("rwx------"));
        return Files.isExecutable(probe);
    }
}
