package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** The names that SQLite uses beside a database: what they are, and which of them exist. */
public record DatabaseFiles(Path main, Path wal, Path shm, Path journal) {
    private static final List<String> SUFFIXES = List.of("-wal", "-shm", "-journal");

    /** @param main the resolved path: the sidecars lie beside the file, not beside a link to it */
    public static DatabaseFiles of(Path main) {
        return new DatabaseFiles(main, sidecar(main, "-wal"), sidecar(main, "-shm"), sidecar(main, "-journal"));
    }

    private static Path sidecar(Path main, String suffix) {
        return main.resolveSibling(main.getFileName() + suffix);
    }

    /** Whether SQLite would take a file of this name for a sidecar of a database that lies beside it. */
    public static boolean isNamedAsSidecar(Path file) {
        String name = file.getFileName().toString();
        return SUFFIXES.stream()
                .anyMatch(suffix -> name.endsWith(suffix)
                        && name.length() > suffix.length()
                        && Files.exists(file.resolveSibling(name.substring(0, name.length() - suffix.length()))));
    }

    /** Whether a database of this name would look like another one's sidecar, which may lie there one day. */
    public static boolean hasNameOfSidecar(String name) {
        return SUFFIXES.stream().anyMatch(name::endsWith);
    }

    public List<Path> sidecars() {
        return List.of(wal, shm, journal);
    }

    /**
     * Which sidecars exist. An empty {@code -journal}, which {@code journal_mode=TRUNCATE} leaves, says nothing and
     * counts as none.
     */
    public record Present(boolean wal, boolean shm, boolean journal) {}

    /**
     * SQLite makes the {@code -wal} before the {@code -shm} and removes it after that: asked in this order, an
     * application that comes meanwhile never shows a {@code -shm} alone.
     */
    public Present present() {
        boolean shmExists = exists(shm);
        return new Present(
                exists(wal),
                shmExists,
                exists(journal) && journal.toAbsolutePath().toFile().length() > 0);
    }

    private static boolean exists(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * The SQLite URI of a path.
     *
     * @param parameters such as {@code mode=ro}; they decide how SQLite opens it, and none is ever left out, because
     *     the default creates what is missing
     * @throws Failure of kind USAGE for a name that the locale of this process garbled: SQLite would see another one
     */
    static String uri(Path file, String parameters) {
        String path = file.toAbsolutePath().toString();
        if (path.indexOf('\uFFFD') >= 0) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the current locale cannot express the file name " + path,
                    "set LC_ALL=C.UTF-8, or use scripts/sqlite-backup, which does");
        }
        String slashes = path.replace('\\', '/');
        StringBuilder uri = new StringBuilder(slashes.startsWith("/") ? "file:" : "file:/");
        for (char c : (java.io.File.separatorChar == '\\' ? slashes : path).toCharArray()) {
            if (c == '%' || c == '?' || c == '#' || c < ' ') {
                uri.append(String.format("%%%02X", (int) c));
            } else {
                uri.append(c);
            }
        }
        return uri.append('?').append(parameters).toString();
    }
}
