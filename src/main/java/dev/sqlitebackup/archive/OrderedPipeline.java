package dev.sqlitebackup.archive;

import dev.sqlitebackup.Interruption;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Runs tasks on several threads and hands on their results in the order of submission, on the thread that submits. Only
 * so many are under way at a time that memory does not depend on their number.
 */
final class OrderedPipeline<T> implements AutoCloseable {
    /** Enough for no thread to wait while the results of a slow block are waited for. */
    private static final int UNDER_WAY_PER_THREAD = 4;
    /** Two pipelines of pieces of 200 kB have to fit into the heap of the launcher, on any number of processors. */
    private static final int MOST_UNDER_WAY = 64;

    interface Results<T> {
        void accept(T result) throws IOException;
    }

    private final ExecutorService executor;
    private final int mostUnderWay;
    private final Results<T> results;
    private final ArrayDeque<Future<T>> underWay = new ArrayDeque<>();

    OrderedPipeline(int threads, Results<T> results) {
        this.executor = Executors.newFixedThreadPool(threads, task -> {
            Thread thread = new Thread(task, "block");
            thread.setDaemon(true);
            return thread;
        });
        this.mostUnderWay = Math.min(threads * UNDER_WAY_PER_THREAD, MOST_UNDER_WAY);
        this.results = results;
    }

    void submit(Callable<T> task) throws IOException {
        Interruption.check();
        if (underWay.size() == mostUnderWay) {
            handOn();
        }
        underWay.add(executor.submit(task));
    }

    /** Waits for everything that was submitted. */
    void finish() throws IOException {
        while (!underWay.isEmpty()) {
            Interruption.check();
            handOn();
        }
    }

    private void handOn() throws IOException {
        try {
            results.accept(underWay.remove().get());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            if (e.getCause() instanceof RuntimeException runtime) {
                throw runtime;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }

    /** Waits for the tasks that run, so that nobody closes a file under them; those that have not begun are dropped. */
    @Override
    public void close() {
        underWay.forEach(task -> task.cancel(false));
        executor.shutdown();
        try {
            executor.awaitTermination(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
