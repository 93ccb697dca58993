package dev.sqlitebackup;

import java.time.Duration;

/** The moment at which waiting for a lock ends. */
public final class Deadline {
    private final long startNanos = System.nanoTime();
    private final long timeoutNanos;

    private Deadline(long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
    }

    public static Deadline after(Duration timeout) {
        boolean beyondNanos = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0;
        return new Deadline(beyondNanos ? Long.MAX_VALUE : timeout.toNanos());
    }

    public boolean hasPassed() {
        return System.nanoTime() - startNanos >= timeoutNanos;
    }
}
