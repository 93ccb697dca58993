package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.store.Store;
import java.nio.file.AccessDeniedException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
     * What there is.
     *
     * @param chains newest first
     * @param warnings one for each file that has one of our names only
     * @param unreadable what a disk could not read, null if it could read everything. What this user may not read is
     *     somebody else's, and not meant
     */
    public record Listing(List<Chain> chains, List<String> warnings, Failure unreadable) {
        /** Those of one database. */
        public List<Chain> of(String database) {
            return chains.stream()
                    .filter(chain -> chain.tip().database().equals(database))
                    .toList();
        }
    }

    private final Store store;
    /** Each look at a directory far away is a request for every thousand files. */
    private List<Named> listed;
    /** Likewise, each look into a file is one. */
    private final Map<Store.StoredFile, byte[]> tailsFarAway = new ConcurrentHashMap<>();

    private final DatabaseNames names = new DatabaseNames(this);

    History(Store store) {
        this.store = store;
    }

    public Store store() {
        return store;
    }

    /** Which database has which name here. */
    public DatabaseNames names() {
        return names;
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
        names.forget();
    }

    /**
     * Everything here, of all databases. In a remote store a file is believed by its name, unless it is too short for a
     * backup: see {@link #ours}.
     */
    public Listing read() {
        List<String> warnings = Collections.synchronizedList(new ArrayList<>());
        List<Failure> unreadable = Collections.synchronizedList(new ArrayList<>());
        // Each takes an open and a read, so a directory of thousands takes its time on one core.
        List<Chain> chains = named().parallel()
                .map(named -> !store.isRemote() ? describe(named, warnings, unreadable) : guess(named, warnings))
                .filter(Objects::nonNull)
                .sorted(Chain.NEWEST_FIRST)
                .toList();
        Collections.sort(warnings);
        return new Listing(chains, warnings, unreadable.isEmpty() ? null : unreadable.get(0));
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
    public Chain newest(String database, Instant notAfter, List<String> warnings) {
        List<Named> newestFirst = named().filter(named -> named.name.database().equals(database)
                        && !named.name.createdAt().isAfter(notAfter))
                .sorted(Comparator.comparing(Named::name).reversed())
                .toList();
        for (Named named : newestFirst) {
            Chain chain = describe(named, warnings, new ArrayList<>());
            if (chain != null) {
                return chain;
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
    public Chain newestByNow(String database, Instant now, List<String> warnings) {
        List<String> found = new ArrayList<>();
        Chain newest = newest(database, now, found);
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
     * @param chains as they were listed
     * @param warnings takes one for each that is not what it is named
     * @return those that are
     */
    public List<Chain> ours(List<Chain> chains, List<String> warnings) {
        if (!store.isRemote()) {
            return chains; // Each was looked into when it was listed.
        }
        Map<String, Named> byName = named().collect(Collectors.toMap(named -> named.file.name(), named -> named));
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        List<Chain> ours = chains.parallelStream()
                .filter(chain -> describe(byName.get(chain.tip().name()), found, new ArrayList<>()) != null)
                .toList();
        found.stream().filter(warning -> !warnings.contains(warning)).sorted().forEach(warnings::add);
        return ours;
    }

    /** @return null if the file is too short to be one of ours */
    private Chain guess(Named named, List<String> warnings) {
        if (named.name.parent() != null) {
            warnings.add(increment(named.file));
            return null;
        }
        if (named.file.sizeBytes() < Manifest.TAIL_BYTES) {
            warnings.add(noBackup(named.file));
            return null;
        }
        return full(named, null);
    }

    private String increment(Store.StoredFile file) {
        return store.location(file.name())
                + " has the name of an increment, which this version of the program does not read; it is left alone";
    }

    private String noBackup(Store.StoredFile file) {
        return store.location(file.name())
                + " has the name of a backup and does not end like one: half-copied, damaged, or of another "
                + "program; it is ignored";
    }

    private byte[] tail(Store.StoredFile file) {
        byte[] tail = tailsFarAway.get(file);
        if (tail == null) {
            tail = store.isRemote() && file.sizeBytes() < Manifest.TAIL_BYTES
                    ? new byte[0]
                    : store.readTail(file.name(), Manifest.TAIL_BYTES);
            if (tail != null && store.isRemote()) {
                tailsFarAway.put(file, tail);
            }
        }
        return tail;
    }

    /** @return null if the file is not one of ours */
    private Chain describe(Named named, List<String> warnings, List<Failure> unreadable) {
        Store.StoredFile file = named.file;
        if (named.name.parent() != null) {
            warnings.add(increment(file));
            return null;
        }
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
        Manifest manifest = Manifest.parse(tail);
        if (manifest == null || !manifest.createdAt().equals(name.createdAt())) {
            warnings.add(
                    manifest == null
                            ? noBackup(file)
                            : store.location(file.name()) + " holds a backup of " + manifest.createdAt()
                                    + ", which is not what its name says; it is left alone");
            return null;
        }
        return full(named, manifest.databaseBytes());
    }

    private Chain full(Named named, Long databaseBytes) {
        BackupName name = named.name;
        return Chain.of(new Backup(
                store.location(named.file.name()),
                named.file.name(),
                name.database(),
                name.createdAt(),
                name.number(),
                named.file.sizeBytes(),
                databaseBytes,
                null));
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
}
