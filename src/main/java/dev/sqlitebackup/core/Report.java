package dev.sqlitebackup.core;

import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Retention;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;

/**
 * What there is to restore at a place, and what is known of it.
 *
 * @param kind what the place is a list of
 * @param place what people and scripts call it
 * @param madeAt when it was looked at, to the second
 * @param databases by name
 * @param warnings about what cannot be restored, is no backup, or could not be counted
 */
public record Report(
        Location.Kind kind, String place, Instant madeAt, List<OfDatabase> databases, List<String> warnings) {
    /**
     * The backups of one database.
     *
     * @param name by which they go at the place; of a single file, the file's
     * @param backups newest first, at least one
     * @param noted what the last run noted, null for nothing
     * @param restoreTo where the database lies or lay, null where that is not known
     * @param gaps newest first; safety copies have no schedule, and so none
     * @param rows of the newest backup, null where nobody asked for them
     */
    public record OfDatabase(
            String name, List<Listed> backups, Noted noted, String restoreTo, List<Gap> gaps, Rows rows) {
        public Backup newest() {
            return backups.get(0).backup();
        }

        /** Whether the last run noted something of this one. */
        public boolean isNoted(Backup backup) {
            return noted != null && backup.equals(noted.backup);
        }
    }

    /**
     * A backup that can be restored, as far as the ends of its files tell.
     *
     * @param decision what a prune would do with it; null where there are no rules, nothing is pruned, or it cannot be
     *     told
     */
    public record Listed(Chain chain, Retention.Decision decision) {
        public Backup backup() {
            return chain.tip();
        }
    }

    /**
     * What the last run noted.
     *
     * @param backup of which it speaks, null if that is not listed
     * @param confirmedAt when that was last found current
     * @param comparedAt when that was last compared with all of the database, null where it is not noted
     * @param leftOut what of it only the application can check, null likewise
     * @param verifiedAt when the newest backup of then was last proven by {@code verify}, null for never
     */
    public record Noted(
            Backup backup, Instant confirmedAt, Instant comparedAt, List<String> leftOut, Instant verifiedAt) {}

    /**
     * How many rows each table had. To count them, the backup was read and verified.
     *
     * @param counts by the name of the table; null where they could not be counted
     * @param uncounted virtual tables that only the application can read
     * @param leftOut what else of it only the application can check
     * @param whyNot why they could not be counted, null where they were
     */
    public record Rows(SortedMap<String, Long> counts, List<String> uncounted, List<String> leftOut, String whyNot) {}

    /** How many backups there are, of all databases. */
    public int backupCount() {
        return databases.stream().mapToInt(of -> of.backups.size()).sum();
    }
}
