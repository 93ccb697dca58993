package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A flat place that holds backups as files: what a destination needs of it, and no more. It knows nothing of what is in
 * them.
 *
 * <ul>
 *   <li>A name refers to a whole file or to nothing, whenever a run dies or the power fails; a reader never sees half
 *       of one.
 *   <li>{@link #publishNew} never overwrites; {@link #replace} does so atomically. When either returns, the content is
 *       durable, and the name has been proven to refer to it.
 *   <li>Only regular files are seen. Directories, links and devices do not exist here.
 *   <li>Every method throws {@link dev.sqlitebackup.Failure} where the place cannot be reached or refuses; none reports
 *       success for something that was not done.
 * </ul>
 */
public interface Store {
    /**
     * @param name without a path
     * @param modifiedAt when the store took it, by the store's clock
     */
    record StoredFile(String name, long sizeBytes, Instant modifiedAt) {}

    /** What people and scripts call a file: an absolute path, or an address. */
    String location(String name);

    /** What they call the place itself. */
    String place();

    /** @throws dev.sqlitebackup.Failure of kind NOT_FOUND if the place itself does not exist */
    void requirePlace();

    /**
     * Makes the place, if it needs making, and the working directory. Both may be there already.
     *
     * @throws dev.sqlitebackup.Failure of kind USAGE if the place says that it cannot lock, and has to
     */
    void create();

    /**
     * Whether it is on another machine: each call is a request then, which takes its time and may fail for a moment.
     */
    boolean isRemote();

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

    /**
     * The first bytes of a file.
     *
     * @return fewer than {@code maxBytes} if the file is shorter, null if there is no such file
     */
    byte[] readStart(String name, int maxBytes);

    /**
     * A file on this machine with exactly the stored content, if there is one without a download (a request may be
     * made). It holds until the stored file is replaced.
     *
     * @return null if there is none; it may have vanished when it is opened
     */
    Path local(String name);

    /**
     * Brings the content of a file onto this machine, unless it is there.
     *
     * @param directory takes a new private file, if one has to be made
     * @throws dev.sqlitebackup.Failure of kind NOT_FOUND if there is no such file
     */
    Path fetch(String name, Path directory);

    /**
     * Gives a finished, proven file a new name. {@code file} must not be used afterwards.
     *
     * @param buildsOn names of files here without which it is worth nothing, in order; what is kept of them on this
     *     machine stays
     * @return false if the name is taken
     */
    boolean publishNew(Path file, String name, Collection<String> buildsOn);

    /** The same of a file that builds on nothing. */
    default boolean publishNew(Path file, String name) {
        return publishNew(file, name, List.of());
    }

    /** Gives a finished, proven file a name in place of whatever had it. {@code file} is gone afterwards. */
    void replace(Path file, String name);

    /**
     * Keeps a finished, proven file that is not published, where that could be the fault of the way there and not of
     * the file.
     *
     * @param name that it would have got
     * @return how to say that, and where it is
     */
    default Failure keepUnpublished(Path file, String name, Failure why) {
        return why;
    }

    /** What went wrong in the calls so far that is worth a warning and takes nothing from what they promise. */
    default List<String> warnings() {
        return List.of();
    }

    /**
     * Removes files, in the order given, durably. One that is gone already is no error.
     *
     * @return the names that may not be deleted, and why; all others are gone
     */
    Map<String, String> delete(Collection<String> names);

    /** Of these names, those whose files the place itself keeps for now, and how long. */
    default Map<String, String> locked(Collection<String> names) {
        return Map.of();
    }

    /** Until when the last file that was published is proven to be locked, null if it is not. */
    default Instant lockedUntil() {
        return null;
    }

    /** What was asked for and could not be had, although what was published is whole; null if all is well. */
    default Failure shortfall() {
        return null;
    }

    /**
     * Copies a small local file, such as a state, beside the stored ones, for other hosts to read. A store whose
     * {@link #workingDirectory} is the place itself has nothing to do.
     *
     * @param content small
     */
    default void show(String name, byte[] content) {}

    /**
     * A directory of this machine in which unfinished files have to lie, so that publishing is but a rename or an
     * upload. It need not exist yet.
     */
    Path workingDirectory();

    /** What to say of a file that is not there, or not there any more. */
    static Failure missing(String location) {
        return new Failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup at " + location,
                "if it was there a moment ago, a prune has deleted it: nothing was changed, try again");
    }
}
