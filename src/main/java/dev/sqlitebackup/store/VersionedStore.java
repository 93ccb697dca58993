package dev.sqlitebackup.store;

import java.nio.file.Path;
import java.util.Collection;

/** A remote store that can say, without a download, whether a file still has the same content. */
public interface VersionedStore extends Store {
    /**
     * @param tag an opaque value of the store that differs whenever the content does. Empty if it has none: then the
     *     cached copy is never used
     */
    record Version(String tag, long sizeBytes) {}

    /** @return null if there is no such file */
    Version version(String name);

    /**
     * {@link #publishNew}, which leaves the file where it is.
     *
     * @param buildsOn as there
     * @return what was proven to be there, null if the name is taken
     */
    Version sendNew(Path file, String name, Collection<String> buildsOn);

    /** {@link #replace}, likewise. */
    Version send(Path file, String name);
}
