package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.StateFile;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Supplier;

/**
 * Notes that the newest backup of a database was proven, for {@code status}. Whether it can be noted takes nothing from
 * the proof.
 *
 * @param state null where there is none to be written
 * @param unknown why that is not known, null if it is
 */
record ProofNote(StateFile state, String unknown) {
    /** @param find looks for the state, and gives null if the backup is not the newest */
    static ProofNote of(Supplier<StateFile> find) {
        try {
            return new ProofNote(find.get(), null);
        } catch (Failure e) {
            return new ProofNote(null, said(e));
        }
    }

    /** @return a warning, or nothing */
    List<String> note(Instant at, Duration busyTimeout) {
        String unnoted = unknown;
        if (state != null) {
            Instant second = at.truncatedTo(ChronoUnit.SECONDS);
            try {
                state.update(noted -> noted.verified(second), busyTimeout);
            } catch (Failure e) {
                unnoted = said(e);
            }
        }
        return unnoted == null
                ? List.of()
                : List.of("the backup is good, but for status this could not be noted: " + unnoted);
    }

    private static String said(Failure e) {
        if (e.kind() == Failure.Kind.INTERRUPTED) {
            throw e;
        }
        return e.getMessage();
    }
}
