package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run has to say in metrics files. One of many databases has something to say of each, and to replace a file for
 * each would take longer than their work: it is written when that took ten times as long as to write it does. A kill
 * loses what came after.
 */
final class MetricsBatch {
    private static final int WORK_TIMES = 10;

    /** By how they were named; null where something is wrong with it, such as a lock that nobody lets go of. */
    private final Map<Path, MetricsFile> files = new HashMap<>();

    private final Map<Path, Map<String, String>> unwritten = new LinkedHashMap<>();
    private Failure failure;
    private boolean isAnyWritten;
    private long writtenNanos = System.nanoTime();
    private long writingNanos;

    /** @throws Failure USAGE if another file has the name; whatever else is wrong with it, {@link #end} says */
    void open(Path given) {
        try {
            if (!files.containsKey(given)) {
                files.put(given, MetricsFile.of(given));
            }
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.USAGE) {
                throw e;
            }
            fail(given, e);
        }
    }

    private void fail(Path given, Failure e) {
        failure = e;
        files.put(given, null);
    }

    /**
     * Replaces these series, now or later.
     *
     * @param given which was opened
     * @param values by {@link MetricsFile#series}
     */
    void put(Path given, Map<String, String> values) {
        unwritten.computeIfAbsent(given, none -> new LinkedHashMap<>()).putAll(values);
        if (System.nanoTime() - writtenNanos >= WORK_TIMES * writingNanos) {
            Interruption.lastWord(this::write);
        }
    }

    private void write() {
        long started = System.nanoTime();
        unwritten.forEach((given, values) -> {
            try {
                MetricsFile file = files.get(given);
                if (file != null) {
                    file.put(values);
                    isAnyWritten = true;
                }
            } catch (Failure e) {
                fail(given, e);
            }
        });
        unwritten.clear();
        writtenNanos = System.nanoTime();
        writingNanos = writtenNanos - started;
    }

    /**
     * Writes what is unwritten, also of a run that a signal ends, and forgets all.
     *
     * @return what to say if something could not be written, null if all was
     */
    String end() {
        Interruption.lastWord(this::write);
        String said = failure == null
                ? null
                : (isAnyWritten ? "not all metrics were written: " : "no metrics were written: ")
                        + failure.getMessage();
        failure = null;
        isAnyWritten = false;
        files.clear();
        return said;
    }
}
