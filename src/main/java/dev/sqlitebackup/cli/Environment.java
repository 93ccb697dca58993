package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.S3Location;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a run takes from its surroundings, and the defaults that follow from it.
 *
 * @param variables the environment variables
 * @param home the user's home directory
 * @param programDirectory where the running jar lies
 * @param workingDirectory absolute
 * @param systemTemporaryDirectory where temporary files go if nobody says anything else
 */
public record Environment(
        Map<String, String> variables,
        String home,
        Path programDirectory,
        Path workingDirectory,
        String systemTemporaryDirectory,
        StandardStreams streams,
        Clock clock) {
    private static final Pattern S3 = Pattern.compile("s3://([^/]+)(?:/(.*))?", Pattern.DOTALL);
    static final String DATABASE_VARIABLE = "SQLITE_BACKUP_DB";
    static final String DESTINATION_VARIABLE = "SQLITE_BACKUP_TO";

    /** With it as the configuration file, what one says is not read. */
    private static final Path NO_FILE = Path.of("/dev/null");

    /** The same, where variables that are not set have these values. */
    Environment withDefaults(Map<String, String> defaults) {
        Map<String, String> all = new HashMap<>(variables);
        defaults.forEach((name, value) -> {
            if (value != null && !isSet(name)) {
                all.put(name, value);
            }
        });
        return new Environment(all, home, programDirectory, workingDirectory, systemTemporaryDirectory, streams, clock);
    }

    /** The argument, else the one of this user (XDG Base Directory Specification) if it is there; null for none. */
    Path configurationFile(Path argument) {
        if (argument != null) {
            return argument.equals(NO_FILE) ? null : argument;
        }
        String directory = isSet("XDG_CONFIG_HOME")
                ? variables.get("XDG_CONFIG_HOME")
                : (isSet("HOME") ? variables.get("HOME") : home) + "/.config";
        if (!Path.of(directory).isAbsolute()) {
            return null;
        }
        Path file = Path.of(directory, "sqlite-backup", "config.toml");
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS) ? file : null; // A link that leads nowhere is an error.
    }

    /** The argument, else the environment's, else the coding assistant's history. */
    Path database(Path argument) {
        if (argument != null) {
            return argument;
        }
        if (isSet(DATABASE_VARIABLE)) {
            return argument(variables.get(DATABASE_VARIABLE));
        }
        Path data = isSet("XDG_DATA_HOME")
                ? path(variables.get("XDG_DATA_HOME"))
                : homeDirectory().resolve(".local/share");
        return data.resolve("opencode/opencode.db");
    }

    /** Whether somebody said which database is meant. */
    boolean isDatabaseNamed(Path argument) {
        return argument != null || isSet(DATABASE_VARIABLE);
    }

    /**
     * The argument, else the environment's, else {@code backups/NAME.gz} in the repository.
     *
     * @param name of the database there, null for its file name
     */
    Location destination(Location argument, Path database, String name) {
        if (argument != null) {
            return argument;
        }
        if (isSet(DESTINATION_VARIABLE)) {
            return location(variables.get(DESTINATION_VARIABLE));
        }
        return new Location.Local(
                repository().resolve("backups").resolve((name == null ? database.getFileName() : name) + ".gz"),
                false,
                stateDirectory());
    }

    /** The same for a backup that is read. */
    Location backup(Location argument, Path database, String name) {
        Location backup = destination(argument, database, name);
        if (backup.isPipe() && streams.inIsTerminal()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "- reads a backup from standard input, which is a terminal",
                    "pipe a backup into it, or name one; a file of that name is ./-");
        }
        return backup;
    }

    /** The same for a place in which backups are looked for. */
    Location place(Location argument, Path database, String name) {
        Location place = destination(argument, database, name);
        if (place.isPipe()) {
            throw Location.noPlace();
        }
        return place;
    }

    /** Whether a backup that names no destination goes to standard output. */
    boolean isStandardOutputTheDefault() {
        return Location.Pipe.NAME.equals(variables.get(DESTINATION_VARIABLE));
    }

    /**
     * What an argument means as a place for backups: a slash at its end makes a directory of a name that does not exist
     * yet.
     */
    Location location(String text) {
        if (text.equals(Location.Pipe.NAME)) {
            return new Location.Pipe(streams.in());
        }
        Matcher s3 = S3.matcher(text);
        if (s3.matches()
                && s3.group(2) != null
                && Stream.of(s3.group(2).replaceFirst("/$", "").split("/", -1))
                        .anyMatch(part -> List.of("", ".", "..").contains(part))
                && !s3.group(2).isEmpty()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "not a prefix or key that every store understands: " + text,
                    "leave out //, /./ and /../");
        }
        return s3.matches()
                ? new S3Location(s3.group(1), s3.group(2) == null ? "" : s3.group(2), cacheDirectory())
                : new Location.Local(argument(text), text.endsWith("/"), stateDirectory());
    }

    /**
     * Where this user keeps what runs have to know of earlier ones (XDG Base Directory Specification), null for
     * nowhere: a container may have no home.
     */
    private Path stateDirectory() {
        String state = variables.get("XDG_STATE_HOME");
        if (isSet("XDG_STATE_HOME") && Path.of(state).isAbsolute()) {
            return Path.of(state, "sqlite-backup");
        }
        String directory = isSet("HOME") ? variables.get("HOME") : home;
        return directory == null || !Path.of(directory).isAbsolute()
                ? null
                : Path.of(directory, ".local", "state", "sqlite-backup");
    }

    private Path cacheDirectory() {
        if (!isSet("XDG_CACHE_HOME") && !isSet("HOME")) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this user has no home directory, and s3:// needs a place for its cache",
                    "set XDG_CACHE_HOME");
        }
        return (isSet("XDG_CACHE_HOME")
                        ? path(variables.get("XDG_CACHE_HOME"))
                        : homeDirectory().resolve(".cache"))
                .toAbsolutePath()
                .resolve("sqlite-backup");
    }

    /** What an argument names. bash expands the ~ of {@code --to ~/x}, and not that of {@code --to=~/x}. */
    Path argument(String text) {
        if (text.equals(Location.Pipe.NAME)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "- is standard input or output, and here a file has to be named",
                    "a file of that name is ./-");
        }
        return pathOrHome(text);
    }

    /** The nearest directory with a .git above the running jar, else above the working directory. */
    private Path repository() {
        for (Path start : List.of(programDirectory, workingDirectory)) {
            for (Path directory = start; directory != null; directory = directory.getParent()) {
                if (Files.exists(directory.resolve(".git"))) {
                    return directory;
                }
            }
        }
        throw new Failure(
                Failure.Kind.USAGE,
                "no backup is named, and neither the program nor the working directory is in a Git repository",
                "say where the backups are, such as /mnt/nas/backups/ (backup and status: --to=/mnt/nas/backups/); or "
                        + "set " + DESTINATION_VARIABLE + ", or write to = \"DIRECTORY/\" in the configuration file");
    }

    /** Where a run with --every notes its last result, null for nowhere. */
    Path healthFile() {
        return isSet("SQLITE_BACKUP_HEALTH_FILE") ? pathOrHome(variables.get("SQLITE_BACKUP_HEALTH_FILE")) : null;
    }

    /** Where temporary files go unless told otherwise. */
    Path temporaryDirectory(Path argument) {
        Path directory = argument != null
                ? argument
                : isSet("TMPDIR") ? path(variables.get("TMPDIR")) : path(systemTemporaryDirectory);
        if (!Files.isDirectory(directory)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the temporary directory does not exist: " + directory,
                    "choose another one with --tmp-dir or TMPDIR");
        }
        return directory.toAbsolutePath();
    }

    /** Where native libraries may be unpacked, for when the first place is mounted noexec. */
    List<Path> programDirectories(Path temporaryDirectory) {
        List<Path> directories = new ArrayList<>(List.of(temporaryDirectory, path(systemTemporaryDirectory)));
        if (isSet("XDG_RUNTIME_DIR")) {
            directories.add(path(variables.get("XDG_RUNTIME_DIR")));
        }
        if (isSet("XDG_CACHE_HOME") || isSet("HOME")) {
            directories.add(
                    isSet("XDG_CACHE_HOME")
                            ? path(variables.get("XDG_CACHE_HOME"))
                            : homeDirectory().resolve(".cache"));
        }
        directories.add(programDirectory);
        return directories.stream().map(Path::toAbsolutePath).distinct().toList();
    }

    /** HOME, as the README's ~ means it; the JDK's own idea is "?" for a user without an entry in the passwd file. */
    private Path homeDirectory() {
        String directory = isSet("HOME") ? variables.get("HOME") : home;
        if (directory == null || directory.isEmpty() || directory.equals("?")) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "this user has no home directory, and no database is named",
                    "name the database, or set " + DATABASE_VARIABLE);
        }
        return path(directory);
    }

    boolean isSet(String variable) {
        return variables.get(variable) != null && !variables.get(variable).isEmpty();
    }

    /** In a crontab or after make's DB= no shell expands a ~. */
    private Path pathOrHome(String text) {
        return text.startsWith("~/") ? homeDirectory().resolve(path(text.substring(2))) : path(text);
    }

    /**
     * @throws Failure USAGE for a name that this process cannot express: under a C locale, Java garbles what is not
     *     ASCII
     */
    static Path path(String text) {
        try {
            if (text.indexOf('\uFFFD') >= 0) {
                throw new InvalidPathException(text, "cannot be expressed");
            }
            if (Hints.isAddress(text)) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "not a file: " + text,
                        "a backup is in a file ending in .gz, in a directory, or in s3://BUCKET/PREFIX/");
            }
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the current locale cannot express the file name " + text,
                    "set LC_ALL=C.UTF-8, or use scripts/sqlite-backup, which does",
                    e);
        }
    }
}
