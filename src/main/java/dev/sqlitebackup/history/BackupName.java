package dev.sqlitebackup.history;

import dev.sqlitebackup.store.Families;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a file in a history. Of {@code opencode.db}, a full backup is called
 * {@code opencode-20261122T232233Z.db.gz}; an increment, which builds on the backup of another moment,
 * {@code opencode-20261123T080000Z-since-20261122T232233Z.db-wal.gz}. A second one of the same second has {@code -2}
 * behind the time. The name alone says the order of backups and what an increment builds on, so a listing of names is
 * enough to find the newest.
 *
 * @param database the database's whole file name
 * @param parent what an increment builds on, null for a full backup
 */
public record BackupName(String database, Moment moment, Moment parent) implements Comparable<BackupName> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final String SINCE = "-since-";
    private static final String WAL = "-wal";
    private static final String MOMENT =
            "(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z(?:-([2-9]|[1-9]\\d{1,8}))?";
    /** How many groups are in {@link #MOMENT}. */
    private static final int MOMENT_GROUPS = 7;

    private static final Pattern FULL = Pattern.compile("(.+)-" + MOMENT + "(\\.[^.]*)?\\.gz", Pattern.DOTALL);
    private static final Pattern INCREMENT =
            Pattern.compile("(.+)-" + MOMENT + SINCE + MOMENT + "(\\.[^.]*)?" + WAL + "\\.gz", Pattern.DOTALL);
    private static final Comparator<BackupName> OLDEST_FIRST = Comparator.comparing(BackupName::moment)
            .thenComparing(BackupName::database)
            .thenComparing(BackupName::parent, Comparator.nullsFirst(Comparator.naturalOrder()));

    /**
     * When a snapshot was taken, and which one of that second it was.
     *
     * @param createdAt to the second
     * @param number 1, or 2 and up within a second
     */
    public record Moment(Instant createdAt, int number) implements Comparable<Moment> {
        /** Oldest first. */
        @Override
        public int compareTo(Moment other) {
            int order = createdAt.compareTo(other.createdAt);
            return order != 0 ? order : Integer.compare(number, other.number);
        }

        /** As it stands in names. */
        @Override
        public String toString() {
            return TIME.format(createdAt) + (number == 1 ? "" : "-" + number);
        }
    }

    /** The backups of one database; any other name is alone. */
    public static final Families FAMILIES = new Families() {
        @Override
        public String of(String name) {
            BackupName parsed = parse(name);
            return parsed == null ? name : parsed.database();
        }

        @Override
        public String prefix(String name) {
            BackupName parsed = parse(name);
            return parsed == null ? name : parsed.stem() + "-";
        }
    };

    /** With what the names of all backups of a database begin. */
    static String prefix(String database) {
        return new BackupName(database, null, null).stem() + "-";
    }

    private String stem() {
        int dot = database.lastIndexOf('.');
        return database.substring(
                0, dot > 0 ? dot : database.length()); // A leading dot hides a file; it begins no extension.
    }

    /** The name of a full backup. */
    public static BackupName full(String database, Instant createdAt, int number) {
        return new BackupName(database, new Moment(createdAt, number), null);
    }

    /** @return null if no backup of ours is named so */
    public static BackupName parse(String fileName) {
        // Increments first: FULL would take their first time for a part of the database's name.
        Matcher increment = INCREMENT.matcher(fileName);
        boolean isIncrement = fileName.endsWith(WAL + Location.BACKUP_SUFFIX) && increment.matches();
        Matcher parts = isIncrement ? increment : FULL.matcher(fileName);
        if (!parts.matches()) {
            return null;
        }
        String stem = parts.group(1);
        String extension = parts.group(parts.groupCount());
        if (extension == null && stem.lastIndexOf('.') > 0) {
            return null; // The time would stand before that extension.
        }
        try {
            Moment moment = parseMoment(parts, 2);
            Moment parent = isIncrement ? parseMoment(parts, 2 + MOMENT_GROUPS) : null;
            return parent != null && parent.compareTo(moment) >= 0
                    ? null // Nothing builds on what came after it.
                    : new BackupName(extension == null ? stem : stem + extension, moment, parent);
        } catch (DateTimeException e) {
            return null; // The 31st of February.
        }
    }

    /** Not by a formatter, which is slow for the thousands that a directory may hold. */
    private static Moment parseMoment(Matcher parts, int first) {
        Instant createdAt = LocalDateTime.of(
                        digits(parts, first),
                        digits(parts, first + 1),
                        digits(parts, first + 2),
                        digits(parts, first + 3),
                        digits(parts, first + 4),
                        digits(parts, first + 5))
                .toInstant(ZoneOffset.UTC);
        return new Moment(createdAt, parts.group(first + 6) == null ? 1 : digits(parts, first + 6));
    }

    private static int digits(Matcher parts, int group) {
        return Integer.parseInt(parts.group(group));
    }

    public String fileName() {
        String stem = stem();
        return stem + "-" + moment + (parent == null ? "" : SINCE + parent) + database.substring(stem.length())
                + (parent == null ? "" : WAL) + Location.BACKUP_SUFFIX;
    }

    public Instant createdAt() {
        return moment.createdAt;
    }

    /** 1, or 2 and up within a second. */
    public int number() {
        return moment.number;
    }

    /** The name to try when this one is taken. */
    public BackupName next() {
        return new BackupName(database, new Moment(createdAt(), number() + 1), parent);
    }

    /** Oldest first. */
    @Override
    public int compareTo(BackupName other) {
        return OLDEST_FIRST.compare(this, other);
    }
}
