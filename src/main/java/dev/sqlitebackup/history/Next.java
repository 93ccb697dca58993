package dev.sqlitebackup.history;

import dev.sqlitebackup.archive.Manifest;
import java.time.Duration;
import java.util.List;

/**
 * What the next backup of a history is: an increment, or a full backup, and why.
 *
 * <p>The number of an increment is that of the newest backup plus one, and its parent is the one whose number has the
 * lowest set bit cleared: the newest backup, or one that this is built on. So a chain of n backups is never longer than
 * 1 + log2 n files, and all of them together are little more than the changes.
 *
 * @param whyFull null for an increment
 * @param parent what an increment builds on
 * @param number its number in the chain
 * @param moment its place in the history
 * @param mostBytes what is larger is not worth its while
 */
public record Next(String whyFull, Chain parent, int number, BackupName.Moment moment, long mostBytes) {
    /** What a full backup is older than, others build on no more: a chain shall not depend on one file for ever. */
    private static final Duration OLDEST_BASE = Duration.ofDays(31);
    /** The increments of one full backup together take at most so many times its room. */
    private static final int MOST_BASES = 2;

    /** A full backup. */
    public static Next full(String why) {
        return new Next(why, null, 0, null, 0);
    }

    /**
     * Decides it.
     *
     * @param newest a whole chain
     * @param number of the newest in its chain
     * @param moment of the next
     * @param incrementBytes what the increments take that are built on the same full backup
     */
    static Next after(Chain newest, int number, BackupName.Moment moment, long incrementBytes) {
        Backup base = newest.base();
        if (newest.tip().moment().compareTo(moment) >= 0) {
            return full("the newest backup is dated after now");
        }
        if (Duration.between(base.createdAt(), moment.createdAt()).compareTo(OLDEST_BASE) > 0) {
            return full("the last full one is older than " + OLDEST_BASE.toDays() + " days");
        }
        long leftBytes = MOST_BASES * base.backupBytes() - incrementBytes;
        if (leftBytes <= 0) {
            return full("the increments since the last full one take as much as two of it");
        }
        int parent = Manifest.parentOf(number + 1);
        // Along a chain each number has one set bit more than the one before.
        List<Backup> members = newest.members().subList(0, Integer.bitCount(parent) + 1);
        return new Next(null, new Chain(members), number + 1, moment, Math.min(base.backupBytes() / 2, leftBytes));
    }

    public boolean isFull() {
        return whyFull != null;
    }
}
