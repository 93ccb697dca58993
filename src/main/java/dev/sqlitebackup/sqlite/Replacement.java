package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Puts a staged database where there is none, or where there is one that SQLite cannot open. No sidecar of the old one
 * may meet the new file, so they go first; before they go they have a second name, and so has the old file:
 *
 * <ol>
 *   <li>sidecars, then the main file, are linked to the safety name: the safety copy is complete once its main file is
 *       there
 *   <li>the sidecars' own names are removed, and that is forced
 *   <li>the staged file takes the name by rename, and that is forced
 * </ol>
 *
 * A crash after 1 leaves the old database as it was, one after 2 the old main file with its sidecars under the safety
 * name.
 */
public final class Replacement {
    private static final long LOCK_BYTES = 512;

    private Replacement() {}

    /**
     * @param target where no file is; sidecars that lie there all the same are kept under {@code safetyName}
     * @param staged a verified database on the same file system
     * @return whether there were such sidecars
     */
    public static boolean create(Path target, Path staged, Path safetyName) {
        try (Interruption.Blocking critical = Interruption.critical()) {
            Kept kept = new Kept(target, safetyName, staged.getParent());
            try {
                kept.keepSidecars();
                refuseIfAppeared(target);
                kept.removeSidecars();
                if (!DurableFiles.publishNew(staged, target)) {
                    throw appeared(target);
                }
            } catch (Failure e) {
                throw kept.putBack(e, staged);
            }
            return kept.any();
        }
    }

    /** Sidecars that somebody uses belong to a database that is there, whatever name it has. */
    private static void refuseIfAppeared(Path target) {
        boolean used = isShmUsed(target)
                || DatabaseFiles.of(target).sidecars().stream()
                        .anyMatch(sidecar -> Files.exists(sidecar)
                                && !OpenHandles.find(sidecar).isEmpty());
        if (used || Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw appeared(target);
        }
    }

    private static boolean isShmUsed(Path target) {
        try {
            Path shm = DatabaseFiles.of(target).shm();
            return Files.isRegularFile(shm, LinkOption.NOFOLLOW_LINKS)
                    && Files.isWritable(shm)
                    && HiddenLog.isShmUsed(shm);
        } catch (IOException e) {
            throw Failure.io("cannot read the -shm of", target, e);
        }
    }

    private static Failure appeared(Path target) {
        return new Failure(
                Failure.Kind.IN_USE,
                "an application is using the database that is to be made: " + target,
                "close it, and restore again");
    }

    /**
     * @param target a file that SQLite cannot open
     * @param staged a verified database on the same file system; gets the target's owner and mode
     * @param ownership of {@code staged}
     * @param safetyName under which the target and its sidecars are kept as they are
     */
    public static void replaceUnreadable(Path target, Path staged, PosixFileAttributeView ownership, Path safetyName) {
        String hint = "SQLite cannot open it here, so it cannot be restored in place: close the application first";
        try (FileChannel channel = FileChannel.open(target, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (!tryLock(channel) || !OpenHandles.find(target).isEmpty()) {
                throw OpenHandles.inUse(target, hint);
            }
            Interruption.checkBeforeChange();
            PrivateFiles.copyOwnerAndMode(target, ownership);
            channel.force(true);
            try (Interruption.Blocking critical = Interruption.critical()) {
                Kept kept = new Kept(target, safetyName, staged.getParent());
                try {
                    kept.keepSidecars();
                    kept.keepMain();
                    kept.removeSidecars();
                    DurableFiles.replace(staged, target);
                } catch (Failure e) {
                    throw kept.putBack(e, staged);
                }
            }
        } catch (IOException e) {
            throw Failure.io("cannot replace", target, e);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock(SharedLock.PENDING_BYTE, LOCK_BYTES, false);
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** What has a second name so far, and how to take that back. */
    private static final class Kept {
        private final DatabaseFiles from;
        private final DatabaseFiles to;
        private final Path workspace;
        private final List<Path> names = new ArrayList<>();

        Kept(Path target, Path safetyName, Path workspace) {
            this.from = DatabaseFiles.of(target);
            this.to = DatabaseFiles.of(safetyName);
            this.workspace = workspace;
        }

        boolean any() {
            return !names.isEmpty();
        }

        void keepSidecars() {
            for (int i = 0; i < from.sidecars().size(); i++) {
                if (Files.exists(from.sidecars().get(i), LinkOption.NOFOLLOW_LINKS)) {
                    keep(from.sidecars().get(i), to.sidecars().get(i));
                }
            }
        }

        void keepMain() {
            keep(from.main(), to.main());
        }

        private void keep(Path file, Path name) {
            DurableFiles.keepAs(file, name, workspace);
            names.add(name);
        }

        void removeSidecars() {
            DurableFiles.delete(from.main().getParent(), from.sidecars());
        }

        /**
         * The replacement failed: the sidecars get their names back, and the second names go, the main file's first,
         * because a safety copy is complete as long as that is there. Unless it failed after the switch, or one gets no
         * name back: then the safety copy stays.
         *
         * @return what is to be said of the whole
         */
        Failure putBack(Failure failure, Path staged) {
            try {
                if (isSwitched(staged)) {
                    return failure.withHint("the backup is in place, but a power failure may still undo that"
                            + (any() ? "; what was there is kept as " + to.main() : ""));
                }
                for (int i = 0; i < from.sidecars().size(); i++) {
                    if (names.contains(to.sidecars().get(i))
                            && !Files.exists(from.sidecars().get(i), LinkOption.NOFOLLOW_LINKS)) {
                        DurableFiles.putBack(
                                to.sidecars().get(i), from.sidecars().get(i), workspace);
                    }
                }
                Collections.reverse(names);
                DurableFiles.delete(from.main().getParent(), names);
                return failure;
            } catch (Failure | IOException e) {
                failure.addSuppressed(e);
                boolean some = names.stream().anyMatch(name -> Files.exists(name, LinkOption.NOFOLLOW_LINKS));
                return some
                        ? failure.withHint("its sidecars could not be put back: they are kept beside " + to.main())
                        : failure;
            }
        }

        private boolean isSwitched(Path staged) throws IOException {
            return !Files.exists(staged) || Files.exists(from.main()) && Files.isSameFile(staged, from.main());
        }
    }
}
