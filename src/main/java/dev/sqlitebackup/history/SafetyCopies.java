package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.FileNames;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.store.LocalStore;
import dev.sqlitebackup.store.Store;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The names of safety copies: {@code DATABASE.pre-restore-YYYYMMDDhhmmss}, UTC, with {@code -2} and so on within a
 * second. A long name of a database is cut, so that the whole, with the name of a sidecar, is still a file name.
 */
public final class SafetyCopies {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuuMMddHHmmss")
            .withResolverStyle(ResolverStyle.STRICT)
            .withZone(ZoneOffset.UTC);
    private static final Pattern SUFFIX = Pattern.compile("\\.pre-restore-(\\d{14})(?:-([2-9]|[1-9]\\d{1,8}))?");

    private static final int LONGEST_SUFFIX_BYTES = ".pre-restore-YYYYMMDDhhmmss-123456789-journal".length();
    private static final Pattern COPY = Pattern.compile("(.+)" + SUFFIX.pattern(), Pattern.DOTALL);

    private SafetyCopies() {}

    /**
     * The path that a database would have in another directory: its safety copies there have their names from it.
     *
     * @param directory null for where the database lies
     */
    public static Path in(Path directory, Path database) {
        return directory == null ? database : directory.resolve(database.getFileName());
    }

    /** Gives a complete, checked copy the first name that is free. */
    public static Path keep(Path copy, Path database, Instant now) {
        for (int number = 1; ; number++) {
            Path name = name(database, now, number);
            if (DurableFiles.publishNew(copy, name)) {
                return name;
            }
        }
    }

    /**
     * @return the file name of the database that a file of this name is a safety copy of; the name itself if it is none
     */
    static String database(String fileName) {
        Matcher copy = COPY.matcher(fileName);
        return copy.matches() ? copy.group(1) : fileName;
    }

    /** @return when a file of this name was made as a safety copy; null if its name is none of one */
    public static Instant createdAt(String location) {
        Matcher copy = COPY.matcher(location);
        try {
            return copy.matches() ? Instant.from(TIME.parse(copy.group(2))) : null;
        } catch (DateTimeException e) {
            return null; // Thirty-first of February.
        }
    }

    /** @return the database beside a safety copy of it, null if it is none, or there is no such database */
    public static Path databaseBeside(Path copy) {
        String name = copy.getFileName().toString();
        Path database = copy.resolveSibling(database(name));
        return !database.equals(copy) && Files.isRegularFile(database) ? database : null;
    }

    /** A name that neither a safety copy nor a sidecar of one has. */
    public static Path freeName(Path database, Instant now) {
        for (int number = 1; ; number++) {
            Path name = name(database, now, number);
            boolean taken = Stream.concat(Stream.of(name), DatabaseFiles.of(name).sidecars().stream())
                    .anyMatch(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS));
            if (!taken) {
                return name;
            }
        }
    }

    private static Path name(Path database, Instant now, int number) {
        return database.resolveSibling(
                cut(database) + ".pre-restore-" + TIME.format(now) + (number == 1 ? "" : "-" + number));
    }

    private static String cut(Path database) {
        return FileNames.cut(database.getFileName().toString(), FileNames.MAX_BYTES - LONGEST_SUFFIX_BYTES);
    }

    /**
     * The newest that is not dated after now; where there are others only, the newest of those. Either way a warning
     * names what is dated after now: which clock is wrong, or was, nobody can know.
     *
     * @param directory where the copies are kept, null for beside the database
     * @throws Failure of kind NOT_FOUND if the database has no safety copy there
     */
    public static BackupSource newest(Path database, Path directory, Instant now) {
        List<Backup> copies = list(in(directory, database));
        if (copies.isEmpty() && createdAt(database.getFileName().toString()) != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this is a safety copy itself: " + database,
                    "to restore it: "
                            + Hints.command(
                                    "restore",
                                    database.toString(),
                                    "--to="
                                            + database.resolveSibling(database(
                                                    database.getFileName().toString()))));
        }
        if (copies.isEmpty()) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no safety copy of " + database + (directory == null ? "" : " in " + directory)
                            + ", so there is nothing to undo",
                    directory == null
                            ? "if it was kept in another directory, say the same --safety-dir=DIR"
                            : "leave out --safety-dir to look beside the database");
        }
        Backup latest = copies.get(0);
        Backup newest = copies.stream()
                .filter(copy -> !copy.createdAt().isAfter(now))
                .findFirst()
                .orElse(latest);
        BackupSource source = BackupSource.of(Path.of(newest.location()))
                .withHintIfDamaged("the newest safety copy holds what was there before, and that was damaged; "
                        + "nothing was changed; to put it back as it was: "
                        + putBack(Path.of(newest.location()), database)
                        + "; to see the others: "
                        + Hints.command("list", in(directory, database).toString()));
        if (!latest.createdAt().isAfter(now)) {
            return source;
        }
        String warning = latest.location() + " is dated after now (" + Times.local(now)
                + "): a clock is or was wrong; "
                + (newest.equals(latest)
                        ? "there is no other safety copy"
                        : "it was passed over for the newest that is not. For that one instead: "
                                + Hints.command("restore", latest.location(), "--to=" + database));
        return source.withWarning(warning);
    }

    /** The command that makes a copy the database again, also of what SQLite cannot open, which undo cannot prove. */
    public static String putBack(Path copy, Path database) {
        List<Path> sidecars = DatabaseFiles.of(database).sidecars();
        StringBuilder command =
                new StringBuilder("mv " + Hints.quoted(copy.toString()) + " " + Hints.quoted(database.toString()));
        for (Path sidecar : sidecars) {
            String suffix = sidecar.toString().substring(database.toString().length());
            Path copied = copy.resolveSibling(copy.getFileName() + suffix);
            if (Files.exists(copied)) {
                command.append(" && mv " + Hints.quoted(copied.toString()) + " " + Hints.quoted(sidecar.toString()));
            }
        }
        return command.toString();
    }

    /**
     * Those that are there.
     *
     * @param database real, or where it was
     * @return newest first
     */
    public static List<Backup> list(Path database) {
        Path directory = database.getParent();
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        Store siblings = new LocalStore(directory);
        // Copies of a long name that still fitted were made under the whole of it.
        return Stream.of(database.getFileName().toString(), cut(database))
                .distinct()
                .flatMap(prefix -> siblings.list(name -> name.startsWith(prefix)).stream()
                        .map(file -> describe(siblings, file, prefix)))
                .filter(Objects::nonNull)
                .sorted(Backup.NEWEST_FIRST)
                .toList();
    }

    /** @return null if the file is none */
    private static Backup describe(Store siblings, Store.StoredFile file, String database) {
        Matcher suffix = SUFFIX.matcher(file.name().substring(database.length()));
        Instant time = suffix.matches() ? time(suffix.group(1)) : null;
        return time == null
                ? null
                : new Backup(
                        siblings.location(file.name()),
                        file.name(),
                        database,
                        time,
                        suffix.group(2) == null ? 1 : Integer.parseInt(suffix.group(2)),
                        file.sizeBytes(),
                        file.sizeBytes(),
                        null);
    }

    /**
     * The same for somebody who may have meant something else: a database may be gone or damaged while its copies are
     * there, but one that has none has to be one.
     */
    public static List<Backup> listOrRefuse(Path database) {
        List<Backup> copies = list(database);
        if (copies.isEmpty()) {
            refuseIfNoDatabase(database);
        }
        return copies;
    }

    private static void refuseIfNoDatabase(Path database) {
        Matcher copy = COPY.matcher(database.getFileName().toString());
        if (copy.matches()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this is itself a safety copy: " + database,
                    "name the database, " + database.resolveSibling(copy.group(1)));
        }
        Databases.requireRegularFile(
                database, "directory, backup or database", "name a directory, a backup file or a database");
        if (!FileKind.isPlainDatabase(database)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "this is neither a backup nor a SQLite database: " + database,
                    "name a directory, a backup file or a database");
        }
    }

    private static Instant time(String digits) {
        try {
            return Instant.from(TIME.parse(digits));
        } catch (DateTimeException e) {
            return null; // Not one of ours.
        }
    }

    /**
     * With the sidecars that the copy of an unreadable database has. They go last, so that what is listed is always
     * whole.
     */
    public static void delete(Path copy) {
        DurableFiles.delete(
                copy.getParent(),
                Stream.concat(Stream.of(copy), DatabaseFiles.of(copy).sidecars().stream())
                        .toList());
    }
}
