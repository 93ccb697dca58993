package dev.sqlitebackup.core;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Work that runs beside the caller's. Closing waits for it, so that nothing is removed under it. */
final class Background<T> implements AutoCloseable {
    private final CompletableFuture<T> future = new CompletableFuture<>();

    Background(Supplier<T> work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        future.complete(work.get());
                    } catch (Throwable e) {
                        future.completeExceptionally(e);
                    } finally {
                        future.cancel(false); // Nothing unless there was no memory left to say what went wrong.
                    }
                },
                "background");
        thread.setDaemon(true);
        thread.start();
    }

    /** Waits for the result; throws what the work threw. */
    T await() {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw e;
        }
    }

    /** Waits so long at most; whether it ended well is another matter. */
    boolean isDoneWithin(Duration atMost) {
        try {
            future.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            // A signal, which whoever waits looks for himself. Left set, it would close the next channel that is read.
        }
        return future.isDone();
    }

    @Override
    public void close() {
        future.handle((result, failure) -> null).join();
    }
}
