package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.files.FileIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/**
 * The content of a state file: when a backup was last found to be current, and what the source looked like then. One line of JSON.
 *
 * @param confirmedAt RFC 3339, UTC, cut to the second; the identities were taken after it, and the snapshot after them
 * @param createdAt of the backup that was found to be current, likewise: a state speaks of no other
 * @param database the source's main file at that time
 * @param wal its {@code -wal} at that time, null if there was none
 * @param path of the source, null where it is not known: not every version of this program noted it
 * @param leftOut what of the backup could not be checked without the application, null likewise
 */
public record State(String confirmedAt, String createdAt, FileIdentity database, FileIdentity wal, String path, List<String> leftOut) {
    static final int MAX_BYTES = 1 << 16;
    private static final Gson GSON = new Gson();
    /** FAT and exFAT note times in steps of this, ext4 with small inodes in whole seconds. */
    private static final Duration COARSEST_STEP = Duration.ofSeconds(2);

    /** A log as a state knows it, without the inode's own time: SQLite, run by root, sets the log's owner whenever it opens it, even to read. */
    public static FileIdentity walIdentity(Path wal) throws IOException {
        FileIdentity identity = FileIdentity.of(wal);
        return identity == null ? null : new FileIdentity(identity.sizeBytes(), identity.inode(), identity.modifiedAt(), null);
    }

    /** A state that confirms a backup now. */
    public static State confirmed(Instant at, Instant createdAt, FileIdentity database, FileIdentity wal) {
        return new State(at.toString(), createdAt.toString(), database, wal, null, null);
    }

    /** The same of a source that is known by name. */
    public State from(Path source) {
        return new State(confirmedAt, createdAt, database, wal, source.toString(), leftOut);
    }

    /** The same of a backup of which this could not be checked. */
    public State leavingOut(Collection<String> parts) {
        return new State(confirmedAt, createdAt, database, wal, path, List.copyOf(parts));
    }

    public Instant confirmedInstant() {
        return Instant.parse(confirmedAt);
    }

    /** Whether it speaks of the backup that was created then. */
    public boolean isOf(Instant backupCreatedAt) {
        return backupCreatedAt.toString().equals(createdAt);
    }

    /**
     * Whether the source has changed, as far as its files' times tell. Like Git with its index, this takes no time for a proof that was not older than the
     * state by more than the coarsest step: a later write may bear the same one. That holds for times from the future too, of a file server whose clock is ahead.
     *
     * @param databaseNow what the main file looks like now, null if it is gone
     * @param walNow likewise of its {@code -wal}, by {@link #walIdentity}
     * @return null where it cannot be told
     */
    public Boolean hasChanged(FileIdentity databaseNow, FileIdentity walNow) {
        if (!database.equals(databaseNow) || !Objects.equals(wal, walNow)) {
            return true;
        }
        Instant before = confirmedInstant().minus(COARSEST_STEP);
        return database.isOlderThan(before) && (wal == null || wal.isOlderThan(before)) ? false : null;
    }

    byte[] encode() {
        return (GSON.toJson(this) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** @return null if the bytes make no sense; what follows the first line is what a shorter state left of a longer one */
    static State decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        if (end == -1) {
            return null;
        }
        try {
            State state = GSON.fromJson(text.substring(0, end), State.class);
            return state == null || state.confirmedInstant() == null || state.database == null || state.leftOut != null && state.leftOut.contains(null) ? null : state;
        } catch (JsonParseException | DateTimeException | NullPointerException e) {
            return null;
        }
    }
}
