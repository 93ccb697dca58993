package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.Databases;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The applications' databases below a directory: regular files that begin as SQLite's do, whatever they are called. No
 * link is followed, and nothing but a regular file is opened. Sidecars, safety copies, what is temporary and what lies
 * in the destination are left out. To open and close a live database drops the locks that this process holds on it, so
 * this looks before any work begins.
 */
public final class DatabasesBelow extends SimpleFileVisitor<Path> {
    /**
     * What there is.
     *
     * @param databases sorted
     * @param unreadable directories, and files that may be databases; why each could not be read
     * @param warnings of files that are left out although they are databases
     */
    public record Found(List<Path> databases, SortedMap<Path, Failure> unreadable, List<String> warnings) {}

    private final Path except;
    private final SortedMap<Path, Object> databases = new TreeMap<>();
    private final SortedMap<Path, Failure> unreadable = new TreeMap<>();

    private DatabasesBelow(Path except) {
        this.except = except;
    }

    /**
     * Looks for them.
     *
     * @param destination to which they are backed up, null where each has its own: what lies in it, if that is below
     *     {@code directory}, is left out
     * @throws Failure NOT_FOUND if there is no such directory
     */
    public static Found in(Path directory, Location destination) {
        if (!Files.isDirectory(directory)) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no directory " + directory,
                    "--databases-in wants one that holds databases");
        }
        Path start = Databases.real(directory);
        Path except = destination == null || destination.path() == null || !Files.isDirectory(destination.path())
                ? null
                : Databases.real(destination.path());
        DatabasesBelow below = new DatabasesBelow(start.equals(except) ? null : except);
        try {
            Files.walkFileTree(start, below);
        } catch (IOException e) {
            throw Failure.io("cannot read", directory, e);
        }
        return below.found();
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
        Interruption.check();
        return directory.equals(except) || Workspace.isNamedAsOne(directory)
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        String name = file.getFileName().toString();
        if (attributes.isRegularFile()
                && attributes.size() >= DatabaseHeader.SIZE_BYTES
                && SafetyCopies.createdAt(name) == null) {
            try (FileChannel channel = RegularFiles.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
                if (FileKind.startsAsDatabase(Channels.newInputStream(channel).readNBytes(DatabaseHeader.SIZE_BYTES))) {
                    note(file, attributes);
                }
            } catch (IOException e) {
                note(file, e);
            }
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
        note(file, e);
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, IOException e) {
        if (e != null) {
            note(directory, e);
        }
        return FileVisitResult.CONTINUE;
    }

    /** A sidecar begins as no database does. */
    private void note(Path file, BasicFileAttributes attributes) {
        if (DatabaseFiles.hasNameOfSidecar(file.getFileName().toString())) {
            unreadable.put(
                    file,
                    new Failure(
                            Failure.Kind.FAILURE,
                            file + " is a database, and has the name of another one's sidecar, which SQLite would take "
                                    + "it for",
                            "give it another name"));
        } else {
            databases.put(file, attributes.fileKey() == null ? file : attributes.fileKey());
        }
    }

    private void note(Path path, IOException e) {
        if (!(e instanceof NoSuchFileException)) { // Somebody has just deleted it.
            unreadable.put(path, Failure.io("cannot read", path, e));
        }
    }

    /** A database that has two names is one. */
    private Found found() {
        List<Path> once = new ArrayList<>();
        List<String> warnings = new ArrayList<>();
        Map<Object, Path> seen = new HashMap<>();
        databases.forEach((file, key) -> {
            Path first = seen.putIfAbsent(key, file);
            if (first == null) {
                once.add(file);
            } else {
                warnings.add(file + " is the same file as " + first
                        + " (a hard link), and is taken once; SQLite wants a database to have one name");
            }
        });
        return new Found(once, unreadable, warnings);
    }
}
