package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Calls that may block on a network for a minute, and that nothing can wake: a signal leaves them behind, on a thread that ends with the process. */
final class Interruptible {
    private Interruptible() { }

    /** @throws Failure of kind INTERRUPTED as soon as a signal comes; else whatever the work throws */
    static <T> T call(Callable<T> work) throws Exception {
        Interruption.check();
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                result.complete(work.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        }, "network");
        thread.setDaemon(true);
        try (Interruption.Blocking stop = Interruption.onRequest(() -> result.completeExceptionally(new Failure(Failure.Kind.INTERRUPTED, "interrupted; everything temporary is removed")))) {
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
