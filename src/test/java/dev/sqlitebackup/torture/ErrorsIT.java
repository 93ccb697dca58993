package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each system call that opens, reads or changes one of the program's files fails, once or from then on. */
class ErrorsIT {
    private static final int NO_SPACE = 15;
    private static final int MOST_ALIKE = 40;

    @TempDir
    Path directory;

    static Stream<Scenario> scenarios() {
        return Figures.some(Scenario.all(), 1);
    }

    /** @param number of the call, from 1 */
    private record Fault(Faults.How how, int number) {}

    @ParameterizedTest
    @MethodSource("scenarios")
    void endsWithTheRightCodeAndOneClearLineOrSucceedsInTruth(Scenario scenario) throws Exception {
        Trials trials = new Trials(directory, scenario);
        Path counted = trials.fresh("counted");
        Map<Faults.How, Integer> calls = Faults.count(counted, scenario);
        Trials.remove(counted);
        List<Fault> faults = new ArrayList<>();
        for (Faults.How how : Faults.How.errors()) {
            int most = how.isOfReads() || !scenario.moreCalls().isEmpty() ? MOST_ALIKE : calls.get(how);
            Trials.choose(calls.get(how), most, part(scenario, how))
                    .forEach(number -> faults.add(new Fault(how, number)));
        }
        Map<Faults.How, AtomicInteger> failed = counters();
        Map<Faults.How, AtomicInteger> succeeded = counters();
        trials.runAll(faults, fault -> {
            Path hurt = trials.fresh("hurt-" + fault.how + "-" + fault.number);
            Faults.Hit hit = Faults.run(hurt, scenario, fault.how, fault.number);
            if (hit != null) {
                try {
                    check(trials, scenario, fault.how, hurt, hit.ended());
                } catch (AssertionError e) {
                    throw new AssertionError(
                            fault.how + " at " + hit.call() + ": " + e.getMessage() + "\n  exit code "
                                    + hit.ended().exitCode() + ": "
                                    + hit.ended().err(),
                            e);
                }
                (hit.ended().exitCode() == scenario.exitCode() ? succeeded : failed)
                        .get(fault.how)
                        .incrementAndGet();
            }
            Trials.remove(hurt);
        });
        Trials.assertMost(
                faults.size(),
                Stream.of(failed, succeeded)
                        .flatMap(counters -> counters.values().stream())
                        .mapToInt(AtomicInteger::get)
                        .sum());
        calls.forEach((how, count) -> Figures.row("errors", scenario, how, count, failed.get(how), succeeded.get(how)));
    }

    /** One call for every second of the kinds of errors, which are others in other scenarios. */
    private static int part(Scenario scenario, Faults.How how) {
        return (scenario.toString().length() + how.ordinal()) % 2;
    }

    private static Map<Faults.How, AtomicInteger> counters() {
        Map<Faults.How, AtomicInteger> counters = new EnumMap<>(Faults.How.class);
        Faults.How.errors().forEach(how -> counters.put(how, new AtomicInteger()));
        return counters;
    }

    private static void check(Trials trials, Scenario scenario, Faults.How how, Path hurt, Tools.Ended ended)
            throws Exception {
        Path opened = trials.copy(hurt, hurt.getFileName() + "-opened");
        List<String> lines = ended.err().lines().toList();
        assertFalse(ended.err().contains("Exception") || ended.err().contains("\tat "), "a stack trace");
        if (ended.exitCode() == scenario.exitCode()) {
            assertEquals(
                    scenario.exitCode() == 0 ? 0 : 2,
                    lines.stream().filter(line -> !line.startsWith("warning: ")).count());
            if (lines.stream().noneMatch(line -> line.startsWith("warning: "))) {
                scenario.checkDone(opened);
            } else {
                scenario.checkDoneWithWarnings(opened);
            }
        } else {
            assertEquals(how.isNoSpace() ? NO_SPACE : 1, ended.exitCode());
            assertEquals(
                    1, lines.stream().filter(line -> line.startsWith("error: ")).count());
            assertTrue(lines.stream()
                    .allMatch(line ->
                            line.startsWith("error: ") || line.startsWith("hint: ") || line.startsWith("warning: ")));
            assertEquals("", ended.out());
            scenario.checkAnyMoment(opened);
            if (!how.isNoSpace()) {
                scenario.checkPutBack(opened);
            }
        }
        Lab lab = new Lab(hurt);
        if (!lab.litter().isEmpty()) { // What could not be removed goes with the next run.
            lab.runAlone(scenario.command().toArray()).endsWith(scenario.exitCode());
            assertEquals(List.of(), lab.litter());
            scenario.checkDoneAgain(hurt);
        }
        Trials.remove(opened);
    }
}
