package dev.sqlitebackup.history;

import dev.sqlitebackup.store.Store;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files in a directory that have one of our names, by database, newest first. The directory is listed once. */
final class NamedFiles {
    /** In the order of {@link Backup#NEWEST_FIRST}, but that of one moment a full backup comes first. */
    private static final Comparator<Ends.Named> NEWEST_FIRST = Comparator.comparing(
                    (Ends.Named named) -> named.name().moment(), Comparator.reverseOrder())
            .thenComparing(named -> named.name().parent(), Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(named -> named.file().name());

    private final Store store;
    /** Each look at a directory far away is a request for every thousand files. By database, newest first. */
    private SortedMap<String, List<Ends.Named>> listed;

    private final Map<String, List<Ends.Named>> listedOfOne = new HashMap<>();

    NamedFiles(Store store) {
        this.store = store;
    }

    /** What is known of the directory is out of date. */
    void forget() {
        listed = null;
        listedOfOne.clear();
    }

    /** Newest first. */
    private Stream<Ends.Named> list(Predicate<String> wanted) {
        Map<String, BackupName> parsed = new HashMap<>();
        return store.list(name -> wanted.test(name) && parsed.computeIfAbsent(name, BackupName::parse) != null).stream()
                .map(file -> new Ends.Named(parsed.get(file.name()), file))
                .sorted(NEWEST_FIRST);
    }

    /** By database. */
    SortedMap<String, List<Ends.Named>> all() {
        if (listed == null) {
            listed = list(name -> true)
                    .collect(
                            Collectors.groupingBy(named -> named.name().database(), TreeMap::new, Collectors.toList()));
        }
        return listed;
    }

    /** Where hundreds of databases share a directory, each looks at the files of its own name alone. */
    List<Ends.Named> all(String database) {
        return listed != null || store.isRemote()
                ? all().getOrDefault(database, List.of())
                : listedOfOne.computeIfAbsent(database, one -> {
                    String prefix = BackupName.prefix(one);
                    return list(name -> name.startsWith(prefix))
                            .filter(named -> named.name().database().equals(one))
                            .toList();
                });
    }

    /** Those of one moment. */
    List<Ends.Named> all(String database, BackupName.Moment moment) {
        List<Ends.Named> all = all(database);
        int from = 0;
        for (int to = all.size(); from < to; ) {
            int middle = (from + to) >>> 1;
            if (all.get(middle).name().moment().compareTo(moment) > 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return all.subList(from, all.size()).stream()
                .takeWhile(named -> named.name().moment().equals(moment))
                .toList();
    }
}
