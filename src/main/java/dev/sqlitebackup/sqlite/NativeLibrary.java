package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.files.NativeCode;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/** SQLite itself, which the driver brings as native code. */
public final class NativeLibrary {
    /** The largest of those that the driver brings, and some more. */
    private static final long LIBRARY_BYTES = 3_000_000;

    private static boolean loaded;

    private NativeLibrary() {}

    /** Loads SQLite, once in a process. */
    public static synchronized void load() {
        if (!loaded) {
            NativeCode.load("SQLite's native library", LIBRARY_BYTES, NativeLibrary::loadFrom);
            loaded = true;
        }
    }

    private static boolean loadFrom(Workspace workspace) throws Exception {
        unpack(workspace);
        // Where the driver looks for itself, should it have no library for this machine, or not one that loads.
        System.setProperty("org.sqlite.tmpdir", workspace.directory().toString());
        return SQLiteJDBCLoader.initialize();
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
}
