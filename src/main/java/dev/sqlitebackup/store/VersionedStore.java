package dev.sqlitebackup.store;

import java.nio.file.Path;

/** A store far away that tells the content of a file from another without sending it. */
public interface VersionedStore extends Store {
    /** @param tag as the store says it: another content has another one; empty where it says nothing */
    record Version(String tag, long sizeBytes) {}

    /** @return null if there is no such file */
    Version version(String name);

    /**
     * {@link #publishNew}, which leaves the file where it is.
     *
     * @return what was proven to be there, null if the name is taken
     */
    Version sendNew(Path file, String name);

    /** {@link #replace}, likewise. */
    Version send(Path file, String name);
}
