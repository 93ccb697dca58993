package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each system call that opens, reads or changes one of the program's files fails, once or from then on. */
class ErrorsIT {
    private static final int NO_SPACE = 15;
    private static final int MOST_ALIKE = 40;
    private static final int PART = Integer.getInteger("part", 1);

    @TempDir Path directory;

    static Stream<Arguments> errors() {
        return Scenario.all().stream().flatMap(scenario -> Stream.of(Faults.How.values()).filter(Faults.How::isError).map(how -> Arguments.of(scenario, how)));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void endsWithTheRightCodeAndOneClearLineOrSucceedsInTruth(Scenario scenario, Faults.How how) throws Exception {
        Trials trials = new Trials(directory, scenario);
        Path counted = trials.fresh("counted");
        int calls = Faults.count(counted, scenario, how);
        Trials.remove(counted);
        AtomicInteger failed = new AtomicInteger();
        AtomicInteger succeeded = new AtomicInteger();
        int most = how == Faults.How.EIO_ON_READ || !scenario.moreCalls().isEmpty() ? MOST_ALIKE : calls;
        List<Integer> numbers = Trials.choose(calls, most, PART);
        trials.runAll(numbers, number -> {
            Path hurt = trials.fresh("hurt-" + number);
            Faults.Hit hit = Faults.run(hurt, scenario, how, number);
            if (hit != null) {
                try {
                    check(trials, scenario, how, number, hurt, hit.ended());
                } catch (AssertionError e) {
                    throw new AssertionError(how + " at " + hit.call() + ": " + e.getMessage() + "\n  exit code " + hit.ended().exitCode() + ": " + hit.ended().err(), e);
                }
                (hit.ended().exitCode() == 0 ? succeeded : failed).incrementAndGet();
            }
            Trials.remove(hurt);
        });
        Figures.row("errors", scenario, how, calls, failed, succeeded);
    }

    private static void check(Trials trials, Scenario scenario, Faults.How how, int number, Path hurt, Tools.Ended ended) throws Exception {
        Path opened = trials.copy(hurt, "opened-" + number);
        List<String> lines = ended.err().lines().toList();
        assertFalse(ended.err().contains("Exception") || ended.err().contains("\tat "), "a stack trace");
        if (ended.exitCode() == 0) {
            assertEquals(List.of(), lines.stream().filter(line -> !line.startsWith("warning: ")).toList());
            if (lines.isEmpty()) {
                scenario.checkDone(opened);
            } else {
                scenario.checkDoneWithWarnings(opened);
            }
        } else {
            assertEquals(how.isNoSpace() ? NO_SPACE : 1, ended.exitCode());
            assertEquals(1, lines.stream().filter(line -> line.startsWith("error: ")).count());
            assertTrue(lines.stream().allMatch(line -> line.startsWith("error: ") || line.startsWith("hint: ") || line.startsWith("warning: ")));
            assertEquals("", ended.out());
            scenario.checkAnyMoment(opened);
        }
        Lab lab = new Lab(hurt);
        if (!lab.litter().isEmpty()) {      // What could not be removed goes with the next run.
            lab.run(scenario.command().toArray()).ok();
            assertEquals(List.of(), lab.litter());
            scenario.checkDoneAgain(hurt);
        }
        Trials.remove(opened);
    }
}
