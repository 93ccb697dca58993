package dev.sqlitebackup.core;

import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.RowCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;

/**
 * Counts, beside the staging and its verification, the rows of a database and of what is to replace it. Whatever goes
 * wrong with that is no failure of the restore. It is over, and has nothing of the target open, when {@link #finish}
 * returns: closing a descriptor would drop the locks of the restore.
 */
final class Counting implements AutoCloseable {
    /** A restore that gets no lock says so itself, and has its own time to wait for one. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);
    /**
     * The verification reads all of the backup and the counting a part of it, so what still counts so long afterwards
     * sees no end.
     */
    static final Duration GRACE = Duration.ofSeconds(30);

    private final Instant lastChangedAt;
    private final BestEffort<RowCounts.Counted> before;
    private BestEffort<RowCounts.Counted> after;

    /** Begins with the target, which need not exist. */
    Counting(Path target, Duration busyTimeout) {
        lastChangedAt = lastChange(target);
        before = begin(counts -> Files.exists(target)
                ? counts.ofLive(target, patienceForLocks(busyTimeout))
                : RowCounts.Counted.nothing());
    }

    private static BestEffort<RowCounts.Counted> begin(Function<RowCounts, RowCounts.Counted> counting) {
        RowCounts counts = new RowCounts();
        return new BestEffort<>(counts.stopper(), () -> counting.apply(counts));
    }

    static Duration patienceForLocks(Duration busyTimeout) {
        return busyTimeout.compareTo(LOCK_PATIENCE) < 0 ? busyTimeout : LOCK_PATIENCE;
    }

    /** What is still in the WAL counts too. */
    private static Instant lastChange(Path target) {
        Instant main = modifiedAt(target);
        Instant wal = modifiedAt(DatabaseFiles.of(target).wal());
        return main != null && wal != null && wal.isAfter(main) ? wal : main;
    }

    private static Instant modifiedAt(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            return null; // There is none, or an application has just removed it.
        }
    }

    /** Goes on with the staged backup, which is complete and perhaps not verified yet. */
    void countBackup(Path staged) {
        after = begin(counts -> counts.ofPrivate(staged));
    }

    /** Waits for what is still counted, within bounds. */
    Changes finish() {
        BestEffort.Outcome<RowCounts.Counted> database = before.within(GRACE);
        BestEffort.Outcome<RowCounts.Counted> backup = after.within(GRACE);
        String whyNot = database.whyNot() != null ? database.whyNot() : backup.whyNot();
        return whyNot != null
                ? Changes.unknown(whyNot, lastChangedAt)
                : Changes.between(database.value(), backup.value(), lastChangedAt);
    }

    /** Ends what is under way, and waits for that. */
    @Override
    public void close() {
        before.close();
        if (after != null) {
            after.close();
        }
    }
}
