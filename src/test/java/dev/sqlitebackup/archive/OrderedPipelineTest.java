package dev.sqlitebackup.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OrderedPipelineTest {
    private final List<Integer> handedOn = new ArrayList<>();

    @Test
    void handsResultsOnInOrderWhicheverTaskIsDoneFirst() throws IOException {
        CountDownLatch lastIsDone = new CountDownLatch(1);
        try (OrderedPipeline<Integer> pipeline = new OrderedPipeline<>(2, handedOn::add)) {
            pipeline.submit(() -> {
                lastIsDone.await();
                return 0;
            });
            for (int i = 1; i < 8; i++) {
                int number = i;
                pipeline.submit(() -> {
                    if (number == 7) {
                        lastIsDone.countDown();
                    }
                    return number;
                });
            }
            pipeline.finish();
        }
        assertEquals(IntStream.range(0, 8).boxed().toList(), handedOn);
    }

    /** Else memory would depend on the size of a database. */
    @Test
    void hasAFewTasksUnderWayAndNeverMore() throws IOException {
        try (OrderedPipeline<Integer> pipeline = new OrderedPipeline<>(2, handedOn::add)) {
            for (int i = 0; i < 100; i++) {
                int number = i;
                pipeline.submit(() -> number);
                assertEquals(Math.max(0, i + 1 - 8), handedOn.size());
            }
            pipeline.finish();
        }
        assertEquals(100, handedOn.size());
    }

    @Test
    void throwsWhatATaskThrew() throws IOException {
        IOException io = new IOException();
        IllegalArgumentException runtime = new IllegalArgumentException();
        AssertionError error = new AssertionError();
        try (OrderedPipeline<Integer> pipeline = new OrderedPipeline<>(1, handedOn::add)) {
            pipeline.submit(() -> {
                throw io;
            });
            assertSame(io, assertThrows(IOException.class, pipeline::finish));
            pipeline.submit(() -> {
                throw runtime;
            });
            assertSame(runtime, assertThrows(IllegalArgumentException.class, pipeline::finish));
            pipeline.submit(() -> {
                throw error;
            });
            assertSame(
                    error,
                    assertThrows(IllegalStateException.class, pipeline::finish).getCause());
        }
        assertEquals(List.of(), handedOn);
    }

    /** What a task still reads must not be closed under it; what has not begun is not worth waiting for. */
    @Test
    void whenClosedWaitsForTheTaskThatRunsAndDropsTheOthers() throws Exception {
        CountDownLatch runs = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicBoolean ended = new AtomicBoolean();
        AtomicBoolean begun = new AtomicBoolean();
        AtomicBoolean daemon = new AtomicBoolean();
        OrderedPipeline<Integer> pipeline = new OrderedPipeline<>(1, handedOn::add);
        pipeline.submit(() -> {
            daemon.set(Thread.currentThread().isDaemon());
            runs.countDown();
            mayEnd.await();
            ended.set(true);
            return 1;
        });
        pipeline.submit(() -> {
            begun.set(true);
            return 2;
        });
        runs.await();
        Thread closer = new Thread(pipeline::close);
        closer.start();
        while (closer.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(closer.isAlive(), "it does not wait");
            Thread.onSpinWait();
        }
        mayEnd.countDown();
        closer.join();
        assertTrue(ended.get());
        assertFalse(begun.get());
        assertTrue(daemon.get(), "a task that hangs does not keep the process alive");
        assertEquals(List.of(), handedOn);
    }

    @Test
    void anInterruptedThreadStaysInterrupted() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        OrderedPipeline<Integer> pipeline = new OrderedPipeline<>(1, handedOn::add);
        pipeline.submit(() -> {
            never.await();
            return 1;
        });
        Thread.currentThread().interrupt();
        assertThrows(IllegalStateException.class, pipeline::finish);
        assertTrue(Thread.interrupted());
        Thread.currentThread().interrupt();
        pipeline.close();
        assertTrue(Thread.interrupted());
        never.countDown();
    }
}
