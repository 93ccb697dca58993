package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sqlitebackup.testing.Lab;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The power fails after each system call that changes something; what was not forced is lost, all of it or in part. */
class PowerLossIT {
    private static final String CALLS = ",create,mkdir,write,sync,rename,link,unlink,truncate,";
    private static final int PART = 30;
    private static final int RUN_AGAIN = 20;
    private static final int RUN_AGAIN_PART = 1;

    @TempDir
    Path directory;

    static Stream<Scenario> scenarios() {
        return Figures.some(Scenario.all(), 2);
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void leavesOldOrNewInFullWhateverIsLost(Scenario scenario) throws Exception {
        Trials trials = new Trials(directory, scenario);
        Path run = trials.fresh("run");
        Disk.Source disk = Disk.of(run);
        List<Faults.Call> calls = Faults.record(run, scenario, CALLS).stream()
                .filter(call -> !call.failed())
                .toList();
        int ways = Disk.Unforced.values().length;
        int states = (calls.size() + 1) * ways;
        List<Integer> chosen = Trials.choose(states, states, PART);
        List<Integer> runAgain = Trials.choose(states, RUN_AGAIN, RUN_AGAIN_PART);
        trials.runAll(chosen, number -> {
            int after = (number - 1) / ways;
            Disk.Unforced unforced = Disk.Unforced.values()[(number - 1) % ways];
            try {
                Path found = Files.createDirectory(run.resolveSibling("found-" + number));
                disk.after(calls.subList(0, after)).write(found, unforced, new Random(number));
                scenario.checkAnyMoment(found);
                Trials.remove(found);
            } catch (AssertionError e) {
                throw new AssertionError(
                        unforced + " after "
                                + (after == 0
                                        ? "nothing"
                                        : calls.get(after - 1).name() + " "
                                                + calls.get(after - 1).path())
                                + ": " + e.getMessage(),
                        e);
            }
        });
        trials.runAll(runAgain, number -> {
            Path found = Files.createDirectory(run.resolveSibling("again-" + number));
            disk.after(calls.subList(0, (number - 1) / ways))
                    .write(found, Disk.Unforced.values()[(number - 1) % ways], new Random(number));
            Lab lab = new Lab(found);
            Trials.relocate(run, found);
            lab.runAlone(scenario.command().toArray()).endsWith(scenario.exitCode());
            assertEquals(List.of(), lab.litter());
            scenario.checkDoneAgain(found);
            Trials.remove(found);
        });
        Path done = Files.createDirectory(run.resolveSibling("done"));
        disk.after(calls).write(done, Disk.Unforced.NAMES_AND_CONTENT_LOST, new Random(0));
        scenario.checkDone(done);
        Figures.row("power", scenario, calls.size(), chosen.size(), runAgain.size());
    }
}
