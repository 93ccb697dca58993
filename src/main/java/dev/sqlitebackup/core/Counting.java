package dev.sqlitebackup.core;

import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.RowCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts, beside the staging and its verification, the rows of a database and of what is to replace it. Whatever goes
 * wrong with that is no failure of the restore. It is over, and has nothing of the target open, when {@link #finish}
 * returns: closing a descriptor would drop the locks of the restore.
 */
final class Counting implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Counting.class);
    /** A restore that gets no lock says so itself, and has its own time to wait for one. */
    private static final Duration LOCK_PATIENCE = Duration.ofSeconds(2);
    /**
     * The verification reads all of the backup and the counting a part of it, so what still counts so long afterwards
     * sees no end.
     */
    private static final Duration GRACE = Duration.ofSeconds(30);

    private static final Duration BETWEEN_STOPS = Duration.ofMillis(20);

    private final Instant lastChangedAt;
    private final RowCounts ofTarget = new RowCounts();
    private final RowCounts ofBackup = new RowCounts();
    private final Background<Outcome> before;
    private Background<Outcome> after;

    /** @param whyNot null where it was counted */
    private record Outcome(RowCounts.Counted counted, String whyNot) {
        static Outcome of(Supplier<RowCounts.Counted> counting) {
            try {
                return new Outcome(counting.get(), null);
            } catch (RuntimeException e) {
                LOG.debug("not counted", e);
                return new Outcome(null, e.getMessage());
            }
        }
    }

    /** Begins with the target, which need not exist. */
    Counting(Path target, Duration busyTimeout) {
        lastChangedAt = lastChange(target);
        Duration timeout = busyTimeout.compareTo(LOCK_PATIENCE) < 0 ? busyTimeout : LOCK_PATIENCE;
        before = new Background<>(() -> Outcome.of(
                () -> Files.exists(target) ? ofTarget.ofLive(target, timeout) : RowCounts.Counted.nothing()));
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
        after = new Background<>(() -> Outcome.of(() -> ofBackup.ofPrivate(staged)));
    }

    /** Waits for what is still counted, within bounds. */
    Changes finish() {
        before.isDoneWithin(GRACE);
        after.isDoneWithin(GRACE);
        close();
        Interruption.check();
        Outcome database = before.await();
        Outcome backup = after.await();
        String whyNot = database.whyNot != null ? database.whyNot : backup.whyNot;
        return whyNot != null
                ? Changes.unknown(whyNot, lastChangedAt)
                : Changes.between(database.counted, backup.counted, lastChangedAt);
    }

    /** Ends what is under way, and waits for that. */
    @Override
    public void close() {
        end(before, ofTarget);
        if (after != null) {
            end(after, ofBackup);
        }
    }

    private static void end(Background<Outcome> work, RowCounts counts) {
        while (!work.isDoneWithin(Duration.ZERO)) {
            counts.stop();
            work.isDoneWithin(BETWEEN_STOPS);
        }
    }
}
