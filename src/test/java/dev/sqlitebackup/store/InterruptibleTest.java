package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class InterruptibleTest {
    @Test
    void returnsWhatTheWorkReturnsAndThrowsWhatItThrows() throws Exception {
        assertEquals("done", Interruptible.call(() -> "done"));
        IOException io = new IOException();
        assertSame(
                io,
                assertThrows(
                        IOException.class,
                        () -> Interruptible.call(() -> {
                            throw io;
                        })));
        AssertionError error = new AssertionError();
        assertSame(
                error,
                assertThrows(
                                CompletionException.class,
                                () -> Interruptible.call(() -> {
                                    throw error;
                                }))
                        .getCause());
    }

    @Test
    void worksOnAThreadThatKeepsNoProcessAlive() throws Exception {
        Thread thread = Interruptible.call(Thread::currentThread);
        assertTrue(thread.isDaemon() && thread != Thread.currentThread());
    }
}
