package dev.sqlitebackup.files;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Calls that a hung file system, or a file that is none, may block for ever, and that nothing can wake: each has a
 * time, and is then left behind on a thread that ends with the process.
 */
public final class Bounded {
    private static final ExecutorService THREADS = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "bounded");
        thread.setDaemon(true);
        return thread;
    });

    /** Something that asks a file system. */
    public interface Work<T> {
        T call() throws IOException;
    }

    private Bounded() {}

    /**
     * @param tooLate takes a result that came when nobody waited any more
     * @throws TimeoutException if there was none in time
     * @throws Failure of kind INTERRUPTED as soon as a signal comes
     */
    public static <T> T call(Work<T> work, Duration most, Consumer<T> tooLate) throws IOException, TimeoutException {
        CompletableFuture<T> result = new CompletableFuture<>();
        THREADS.execute(() -> {
            try {
                T value = work.call();
                if (!result.complete(value)) {
                    tooLate.accept(value);
                }
            } catch (IOException e) {
                result.completeExceptionally(new UncheckedIOException(e));
            } catch (RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        result.completeOnTimeout(null, most.toMillis(), TimeUnit.MILLISECONDS);
        try (Interruption.Blocking stop =
                Interruption.onRequest(() -> result.completeExceptionally(Interruption.failure(null)))) {
            T value = result.join();
            if (value == null) {
                throw new TimeoutException();
            }
            return value;
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException io) {
                throw io.getCause();
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
