package dev.sqlitebackup.files;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

/**
 * A private directory for everything temporary: the owner of the promise that nothing temporary outlives its run. It is
 * made 0700 under a name that nobody can guess, and its file {@code lock} is held by an operating-system lock, which
 * dies with its process. So whoever makes the next workspace in the same place can tell what a {@code kill -9} left
 * behind (the lock is free) from what is in use, and removes just that ({@link DeadWorkspaces}).
 */
public final class Workspace implements AutoCloseable {
    static final String LOCK = "lock";
    private static final Set<Workspace> OPEN = ConcurrentHashMap.newKeySet();

    private final Path directory;
    private final FileChannel lockChannel;
    /** Null where the system has no such calls (Windows). */
    private final SecureDirectoryStream<Path> held;

    private final AtomicBoolean closed = new AtomicBoolean();

    private Workspace(Path directory, FileChannel lockChannel, SecureDirectoryStream<Path> held) {
        this.directory = directory;
        this.lockChannel = lockChannel;
        this.held = held;
    }

    /** Whether something has the name of one. */
    public static boolean isNamedAsOne(Path path) {
        return path.getFileName() != null
                && DeadWorkspaces.isName(path.getFileName().toString());
    }

    /** Makes a workspace in {@code parent}, which exists, after removing what dead runs left there. */
    public static Workspace create(Path parent) {
        Path left = DeadWorkspaces.remove(parent);
        try {
            while (true) {
                Path directory =
                        left != null ? left : PrivateFiles.createDirectory(parent.resolve(DeadWorkspaces.newName()));
                left = null;
                FileChannel channel = lockOrNull(directory);
                if (channel != null) {
                    return new Workspace(directory, channel, hold(directory, channel)).open();
                }
                // Another run took the directory for a dead one before its lock was held. Nothing was in it yet.
            }
        } catch (IOException e) {
            throw Failure.io("cannot make a private directory in", parent, e);
        }
    }

    /** Removes what dead runs left in a place, for a run that makes no workspace there. */
    public static void removeDead(Path parent) {
        DeadWorkspaces.remove(parent);
    }

    private Workspace open() {
        OPEN.add(this);
        return this;
    }

    /**
     * Opens the directory itself. Whoever could rename it, the owner of the directory above, could not give one of his
     * to us: it is the one that was made if it belongs to whom its lock belongs, whoever that is on this file system.
     *
     * @return null where the system cannot
     */
    @SuppressWarnings("StreamResourceLeak") // What is held is not closed.
    private static SecureDirectoryStream<Path> hold(Path directory, FileChannel lock) throws IOException {
        DirectoryStream<Path> stream = null;
        try {
            stream = Files.newDirectoryStream(directory);
            if (!(stream instanceof SecureDirectoryStream<Path> secure)) {
                return null;
            }
            PosixFileAttributeView made = secure.getFileAttributeView(PosixFileAttributeView.class);
            PosixFileAttributeView locked =
                    secure.getFileAttributeView(Path.of(LOCK), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            if (!made.readAttributes().owner().equals(locked.readAttributes().owner())) {
                throw new IOException("somebody has put another directory in its place");
            }
            stream = null;
            return secure;
        } catch (IOException e) {
            lock.close();
            throw e;
        } finally {
            if (stream != null) {
                stream.close();
            }
        }
    }

    private static FileChannel lockOrNull(Path directory) throws IOException {
        Path lockFile = directory.resolve(LOCK);
        FileChannel channel = null;
        try {
            channel = PrivateFiles.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            if (channel.tryLock() != null && Files.exists(lockFile, LinkOption.NOFOLLOW_LINKS)) {
                FileChannel locked = channel;
                channel = null;
                return locked;
            }
            return null;
        } catch (NoSuchFileException | FileAlreadyExistsException | OverlappingFileLockException e) {
            return null; // The other one may be a thread of this process.
        } finally {
            if (channel != null) {
                channel.close();
            }
        }
    }

    public Path directory() {
        return directory;
    }

    /** Where a file of this name goes. It does not exist yet. */
    public Path path(String name) {
        return directory.resolve(name);
    }

    /** Makes an empty file, 0600 from the start, for programs that open by name (SQLite keeps its mode). */
    public Path createFile(String name) {
        Path file = path(name);
        try {
            open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE).close();
            return file;
        } catch (IOException e) {
            throw Failure.io("cannot create", file, e);
        }
    }

    /**
     * Opens a file of this workspace through the directory itself. Its path leads through one that may be somebody
     * else's, who can rename this one and put a link in its stead.
     *
     * @param file in it; one that this creates is 0600
     */
    public FileChannel open(Path file, OpenOption... options) throws IOException {
        if (held == null) {
            return PrivateFiles.open(file, options);
        }
        Set<OpenOption> all = new HashSet<>(Set.of(options));
        all.add(LinkOption.NOFOLLOW_LINKS);
        return (FileChannel) held.newByteChannel(file.getFileName(), all, PrivateFiles.MODE);
    }

    /** Opens an empty file to write to and read from, which is gone when it is closed. */
    public FileChannel scratch(String name) throws IOException {
        return open(
                path(name),
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
    }

    /** Whose such a file is, to ask and to change, likewise. @return null where there are no POSIX modes */
    public PosixFileAttributeView attributes(Path file) {
        return held == null
                ? Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                : held.getFileAttributeView(
                        file.getFileName(), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** What tells such a file from others, likewise. */
    public FileIdentity identity(Path file) throws IOException {
        return held == null
                ? FileIdentity.of(file)
                : FileIdentity.of(attributes(file).readAttributes());
    }

    /** Counts as open until it is gone: whoever took it for a dead one and closed its lock would let go of ours. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        try (SecureDirectoryStream<Path> closing = held) {
            deleteTree(directory, lockChannel);
        } catch (IOException e) {
            throw Failure.io("cannot remove the private directory", directory, e);
        } finally {
            OPEN.remove(this);
        }
    }

    /** Removes every workspace of this process, for a process that must end now. */
    public static void closeAll() {
        for (Workspace workspace : OPEN) {
            try {
                workspace.close();
            } catch (Failure e) {
                // The process ends; the next run removes what is left, because our lock ends with us.
            }
        }
    }

    /**
     * Told by the name, which is random: to open and close the lock of a workspace of this process would let go of it.
     */
    static boolean isOpen(Path directory) {
        return OPEN.stream()
                .anyMatch(workspace -> workspace.directory.getFileName().equals(directory.getFileName()));
    }

    interface Deletion {
        void run() throws IOException;
    }

    /** @return false if the directory, which is empty, has to stay: nothing is in it, and the next run uses it again */
    static boolean deletedEmpty(Deletion deletion) {
        try {
            deletion.run();
            return true;
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            return true; // Somebody else was quicker, to remove it or to use it.
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Deletes the lock last, so that a crash in between leaves something that is still recognised as dead. From then
     * on, another run may take the directory for one that was killed before it had a lock, and be quicker.
     *
     * @return false if the directory itself has to stay, empty
     */
    static boolean deleteTree(Path directory, FileChannel lock) throws IOException {
        try (DirectoryStream<Path> parent = Files.newDirectoryStream(directory.getParent())) {
            if (parent instanceof SecureDirectoryStream<Path> secure) {
                try (SecureDirectoryStream<Path> inside =
                        secure.newDirectoryStream(directory.getFileName(), LinkOption.NOFOLLOW_LINKS)) {
                    deleteContent(inside, LOCK);
                    inside.deleteFile(Path.of(LOCK));
                }
                lock.close(); // A network file system keeps an open file in its directory, under another name.
                return deletedEmpty(() -> secure.deleteDirectory(directory.getFileName()));
            }
            return deleteTreeByNames(directory, lock);
        } catch (NoSuchFileException e) {
            return true; // Somebody else was quicker.
        } finally {
            lock.close();
        }
    }

    /**
     * Relative to open directories: in a place where others may write, a directory could be renamed and a link put in
     * its stead between two looks, and then a name leads elsewhere.
     */
    private static void deleteContent(SecureDirectoryStream<Path> directory, String except) throws IOException {
        try {
            for (Path entry : directory) {
                if (!entry.getFileName().toString().equals(except)) {
                    deleteEntry(directory, entry.getFileName());
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static void deleteEntry(SecureDirectoryStream<Path> directory, Path name) throws IOException {
        try {
            if (directory
                    .getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .readAttributes()
                    .isDirectory()) {
                try (SecureDirectoryStream<Path> inside =
                        directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                    deleteContent(inside, null);
                }
                directory.deleteDirectory(name);
            } else {
                directory.deleteFile(name);
            }
        } catch (NoSuchFileException e) {
            // SQLite, or work that a signal has left behind, was quicker with this one.
        }
    }

    /** Where the system has no such calls (Windows). */
    private static boolean deleteTreeByNames(Path directory, FileChannel lock) throws IOException {
        Path lockFile = directory.resolve(LOCK);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder())
                    .filter(file -> !file.equals(directory) && !file.equals(lockFile))
                    .toList()) {
                Files.deleteIfExists(file);
            }
        }
        lock.close(); // Windows does not delete an open file.
        Files.deleteIfExists(lockFile);
        return deletedEmpty(() -> Files.deleteIfExists(directory));
    }
}
