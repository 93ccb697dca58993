package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The same scenario again and again, each time in a fresh copy of its directory, on all processors; all findings are
 * shown, not just the first.
 */
final class Trials {
    private static final int SHOWN = 30;

    private final Path directory;
    private final Path template;
    private final Scenario scenario;

    /** @param directory an empty one */
    Trials(Path directory, Scenario scenario) throws IOException {
        this.directory = directory.toRealPath();
        this.template = this.directory.resolve("template");
        this.scenario = scenario;
        scenario.prepare(new Lab(Files.createDirectory(template)));
    }

    Path template() {
        return template;
    }

    /** One of them; throws what it finds wrong. */
    interface Trial<T> {
        void run(T which) throws Exception;
    }

    <T> void runAll(List<T> all, Trial<T> trial) throws InterruptedException {
        List<String> findings = Collections.synchronizedList(new ArrayList<>());
        ExecutorService threads =
                Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            List<Future<?>> results = new ArrayList<>();
            for (T which : all) {
                results.add(threads.submit(() -> {
                    trial.run(which);
                    return null;
                }));
            }
            for (int i = 0; i < results.size(); i++) {
                try {
                    results.get(i).get();
                } catch (ExecutionException e) {
                    findings.add(scenario + ", " + all.get(i) + ": " + e.getCause());
                }
            }
        } finally {
            threads.shutdown();
        }
        assertEquals(
                "",
                String.join("\n", findings.subList(0, Math.min(SHOWN, findings.size()))),
                () -> findings.size() + " findings");
    }

    /** So many numbers from 1 to {@code count}, evenly: {@code full} under {@code make torture}, else {@code part}. */
    static List<Integer> choose(int count, int full, int part) {
        int wanted = Math.min(count, Figures.count(full, part));
        return IntStream.range(0, wanted)
                .map(i -> 1 + (int) ((2L * i + 1) * count / (2L * wanted)))
                .boxed()
                .toList();
    }

    /** Of the faults that were chosen, a few may find no call any more, because threads make a run vary. */
    static void assertMost(int chosen, int hit) {
        assertTrue(hit * 20 >= chosen * 19, hit + " of " + chosen + " faults hit a call");
    }

    /** A copy of the prepared directory; the caller removes it. */
    Path fresh(String name) {
        return copy(template, name);
    }

    Path copy(Path from, String name) {
        Path to = directory.resolve(name);
        Tools.sh("cp -a --reflink=auto \"$1\" \"$2\"", from, to).ok();
        relocate(from, to);
        return to;
    }

    /**
     * A state notes where the database lies, which for a copy is the copy: the original is there as well, and would be
     * another database.
     */
    static void relocate(Path from, Path to) {
        Tools.sh("find \"$2\" -name '.*.state' -type f -exec sed -i \"s#$1/#$2/#\" {} +", from, to)
                .ok();
    }

    static void remove(Path... directories) throws IOException {
        for (Path directory : directories) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
