package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class BackgroundTest {
    @Test
    void givesTheResultOrThrowsWhatTheWorkThrew() {
        try (Background<String> work = new Background<>(() -> "done")) {
            assertEquals("done", work.await());
        }
        IllegalStateException failure = new IllegalStateException();
        try (Background<String> work = new Background<>(() -> {
            throw failure;
        })) {
            assertSame(failure, assertThrows(IllegalStateException.class, work::await));
        }
        AssertionError error = new AssertionError();
        try (Background<String> work = new Background<>(() -> {
            throw error;
        })) {
            assertSame(
                    error, assertThrows(CompletionException.class, work::await).getCause());
        }
    }

    @Test
    void isWaitedForWhenItIsClosedAndKeepsNoProcessAlive() throws InterruptedException {
        CountDownLatch mayEnd = new CountDownLatch(1);
        boolean[] ended = {false};
        boolean[] daemon = {false};
        Background<Void> work = new Background<>(() -> {
            daemon[0] = Thread.currentThread().isDaemon();
            await(mayEnd);
            ended[0] = true;
            return null;
        });
        Thread closer = new Thread(work::close);
        closer.start();
        while (closer.getState() != Thread.State.WAITING) {
            assertTrue(closer.isAlive(), "it does not wait");
            Thread.onSpinWait();
        }
        assertFalse(ended[0]);
        mayEnd.countDown();
        closer.join();
        assertTrue(ended[0] && daemon[0]);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
