package dev.sqlitebackup.store;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * A flat place that holds backups as files: what a destination needs of it, and no more. It knows nothing of what is in them.
 *
 * <ul>
 * <li>A name refers to a whole file or to nothing, whenever a run dies or the power fails; a reader never sees half of one.
 * <li>{@link #publishNew} never overwrites; {@link #replace} does so atomically. When either returns, the content is durable, and the
 *     name has been proven to refer to it.
 * <li>Only regular files are seen. Directories, links and devices do not exist here.
 * <li>Every method throws {@link dev.sqlitebackup.Failure} where the place cannot be reached or refuses; none reports success for
 *     something that was not done.
 * </ul>
 */
public interface Store {
    /**
     * @param name without a path
     * @param modifiedAt when the store took it, by the store's clock
     */
    record StoredFile(String name, long sizeBytes, Instant modifiedAt) { }

    /** What people and scripts call a file: an absolute path. */
    String location(String name);

    /** All files whose name is wanted, in no particular order. A place that does not exist yet holds none. */
    List<StoredFile> list(Predicate<String> wanted);

    /** @return null if there is no such file */
    StoredFile find(String name);

    /**
     * The last bytes of a file, in one read.
     *
     * @return fewer than {@code maxBytes} if the file is shorter, null if there is no such file
     */
    byte[] readTail(String name, int maxBytes);

    /** Where the whole content of a file can be read on this machine; it need not exist any more when it is opened. */
    Path localFile(String name);

    /**
     * Gives a finished, proven file a new name. {@code file} must not be used afterwards.
     *
     * @return false if the name is taken
     */
    boolean publishNew(Path file, String name);

    /** Gives a finished, proven file a name in place of whatever had it. {@code file} is gone afterwards. */
    void replace(Path file, String name);

    /** Removes files, in the order given, durably. One that is gone already is no error. */
    void delete(Collection<String> names);

    /**
     * Takes turns with every other run that uses the same state file.
     *
     * @throws dev.sqlitebackup.Failure of kind BUSY if another run still holds it after {@code timeout}
     */
    DestinationLock lock(String stateFile, Duration timeout);

    /** The state, read without the lock. @return null if there is none that makes sense */
    State readState(String stateFile);

    /** Where unfinished files have to lie, so that publishing is but a rename. */
    Path workingDirectory();
}
