package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.StateFile;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes that the newest backup of a database was proven, or is bad, for {@code status}. Whether it can be noted takes
 * nothing from the proof.
 *
 * @param state null where there is none to be written
 * @param unknown why that is not known, null if it is
 */
record ProofNote(StateFile state, String unknown) {
    private static final Logger LOG = LoggerFactory.getLogger(ProofNote.class);

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

    /**
     * Takes back what is noted, if it is known by now that the newest backup is of no use: {@code status} shall not
     * wait until the last proof is old. Of what could just not be read, nothing is known.
     *
     * @param why it could not be proven
     */
    void takeBack(Failure why, Duration busyTimeout) {
        if (state == null || why.kind() != Failure.Kind.CORRUPT) {
            return;
        }
        try {
            state.update(noted -> noted.verified(null), busyTimeout);
        } catch (Failure e) {
            LOG.debug("the backup is bad, but for status this could not be noted: {}", said(e));
        }
    }

    private static String said(Failure e) {
        if (e.kind() == Failure.Kind.INTERRUPTED) {
            throw e;
        }
        return e.getMessage();
    }
}
