package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Location;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/**
 * Runs a command with what a configuration file says, if there is one. A database of the file stands for
 * {@code $SQLITE_BACKUP_DB}, and its place for {@code $SQLITE_BACKUP_TO}, where these are not set; all else are
 * defaults of options. So what is typed wins, then the environment, then the file.
 */
final class Configured implements IExecutionStrategy {
    /** Which are for all databases of the file where none is named. */
    private static final Set<String> FOR_ALL = Set.of("backup", "status", "verify", "prune");
    /** Which are about the program, also where the file is wrong. */
    private static final Set<String> NEEDS_NONE = Set.of("help", "generate-completion");
    /** Which are for a moment, and say all that they need. */
    private static final Set<String> WITHOUT_FILE =
            Set.of("restore", "undelete", "undo", "list", "diff", "query", "verify");
    /** Which write to the default database. */
    private static final Set<String> TO_DATABASE = Set.of("restore", "undelete");

    private final Environment environment;

    Configured(Environment environment) {
        this.environment = environment;
    }

    @Override
    public int execute(ParseResult parsed) {
        ParseResult command = parsed.subcommand();
        if (command == null
                || NEEDS_NONE.contains(command.commandSpec().name())
                || command.isUsageHelpRequested()
                || command.isVersionHelpRequested()) {
            return new RunLast().execute(parsed);
        }
        CommandLine typed = command.commandSpec().commandLine();
        CommonOptions common = CommonOptions.of(typed);
        try {
            Path file = environment.configurationFile(common.configurationFile);
            if (file == null) {
                return new RunLast().execute(parsed);
            }
            return execute(parsed, read(file, typed.getCommandName()));
        } catch (Failure e) {
            common.ping = PingOption.of(typed);
            throw new ExecutionException(typed, e.getMessage(), e);
        }
    }

    /** Who has lost a database shall not have to mend a file first. */
    private Configuration read(Path file, String command) {
        try {
            return ConfigurationFile.read(file, environment);
        } catch (Failure e) {
            throw WITHOUT_FILE.contains(command)
                    ? e.withHint((e.hint() == null ? "" : e.hint() + "; ") + "without the file: --config=/dev/null")
                    : e;
        }
    }

    private int execute(ParseResult parsed, Configuration configuration) {
        String[] words = parsed.originalArgs().toArray(String[]::new);
        Configuration.Database database = database(parsed.subcommand(), configuration);
        String to = configuration.defaults().get(Configuration.TO);
        Environment itsOwn = database == null && to != null && isForOne(parsed.subcommand(), configuration)
                ? environment.withDefaults(Map.of(Environment.DESTINATION_VARIABLE, to))
                : environment;
        CommandLine program = commandLine(
                        itsOwn, configuration, database, isNoted(parsed.subcommand(), configuration, database), words)
                .setOut(parsed.commandSpec().commandLine().getOut())
                .setErr(parsed.commandSpec().commandLine().getErr());
        program.setExecutionStrategy(new RunLast());
        return program.execute(words);
    }

    /**
     * A command line with what the file says of one database.
     *
     * @param database null for none of the file
     * @param isNoted whether the file's metrics are of the run
     */
    static CommandLine commandLine(
            Environment environment,
            Configuration configuration,
            Configuration.Database database,
            boolean isNoted,
            String... words) {
        Map<String, String> variables = new LinkedHashMap<>();
        if (database != null) {
            variables.put(Environment.DATABASE_VARIABLE, database.path().toString());
            variables.put(Environment.DESTINATION_VARIABLE, database.to());
        }
        boolean elsewhere = environment.isSet(Environment.DESTINATION_VARIABLE)
                || typed(words, "--to") != null
                || database != null
                        && !database.name().equals(Objects.requireNonNullElse(typed(words, "--name"), database.name()));
        CommandLine program = SqliteBackup.commandLine(environment.withDefaults(variables), words)
                .setDefaultValueProvider(configuration.defaults(
                        database, database != null && database.to() != null && !elsewhere, isNoted));
        CommonOptions common = CommonOptions.of(program);
        common.configuration = configuration;
        common.configured = database;
        return program;
    }

    /** @return the value of an option, null if it was not given */
    private static String typed(String[] words, String option) {
        for (int i = 0; i < words.length; i++) {
            if (words[i].startsWith(option + "=")) {
                return words[i].substring(option.length() + 1);
            }
            if (words[i].equals(option) && i + 1 < words.length) {
                return words[i + 1];
            }
        }
        return null;
    }

    /** @return the one that a command is for, null for none or for all of them */
    private Configuration.Database database(ParseResult command, Configuration configuration) {
        List<Path> named = values(command, Path.class);
        boolean placeGiven = !values(command, Location.class).isEmpty();
        String name = command.matchedOptionValue("--name", null);
        List<Configuration.Database> all = configuration.databases();
        if (command.hasMatchedOption("--databases-in")) {
            return null;
        }
        if (!named.isEmpty() || environment.isSet(Environment.DATABASE_VARIABLE)) {
            return placeGiven || named.size() > 1 ? null : configuration.at(environment.database(Targets.one(named)));
        }
        String word = command.commandSpec().name();
        boolean wantsDatabase = TO_DATABASE.contains(word) && !command.hasMatchedOption("--to");
        if (all.isEmpty() || placeGiven && !wantsDatabase) {
            return null;
        }
        if (name != null) {
            return configuration.called(name);
        }
        if (all.size() == 1) {
            return all.get(0);
        }
        if (!FOR_ALL.contains(word)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "there are several databases in " + configuration.file() + ": " + configuration.names(),
                    command.commandSpec().findOption("--name") == null
                            ? "say which: "
                                    + Hints.command(word, all.get(0).path().toString())
                            : "say which: --name=" + all.get(0).name() + "; or name the "
                                    + (TO_DATABASE.contains(word) ? "backup" : "place"));
        }
        return null;
    }

    /** Whether a command that no table is for is for one database all the same, which goes where all go. */
    private boolean isForOne(ParseResult command, Configuration configuration) {
        int named = values(command, Path.class).size();
        return !command.hasMatchedOption("--databases-in")
                && (named == 1
                        || named == 0
                                && (configuration.databases().isEmpty()
                                        || environment.isSet(Environment.DATABASE_VARIABLE)));
    }

    /** One database that is typed and has no table, or goes elsewhere than its table says, may never come again. */
    private static boolean isNoted(ParseResult command, Configuration configuration, Configuration.Database database) {
        if (configuration.databases().isEmpty()) {
            return true;
        }
        return database == null
                ? values(command, Path.class).size() != 1 || command.hasMatchedOption("--databases-in")
                : !command.hasMatchedOption("--to")
                        && database.name().equals(command.matchedOptionValue("--name", database.name()));
    }

    private static <T> List<T> values(ParseResult command, Class<T> type) {
        List<T> values = new ArrayList<>();
        for (ArgSpec argument : command.matchedPositionals()) {
            Object value = argument.getValue();
            List<?> given = value instanceof List<?> list ? list : List.of(value);
            given.stream().filter(type::isInstance).map(type::cast).forEach(values::add);
        }
        return values;
    }
}
