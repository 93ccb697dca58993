package dev.sqlitebackup;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * SIGINT and SIGTERM, as the code below {@link Main} sees them. A signal belongs to the whole process, so this is the
 * one piece of global state. Nothing is torn down from outside: the work notices at its next {@link #check()}, throws,
 * and cleans up on its way out.
 */
public final class Interruption {
    /** Something that blocks and can be told to stop, such as a running SQL statement. */
    public interface Blocking extends AutoCloseable {
        @Override
        void close();
    }

    private static final Set<Runnable> STOPPERS = ConcurrentHashMap.newKeySet();
    private static final Lock CRITICAL = new ReentrantLock();
    private static final ThreadLocal<Boolean> IS_LAST_WORD = ThreadLocal.withInitial(() -> false);
    private static volatile boolean requested;

    private Interruption() {}

    /** Asks the work to stop. Called by the signal's thread. */
    public static void request() {
        requested = true;
        STOPPERS.forEach(Runnable::run);
    }

    /** Whether a signal has come. */
    public static boolean isRequested() {
        return requested;
    }

    /** @throws Failure of kind INTERRUPTED once a signal has come */
    public static void check() {
        if (requested && !IS_LAST_WORD.get()) {
            throw failure(null);
        }
    }

    /** The same where it is known that nothing was changed yet. */
    public static void checkBeforeChange() {
        if (requested) {
            throw new Failure(
                    Failure.Kind.INTERRUPTED, "interrupted; nothing was changed, and everything temporary is removed");
        }
    }

    /** Runs what changes nothing, and says so should a signal end it. */
    public static <T> T beforeChange(Supplier<T> work) {
        try {
            return work.get();
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.INTERRUPTED) {
                checkBeforeChange();
            }
            throw e;
        }
    }

    /** The failure of a run that a signal ended, wherever it was. */
    public static Failure failure(Throwable cause) {
        return new Failure(Failure.Kind.INTERRUPTED, "interrupted; everything temporary is removed", null, cause);
    }

    /**
     * A section that a signal must not cut short, because it would leave work for the next opener: the switch of a
     * database to its new content.
     */
    public static Blocking critical() {
        CRITICAL.lock();
        return CRITICAL::unlock;
    }

    /** Whether a critical section runs just now. */
    public static boolean isCritical() {
        boolean free = CRITICAL.tryLock();
        if (free) {
            CRITICAL.unlock();
        }
        return !free;
    }

    /** Waits until no critical section runs. None begins after it, because {@link #check()} comes before each. */
    public static void awaitCritical() {
        critical().close();
    }

    /**
     * Says what came of a run, on this thread: also when a signal has come, and with a time of its own for whatever may
     * block, because nothing wakes it.
     */
    public static void lastWord(Runnable saying) {
        IS_LAST_WORD.set(true);
        try {
            saying.run();
        } finally {
            IS_LAST_WORD.remove();
        }
    }

    /** While the returned object is open, a signal runs {@code stop}. */
    public static Blocking onRequest(Runnable stop) {
        if (IS_LAST_WORD.get()) {
            return () -> {};
        }
        STOPPERS.add(stop);
        if (requested) {
            stop.run();
        }
        return () -> STOPPERS.remove(stop);
    }

    /** Waits a moment, such as that between two tries for a lock; a signal ends it at once. */
    public static void pause(long millis) {
        try (Blocking stop = onRequest(Thread.currentThread()::interrupt)) {
            check();
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            check();
            throw failure(e);
        } finally {
            Thread.interrupted(); // Left set, it would close the next channel that is read or written.
        }
    }
}
