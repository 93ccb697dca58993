package dev.sqlitebackup.sqlite;

import java.nio.file.Path;

/**
 * How a restore through SQLite ended.
 *
 * @param safetyCopy where the old content is, null if there was none
 */
public record Switched(Outcome outcome, Path safetyCopy) {
    /** What became of the database. */
    public enum Outcome {
        /** SQLite cannot open the target; nothing was changed. */
        UNREADABLE,
        /** The database was read back and holds the backup's content. */
        VERIFIED,
        /** Others wrote between the switch and reading it back; the switch itself is done. */
        WRITTEN_SINCE
    }

    static final Switched UNREADABLE = new Switched(Outcome.UNREADABLE, null);
}
