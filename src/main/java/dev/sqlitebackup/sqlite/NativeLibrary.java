package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/**
 * The driver unpacks its native library before it can be loaded, and would leave it behind for ever if the process were
 * killed. So it is unpacked into a {@link Workspace}, in the first place from which programs may be run.
 */
public final class NativeLibrary {
    /** The largest of those that the driver brings, and some more. */
    private static final long LIBRARY_BYTES = 3_000_000;

    private static boolean loaded;

    private NativeLibrary() {}

    /**
     * Loads SQLite, once in a process.
     *
     * @param candidates existing directories, the preferred one first; one mounted {@code noexec} is passed over
     */
    public static synchronized void load(List<Path> candidates) {
        if (loaded) {
            return;
        }
        boolean full = false;
        for (Path candidate : candidates) {
            try {
                if (loadFrom(candidate)) {
                    loaded = true;
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
                        "no room for SQLite's native library in any of " + candidates,
                        "free some space in one of them, or set TMPDIR to another directory")
                : new Failure(
                        Failure.Kind.FAILURE,
                        "SQLite's native library cannot be run from any of " + candidates,
                        "they are mounted noexec, or cannot be written: set TMPDIR to a directory from which "
                                + "programs may be run");
    }

    private static boolean loadFrom(Path candidate) {
        if (!Files.isDirectory(candidate) || !Files.isWritable(candidate)) {
            return false;
        }
        new Space().need(candidate, LIBRARY_BYTES).check(null);
        Workspace workspace = Workspace.create(candidate);
        try {
            if (!mayRunPrograms(workspace)) {
                return false;
            }
            unpack(workspace);
            // Where the driver looks for itself, should it have no library for this machine, or not one that loads.
            System.setProperty("org.sqlite.tmpdir", workspace.directory().toString());
            return SQLiteJDBCLoader.initialize();
        } catch (Failure e) {
            throw e;
        } catch (Exception e) {
            // The driver does not say what stopped it.
            throw new Failure(
                    Space.isExhausted(candidate, LIBRARY_BYTES) ? Failure.Kind.NO_SPACE : Failure.Kind.FAILURE,
                    "cannot load SQLite's native library from " + candidate + ": " + e.getMessage(),
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

    /** Left to itself, the driver compares what it has unpacked byte by byte, which takes a tenth of a second. */
    private static void unpack(Workspace workspace) throws IOException {
        String name = LibraryLoaderUtil.getNativeLibName();
        try (InputStream library =
                SQLiteJDBCLoader.class.getResourceAsStream(LibraryLoaderUtil.getNativeLibResourcePath() + "/" + name)) {
            if (library != null) {
                try (FileChannel file =
                        workspace.open(workspace.path(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                    library.transferTo(Channels.newOutputStream(file));
                }
                System.setProperty("org.sqlite.lib.path", workspace.directory().toString());
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
