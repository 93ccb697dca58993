package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import java.nio.file.AccessDeniedException;

/**
 * A file that has the name of a backup and is not taken for one.
 *
 * @param backup what its name says
 * @param why CORRUPT if it is not that, NOT_FOUND if only its Git LFS pointer is here, else it cannot be read
 * @param fate what is done with it
 */
public record LeftAlone(Backup backup, Failure why, String fate) {
    /** Whether a disk could not read it. What this user may not read is somebody else's, and not meant. */
    boolean isUnreadable() {
        return !isBad() && !(why.getCause() instanceof AccessDeniedException);
    }

    /** Whether it is known to be no backup, and not just not known to be one. */
    public boolean isBad() {
        return why.kind() == Failure.Kind.CORRUPT || why.kind() == Failure.Kind.NOT_FOUND;
    }

    /** For people. */
    String warning() {
        String remedy = why.kind() == Failure.Kind.NOT_FOUND ? "; " + why.hint() : "";
        return why.getMessage() + "; " + fate + remedy;
    }
}
