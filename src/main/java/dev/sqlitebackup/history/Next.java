package dev.sqlitebackup.history;

import dev.sqlitebackup.archive.Manifest;
import java.time.Duration;
import java.util.List;

/**
 * What the next backup of a history is: an increment, or a full backup, and why.
 *
 * <p>The number of an increment is that of the newest backup plus one, and its parent is the one whose number has the
 * lowest set bit cleared: the newest backup, or one that this is built on. So after n increments none needs more than 2
 * + log2 n files, and a page that changed once is stored about log2 n / 2 times in all.
 *
 * @param whyFull null for an increment
 * @param parent what an increment builds on
 * @param number of an increment, counted from the full backup, which is 0
 * @param moment its place in the history
 * @param mostBytes an increment that would be larger is not made
 * @param whyTooLarge what to say then
 */
public record Next(
        String whyFull, Chain parent, int number, BackupName.Moment moment, long mostBytes, String whyTooLarge) {
    /** No increment is built on a full backup that is older: a history shall not depend on one file for ever. */
    private static final Duration OLDEST_FULL = Duration.ofDays(31);
    /** The increments of one full backup together take at most so many times its room. */
    private static final int MAX_FULLS = 2;

    /** A full backup. */
    public static Next full(String why) {
        return new Next(why, null, 0, null, 0, null);
    }

    /**
     * Decides it.
     *
     * @param newest a whole chain
     * @param number of the newest, likewise
     * @param moment of the next
     * @param incrementBytes what the increments take that are built on the same full backup
     */
    static Next after(Chain newest, int number, BackupName.Moment moment, long incrementBytes) {
        Backup full = newest.full();
        if (newest.tip().moment().compareTo(moment) >= 0) {
            return full("the newest backup is dated after now");
        }
        if (Duration.between(full.createdAt(), moment.createdAt()).compareTo(OLDEST_FULL) > 0) {
            return full("the last full one is older than " + OLDEST_FULL.toDays() + " days");
        }
        long leftBytes = MAX_FULLS * full.backupBytes() - incrementBytes;
        if (leftBytes <= 0) {
            return full("the increments since the last full one take twice the room of that");
        }
        int parent = Manifest.parentOf(number + 1);
        // Along a chain each number has exactly one set bit more than the one before.
        List<Backup> members = newest.members().subList(0, Integer.bitCount(parent) + 1);
        long halfBytes = full.backupBytes() / 2;
        return new Next(
                null,
                new Chain(members),
                number + 1,
                moment,
                Math.min(halfBytes, leftBytes),
                halfBytes <= leftBytes
                        ? "an increment would be more than half as large as the last full one"
                        : "with another increment, those since the last full one would take twice the room of that");
    }

    public boolean isFull() {
        return whyFull != null;
    }
}
