package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.run.State;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which database has which name at a place that several may share: what a user says, what the last runs noted, and what
 * the files there are called, in this order.
 */
public final class DatabaseNames {
    private final History history;
    /** Far away, each costs a request. */
    private final Map<String, Optional<State>> states = new ConcurrentHashMap<>();

    DatabaseNames(History history) {
        this.history = history;
    }

    void forget() {
        states.clear();
    }

    /**
     * Which database is meant where several may share the directory: the one of the name that was said, the only one,
     * the one that lies there, or the one of that file name.
     *
     * @return its name here
     * @throws Failure USAGE if that does not decide it, NOT_FOUND if there is none at all, or none of that name
     */
    public String choose(DatabaseChoice choice) {
        requireAny();
        SortedSet<String> databases = history.databases();
        if (choice.name() != null) {
            requireName(choice.name());
            return choice.name();
        }
        if (databases.size() == 1) {
            return databases.first();
        }
        String name = nameOf(choice.database());
        if (name == null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "several databases are backed up in " + history.store().place() + " ("
                            + String.join(", ", databases) + ")" + whyNone(choice, databases),
                    "say which: " + options(databases));
        }
        return name;
    }

    /** Of a default that is not there, nobody has heard. */
    private static String whyNone(DatabaseChoice choice, SortedSet<String> databases) {
        return databases.contains(choice.fileName())
                ? ", and more than one was called " + choice.fileName()
                : Files.exists(choice.database()) ? ", and none is called " + choice.fileName() : "";
    }

    /** @throws Failure NOT_FOUND if no file here has the name of a backup */
    public void requireAny() {
        if (history.databases().isEmpty()) {
            history.store().requirePlace();
            List<String> singles = history.singles();
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no history in " + history.store().place(),
                    singles.isEmpty()
                            ? "make a backup first, or name another directory"
                            : "name the backup itself: " + String.join(" or ", singles));
        }
    }

    /** @throws Failure NOT_FOUND if no backup here has that name of a database */
    public void requireName(String name) {
        SortedSet<String> databases = history.databases();
        if (!databases.contains(name)) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no backup of a database called " + name + " in "
                            + history.store().place(),
                    databases.isEmpty() ? null : "there are: " + options(databases));
        }
    }

    private static String options(SortedSet<String> databases) {
        return databases.stream().map(name -> Hints.quoted("--name=" + name)).collect(Collectors.joining(" or "));
    }

    /**
     * The name here of the database that lies there: as the last run noted it, on this host or else on another one;
     * else its file name, unless it may be another's.
     *
     * @param database real, or where it was
     * @return null if there is none of either
     */
    public String nameOf(Path database) {
        String fileName = database.getFileName().toString();
        SortedSet<String> databases = history.databases();
        if (databases.size() == 1 && databases.contains(fileName)) {
            return fileName;
        }
        if (databases.contains(fileName) && isNotedAt(fileName, database)) {
            return fileName; // Without asking all others.
        }
        List<Noted> all = Stream.concat(
                        Stream.of(fileName).filter(databases::contains),
                        databases.stream().filter(name -> !name.equals(fileName)))
                .map(name -> new Noted(name, source(name)))
                .toList();
        List<Noted> there = all.stream().filter(noted -> noted.isAt(database)).toList();
        Noted here = there.stream()
                .filter(noted -> Origin.of(noted.source, database) == Origin.SAME)
                .findFirst()
                .orElse(there.size() == 1 ? there.get(0) : null);
        if (here != null) {
            return here.name;
        }
        List<Noted> possible =
                all.stream().filter(noted -> noted.isCalled(fileName)).toList();
        List<Noted> likely = possible.stream()
                .filter(noted -> Origin.of(noted.source, database) != Origin.ANOTHER)
                .toList();
        List<Noted> meant = likely.isEmpty() ? possible : likely;
        return meant.size() == 1 && meant.get(0).name.equals(fileName) ? fileName : null;
    }

    private boolean isNotedAt(String name, Path database) {
        Noted noted = new Noted(name, source(name));
        return noted.isAt(database) && Origin.of(noted.source, database) == Origin.SAME;
    }

    /**
     * A name, and what the last run noted of the database that has it here.
     *
     * @param source null for nothing
     */
    private record Noted(String name, State.Source source) {
        boolean isAt(Path database) {
            return source != null && database.toString().equals(source.path());
        }

        boolean isCalled(String fileName) {
            return name.equals(fileName)
                    || source != null && source.path() != null && source.path().endsWith("/" + fileName);
        }
    }

    private State.Source source(String name) {
        State state = state(name);
        return state == null ? null : state.source();
    }

    private State state(String name) {
        return states.computeIfAbsent(
                        name,
                        known -> Optional.ofNullable(
                                StateFile.of(history.store(), known).read()))
                .orElse(null);
    }

    /** What the last run noted of a database here. A note is worth having, and no reason to fail. */
    public State noted(String name) {
        try {
            return state(name);
        } catch (Failure e) {
            return null;
        }
    }

    /**
     * Whether the backups of that name here may be of this database: noted there, or called so and noted nowhere else
     * on this host.
     */
    public boolean mayBeOf(String name, Path database) {
        Noted noted = new Noted(name, source(name));
        return noted.isAt(database)
                || name.equals(database.getFileName().toString())
                        && Origin.of(noted.source, database) != Origin.ANOTHER;
    }

    /**
     * What whoever reads a backup has to hear.
     *
     * @return null if it is from before the database shrank, as far as it is noted
     */
    public String shrunkBefore(Backup backup) {
        State state = noted(backup.database());
        State.Shrunk before = state == null ? null : state.shrunk();
        // Within a second, only the name tells.
        return before == null
                        || backup.name().equals(before.backup())
                        || backup.createdAt().isBefore(Instant.parse(before.createdAt()))
                ? null
                : String.format(
                        Locale.ROOT,
                        "this backup was made after the database had shrunk from %,d bytes in use; the last one "
                                + "from before: %s",
                        before.contentBytes(),
                        history.store().location(before.backup()));
    }

    /**
     * Where the database lies whose backups have that name here, if that is, as noted, another one than this.
     *
     * @return null if it is not
     */
    public String pathOfAnother(String name, Path database) {
        State state = noted(name); // For a warning alone.
        State.Source source = state == null ? null : state.source();
        return source == null
                        || source.path() == null
                        || Origin.of(source, database) == Origin.SAME
                        || source.path().equals(database.toString())
                ? null
                : source.path();
    }
}
