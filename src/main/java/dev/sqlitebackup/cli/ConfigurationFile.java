package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Suggestion;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.RegularFiles;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;
import picocli.CommandLine.TypeConversionException;

/** Reads a configuration file. Not loaded where there is none. */
final class ConfigurationFile {
    private static final String DATABASES = "databases";
    private static final String PATH = "path";
    private static final String NAME = "name";

    /** The options that it may set. Not those by which a command does something else, or accepts what is wrong. */
    static final Map<String, ConfigurationType> OPTIONS = options();

    private static final int MOST_BYTES = 1 << 20;
    private static final Pattern SECRET_KEY =
            Pattern.compile("(?i).*(passw|secret|token|credential|access.?key|api.?key|private.?key).*|ping(-url)?");
    /** A user and password in an address, AWS's keys, the monitor's address, a signed address. */
    private static final Pattern SECRET_VALUE = Pattern.compile(
            "(?is).*(://[^/@\\s]*@|(AKIA|ASIA)[0-9A-Z]{16}|hc-ping\\.com|X-Amz-(Signature|Credential)).*");

    private final Path file;
    private final Environment environment;
    private final TomlParseResult root;

    private ConfigurationFile(Path file, Environment environment) {
        this.file = file;
        this.environment = environment;
        this.root = parse(text());
    }

    private TomlParseResult parse(String text) {
        try {
            return Toml.parse(text);
        } catch (StackOverflowError e) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "no configuration file, for its brackets are nested too deeply: " + file,
                    null,
                    e);
        }
    }

    /** @throws Failure USAGE with the file and the line if it is not as it should be */
    static Configuration read(Path file, Environment environment) {
        return new ConfigurationFile(file.toAbsolutePath().normalize(), environment).configuration();
    }

    private static Map<String, ConfigurationType> options() {
        Map<String, ConfigurationType> options = new LinkedHashMap<>();
        options.put(Configuration.TO, ConfigurationType.PLACE);
        for (String rule : List.of("last", "hourly", "daily", "weekly", "monthly", "yearly")) {
            options.put("keep-" + rule, ConfigurationType.COUNT);
        }
        options.put("keep-within", ConfigurationType.WITHIN);
        List.of("max-age", "max-verify-age", "busy-timeout")
                .forEach(option -> options.put(option, ConfigurationType.DURATION));
        options.put("level", ConfigurationType.LEVEL);
        options.put("threads", ConfigurationType.THREADS);
        List.of("compact", "stage", "push", "pushed", "quiet")
                .forEach(option -> options.put(option, ConfigurationType.FLAG));
        List.of("tmp-dir", "safety-dir", "metrics-file").forEach(option -> options.put(option, ConfigurationType.PATH));
        options.put("object-lock", ConfigurationType.TEXT);
        return options;
    }

    /** It decides what is deleted: whoever may write to it decides that. */
    private String text() {
        try {
            Path real = file.toRealPath();
            if (PrivateFiles.isPosix()
                    && (!PrivateFiles.isWrittenByUsOrRoot(real)
                            || PrivateFiles.isBelowOpenDirectory(real)
                            || PrivateFiles.isBelowOpenDirectory(file))) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "others may write to the configuration file " + file
                                + ", which decides what is deleted: it has to belong to this user or to root, and "
                                + "to be writable for its owner alone, with no directory above it that is for everybody",
                        "see whose they are: namei -l " + Hints.quoted(file.toString())
                                + "; if it is the file itself: chmod go-w " + Hints.quoted(real.toString()));
            }
            try (FileChannel channel = RegularFiles.open(real, StandardOpenOption.READ)) {
                byte[] bytes = Channels.newInputStream(channel).readNBytes(MOST_BYTES + 1);
                if (bytes.length > MOST_BYTES) {
                    throw new Failure(Failure.Kind.USAGE, "no configuration file, but too long for one: " + file);
                }
                return new String(bytes, StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            Failure failure = Failure.io("cannot read the configuration file", file, e);
            throw new Failure(Failure.Kind.USAGE, failure.getMessage(), failure.hint(), e);
        }
    }

    private Configuration configuration() {
        if (root.hasErrors()) {
            TomlParseError error = root.errors().get(0);
            throw refused(error.position(), error.getMessage(), hint(error.getMessage()));
        }
        Map<String, String> defaults = values(root, List.of(), Set.of(DATABASES));
        List<Configuration.Database> databases = new ArrayList<>();
        Object all = root.get(List.of(DATABASES));
        if (all instanceof TomlTable tables) {
            tables.keySet().stream()
                    .sorted(Comparator.comparingInt(
                            key -> tables.inputPositionOf(List.of(key)).line()))
                    .forEach(key -> databases.add(database(tables, key, defaults)));
        } else if (all != null) {
            throw refused(root.inputPositionOf(List.of(DATABASES)), "databases is no table", example());
        }
        return new Configuration(file, defaults, databases);
    }

    /** @param message of the TOML library */
    private static String hint(String message) {
        return message.contains("previously defined")
                ? "give one of the two another name, or leave it out"
                : "texts are in quotes, as in to = \"/mnt/nas/backups/\"; the file is TOML: https://toml.io";
    }

    private static String example() {
        return "write it as [databases.\"wiki.db\"], with path = \"/srv/wiki/wiki.db\" below it";
    }

    private Configuration.Database database(TomlTable tables, String key, Map<String, String> defaults) {
        List<String> place = List.of(key);
        TomlPosition position = tables.inputPositionOf(place);
        if (!(tables.get(place) instanceof TomlTable table)) {
            throw refused(position, key + " is no table", example());
        }
        Map<String, String> own = values(table, List.of(PATH, NAME), Set.of());
        if (own.get(PATH) == null) {
            throw refused(position, "the database " + key + " has no path", example());
        }
        Map<String, String> options = new LinkedHashMap<>(defaults);
        String to = own.getOrDefault(Configuration.TO, defaults.get(Configuration.TO));
        if (to != null && to.endsWith(".gz")) {
            options.keySet().removeIf(Configuration::isRule); // A single file has no history.
        }
        options.putAll(own);
        String name = own.getOrDefault(NAME, key);
        options.remove(NAME);
        return new Configuration.Database(name, Path.of(options.remove(PATH)), options);
    }

    /**
     * The values of a table.
     *
     * @param more keys that are no options
     * @param skipped keys that are read elsewhere
     */
    private Map<String, String> values(TomlTable table, List<String> more, Set<String> skipped) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String key : table.keySet()) {
            Object value = table.get(List.of(key));
            TomlPosition position = table.inputPositionOf(List.of(key));
            if (skipped.contains(key)) {
                continue;
            }
            refuseSecret(key, value, position);
            ConfigurationType type = key.equals(PATH)
                    ? ConfigurationType.PATH
                    : key.equals(NAME) ? ConfigurationType.TEXT : OPTIONS.get(key);
            if (type == null || !OPTIONS.containsKey(key) && !more.contains(key)) {
                throw unknown(key, value, position, more);
            }
            values.put(key, value(key, value, type, position));
        }
        return values;
    }

    private Failure unknown(String key, Object value, TomlPosition position, List<String> more) {
        List<String> known = new ArrayList<>(more);
        known.addAll(OPTIONS.keySet());
        if (isTyped(key)) {
            return refused(position, key + " is not for a configuration file", "type it where it is meant: --" + key);
        }
        String hint = value instanceof TomlTable && !more.isEmpty()
                ? "a name with a dot is written in quotes, as [databases.\"wiki.db\"]"
                : value instanceof TomlTable ? example() : "there are " + String.join(", ", known);
        return refused(position, "unknown key " + key + Suggestion.of(key, known, Set.of()), hint);
    }

    /** Whether it is an option all the same. */
    private boolean isTyped(String key) {
        return !key.equals(NAME)
                && SqliteBackup.commandLine(environment).getSubcommands().values().stream()
                        .anyMatch(command -> command.getCommandSpec().findOption("--" + key) != null);
    }

    private void refuseSecret(String key, Object value, TomlPosition position) {
        if (SECRET_KEY.matcher(key).matches()) {
            throw refused(
                    position,
                    key + " is a secret, and has no place in a configuration file",
                    key.startsWith("ping")
                            ? "give it on the command line, from a variable: --ping=\"$PING_URL\""
                            : "s3:// takes its keys from the environment, or from AWS's own files");
        }
        if (value instanceof String text && SECRET_VALUE.matcher(text).matches()) {
            throw refused(
                    position,
                    "the value of " + key + " holds a secret, which has no place in a configuration file",
                    "s3:// takes its keys from the environment, or from AWS's own files");
        }
    }

    private String value(String key, Object value, ConfigurationType type, TomlPosition position) {
        if (value instanceof String text && text.isBlank()) {
            throw refused(position, key + " is empty", "leave the line out for what is built in");
        }
        try {
            return switch (type) {
                case PATH -> resolved(environment.argument((String) value)).toString();
                case PLACE -> place((String) value);
                case COUNT, LEVEL, THREADS -> Integer.toString(type.number(value));
                case DURATION, WITHIN -> duration((String) value, type);
                case TEXT -> (String) value;
                case FLAG -> ((Boolean) value).toString();
            };
        } catch (ClassCastException | ArithmeticException | TypeConversionException | Failure e) {
            boolean isWord = value instanceof String;
            String found = isWord || value instanceof Long ? ", not " + (isWord ? "\"" + value + "\"" : value) : "";
            throw refused(
                    position, key + " wants " + type.wanted() + found, e instanceof Failure f ? f.getMessage() : null);
        }
    }

    private static String duration(String text, ConfigurationType type) {
        if (type == ConfigurationType.WITHIN) {
            RetentionOptions.within(text);
        } else {
            Converters.duration(text);
        }
        return text;
    }

    private Path resolved(Path path) {
        return file.getParent().resolve(path).normalize();
    }

    private String place(String text) {
        return Hints.isAddress(text)
                ? environment.location(text).toString()
                : resolved(environment.argument(text)) + (text.endsWith("/") ? "/" : "");
    }

    private Failure refused(TomlPosition position, String what, String hint) {
        return new Failure(Failure.Kind.USAGE, file + ":" + position.line() + ": " + what, hint);
    }
}
