package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Mounts;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Notices that the log of a database, its WAL or its rollback journal, lies elsewhere: beside another name under which
 * an application opened it (a hard link, a bind mount of the file alone), or nowhere, because its {@code -wal} was
 * removed under it. SQLite sees none of that, and takes the main file for the whole database.
 *
 * <p>What gives it away: a live connection in WAL mode always holds SHARED on the main file, and a lock on a byte of
 * the {@code -shm} that it uses.
 *
 * <pre>
 *   header    beside this name       SHARED is held, but
 *   WAL       no -wal                there is no log that it could belong to
 *   any       -wal, no -shm          a live log has a -shm
 *   any       -wal and -shm          nobody holds the lock on this -shm, or not everybody who holds SHARED
 *   rollback  no -journal            RESERVED is held as well, and the file has other names: a writer's journal is
 *                                    not here. (With one name: a transaction that has written nothing yet, or
 *                                    journal_mode=MEMORY or OFF)
 * </pre>
 *
 * Where nobody has it open, a log beside another hard link in the same directory is seen too. Each of these is there
 * for an instant too while an application opens, closes or recovers. So it is looked at again, without our lock, for a
 * moment. What nobody can see is a log that lies beside another name and that nobody has open: a warning has to do.
 */
public final class HiddenLog {
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final long POLL_MILLIS = 10;
    /** From SQLite's os_unix.c, UNIX_SHM_DMS: every connection that uses a -shm has a lock on this byte of it. */
    private static final long DMS_BYTE = 128;

    private static final String HINT =
            "name the file by the path that the application uses; in a container mount its directory, not the file; "
                    + "if the -wal was removed, do not stop the application before it has exported its data";

    private enum Log {
        HERE,
        HERE_AND_LIVE,
        ELSEWHERE,
        UNKNOWN
    }

    private final DatabaseFiles files;
    private OtherNames names;
    private Log log;
    private Path nameWithLog;

    private HiddenLog(DatabaseFiles files) {
        this.files = files;
    }

    /**
     * SHARED on a database whose log, if it has a live one, lies beside this name.
     *
     * @param live whether it has, and an application uses it
     */
    record Held(SharedLock lock, OtherNames names, boolean live) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            lock.close();
        }
    }

    /** @throws Failure BUSY if the database stays locked, FAILURE if its log is elsewhere */
    static Held lock(DatabaseFiles files, Duration busyTimeout) throws IOException {
        return new HiddenLog(files).lock(busyTimeout);
    }

    /**
     * To be asked before anything opens the target of a restore, for SQLite would make a log of its own beside this
     * name.
     *
     * @return what cannot be seen from here, a sentence each
     * @throws Failure FAILURE if its log, or the super-journal of its journal, is elsewhere
     */
    public static List<String> refuseToRestore(Path target, Duration busyTimeout) {
        DatabaseFiles files = DatabaseFiles.of(target);
        try (Held held = lock(files, shorter(busyTimeout))) {
            SuperJournal.refuseIfElsewhere(files, held.lock);
            return held.live || !held.names.any()
                    ? List.of()
                    : List.of(target + " " + held.names.describe()
                            + ": before the application starts, see that no -wal or -journal lies "
                            + "beside its own path of it, "
                            + "for that would spoil what was restored; better restore by the path that "
                            + "the application uses");
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.BUSY) {
                return List
                        .of(); // Whoever holds it exclusively is met again, and named, when the restore needs the lock.
            }
            throw e;
        }
    }

    /** What a snapshot cannot see, a sentence each. */
    static List<String> warnings(Path database, boolean live) throws IOException {
        OtherNames names = OtherNames.of(database);
        return live || !names.any()
                ? List.of()
                : List.of(database + " " + names.describe()
                        + ": a WAL or rollback journal that a crash left beside another path of it is not seen "
                        + "from here, and then the newest rows are missing, "
                        + "or half a transaction is in; back up by the path that the application uses");
    }

    /** Below an overlay, the same file has another inode, hence other locks, and whoever uses it there is not seen. */
    private void refuseBelowOverlay() throws IOException {
        Mounts mounts = Mounts.read();
        Path merged = mounts == null ? null : mounts.inOverlay(files.main().toRealPath());
        if (merged != null) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    files.main() + " lies in the upper layer of an overlay, whose users have other locks on it",
                    "name it by its path in the overlay: " + merged);
        }
    }

    private Held lock(Duration busyTimeout) throws IOException {
        refuseBelowOverlay();
        Deadline deadline = null;
        while (true) {
            SharedLock lock = SharedLock.acquire(files.main(), busyTimeout);
            boolean kept = false;
            try {
                names = OtherNames.of(files.main());
                log = look(lock);
                nameWithLog = log == Log.HERE && names.links() > 1 ? OtherNames.withLog(files.main()) : null;
                log = nameWithLog == null ? log : Log.ELSEWHERE;
                kept = log == Log.HERE || log == Log.HERE_AND_LIVE;
                if (kept) {
                    return new Held(lock, names, log == Log.HERE_AND_LIVE);
                }
            } finally {
                if (!kept) {
                    lock.close();
                }
            }
            deadline = deadline == null ? Deadline.after(shorter(busyTimeout)) : deadline;
            if (log == Log.UNKNOWN || deadline.hasPassed()) {
                throw refusal();
            }
            Interruption.pause(POLL_MILLIS);
        }
    }

    private static Duration shorter(Duration busyTimeout) {
        return busyTimeout.compareTo(PATIENCE) < 0 ? busyTimeout : PATIENCE;
    }

    private Log look(SharedLock lock) throws IOException {
        DatabaseHeader header = DatabaseHeader.read(lock.channel());
        DatabaseFiles.Present present = files.present();
        boolean complete = present.wal() && present.shm();
        if (!present.wal() && (header == null || !header.isWal())) {
            return names.any() && !present.journal() && lock.isReserved() ? Log.ELSEWHERE : Log.HERE;
        }
        boolean shared = lock.isWritable()
                ? lock.isShared()
                : !OpenHandles.lockHolders(files.main(), SharedLock.SHARED_REST).isEmpty();
        if (shared) {
            return !complete
                    ? Log.ELSEWHERE
                    : isShmUsed(files.shm()) && isShmUsedByAll() ? Log.HERE_AND_LIVE : Log.ELSEWHERE;
        }
        return !lock.isWritable() && names.isMountPoint() && !complete ? Log.UNKNOWN : Log.HERE;
    }

    /**
     * Whether all that have SHARED use this {@code -shm}, as far as /proc shows them: an older application may have one
     * that was removed.
     */
    private boolean isShmUsedByAll() throws IOException {
        return OpenHandles.lockHolders(files.shm(), DMS_BYTE)
                .containsAll(OpenHandles.lockHolders(files.main(), SharedLock.SHARED_REST));
    }

    /**
     * Whether a live connection uses this {@code -shm}, as far as this user can ask. Not while this process has a
     * connection that does.
     */
    static boolean isShmUsed(Path shm) throws IOException {
        if (!Files.isWritable(shm)) {
            return true;
        }
        try (FileChannel channel = FileChannel.open(shm, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return SharedLock.isTaken(channel, DMS_BYTE, 1, false, true);
        }
    }

    private Failure refusal() {
        String main = files.main().toString();
        if (log == Log.UNKNOWN) {
            return new Failure(
                    Failure.Kind.FAILURE,
                    "cannot tell whether an application has a log of " + main
                            + ": only the file is mounted here, read-only, and not its directory",
                    "mount its directory, not the file, and name the database in it");
        }
        if (nameWithLog != null) {
            return new Failure(
                    Failure.Kind.FAILURE,
                    main + " is the same file as " + nameWithLog
                            + ", beside which a WAL or rollback journal lies that belongs to it",
                    "name the database " + nameWithLog);
        }
        List<OpenHandles.Holder> holders = OpenHandles.find(files.main());
        String who = holders.isEmpty()
                ? "an application"
                : holders.stream().map(OpenHandles.Holder::toString).collect(Collectors.joining(", "));
        return new Failure(
                Failure.Kind.FAILURE,
                who + " uses a WAL or rollback journal of " + main
                        + " that is not beside it: it opened the file by another path, or the -wal was removed "
                        + "under it",
                HINT);
    }
}
