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
 * The name of a backup in a history: of {@code opencode.db}, {@code opencode-20261122T232233Z.db.gz}; a second one of
 * the same second has {@code -2} behind the time. It says all that the order of backups rests on, so a listing of names
 * is enough to find the newest.
 *
 * @param database the database's whole file name
 * @param createdAt to the second
 * @param number 1, or 2 and up within a second
 */
public record BackupName(String database, Instant createdAt, int number) implements Comparable<BackupName> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final Pattern NAME = Pattern.compile(
            "(.+)-(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z(?:-([2-9]|[1-9]\\d{1,8}))?(\\.[^.]*)?\\.gz",
            Pattern.DOTALL);
    private static final Comparator<BackupName> OLDEST_FIRST = Comparator.comparing(BackupName::createdAt)
            .thenComparing(BackupName::number)
            .thenComparing(BackupName::database);

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

    private String stem() {
        int dot = database.lastIndexOf('.');
        return database.substring(
                0, dot > 0 ? dot : database.length()); // A leading dot hides a file; it begins no extension.
    }

    /** @return null if no backup of ours is named so */
    public static BackupName parse(String fileName) {
        Matcher parts = NAME.matcher(fileName);
        if (!parts.matches()) {
            return null;
        }
        String stem = parts.group(1);
        String extension = parts.group(9);
        if (extension == null && stem.lastIndexOf('.') > 0) {
            return null; // The time would stand before that extension.
        }
        try {
            Instant createdAt = LocalDateTime.of(
                            digits(parts, 2),
                            digits(parts, 3),
                            digits(parts, 4),
                            digits(parts, 5),
                            digits(parts, 6),
                            digits(parts, 7))
                    .toInstant(ZoneOffset.UTC);
            return new BackupName(
                    extension == null ? stem : stem + extension,
                    createdAt,
                    parts.group(8) == null ? 1 : digits(parts, 8));
        } catch (DateTimeException e) {
            return null; // The 31st of February.
        }
    }

    /** By hand, because a directory may hold thousands. */
    private static int digits(Matcher parts, int group) {
        return Integer.parseInt(parts.group(group));
    }

    public String fileName() {
        String stem = stem();
        return stem + "-" + TIME.format(createdAt) + (number == 1 ? "" : "-" + number)
                + database.substring(stem.length()) + Location.BACKUP_SUFFIX;
    }

    /** The name to try when this one is taken. */
    public BackupName next() {
        return new BackupName(database, createdAt, number + 1);
    }

    /** Oldest first. */
    @Override
    public int compareTo(BackupName other) {
        return OLDEST_FIRST.compare(this, other);
    }
}
