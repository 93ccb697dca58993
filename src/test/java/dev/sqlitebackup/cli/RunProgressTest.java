package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How far a run is, by a clock that the test turns. */
class RunProgressTest {
    private static final long SECOND = 1_000_000_000;
    private static final List<RunPlan> PLANS = List.of(
            new RunPlan(List.of(step("copy", 2), step("compress", 6), step("publish", 2))),
            new RunPlan(List.of(step("copy", 2), step("compare", 1), step("publish", 1))));
    private static final List<String> PHASES =
            List.of("copy", "compress", "compare", "publish", "nobody knows it", "copy");

    private long nanos = 1;
    private final RunProgress run = new RunProgress(PLANS, () -> nanos, nanos);

    private static RunPlan.Step step(String phase, double weight) {
        return new RunPlan.Step(phase, weight);
    }

    private void pass(long seconds) {
        nanos += seconds * SECOND;
    }

    @Test
    void eachPhaseHasItsShareAndTheLastEndsAtTheWhole() {
        assertEquals(0, run.read().share());
        run.phase("copy", 100);
        run.at(50);
        assertEquals(0.1, run.read().share(), 1e-9);
        run.phase("compress", 100);
        assertEquals(0.2, run.read().share(), 1e-9);
        run.at(100);
        assertEquals(0.8, run.read().share(), 1e-9);
        run.phase("publish", 10);
        run.at(10);
        assertEquals(1, run.read().share(), 1e-9);
        run.at(11); // It has grown.
        assertEquals(1, run.read().share(), 1e-9);
    }

    @Test
    void whatIsLeftOutMovesNothingThatWasShown() {
        run.phase("copy", -1);
        run.phase("publish", 100);
        assertEquals(0.2, run.read().share(), 1e-9);
        run.at(50);
        assertEquals(0.6, run.read().share(), 1e-9);
    }

    @Test
    void anotherPlanTakesOverWhereItsPhaseBegins() {
        run.phase("copy", -1);
        run.phase("compare", 100);
        assertEquals(0.2, run.read().share(), 1e-9);
        run.at(100);
        assertEquals(0.6, run.read().share(), 1e-9);
    }

    @Test
    void neverGoesBackwardsWhateverIsAnnounced() {
        Random random = new Random(7);
        for (int runs = 0; runs < 1000; runs++) {
            RunProgress any = new RunProgress(PLANS, () -> nanos, nanos);
            double share = 0;
            for (int phases = 0; phases < 8; phases++) {
                any.phase(PHASES.get(random.nextInt(PHASES.size())), random.nextInt(4) * 50L - 1);
                for (int i = 0; i < 3; i++) {
                    nanos += random.nextLong(SECOND);
                    double now = any.read().share();
                    assertTrue(now >= share && now <= 1, share + " → " + now);
                    share = now;
                    any.at(random.nextInt(200));
                }
            }
        }
    }

    @Test
    void theTimeLeftIsThatOfTheWholeRunAndNotSaidBeforeThereIsSomethingToTellItBy() {
        run.phase("copy", 100);
        pass(10);
        assertEquals(-1, run.read().leftSeconds());
        run.at(50);
        assertEquals(90, run.read().leftSeconds());
        pass(10);
        run.phase("compress", -1);
        assertEquals(80, run.read().leftSeconds());
        pass(50); // It does not say how far it is.
        assertEquals(30, run.read().leftSeconds());
        pass(50);
        assertEquals(20, run.read().leftSeconds());
        assertEquals(120, run.read().elapsedSeconds());
    }

    @Test
    void theTimeOfAQuestionDoesNotCount() {
        run.phase("copy", 100);
        pass(5);
        run.stop();
        pass(1000);
        run.phase("compress", 100);
        pass(2);
        run.at(50);
        RunProgress.Reading reading = run.read();
        assertEquals(7, reading.elapsedSeconds());
        assertEquals(25, reading.bytesPerSecond(), 1e-9);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 18, 38, 43, 78, 118})
    void theLineIsNeverWiderThanTheTerminalAndOnlyTheBarMoves(int columns) {
        for (boolean unicode : List.of(true, false)) {
            ProgressLine line = new ProgressLine(columns, unicode);
            for (RunProgress.Reading reading : List.of(
                    new RunProgress.Reading("", 0, -1, 0, -1),
                    new RunProgress.Reading("safety copy", 0.999, 1e9, 59, 3599),
                    new RunProgress.Reading("a phase with a long name", 1, 9.9e10, 360_000, 36_000),
                    new RunProgress.Reading("hash", 0.5, 1e6, 3600, 0))) {
                String shown = line.of(reading);
                assertEquals(columns, shown.length(), shown);
                assertFalse(shown.contains("NaN"));
            }
        }
    }

    @Test
    void saysPhaseShareRateAndTimes() {
        RunProgress.Reading reading = new RunProgress.Reading("compress", 0.425, 183.4e6, 7, 72);
        assertEquals(
                "compress     42 % [===========>               ]    0:07  183 MB/s    1:12 left",
                new ProgressLine(78, false).of(reading));
        assertEquals("compress     42 % [=====>      ]    1:12 left", new ProgressLine(45, false).of(reading));
        assertEquals("compress     42 % ", new ProgressLine(18, false).of(reading));
        List<String> drawn = new ArrayList<>();
        for (double share : new double[] {0, 0.05, 0.5, 1}) {
            drawn.add(new ProgressLine(28, true).of(new RunProgress.Reading("hash", share, -1, 0, -1)));
        }
        assertEquals(
                List.of(
                        "hash          0 % │        │",
                        "hash          5 % │▍       │", "hash         50 % │████    │", "hash        100 % │████████│"),
                drawn);
    }
}
