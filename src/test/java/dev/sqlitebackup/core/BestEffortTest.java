package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.sqlite.Stopper;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BestEffortTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final Stopper stopper = new Stopper();

    /** Work that ends only when it is told to, as SQLite does. */
    private String untilStopped() {
        while (!stopper.isStopped()) {
            Thread.onSpinWait();
        }
        throw new Failure(Failure.Kind.INTERRUPTED, "interrupted");
    }

    @Test
    void saysWhatCameOfItOrWhyNothingDid() {
        try (BestEffort<String> good = new BestEffort<>(stopper, () -> "done");
                BestEffort<String> bad = new BestEffort<>(stopper, () -> {
                    throw new Failure(Failure.Kind.CORRUPT, "damaged");
                })) {
            assertEquals(new BestEffort.Outcome<>("done", null), good.within(LONG));
            assertEquals(new BestEffort.Outcome<>(null, "damaged"), bad.within(LONG));
        }
    }

    @Test
    void endsWhatTakesTooLongAndSaysSo() {
        try (BestEffort<String> slow = new BestEffort<>(stopper, this::untilStopped)) {
            assertEquals(new BestEffort.Outcome<>(null, "it took too long"), slow.within(Duration.ofMillis(1)));
        }
    }

    @Test
    void isOverWhenItIsClosed() {
        boolean[] over = new boolean[1];
        BestEffort<String> work = new BestEffort<>(stopper, () -> {
            try {
                return untilStopped();
            } finally {
                over[0] = true;
            }
        });
        work.close();
        assertTrue(over[0]);
    }
}
