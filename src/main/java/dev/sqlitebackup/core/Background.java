package dev.sqlitebackup.core;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** Work that runs beside the caller's. Closing waits for it, so that nothing is removed under it. */
final class Background<T> implements AutoCloseable {
    private final CompletableFuture<T> future = new CompletableFuture<>();

    Background(Supplier<T> work) {
        Thread thread = new Thread(() -> {
            try {
                future.complete(work.get());
            } catch (Throwable e) {
                future.completeExceptionally(e);
            }
        }, "background");
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

    @Override
    public void close() {
        future.handle((result, failure) -> null).join();
    }
}
