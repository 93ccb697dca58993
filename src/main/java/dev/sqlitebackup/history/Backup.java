package dev.sqlitebackup.history;

import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.run.State;
import java.time.Instant;
import java.util.Comparator;

/**
 * A backup, or a safety copy, as a list shows it: found, but not read.
 *
 * @param location its absolute path
 * @param name its file name
 * @param database the file name of the database that it is of, null where only its content would tell
 * @param createdAt when its snapshot was taken, to the second; of a version in Git, when it was committed
 * @param number 1, or 2 and up within a second; {@link #NO_NUMBER} of a gzip file that somebody else made
 * @param databaseBytes size of the database in it, null where that would have to be decompressed
 * @param commit that holds it in Git, else null
 * @param parent which backup of the same database an increment builds on; null for a full backup
 * @param manifest what its end says; null where nobody has looked
 */
public record Backup(
        String location,
        String name,
        String database,
        Instant createdAt,
        int number,
        long backupBytes,
        Long databaseBytes,
        String commit,
        BackupName.Moment parent,
        Manifest manifest) {
    /** No state speaks of it, not even one of a backup that was made within the same second. */
    static final int NO_NUMBER = 0;

    /**
     * The order of everything that lists or chooses: equal times are told apart by number, and then by name, so it
     * never depends on the file system.
     */
    static final Comparator<Backup> NEWEST_FIRST = Comparator.comparing(Backup::createdAt)
            .thenComparing(Backup::number)
            .thenComparing(Backup::name)
            .reversed();

    /** A full backup, or a safety copy. */
    public Backup(
            String location,
            String name,
            String database,
            Instant createdAt,
            int number,
            long backupBytes,
            Long databaseBytes,
            String commit) {
        this(location, name, database, createdAt, number, backupBytes, databaseBytes, commit, null, null);
    }

    public boolean isIncrement() {
        return parent != null;
    }

    /** When what an increment builds on was made; null for a full backup. */
    public Instant since() {
        return parent == null ? null : parent.createdAt();
    }

    /**
     * Whether an increment can have been made of another backup: what both ends say fits, as far as they were looked
     * at.
     */
    boolean fits(Backup possibleParent) {
        Manifest theirs = possibleParent.manifest;
        return manifest == null
                || theirs == null
                || manifest.increment().parentSha256().equals(theirs.sha256())
                        && Manifest.parentOf(manifest.number()) == theirs.number()
                        && manifest.pageSizeBytes() == theirs.pageSizeBytes();
    }

    /**
     * Whether a state speaks of it.
     *
     * @param state null for none
     */
    public boolean isConfirmedBy(State state) {
        return state != null && state.isOf(createdAt, number);
    }

    /** Its place in a history. */
    public BackupName.Moment moment() {
        return new BackupName.Moment(createdAt, number);
    }
}
