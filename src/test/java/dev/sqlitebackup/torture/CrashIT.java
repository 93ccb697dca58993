package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The process is killed before each system call that opens or changes one of its files. */
class CrashIT {
    private static final int KILLED = 128 + 9;
    private static final int PART = 2;

    @TempDir
    Path directory;

    static Stream<Scenario> scenarios() {
        return Figures.some(Scenario.all(), 0);
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void leavesOldOrNewInFullAndTheNextRunSucceedsWithoutLitter(Scenario scenario) throws Exception {
        Trials trials = new Trials(directory, scenario);
        Path counted = trials.fresh("counted");
        int calls = Faults.countKills(counted, scenario);
        assertTrue(calls > 20, calls + " calls");
        Trials.remove(counted);
        AtomicInteger killed = new AtomicInteger();
        List<Integer> chosen = Trials.choose(calls, calls, PART);
        trials.runAll(chosen, number -> {
            Path crashed = trials.fresh("crashed-" + number);
            Faults.Hit hit = Faults.run(crashed, scenario, Faults.How.KILL, number);
            if (hit != null) { // With other turns of its threads a run may have a call less.
                Path opened = trials.copy(crashed, "opened-" + number);
                try {
                    assertEquals(KILLED, hit.ended().exitCode());
                    scenario.checkAnyMoment(opened);
                    Lab lab = new Lab(crashed);
                    lab.runAlone(scenario.command().toArray()).endsWith(scenario.exitCode());
                    assertEquals(List.of(), lab.litter());
                    scenario.checkDoneAgain(crashed);
                } catch (AssertionError e) {
                    throw new AssertionError("killed before " + hit.call() + ": " + e.getMessage(), e);
                }
                killed.incrementAndGet();
                Trials.remove(opened);
            }
            Trials.remove(crashed);
        });
        Trials.assertMost(chosen.size(), killed.get());
        Figures.row("crash", scenario, calls, killed);
    }
}
