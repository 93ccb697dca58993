package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.store.Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The backups in a directory: which files are ours ({@link Ends}), of which database, in which order, and what each
 * builds on ({@link Chains}). Anything else (half-copied, damaged, somebody else's) is named in a warning, and never
 * chosen, counted or deleted.
 */
public final class History {
    /** In the order of {@link Backup#NEWEST_FIRST}, but that of one moment a full backup comes first. */
    private static final Comparator<Ends.Named> NEWEST_FIRST = Comparator.comparing(
                    (Ends.Named named) -> named.name().moment(), Comparator.reverseOrder())
            .thenComparing(named -> named.name().parent(), Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(named -> named.file().name());

    /**
     * What there is.
     *
     * @param chains newest first; whole ones alone
     * @param broken newest first; of these, something is missing
     * @param warnings one for each file that has one of our names only, and for what is missing
     * @param unreadable what a disk could not read, null if it could read everything. What this user may not read is
     *     somebody else's, and not meant
     */
    public record Listing(List<Chain> chains, List<Chain> broken, List<String> warnings, Failure unreadable) {
        /** Those of one database. */
        public List<Chain> of(String database) {
            return chains.stream()
                    .filter(chain -> chain.tip().database().equals(database))
                    .toList();
        }
    }

    private final Store store;
    private final Ends ends;
    /** Each look at a directory far away is a request for every thousand files. By database, newest first. */
    private SortedMap<String, List<Ends.Named>> listed;

    private final DatabaseNames names = new DatabaseNames(this);

    History(Store store) {
        this.store = store;
        this.ends = new Ends(store);
    }

    public Store store() {
        return store;
    }

    /** Which database has which name here. */
    public DatabaseNames names() {
        return names;
    }

    private SortedMap<String, List<Ends.Named>> named() {
        if (listed == null) {
            listed = store.list(name -> BackupName.parse(name) != null).stream()
                    .map(file -> new Ends.Named(BackupName.parse(file.name()), file))
                    .sorted(NEWEST_FIRST)
                    .collect(
                            Collectors.groupingBy(named -> named.name().database(), TreeMap::new, Collectors.toList()));
        }
        return listed;
    }

    private List<Ends.Named> named(String database) {
        return named().getOrDefault(database, List.of());
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
        List<Chain> all = new ArrayList<>();
        for (List<Ends.Named> ofDatabase : named().values()) {
            // Each takes an open and a read, so a directory of thousands takes its time on one core.
            List<Backup> backups = ofDatabase.parallelStream()
                    .map(named ->
                            store.isRemote() ? ends.guess(named, warnings) : ends.describe(named, warnings, unreadable))
                    .filter(Objects::nonNull)
                    .toList();
            Chains chains = new Chains(firstOfEach(backups, Backup::moment)::get, this::missing);
            backups.forEach(backup -> all.add(chains.to(backup)));
        }
        all.sort(Chain.NEWEST_FIRST);
        List<Chain> broken = all.stream().filter(chain -> !chain.isWhole()).toList();
        Collections.sort(warnings);
        warnings.addAll(warnings(broken));
        return new Listing(
                all.stream().filter(Chain::isWhole).toList(),
                broken,
                warnings,
                unreadable.isEmpty() ? null : unreadable.get(0));
    }

    /** One for each thing that is missing, since a base may have hundreds of increments. */
    private static List<String> warnings(List<Chain> brokenNewestFirst) {
        return brokenNewestFirst.stream()
                .collect(Collectors.groupingBy(Chain::broken, TreeMap::new, Collectors.toList()))
                .entrySet()
                .stream()
                .map(entry -> {
                    int others = entry.getValue().size() - 1;
                    return entry.getValue().get(0).tip().location()
                            + (others == 0 ? "" : " and " + others + " older")
                            + " cannot be restored, and " + (others == 0 ? "is" : "are") + " left alone: "
                            + entry.getKey();
                })
                .toList();
    }

    private static <T> Map<BackupName.Moment, T> firstOfEach(List<T> all, Function<T, BackupName.Moment> moment) {
        Map<BackupName.Moment, T> first = new HashMap<>();
        all.forEach(one -> first.putIfAbsent(moment.apply(one), one));
        return first;
    }

    /** What to say of a backup that others build on, and that is not there. */
    private String missing(String database, BackupName.Moment moment) {
        Ends.Named named = named(database).stream()
                .filter(other -> other.name().moment().equals(moment))
                .findFirst()
                .orElse(null);
        if (named == null) {
            return "the backup " + moment + " of " + database + ", on which it builds, is not there";
        }
        String location = store.location(named.file().name());
        return "of " + location + ", on which it builds, "
                + (ends.isPointer(named.file())
                        ? "only the Git LFS pointer is here: " + OtherBackups.ifPointer(location)
                        : "nothing is left that ends like a backup");
    }

    /** The databases that files here are named after. */
    public SortedSet<String> databases() {
        return new TreeSet<>(named().keySet());
    }

    /**
     * The newest backup of a database. Its name is enough to find it, so hardly more than its chain is looked into.
     *
     * @param notAfter the latest time of its snapshot
     * @param warnings takes one for each newer file that is not what it is named
     * @return null if there is none. It may be broken
     */
    public Chain newest(String database, Instant notAfter, List<String> warnings) {
        for (Ends.Named named : named(database)) {
            Backup tip = named.name().createdAt().isAfter(notAfter)
                    ? null
                    : ends.describe(named, warnings, new ArrayList<>());
            if (tip != null) {
                return chain(tip);
            }
        }
        return null;
    }

    /** The same of a file of that name. @return null if it is not one of ours */
    Chain named(String fileName, List<String> warnings) {
        BackupName name = BackupName.parse(fileName);
        return named(name.database()).stream()
                .filter(named -> named.file().name().equals(fileName))
                .map(named -> ends.describe(named, warnings, new ArrayList<>()))
                .filter(Objects::nonNull)
                .map(this::chain)
                .findFirst()
                .orElse(null);
    }

    private Chain chain(Backup tip) {
        return new Chains(
                        moment -> named(tip.database()).stream()
                                .filter(named -> named.name().moment().equals(moment))
                                .map(this::look)
                                .filter(Objects::nonNull)
                                .findFirst()
                                .orElse(null),
                        this::missing)
                .to(tip);
    }

    /** At what something else is built on: far away, where each look is a request, its name is believed. */
    private Backup look(Ends.Named named) {
        return store.isRemote()
                ? ends.guess(named, new ArrayList<>())
                : ends.describe(named, new ArrayList<>(), new ArrayList<>());
    }

    /** All chains of a database, newest first, each looked at when its turn comes. */
    private Stream<Chain> chains(String database, Function<Ends.Named, Backup> look) {
        Map<BackupName.Moment, Backup> seen = new HashMap<>();
        Map<BackupName.Moment, Ends.Named> byMoment =
                firstOfEach(named(database), named -> named.name().moment());
        Chains chains = new Chains(
                moment -> byMoment.containsKey(moment)
                        ? seen.computeIfAbsent(moment, found -> look.apply(byMoment.get(found)))
                        : null,
                (of, moment) -> "it is not there");
        return named(database).stream().map(look).filter(Objects::nonNull).map(chains::to);
    }

    /**
     * When the newest backup before this one was made that can be brought back without some file, as far as the ends of
     * files tell.
     *
     * @param without the name of that file
     * @return null if there is none
     */
    Instant createdBefore(Backup backup, String without) {
        return chains(backup.database(), this::look)
                .filter(chain -> chain.createdAt().isBefore(backup.createdAt())
                        && chain.isWhole()
                        && chain.members().stream()
                                .noneMatch(member -> member.name().equals(without)))
                .map(Chain::createdAt)
                .findFirst()
                .orElse(null);
    }

    /** How much the increments take, as far as names tell, that lead back to a full backup. */
    long incrementBytes(Backup full) {
        return chains(full.database(), named -> ends.guess(named, new ArrayList<>()))
                .filter(chain -> chain.tip().isIncrement()
                        && chain.isWhole()
                        && chain.base().name().equals(full.name()))
                .mapToLong(chain -> chain.tip().backupBytes())
                .sum();
    }

    /** The first place in a second that no backup of a database has. */
    BackupName.Moment freeMoment(String database, Instant createdAt) {
        int taken = named(database).stream()
                .filter(named -> named.name().createdAt().equals(createdAt))
                .mapToInt(named -> named.name().number())
                .max()
                .orElse(0);
        return new BackupName.Moment(createdAt, taken + 1);
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
     * @param warnings takes one for each file that is not what it is named
     * @return those of which all members are
     */
    public List<Chain> ours(List<Chain> chains, List<String> warnings) {
        if (!store.isRemote()) {
            return chains; // Each was looked into when it was listed.
        }
        Map<String, Ends.Named> byName = named().values().stream()
                .flatMap(List::stream)
                .collect(Collectors.toMap(named -> named.file().name(), Function.identity()));
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        List<Chain> ours = chains.parallelStream()
                .filter(chain -> chain.members().stream()
                        .allMatch(member -> ends.describe(byName.get(member.name()), found, new ArrayList<>()) != null))
                .toList();
        found.stream()
                .distinct()
                .filter(warning -> !warnings.contains(warning))
                .sorted()
                .forEach(warnings::add);
        return ours;
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
