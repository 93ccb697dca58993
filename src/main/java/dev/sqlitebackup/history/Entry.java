package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A file of a history that has the name of a backup, whatever it is.
 *
 * @param chain that leads to it, null if there is none
 * @param why there is none: CORRUPT if the file is not what it is named, NOT_FOUND if something is missing, else
 *     something cannot be read. Null for a whole chain
 */
public record Entry(Backup backup, Chain chain, Failure why) {
    /**
     * All that a listing names, the good and the bad.
     *
     * @return by database, newest first
     */
    public static SortedMap<String, List<Entry>> of(History.Listing listing) {
        return Stream.of(
                        listing.chains().stream().map(chain -> new Entry(chain.tip(), chain, null)),
                        listing.broken().stream()
                                .map(chain -> new Entry(chain.tip(), null, why(chain, listing.leftAlone()))),
                        listing.leftAlone().stream().map(left -> new Entry(left.backup(), null, left.why())))
                .flatMap(entries -> entries)
                .sorted(Comparator.comparing(Entry::backup, Backup.NEWEST_FIRST))
                .collect(Collectors.groupingBy(entry -> entry.backup().database(), TreeMap::new, Collectors.toList()));
    }

    /** Where what it builds on cannot be read, nobody knows whether that is bad. */
    private static Failure why(Chain broken, List<LeftAlone> leftAlone) {
        Backup builds = broken.full();
        Failure unread = leftAlone.stream()
                .filter(left -> !left.isBad()
                        && left.backup().database().equals(builds.database())
                        && left.backup().moment().equals(builds.parent()))
                .map(LeftAlone::why)
                .findFirst()
                .orElse(null);
        return unread != null
                ? unread
                : new Failure(
                        Failure.Kind.NOT_FOUND,
                        broken.tip().location() + " cannot be restored: "
                                + broken.broken().why(),
                        broken.broken().remedy());
    }
}
