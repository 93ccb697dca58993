package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileNames;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.run.RunLock;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.UnaryOperator;

/**
 * The state of a database at a destination. Runs of this machine take turns by the lock on it. Far away it lies beside
 * the backups as well, since a monitoring host has no other; two machines that back up to the same place do not share
 * the lock, and do not overwrite each other either, because no name of a backup is given twice.
 */
public record StateFile(Store store, String name) {
    /** @param name of a single file, or by which the backups of a database go in a history */
    public static StateFile of(Store store, String name) {
        return new StateFile(store, "." + FileNames.cut(name, FileNames.MAX_BYTES - "..state".length()) + ".state");
    }

    /** A run's turn. */
    public final class Turn implements AutoCloseable {
        private final RunLock lock;

        private Turn(RunLock lock) {
            this.lock = lock;
        }

        /** @throws Failure if it cannot be noted */
        public void write(State state) {
            lock.write(state);
            store.show(name, state.encode());
        }

        @Override
        public void close() {
            lock.close();
        }
    }

    /**
     * Takes turns with every other run that uses the same state.
     *
     * @throws Failure BUSY if another run still holds it after {@code timeout}
     */
    public Turn lock(Duration timeout) {
        store.create();
        return new Turn(RunLock.acquire(file(), timeout));
    }

    /**
     * Changes what is noted, if anything is: under the lock, so that no run in between is lost. What only a run of ours
     * can know stays as trustworthy as it was: a copy from far away that is not this machine's own is not made it.
     *
     * @return whether anything was noted
     * @throws Failure BUSY if another run still holds the lock after {@code timeout}; others if it cannot be written
     */
    public boolean update(UnaryOperator<State> change, Duration timeout) {
        if (read() == null) {
            return false;
        }
        if (store.isRemote()) {
            store.create(); // Its lock is this machine's.
        }
        try (RunLock lock =
                store.isRemote() ? RunLock.acquire(file(), timeout) : RunLock.acquireExisting(file(), timeout)) {
            State before = read();
            if (before == null) {
                return false;
            }
            State after = change.apply(before);
            if (!store.isRemote() || before.equals(RunLock.read(file()))) {
                lock.write(after);
            }
            store.show(name, after.encode());
            return true;
        }
    }

    /**
     * Reads it without the lock.
     *
     * @return null if there is none that makes sense
     * @throws Failure if a store far away does not say
     */
    public State read() {
        if (!store.isRemote()) {
            return RunLock.read(file());
        }
        byte[] content = store.readStart(name, State.MAX_BYTES);
        return content == null ? null : State.decode(content);
    }

    /** The same for whom a note is worth having, and no reason to fail. */
    public State readIfPossible() {
        try {
            return read();
        } catch (Failure e) {
            return null;
        }
    }

    /** The same, without what only a run of ours can know to be true, where somebody else may have written it. */
    public State readWithTrust() {
        State state = read();
        return state == null || isOurs(state) ? state : state.madeOf(null).comparedBy(null);
    }

    private boolean isOurs(State state) {
        try {
            return PrivateFiles.isWrittenByUsOrRoot(file())
                    && (!store.isRemote() || state.equals(RunLock.read(file())));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * The same, without a note that somebody else may have written: it says who may read the database, so where others
     * may write, only one counts of somebody who could read the backup anyway.
     *
     * @param backup the name of the backup beside it
     */
    State readIfTrusted(String backup) {
        try {
            return store.isRemote() || PrivateFiles.isWrittenByUsRootOrOwnerOf(store.local(name), store.local(backup))
                    ? readIfPossible()
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    private Path file() {
        return store.workingDirectory().resolve(name);
    }
}
