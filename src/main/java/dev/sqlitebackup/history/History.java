package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.store.Store;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
    /**
     * What there is.
     *
     * @param chains newest first; whole ones alone
     * @param broken newest first; of these, something is missing
     * @param neededByOthers what else has to stay, and which file needs it: increments that are left alone, and may be
     *     whole again when what is missing is fetched or put back
     * @param warnings one for each file that has one of our names only, and for what is missing
     * @param leftAlone which have one of our names only
     */
    public record Listing(
            List<Chain> chains,
            List<Chain> broken,
            Map<Backup, String> neededByOthers,
            List<String> warnings,
            List<LeftAlone> leftAlone) {
        /** Those of one database. */
        public List<Chain> of(String database) {
            return chains.stream()
                    .filter(chain -> chain.tip().database().equals(database))
                    .toList();
        }

        /** What a disk could not read, null if it could read everything. */
        public Failure unreadable() {
            return leftAlone.stream()
                    .filter(LeftAlone::isUnreadable)
                    .map(LeftAlone::why)
                    .findFirst()
                    .orElse(null);
        }
    }

    private final Store store;
    private final Ends ends;
    private final NamedFiles files;
    private final DatabaseNames names = new DatabaseNames(this);

    History(Store store) {
        this.store = store;
        this.ends = new Ends(store);
        this.files = new NamedFiles(store);
    }

    public Store store() {
        return store;
    }

    /** Which database has which name here. */
    public DatabaseNames names() {
        return names;
    }

    /** What is known of the directory is out of date. */
    public void forget() {
        files.forget();
        names.forget();
    }

    /**
     * Everything here, of all databases. In a remote store a file is believed by its name, unless it is too short for a
     * backup: see {@link #ours}.
     */
    public Listing read() {
        return new Listings(store.isRemote(), ends, this::missing).of(files.all());
    }

    /**
     * The same of one database alone: what is wrong with another is not its news.
     *
     * @param database null for all
     */
    public Listing read(String database) {
        return database == null
                ? read()
                : new Listings(store.isRemote(), ends, this::missing)
                        .of(new TreeMap<>(Map.of(database, files.all(database))));
    }

    /** What to say of a backup that others build on, and that is not there. */
    private Chain.Broken missing(String database, BackupName.Moment moment) {
        List<Ends.Named> there = files.all(database, moment);
        if (there.isEmpty()) {
            String full = new BackupName(database, moment, null).fileName();
            return new Chain.Broken(
                    "the backup of " + moment + ", on which it builds, is missing (" + full
                            + ", or an increment of that time)",
                    null);
        }
        Ends.Named named = there.get(0);
        return ends.isPointer(named.file())
                ? pointer(named, ", on which it builds,")
                : new Chain.Broken(
                        store.location(named.file().name())
                                + ", on which it builds, is damaged, cut short, or not for this user to read",
                        null);
    }

    private Chain.Broken pointer(Ends.Named named, String role) {
        String location = store.location(named.file().name());
        return new Chain.Broken(
                "of " + location + role + " only the Git LFS pointer is here", OtherBackups.ifPointer(location));
    }

    /** How many files here are named after a database, as last listed. */
    public int count(String database) {
        return files.all(database).size();
    }

    /** The databases that files here are named after. */
    public SortedSet<String> databases() {
        return new TreeSet<>(files.all().keySet());
    }

    /**
     * The newest backup of a database. Its name is enough to find it, so hardly more than its chain is looked into.
     *
     * @param notAfter the latest time of its snapshot
     * @param warnings takes one for each newer file that is not what it is named
     * @return null if there is none. It may be broken, or be here as a Git LFS pointer alone
     */
    public Chain newest(String database, Instant notAfter, List<String> warnings) {
        for (Ends.Named named : files.all(database)) {
            Backup tip = named.name().createdAt().isAfter(notAfter)
                    ? null
                    : ends.describe(named, left -> warnings.add(left.warning()));
            if (tip != null) {
                return chain(tip);
            }
            if (!named.name().createdAt().isAfter(notAfter) && ends.isPointer(named.file())) {
                // It is ours, and newer than what could be taken instead.
                return new Chain(List.of(ends.named(named)), pointer(named, ""));
            }
        }
        return null;
    }

    /** The same of a file of that name. @return null if it is not one of ours */
    Chain named(String fileName, List<String> warnings) {
        BackupName name = BackupName.parse(fileName);
        return files.all(name.database()).stream()
                .filter(named -> named.file().name().equals(fileName))
                .map(named -> ends.describe(named, left -> warnings.add(left.warning())))
                .filter(Objects::nonNull)
                .map(this::chain)
                .findFirst()
                .orElse(null);
    }

    private Chain chain(Backup tip) {
        return new Chains(
                        moment -> files.all(tip.database(), moment).stream()
                                .map(this::look)
                                .filter(Objects::nonNull)
                                .toList(),
                        this::missing)
                .to(tip);
    }

    /** At what something else is built on: far away, where each look is a request, its name is believed. */
    private Backup look(Ends.Named named) {
        return store.isRemote() ? ends.guess(named, Ends.UNSAID) : ends.describe(named, Ends.UNSAID);
    }

    /** All chains of a database, newest first, each looked at when its turn comes. */
    private Stream<Chain> chains(String database, Function<Ends.Named, Backup> look) {
        Map<BackupName.Moment, List<Backup>> seen = new HashMap<>();
        Map<BackupName.Moment, List<Ends.Named>> names =
                Listings.byMoment(files.all(database), named -> named.name().moment());
        Chains chains = new Chains(
                moment -> seen.computeIfAbsent(
                        moment,
                        found -> names.getOrDefault(found, List.of()).stream()
                                .map(look)
                                .filter(Objects::nonNull)
                                .toList()),
                (of, moment) -> new Chain.Broken("it is missing", null));
        return files.all(database).stream().map(look).filter(Objects::nonNull).map(chains::to);
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
        return chains(full.database(), named -> ends.guess(named, Ends.UNSAID))
                .filter(chain -> chain.tip().isIncrement()
                        && chain.isWhole()
                        && chain.full().name().equals(full.name()))
                .mapToLong(chain -> chain.tip().backupBytes())
                .sum();
    }

    /** The first place in a second that no backup of a database has. */
    BackupName.Moment freeMoment(String database, Instant createdAt) {
        int taken = files.all(database).stream()
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
        Map<String, Ends.Named> byName = files.all().values().stream()
                .flatMap(List::stream)
                .collect(Collectors.toMap(named -> named.file().name(), Function.identity()));
        List<String> found = Collections.synchronizedList(new ArrayList<>());
        List<Chain> ours = chains.parallelStream()
                .filter(chain -> chain.members().stream()
                        .allMatch(member ->
                                ends.describe(byName.get(member.name()), left -> found.add(left.warning())) != null))
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
