package dev.sqlitebackup.files;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Owner of durable replacement. A name here refers to the old file in full or the new one in full, whenever the power
 * fails: the content is forced before the name changes, and the directory after it. What a crash between two of these
 * lines leaves is the old state plus, at most, a second name for the new file inside a {@link Workspace}, which the
 * next run removes.
 */
public final class DurableFiles {
    private static final String BUSY = "Device or resource busy";
    private static final String MOUNTED_ALONE =
            "a file that is mounted alone cannot be replaced: mount its directory instead";
    private static final int MANY = 100;
    private static final int DELETERS = 4;

    private DurableFiles() {}

    /**
     * Makes the directories that are missing: what is put into one is lost with it, unless its name is forced as well.
     * Each is forced before there is another one in it, so that of what a killed run has made only the last may still
     * need it.
     *
     * @param directory an absolute path
     */
    public static void createDirectories(Path directory) {
        try {
            Deque<Path> missing = new ArrayDeque<>();
            Path existing = directory;
            for (; !Files.isDirectory(existing) && existing.getParent() != null; existing = existing.getParent()) {
                missing.push(existing);
            }
            forceName(existing);
            for (Path name : missing) {
                Files.createDirectories(name); // Another run may make it just now.
                forceDirectory(name.getParent());
            }
        } catch (IOException e) {
            throw Failure.io("cannot create the directory", directory, e);
        }
    }

    /**
     * Unless the directory's name is on no disk, because something is mounted there, or not for this user to read, who
     * then has not made it.
     */
    private static void forceName(Path directory) throws IOException {
        Path parent = directory.getParent();
        if (parent != null
                && Files.isReadable(parent)
                && Space.fileSystemOf(parent).equals(Space.fileSystemOf(directory))) {
            forceDirectory(parent);
        }
    }

    /** Gives {@code source} the name {@code target} in place of whatever had it. Both are on one file system. */
    public static void replace(Path source, Path target) {
        try {
            force(source);
            try {
                Files.move(source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                throw new Failure(
                        Failure.Kind.FAILURE, "cannot replace " + target + " atomically here", MOUNTED_ALONE, e);
            } catch (FileSystemException e) {
                if (BUSY.equals(e.getReason())) {
                    throw Failure.io("cannot replace", target, e).withHint(MOUNTED_ALONE);
                }
                throw e;
            }
            forceDirectory(target.getParent());
        } catch (IOException e) {
            throw Failure.io("cannot replace", target, e);
        }
    }

    /**
     * Gives the finished private file {@code source} the name {@code target}, unless that name is taken.
     *
     * @return false if it is taken
     */
    public static boolean publishNew(Path source, Path target) {
        try {
            force(source);
            try {
                Files.createLink(target, source);
            } catch (FileAlreadyExistsException e) {
                return false;
            } catch (UnsupportedOperationException | FileSystemException e) {
                // A file system without hard links, such as FAT.
                if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                    return false;
                }
                Files.move(source, target, StandardCopyOption.ATOMIC_MOVE);
            }
            forceDirectory(target.getParent());
            return true;
        } catch (IOException e) {
            throw Failure.io("cannot create", target, e);
        }
    }

    /**
     * Keeps a file that is not ours under a second name: by a link, which needs no room and can neither fail half-way
     * nor read wrong; where there are no links, by a copy. The file itself is not opened where a link can be had,
     * because that would drop locks.
     *
     * @param workspace a private directory on the same file system
     */
    public static void keepAs(Path file, Path name, Path workspace) {
        try {
            giveName(file, name, workspace);
            try {
                forceDirectory(name.getParent());
            } catch (IOException e) {
                Files.delete(name); // Of a name that may not last, nothing must depend.
                throw e;
            }
        } catch (IOException e) {
            throw Failure.io("cannot keep " + file + " as", name, e);
        }
    }

    /** Gives such a file its first name back, in the same way. A name that may not last is better than none. */
    public static void putBack(Path file, Path name, Path workspace) {
        try {
            giveName(file, name, workspace);
            forceDirectory(name.getParent());
        } catch (IOException e) {
            throw Failure.io("cannot put back " + file + " as", name, e);
        }
    }

    private static void giveName(Path file, Path name, Path workspace) throws IOException {
        try {
            Files.createLink(name, file);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (UnsupportedOperationException | FileSystemException e) {
            Path copy = workspace.resolve(name.getFileName());
            Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
            force(copy);
            Files.move(copy, name, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /**
     * Removes the files that exist, in this order, and makes sure that they stay removed before this returns. Of many,
     * a few at a time are under way: a file system takes longest to free what they hold, and does that for several at
     * once.
     */
    public static void delete(Path directory, List<Path> files) {
        AtomicInteger next = new AtomicInteger();
        AtomicBoolean deleted = new AtomicBoolean();
        Callable<Void> deleter = () -> {
            for (int i; (i = next.getAndIncrement()) < files.size(); ) {
                try {
                    if (Files.deleteIfExists(files.get(i))) {
                        deleted.set(true);
                    }
                } catch (IOException e) {
                    next.set(files.size()); // The others end too.
                    throw e;
                }
            }
            return null;
        };
        try {
            try {
                if (files.size() < MANY) {
                    deleter.call();
                } else {
                    callSeveral(deleter);
                }
            } finally {
                if (deleted.get()) {
                    forceDirectory(directory);
                }
            }
        } catch (IOException e) {
            throw Failure.io("cannot remove files in", directory, e);
        } catch (Exception e) {
            throw new IllegalStateException("a deleter throws nothing else", e);
        }
    }

    private static void callSeveral(Callable<Void> deleter) throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(DELETERS);
        try {
            for (Future<Void> result : threads.invokeAll(Collections.nCopies(DELETERS, deleter))) {
                result.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            threads.shutdown();
        }
    }

    /** Makes the content of a file that no SQLite connection has open survive a power failure. */
    public static void force(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, PrivateFiles.isPosix() ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /**
     * Makes new and removed names in a directory survive a power failure. Windows does that by itself, and has no call
     * for it.
     */
    public static void forceDirectory(Path directory) throws IOException {
        if (PrivateFiles.isPosix()) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
