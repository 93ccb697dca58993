package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Calls that may block on a network or a pipe, and that nothing can wake: a signal leaves them behind, on a thread that
 * ends with the process.
 */
public final class Interruptible {
    /** What reads or writes. */
    public interface Work {
        void run() throws IOException;
    }

    private Interruptible() {}

    /** @throws Failure of kind INTERRUPTED as soon as a signal comes; else whatever the work throws */
    public static void run(Work work) throws IOException {
        try {
            call(() -> {
                work.run();
                return null;
            });
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws Failure of kind INTERRUPTED as soon as a signal comes; else whatever the work throws */
    static <T> T call(Callable<T> work) throws Exception {
        Interruption.check();
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(work.call());
                    } catch (Throwable e) {
                        result.completeExceptionally(e);
                    }
                },
                "interruptible");
        thread.setDaemon(true);
        try (Interruption.Blocking stop =
                Interruption.onRequest(() -> result.completeExceptionally(Interruption.failure(null)))) {
            thread.start();
            return result.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }
}
