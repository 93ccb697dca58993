package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.core.Meeting;
import dev.sqlitebackup.history.DatabasesBelow;
import dev.sqlitebackup.history.Location;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Which databases a command is for, where they may be several: the option that finds them, and what is refused. */
final class Targets {
    @Option(
            names = "--databases-in",
            paramLabel = "DIR",
            description =
                    "Take every database below DIR, told by its content and not by its name, but for safety copies and "
                            + "what is in DEST. Links are not followed.")
    private Path directory;

    /**
     * What a run is for.
     *
     * @param each empty where it is for one, as it was named or by default
     */
    record Found(List<Target> each, List<String> warnings) {
        static final Found ONE = new Found(List.of(), List.of());

        boolean isOne() {
            return each.isEmpty();
        }
    }

    /**
     * Looks for them, and runs nothing.
     *
     * @param named the command's arguments
     * @param destination null for the default
     * @throws Failure USAGE if two of them meet, or the place holds just one; NOT_FOUND if there are none
     */
    Found of(List<Path> named, Location destination, NameOption name, Environment environment, CommandSpec spec) {
        CommonOptions common = CommonOptions.of(spec.commandLine());
        if (isOne(named, environment, common)) {
            return Found.ONE;
        }
        if (!named.isEmpty() && directory != null) {
            throw new ParameterException(spec.commandLine(), "give DATABASE or --databases-in, and not both");
        }
        if (destination == null) {
            refuseDestinations(spec);
        }
        if (common.standardOutputIsTaken) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "standard output takes one backup, and this would be for several databases",
                    "name one database, or a directory for all of them: --to=backups/");
        }
        if (name.name(spec) != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--name is for one database, and these are several",
                    "leave it out, or name each in a configuration file (--config)");
        }
        Candidates candidates = new Candidates(destination, environment, common.configuration, directory != null);
        if (directory != null) {
            return below(candidates);
        }
        return new Found(named.isEmpty() ? candidates.of(all(environment, common)) : candidates.at(named), List.of());
    }

    /**
     * What a run's metrics are of.
     *
     * @param destination null for the default
     * @return null as long as nobody has read what a file says of it
     */
    MetricsOption.Subject subject(
            List<Path> named, Location destination, NameOption name, Environment environment, CommandSpec spec) {
        CommonOptions common = CommonOptions.of(spec.commandLine());
        if (isUnread(environment, common)) {
            return null;
        }
        if (!isOne(named, environment, common)) {
            return MetricsOption.Subject.ofAll(destination);
        }
        Path database = environment.database(one(named));
        return MetricsOption.Subject.of(
                name.name(spec), database, environment.destination(destination, database, name.name(spec)));
    }

    /**
     * The same of a command for places.
     *
     * @param place of the one, where it is one
     */
    static MetricsOption.Subject subject(
            List<Location> named,
            Supplier<Location> place,
            NameOption name,
            Environment environment,
            CommandSpec spec) {
        CommonOptions common = CommonOptions.of(spec.commandLine());
        if (isUnread(environment, common)) {
            return null;
        }
        return isOneNamed(named, environment, common)
                ? MetricsOption.Subject.at(place.get(), name.name(spec))
                : MetricsOption.Subject.ofAll(null);
    }

    private static boolean isUnread(Environment environment, CommonOptions common) {
        return common.configuration == null && environment.configurationFile(common.configurationFile) != null;
    }

    /** Whether it is for one, as it was named or by default. */
    boolean isOne(List<Path> named, Environment environment, CommonOptions common) {
        return directory == null && isOneNamed(named, environment, common);
    }

    /** The same of a command that does not look for them. */
    static boolean isOneNamed(List<?> named, Environment environment, CommonOptions common) {
        return named.size() == 1 || named.isEmpty() && all(environment, common).isEmpty();
    }

    /** Those of the configuration, each with its place, for a command that names none; none if it is for one. */
    static List<Target> configured(Environment environment, CommonOptions common) {
        return new Candidates(null, environment, common.configuration, false).of(all(environment, common));
    }

    private static List<Configuration.Database> all(Environment environment, CommonOptions common) {
        return common.configuration == null
                        || common.configured != null
                        || environment.isSet(Environment.DATABASE_VARIABLE)
                ? List.of()
                : common.configuration.databases();
    }

    private Found below(Candidates candidates) {
        Location to = candidates.placeIfAny(directory);
        DatabasesBelow.Found found = DatabasesBelow.in(directory, to);
        if (found.databases().isEmpty() && found.unreadable().isEmpty()) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no database below " + directory,
                    "a database is told by its first bytes, links are not followed, and safety copies do not count");
        }
        List<Target> all = new ArrayList<>(candidates.at(found.databases()));
        found.unreadable()
                .forEach((path, failure) ->
                        all.add(new Target(path.getFileName().toString(), path, to, failure, null, true)));
        return new Found(all, found.warnings());
    }

    /**
     * Gives databases their names and places.
     *
     * @param destination what the command line says, null for nothing
     * @param configuration null for none
     * @param isFound whether they were, and not named
     */
    private record Candidates(
            Location destination, Environment environment, Configuration configuration, boolean isFound) {
        List<Target> at(List<Path> databases) {
            return targets(databases.stream()
                    .map(path -> target(path, configuration == null ? null : configuration.at(path)))
                    .toList());
        }

        List<Target> of(List<Configuration.Database> databases) {
            return targets(databases.stream()
                    .map(database -> target(database.path(), database))
                    .toList());
        }

        private static List<Target> targets(List<Target> all) {
            Meeting.refuse(all.stream()
                    .filter(target -> target.failure() == null)
                    .map(target -> new Meeting.Wanted(
                            target.database(),
                            target.configured() == null
                                    ? null
                                    : target.configured().name(),
                            target.place()))
                    .toList());
            return all;
        }

        private Target target(Path database, Configuration.Database configured) {
            Location place = place(database, configured);
            String name = configured == null ? null : configured.name();
            return new Target(
                    new Meeting.Wanted(database, name, place).nameThere(),
                    database,
                    place,
                    ifInexpressible(database),
                    configured,
                    isFound && configured == null);
        }

        /** Two such names look the same, and would meet. */
        private static Failure ifInexpressible(Path database) {
            try {
                Environment.path(database.toString());
                return null;
            } catch (Failure e) {
                return e;
            }
        }

        /** Where those go that have no table: null where nothing says so, which only they will miss. */
        private Location placeIfAny(Path directory) {
            try {
                return place(directory, null);
            } catch (Failure e) {
                return null;
            }
        }

        private Location place(Path database, Configuration.Database configured) {
            String to =
                    destination != null || configuration == null || environment.isSet(Environment.DESTINATION_VARIABLE)
                            ? null
                            : configured != null
                                    ? configured.to()
                                    : configuration.defaults().get(Configuration.TO);
            return environment.place(
                    to != null ? environment.location(to) : destination,
                    database,
                    configured == null ? null : configured.name());
        }
    }

    /** @return what the one argument is, null where there is none */
    static <T> T one(List<T> arguments) {
        return arguments.isEmpty() ? null : arguments.get(0);
    }

    /** Places that were named; one that is named twice is one. */
    static List<Target> of(List<Location> places) {
        return places.stream()
                .distinct()
                .map(place -> new Target(place.toString(), null, place, null, null, false))
                .toList();
    }

    /** Whoever leaves out the option means one database, and not two. */
    private static void refuseDestinations(CommandSpec spec) {
        spec.commandLine().getParseResult().matchedPositionals().stream()
                .flatMap(positional -> positional.originalStringValues().stream())
                .filter(word ->
                        word.endsWith("/") || word.endsWith(Location.BACKUP_SUFFIX) || Files.isDirectory(Path.of(word)))
                .findFirst()
                .ifPresent(word -> {
                    throw new Failure(
                            Failure.Kind.USAGE,
                            "one argument too many: " + word,
                            FailureHandler.hintIfDestination(spec.commandLine(), word, null));
                });
    }
}
