package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.RegularFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/** What a path to a database refers to, found out without opening it: to open a FIFO would hang. */
public final class Databases {
    private Databases() {}

    /**
     * @return the file behind any symbolic links, where its sidecars lie
     * @throws Failure NOT_FOUND if there is none, FAILURE if it is no regular file
     */
    public static Path existing(Path database) {
        requireRegularFile(
                database,
                "database",
                "look at the path: it is the argument, else SQLITE_BACKUP_DB, else that of a configuration file");
        Path real = real(database);
        requireRegularSidecars(real);
        return real;
    }

    /**
     * Whether pages are missing at the end that the header counts, and no log or journal may hold them: a look, which
     * takes no lock. So what has been written meanwhile is asked again the next time.
     */
    public static boolean isCutShort(Path database) {
        try {
            DatabaseHeader before = header(database);
            long sizeBytes = Files.size(database);
            boolean isShort = before != null && sizeBytes < before.pageCount() * before.pageSizeBytes();
            DatabaseFiles files = DatabaseFiles.of(database);
            return isShort
                    && sizeBytes(files.wal()) == 0
                    && sizeBytes(files.journal()) == 0
                    && before.equals(header(database));
        } catch (IOException e) {
            return false; // It is not there any more, or not to be read: others say so.
        }
    }

    private static DatabaseHeader header(Path database) throws IOException {
        try (FileChannel file = RegularFiles.open(database, StandardOpenOption.READ)) {
            return DatabaseHeader.read(file);
        }
    }

    /** SQLite would wait for a FIFO under the name of a journal. */
    private static void requireRegularSidecars(Path database) {
        for (Path sidecar : DatabaseFiles.of(database).sidecars()) {
            if (isOther(sidecar)) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "not a regular file: " + sidecar,
                        "SQLite would take it for its WAL, shared memory or rollback journal: see who made it, "
                                + "and move it away");
            }
        }
    }

    private static boolean isOther(Path file) {
        try {
            return !Files.readAttributes(file, BasicFileAttributes.class).isRegularFile();
        } catch (IOException e) {
            return false; // There is none, or SQLite says what is wrong with it.
        }
    }

    /** The file name by which backups of a database go: a link's does not count. */
    public static String name(Path database) {
        return fileName(Files.exists(database) ? real(database) : database).toString();
    }

    /** Tells what is not there from what this user may not see. */
    public static void requireRegularFile(Path file, String what, String hintIfMissing) {
        try {
            if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
                throw new Failure(
                        Failure.Kind.FAILURE, "not a regular file: " + file, "name the " + what + " file itself");
            }
        } catch (NoSuchFileException e) {
            throw new Failure(Failure.Kind.NOT_FOUND, "there is no " + what + " at " + file, hintIfMissing, e);
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }

    /**
     * Where a database is or will be: the file behind any symbolic links, or a name whose directory may still have to
     * be made.
     *
     * @throws Failure if something that is no regular file has the name
     */
    public static Path existingOrNew(Path database) {
        if (Files.exists(database)) {
            return existing(database);
        }
        if (Files.isSymbolicLink(database)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "a symbolic link that leads nowhere: " + database,
                    "remove it, or name the file itself");
        }
        return inRealDirectory(database);
    }

    /** A name of something that does not exist, with the links in its directory resolved as the system would. */
    public static Path inRealDirectory(Path file) {
        Path absolute = file.toAbsolutePath();
        Path name = fileName(absolute);
        return (Files.exists(absolute.getParent())
                        ? real(absolute.getParent())
                        : absolute.getParent().normalize())
                .resolve(name);
    }

    private static Path fileName(Path path) {
        if (path.getFileName() == null) {
            throw new Failure(Failure.Kind.USAGE, "not a file name: " + path, "name a file");
        }
        return path.getFileName();
    }

    /** The directory, or, where it is that of the database and has to be made first, the nearest above it. */
    public static Path existing(Path directory, Path database) {
        return directory.equals(database.getParent()) ? existingParent(database) : directory;
    }

    /** The nearest directory above that exists. */
    public static Path existingParent(Path file) {
        Path parent = file.getParent();
        while (!Files.isDirectory(parent)) {
            parent = parent.getParent();
        }
        return parent;
    }

    public static Path real(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException e) {
            throw Failure.io("cannot resolve", path, e);
        }
    }

    /** @return 0 for a file that is not there; an application may remove its sidecars at any moment */
    public static long sizeBytes(Path file) {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }

    public static boolean isSameFile(Path a, Path b) {
        try {
            return Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b);
        } catch (IOException e) {
            throw Failure.io("cannot read", b, e);
        }
    }
}
