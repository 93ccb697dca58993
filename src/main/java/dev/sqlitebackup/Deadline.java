package dev.sqlitebackup;

import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The moment at which waiting for a lock ends. */
public final class Deadline {
    private static final Logger LOG = LoggerFactory.getLogger(Deadline.class);

    private final long startNanos = System.nanoTime();
    private final long timeoutNanos;
    private boolean wasAsked;

    private Deadline(long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
    }

    public static Deadline after(Duration timeout) {
        boolean beyondNanos = timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE)) > 0;
        return new Deadline(beyondNanos ? Long.MAX_VALUE : timeout.toNanos());
    }

    public boolean hasPassed() {
        wasAsked = true;
        return System.nanoTime() - startNanos >= timeoutNanos;
    }

    /** The lock is there: says for the debug log how long that took, where it had to be waited for. */
    public void sayWaited(Path locked) {
        if (wasAsked) {
            LOG.debug("waited {} ms for a lock on {}", (System.nanoTime() - startNanos) / 1_000_000, locked);
        }
    }
}
