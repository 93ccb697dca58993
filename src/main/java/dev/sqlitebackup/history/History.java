package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.store.Store;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The backups in a directory: which files are ours, of which database, and in which order. A file is ours if it has one
 * of our names and ends as only we end a file that holds what the name says. Anything else (half-copied, damaged,
 * somebody else's) is named in a warning, and never chosen, counted or deleted.
 */
public final class History {
    /**
     * @param backups newest first
     * @param warnings one for each file that has one of our names only
     * @param unreadable what a disk could not read, null if it could read everything. What this user may not read is
     *     somebody else's, and not meant
     */
    public record Listing(List<Backup> backups, List<String> warnings, Failure unreadable) {}

    private final Store store;
    /** Each look at a directory far away is a request for every thousand files. */
    private List<Named> listed;
    /** Likewise, each look into a file is one. */
    private final Map<Store.StoredFile, byte[]> tailsFarAway = new ConcurrentHashMap<>();

    private final Map<String, Optional<State>> states = new ConcurrentHashMap<>();

    History(Store store) {
        this.store = store;
    }

    public static History at(Location location) {
        return new History(location.store());
    }

    public Store store() {
        return store;
    }

    /** A file that has one of our names. */
    private record Named(BackupName name, Store.StoredFile file) {}

    private Stream<Named> named() {
        if (listed == null) {
            listed = store.list(name -> BackupName.parse(name) != null).stream()
                    .map(file -> new Named(BackupName.parse(file.name()), file))
                    .toList();
        }
        return listed.stream();
    }

    /** What is known of the directory is out of date. */
    public void forget() {
        listed = null;
        states.clear();
    }

    /**
     * Everything here, of all databases. Far away, files are taken for what they are named, and for as long as they
     * could be that: see {@link #ours}.
     */
    public Listing read() {
        List<String> warnings = Collections.synchronizedList(new ArrayList<>());
        List<Failure> unreadable = Collections.synchronizedList(new ArrayList<>());
        // Each takes an open and a read, so a directory of thousands takes its time on one core.
        List<Backup> backups = named().parallel()
                .map(named -> store.isNear() ? describe(named, warnings, unreadable) : guess(named, warnings))
                .filter(Objects::nonNull)
                .sorted(Backup.NEWEST_FIRST)
                .toList();
        Collections.sort(warnings);
        return new Listing(backups, warnings, unreadable.isEmpty() ? null : unreadable.get(0));
    }

    /** The databases that files here are named after. */
    public SortedSet<String> databases() {
        return named().map(named -> named.name.database()).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * The newest backup of a database. Its name is enough to find it, so hardly more than one file is read.
     *
     * @param notAfter the latest time of its snapshot
     * @param warnings takes one for each newer file that is not what it is named
     * @return null if there is none
     */
    public Backup newest(String database, Instant notAfter, List<String> warnings) {
        List<Named> newestFirst = named().filter(named -> named.name.database().equals(database)
                        && !named.name.createdAt().isAfter(notAfter))
                .sorted(Comparator.comparing(Named::name).reversed())
                .toList();
        for (Named named : newestFirst) {
            Backup backup = describe(named, warnings, new ArrayList<>());
            if (backup != null) {
                return backup;
            }
        }
        return null;
    }

    /** When the backup before this one was made, as far as names tell. @return null if there is none */
    Instant createdBefore(Backup backup) {
        return named().filter(named -> named.name.database().equals(backup.database())
                        && named.name.createdAt().isBefore(backup.createdAt())
                        && guess(named, new ArrayList<>()) != null)
                .map(named -> named.name.createdAt())
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    /**
     * The newest that is not dated after now, if there is one: a clock that was wrong once would make another the
     * newest for a long time.
     */
    public Backup newestByNow(String database, Instant now, List<String> warnings) {
        List<String> found = new ArrayList<>();
        Backup newest = newest(database, now, found);
        if (newest == null) {
            found.clear(); // All of them are looked at again.
            newest = newest(database, Instant.MAX, found);
        }
        warnings.addAll(found);
        return newest;
    }

    /**
     * What a decision may rest on: others may have put anything under our names. Far away each costs a request, so they
     * are asked for what is to be kept, and not for everything that is listed.
     *
     * @param backups as they were listed
     * @param warnings takes one for each that is not what it is named
     * @return those that are
     */
    public List<Backup> ours(List<Backup> backups, List<String> warnings) {
        if (store.isNear()) {
            return backups; // Each was looked into when it was listed.
        }
        Map<String, Named> byName = named().collect(Collectors.toMap(named -> named.file.name(), named -> named));
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        List<Backup> ours = backups.parallelStream()
                .filter(backup -> describe(byName.get(backup.name()), found, new ArrayList<>()) != null)
                .toList();
        found.stream().filter(warning -> !warnings.contains(warning)).sorted().forEach(warnings::add);
        return ours;
    }

    /** @return null if the file is too short to be one of ours */
    private Backup guess(Named named, List<String> warnings) {
        if (named.file.sizeBytes() < BackupReader.SUMMARY_BYTES) {
            warnings.add(noBackup(named.file));
            return null;
        }
        return byName(named, null);
    }

    private String noBackup(Store.StoredFile file) {
        return store.location(file.name())
                + " has the name of a backup and does not end like one: half-copied, damaged, or of another program; it is ignored";
    }

    private byte[] tail(Store.StoredFile file) {
        byte[] tail = tailsFarAway.get(file);
        if (tail == null) {
            tail = !store.isNear() && file.sizeBytes() < BackupReader.SUMMARY_BYTES
                    ? new byte[0]
                    : store.readTail(file.name(), BackupReader.SUMMARY_BYTES);
            if (tail != null && !store.isNear()) {
                tailsFarAway.put(file, tail);
            }
        }
        return tail;
    }

    /** @return null if the file is not one of ours */
    private Backup describe(Named named, List<String> warnings, List<Failure> unreadable) {
        Store.StoredFile file = named.file;
        byte[] tail;
        try {
            tail = tail(file);
        } catch (Failure e) {
            warnings.add(e.getMessage() + "; it is left alone");
            if (!(e.getCause() instanceof AccessDeniedException)) {
                unreadable.add(e);
            }
            return null;
        }
        if (tail == null) {
            return null; // Deleted since it was listed.
        }
        BackupName name = named.name;
        BackupReader.Summary summary = BackupReader.Summary.parse(tail);
        if (summary == null || !summary.createdAt().equals(name.createdAt())) {
            warnings.add(
                    summary == null
                            ? noBackup(file)
                            : store.location(file.name()) + " holds a backup of " + summary.createdAt()
                                    + ", which is not what its name says; it is left alone");
            return null;
        }
        return byName(named, summary.databaseBytes());
    }

    private Backup byName(Named named, Long databaseBytes) {
        BackupName name = named.name;
        return Backup.of(
                store.location(named.file.name()),
                named.file.name(),
                name.database(),
                name.createdAt(),
                name.number(),
                named.file.sizeBytes(),
                databaseBytes);
    }

    /** Backups that are no part of a history: somebody named the directory of a single file. */
    public List<String> singles() {
        return store
                .list(name -> name.endsWith(Location.BACKUP_SUFFIX)
                        && !name.startsWith(".")
                        && BackupName.parse(name) == null)
                .stream()
                .map(file -> store.location(file.name()))
                .sorted()
                .toList();
    }

    /**
     * Which database is meant where several may share the directory: the one of the name that was said, the only one,
     * the one that lies there, or the one of that file name.
     *
     * @return its name here
     * @throws Failure USAGE if that does not decide it, NOT_FOUND if there is none at all, or none of that name
     */
    public String choose(DatabaseChoice choice) {
        SortedSet<String> databases = databases();
        if (databases.isEmpty()) {
            store.requirePlace();
            List<String> singles = singles();
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no history in " + store.place(),
                    singles.isEmpty()
                            ? "make a backup first, or name another directory"
                            : "name the backup itself: " + String.join(" or ", singles));
        }
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
                    "several databases are backed up in " + store.place() + " (" + String.join(", ", databases)
                            + "), and "
                            + (databases.contains(choice.fileName()) ? "more than one was called " : "none is called ")
                            + choice.fileName(),
                    "say which: " + options(databases));
        }
        return name;
    }

    /** @throws Failure NOT_FOUND if no backup here has that name of a database */
    public void requireName(String name) {
        SortedSet<String> databases = databases();
        if (!databases.contains(name)) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no backup of a database called " + name + " in " + store.place(),
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
        SortedSet<String> databases = databases();
        if (databases.size() == 1 && databases.contains(fileName)) {
            return fileName;
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
                        known -> Optional.ofNullable(StateFile.of(store, known).read()))
                .orElse(null);
    }

    /** What the last run noted of a database here. A note is worth having, and no reason to fail. */
    State noted(String name) {
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
    boolean mayBeOf(String name, Path database) {
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
    String shrunkBefore(Backup backup) {
        State state = noted(backup.database());
        State.Shrunk before = state == null ? null : state.shrunk();
        // Within a second, only the name tells.
        return before == null
                        || backup.name().equals(before.backup())
                        || backup.createdAt().isBefore(Instant.parse(before.createdAt()))
                ? null
                : String.format(
                        Locale.ROOT,
                        "this backup was made after the database had shrunk from %,d bytes in use; the last one from before: %s",
                        before.contentBytes(),
                        store.location(before.backup()));
    }

    /**
     * Where the database lies whose backups have that name here, if that is, as noted, another one than this. @return
     * null if it is not
     */
    String pathOfAnother(String name, Path database) {
        State.Source source = source(name);
        return source == null
                        || source.path() == null
                        || Origin.of(source, database) == Origin.SAME
                        || source.path().equals(database.toString())
                ? null
                : source.path();
    }
}
