package dev.sqlitebackup.core;

import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.sqlite.Stopper;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work beside the caller's that no run fails by: something comes of it, or it is said why nothing did. Once it is
 * closed it is over, and has nothing open.
 */
final class BestEffort<T> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BestEffort.class);
    private static final Duration BETWEEN_STOPS = Duration.ofMillis(20);

    private final Stopper stopper;
    private final Background<Outcome<T>> work;

    /** @param whyNot null where something came of it */
    record Outcome<T>(T value, String whyNot) {
        /** Tries it here and now. */
        static <T> Outcome<T> of(Supplier<T> work) {
            try {
                return new Outcome<>(work.get(), null);
            } catch (RuntimeException e) {
                LOG.debug("left out", e);
                return new Outcome<>(null, e.getMessage());
            }
        }
    }

    /** @param stopper ends what the work has SQLite do */
    BestEffort(Stopper stopper, Supplier<T> work) {
        this.stopper = stopper;
        this.work = new Background<>(() -> Outcome.of(work));
    }

    /** Waits so long at most, and ends it then. */
    Outcome<T> within(Duration atMost) {
        boolean isInTime = work.isDoneWithin(atMost);
        close();
        Interruption.check();
        Outcome<T> outcome = work.await();
        return outcome.value == null && !isInTime ? new Outcome<>(null, "it took too long") : outcome;
    }

    /** Ends what is under way, and waits for that. */
    @Override
    public void close() {
        while (!work.isDoneWithin(Duration.ZERO)) {
            stopper.stop();
            work.isDoneWithin(BETWEEN_STOPS);
        }
    }
}
