package dev.sqlitebackup.run;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.files.FileIdentity;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The content of a state file: when a backup was last found to be current, and what the source looked like then. One
 * line of JSON.
 *
 * @param confirmedAt RFC 3339, UTC, cut to the second; the identities were taken after it, and the snapshot after them
 * @param createdAt of the backup that was found to be current, likewise
 * @param number of that backup within its second, null for 1: a state speaks of no other
 * @param database the source's main file at that time
 * @param wal its {@code -wal} at that time, null if there was none
 * @param source where the database lies and whose it is, null where it is not known: not every version of this program
 *     noted it
 * @param leftOut what of the backup could not be checked without the application, null likewise
 * @param shrunk since when the database holds much less than it did, null if it does not, or somebody said that this is
 *     right
 * @param backups the files that the backup is made of, in the order of their chain, as they were proven; null where a
 *     later run has to prove them again
 * @param compared what a later run compares to know, without reading the database, that the backup is current; null if
 *     it must read
 * @param verifiedAt when the newest backup of that time was last proven as a whole by somebody who had asked for just
 *     that, RFC 3339, UTC; null for never
 */
public record State(
        String confirmedAt,
        String createdAt,
        Integer number,
        FileIdentity database,
        FileIdentity wal,
        Source source,
        List<String> leftOut,
        Shrunk shrunk,
        List<BackupFile> backups,
        Compared compared,
        String verifiedAt) {
    /**
     * A database as it was when it was backed up. Any part may be null in a state of another version, or where the
     * system does not say.
     *
     * @param name by which its backups go at this place
     * @param path the real one
     * @param host as {@link dev.sqlitebackup.files.Host#id} names it
     * @param owner the user's name, digits where the system knows none
     * @param group likewise
     * @param mode as {@code ls -l} prints permissions: {@code rw-r--r--}
     */
    public record Source(String name, String path, String host, String owner, String group, String mode) {
        /** Whether everybody who reads it can count on its form: what others may have written is as good as absent. */
        private boolean makesSense() {
            return (path == null
                            || path.indexOf('\0') < 0 && ABSOLUTE.matcher(path).lookingAt())
                    && (host == null || host.indexOf('/') >= 0)
                    && (mode == null || MODE.matcher(mode).matches())
                    && Stream.of(name, owner, group)
                            .noneMatch(word -> word != null
                                    && (word.isEmpty() || word.indexOf('/') >= 0 || word.indexOf('\0') >= 0));
        }
    }

    /**
     * What a database held before it shrank.
     *
     * @param backup the last one from before, by its name at this place
     * @param createdAt of that backup, RFC 3339, UTC
     * @param contentBytes what that holds: its pages that are in use
     */
    public record Shrunk(String backup, String createdAt, long contentBytes) {
        private boolean makesSense() {
            return backup != null
                    && !backup.isEmpty()
                    && backup.indexOf('/') < 0
                    && backup.indexOf('\0') < 0
                    && contentBytes > 0
                    && Instant.parse(createdAt) != null;
        }
    }

    /**
     * What was there when the backup was last compared with all of the database.
     *
     * @param at RFC 3339, UTC, to the second
     * @param boot of which start of the machine the times are: a power failure can take them back
     * @param counters what SQLite counts in the database's files
     */
    public record Compared(String at, String boot, String counters) {
        public Instant instant() {
            return Instant.parse(at);
        }

        private boolean makesSense() {
            return instant() != null && boot != null && !boot.isEmpty() && counters != null;
        }
    }

    /**
     * A file of a backup, all of whose blocks the JDK decompressed and compared.
     *
     * @param sha256 of the file as it is, in hexadecimal
     */
    public record BackupFile(FileIdentity identity, String sha256) {
        private boolean makesSense() {
            return identity != null && sha256 != null;
        }
    }

    public static final int MAX_BYTES = 1 << 16;
    /** On this system or another: what this one cannot express is not here. */
    private static final Pattern ABSOLUTE = Pattern.compile("/|[A-Za-z]:[\\\\/]|\\\\\\\\");

    private static final Pattern MODE = Pattern.compile("([r-][w-][x-]){3}");
    private static final Gson GSON = new Gson();
    /** FAT and exFAT note times in steps of this, ext4 with small inodes in whole seconds. */
    private static final Duration COARSEST_STEP = Duration.ofSeconds(2);

    /** A state that confirms a backup now. */
    public static State confirmed(Instant at, Instant createdAt, FileIdentity database, FileIdentity wal) {
        return new State(at.toString(), createdAt.toString(), null, database, wal, null, null, null, null, null, null);
    }

    /** The same of the backup of that number within its second. */
    public State numbered(int ofSecond) {
        return new State(
                confirmedAt,
                createdAt,
                ofSecond == 1 ? null : ofSecond,
                database,
                wal,
                source,
                leftOut,
                shrunk,
                backups,
                compared,
                verifiedAt);
    }

    /** The same of a database that lies there. */
    public State from(Source known) {
        return new State(
                confirmedAt, createdAt, number, database, wal, known, leftOut, shrunk, backups, compared, verifiedAt);
    }

    /** The same of a backup of which this could not be checked. */
    public State leavingOut(Collection<String> parts) {
        return new State(
                confirmedAt,
                createdAt,
                number,
                database,
                wal,
                source,
                List.copyOf(parts),
                shrunk,
                backups,
                compared,
                verifiedAt);
    }

    /** The same of a database that held so much before; null for one that has not shrunk. */
    public State shrunkFrom(Shrunk before) {
        return new State(
                confirmedAt, createdAt, number, database, wal, source, leftOut, before, backups, compared, verifiedAt);
    }

    /** The same of a backup that was compared with all of the database; null for one that has to be the next time. */
    public State comparedBy(Compared known) {
        return new State(
                confirmedAt, createdAt, number, database, wal, source, leftOut, shrunk, backups, known, verifiedAt);
    }

    /** The same of a backup that is made of these files. */
    public State madeOf(List<BackupFile> files) {
        return new State(
                confirmedAt, createdAt, number, database, wal, source, leftOut, shrunk, files, compared, verifiedAt);
    }

    /** The same, found current once more. */
    public State confirmedAgain(Instant at) {
        return new State(
                at.toString(),
                createdAt,
                number,
                database,
                wal,
                source,
                leftOut,
                shrunk,
                backups,
                compared,
                verifiedAt);
    }

    /** The same of a place where the newest backup was last proven then; null for never. */
    public State verified(Instant at) {
        String text = at == null ? null : at.toString();
        return new State(
                confirmedAt, createdAt, number, database, wal, source, leftOut, shrunk, backups, compared, text);
    }

    public Instant confirmedInstant() {
        return Instant.parse(confirmedAt);
    }

    /** Null for never. */
    public Instant verifiedInstant() {
        return verifiedAt == null ? null : Instant.parse(verifiedAt);
    }

    /** Whether it speaks of the backup that was created then, as the one of that number within its second. */
    public boolean isOf(Instant backupCreatedAt, int ofSecond) {
        return backupCreatedAt.toString().equals(createdAt) && ofSecond == (number == null ? 1 : number);
    }

    /**
     * Whether the source has changed, as far as its files' times tell. Like Git with its index, this takes no time for
     * a proof that was not older than the state by more than the coarsest step: a later write may bear the same one.
     * That holds for times from the future too, of a file server whose clock is ahead.
     *
     * @param databaseNow what the main file looks like now, null if it is gone
     * @param walNow likewise of its {@code -wal} now, as {@code sqlite/Fingerprint} takes it
     * @return null where it cannot be told
     */
    public Boolean hasChanged(FileIdentity databaseNow, FileIdentity walNow) {
        if (!database.equals(databaseNow) || !Objects.equals(wal, walNow)) {
            return true;
        }
        Instant before = confirmedInstant().minus(COARSEST_STEP);
        return database.isOlderThan(before) && (wal == null || wal.isOlderThan(before)) ? false : null;
    }

    /**
     * Where it is too much to be read again, without what was left out, and so without what needs that: then it is not
     * known, and the next who asks looks himself.
     */
    public byte[] encode() {
        byte[] all = (GSON.toJson(this) + "\n").getBytes(StandardCharsets.UTF_8);
        return all.length <= MAX_BYTES || leftOut == null
                ? all
                : new State(
                                confirmedAt,
                                createdAt,
                                number,
                                database,
                                wal,
                                source,
                                null,
                                shrunk,
                                backups,
                                null,
                                verifiedAt)
                        .encode();
    }

    /**
     * @return null if the bytes make no sense; what follows the first line is what a shorter state left of a longer one
     */
    public static State decode(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        if (end == -1) {
            return null;
        }
        try {
            State state = GSON.fromJson(text.substring(0, end), State.class);
            boolean makesSense = state != null
                    && state.confirmedInstant() != null
                    && state.database != null
                    && (state.leftOut == null || !state.leftOut.contains(null))
                    && (state.shrunk == null || state.shrunk.makesSense())
                    && (state.backups == null
                            || !state.backups.contains(null)
                                    && state.backups.stream().allMatch(BackupFile::makesSense))
                    && (state.compared == null || state.compared.makesSense())
                    && (state.verifiedAt == null || state.verifiedInstant() != null);
            return !makesSense ? null : state.source == null || state.source.makesSense() ? state : state.from(null);
        } catch (JsonParseException | DateTimeException | NullPointerException e) {
            return null;
        }
    }
}
