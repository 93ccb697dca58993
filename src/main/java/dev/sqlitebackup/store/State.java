package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.files.FileIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;

/**
 * The content of a state file: when a backup was last found to be current, and what the source looked like then. One line of JSON.
 *
 * @param confirmedAt RFC 3339, UTC
 * @param createdAt of the backup that was found to be current, likewise: a state speaks of no other
 * @param database the source's main file at that time
 * @param wal its {@code -wal} at that time, null if there was none
 */
public record State(String confirmedAt, String createdAt, FileIdentity database, FileIdentity wal) {
    static final int MAX_BYTES = 1 << 16;
    private static final Gson GSON = new Gson();

    /** A log as a state knows it, without the inode's own time: SQLite, run by root, sets the log's owner whenever it opens it, even to read. */
    public static FileIdentity walIdentity(Path wal) throws IOException {
        FileIdentity identity = FileIdentity.of(wal);
        return identity == null ? null : new FileIdentity(identity.sizeBytes(), identity.inode(), identity.modifiedAt(), null);
    }

    /** A state that confirms a backup now. */
    public static State confirmed(Instant at, Instant createdAt, FileIdentity database, FileIdentity wal) {
        return new State(at.toString(), createdAt.toString(), database, wal);
    }

    public Instant confirmedInstant() {
        return Instant.parse(confirmedAt);
    }

    /** Whether it speaks of the backup that was created then. */
    public boolean isOf(Instant backupCreatedAt) {
        return backupCreatedAt.toString().equals(createdAt);
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
            return state == null || state.confirmedInstant() == null || state.database == null ? null : state;
        } catch (JsonParseException | DateTimeException | NullPointerException e) {
            return null;
        }
    }
}
