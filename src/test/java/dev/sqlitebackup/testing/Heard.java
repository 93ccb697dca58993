package dev.sqlitebackup.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Progress;
import java.util.ArrayList;
import java.util.List;

/** What a run said of its progress: each phase with how much there was to do and how far it came. */
public final class Heard implements Progress {
    /** @param totalBytes -1 where nobody knew */
    public record Phase(String name, long totalBytes, long doneBytes) {}

    private final List<Phase> phases = new ArrayList<>();

    @Override
    public synchronized void phase(String name, long totalBytes) {
        phases.add(new Phase(name, totalBytes, 0));
    }

    @Override
    public synchronized void at(long doneBytes) {
        if (phases.isEmpty()) {
            phase("", -1);
        }
        Phase current = phases.remove(phases.size() - 1);
        assertTrue(doneBytes >= current.doneBytes, "progress goes back");
        phases.add(new Phase(current.name, current.totalBytes, doneBytes));
    }

    public synchronized List<Phase> phases() {
        return List.copyOf(phases);
    }
}
