package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What a configuration file says (docs/many.md): values of options, which hold where the command line and the
 * environment say nothing.
 *
 * @param file where it is
 * @param defaults by the option's name without hyphens
 * @param databases in the file's order
 */
record Configuration(Path file, Map<String, String> defaults, List<Database> databases) {
    static final String TO = "to";
    private static final String METRICS_FILE = "metrics-file";
    private static final String NAME = "name";
    private static final String RULE = "keep-";

    /**
     * One of the databases.
     *
     * @param name by which its backups go
     * @param path absolute
     * @param options its own and, where it says nothing, those of all
     */
    record Database(String name, Path path, Map<String, String> options) {
        /** Where its backups go, null for the built-in default. */
        String to() {
            return options.get(TO);
        }

        boolean hasRules() {
            return options.keySet().stream().anyMatch(Configuration::isRule);
        }

        private boolean isAt(Path other) {
            try {
                return path.equals(other.toAbsolutePath().normalize())
                        || Files.exists(path) && Files.exists(other) && Files.isSameFile(path, other);
            } catch (IOException e) {
                return false;
            }
        }
    }

    static boolean isRule(String option) {
        return option.startsWith(RULE);
    }

    /** @return null for none that lies there, or more than one entry of it */
    Database at(Path path) {
        List<Database> there =
                databases.stream().filter(database -> database.isAt(path)).toList();
        return there.size() == 1 ? there.get(0) : null;
    }

    /** @throws Failure USAGE if there is none, or more than one, of that name */
    Database called(String name) {
        List<Database> found = databases.stream()
                .filter(database -> database.name.equals(name))
                .toList();
        if (found.size() != 1) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    (found.isEmpty() ? "no database" : "more than one database") + " is called " + name + " in " + file
                            + ": there are " + names(),
                    null);
        }
        return found.get(0);
    }

    String names() {
        return databases.stream().map(Database::name).collect(Collectors.joining(", "));
    }

    /**
     * What options are by default.
     *
     * @param database that a run is for, null for none of these
     * @param ofPlace whether its backups go where the file says: only there do the file's rules delete any
     * @param isNoted whether the file's metrics are of it: nothing would ever reset those of what was typed once
     */
    IDefaultValueProvider defaults(Database database, boolean ofPlace, boolean isNoted) {
        Map<String, String> values = new HashMap<>(database == null ? defaults : database.options);
        values.remove(TO); // Of each command it is something else.
        if (!isNoted) {
            values.remove(METRICS_FILE);
        }
        if (database == null || !ofPlace) {
            values.keySet().removeIf(Configuration::isRule);
        }
        if (database != null) {
            values.put(NAME, database.name);
        }
        return new IDefaultValueProvider() {
            @Override
            public String defaultValue(ArgSpec argument) {
                return argument instanceof OptionSpec option
                        ? values.get(option.longestName().replaceFirst("^--", ""))
                        : null;
            }
        };
    }
}
