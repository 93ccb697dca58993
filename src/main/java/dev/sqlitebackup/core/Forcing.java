package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Path;

/** Begins to force a file that will be given a name, so that who does that has little to wait for. */
final class Forcing implements AutoCloseable {
    /** Null until it is begun. */
    private Background<Void> forcing;

    /** @param file nobody writes to any more */
    void begin(Path file) {
        forcing = new Background<>(() -> {
            try {
                DurableFiles.force(file);
                return null;
            } catch (IOException e) {
                throw Failure.io("cannot write", file, e);
            }
        });
    }

    /**
     * Waits for it, if it was begun. What went wrong has to be heard: the system says once that it lost what was to be
     * written.
     */
    void finish() {
        if (forcing != null) {
            forcing.await();
        }
    }

    @Override
    public void close() {
        if (forcing != null) {
            forcing.close();
        }
    }
}
