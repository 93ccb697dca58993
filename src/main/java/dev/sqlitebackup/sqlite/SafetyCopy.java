package dev.sqlitebackup.sqlite;

import java.nio.file.Path;

/** The place of a safety copy: where it is made, and how it gets the name under which it is kept. */
public interface SafetyCopy {
    /** An empty private file for it. */
    Path file();

    /** Keeps it under its final name; called once, when it is complete and checked. */
    Kept keep();

    /**
     * A safety copy that has its name.
     *
     * @param undo what to type to bring it back
     */
    record Kept(Path file, String undo) {}
}
