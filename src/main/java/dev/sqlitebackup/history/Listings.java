package dev.sqlitebackup.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Looks at all files of a history: which chains are whole, and what has to stay for the sake of those that are not.
 *
 * @param isRemote whether files are believed by their names, because each look is a request
 * @param missing says of what is not found why
 */
record Listings(boolean isRemote, Ends ends, BiFunction<String, BackupName.Moment, Chain.Broken> missing) {
    /** @param files by database, newest first */
    History.Listing of(SortedMap<String, List<Ends.Named>> files) {
        List<LeftAlone> leftAlone = Collections.synchronizedList(new ArrayList<>());
        List<Chain> all = new ArrayList<>();
        Map<Backup, String> neededByOthers = new HashMap<>();
        for (List<Ends.Named> ofDatabase : files.values()) {
            // Each takes an open and a read, so a directory of thousands takes its time on one core.
            List<Backup> backups = ofDatabase.parallelStream()
                    .map(named -> isRemote ? ends.guess(named, leftAlone::add) : ends.describe(named, leftAlone::add))
                    .filter(Objects::nonNull)
                    .toList();
            Map<BackupName.Moment, List<Backup>> byMoment = byMoment(backups, Backup::moment);
            Map<BackupName.Moment, Chain.Broken> known = new HashMap<>();
            Chains chains = new Chains(
                    moment -> byMoment.getOrDefault(moment, List.of()),
                    (database, moment) -> known.computeIfAbsent(moment, once -> missing.apply(database, once)));
            List<Chain> ofThese = backups.stream().map(chains::to).toList();
            all.addAll(ofThese);
            Set<String> whole = ofThese.stream()
                    .filter(Chain::isWhole)
                    .map(chain -> chain.tip().name())
                    .collect(Collectors.toSet());
            Map<BackupName.Moment, List<Ends.Named>> names =
                    byMoment(ofDatabase, named -> named.name().moment());
            ofDatabase.stream()
                    .filter(named -> !whole.contains(named.file().name()))
                    .forEach(named -> addNeeded(named, names, byMoment, neededByOthers));
        }
        all.sort(Chain.NEWEST_FIRST);
        List<Chain> broken = all.stream().filter(chain -> !chain.isWhole()).toList();
        leftAlone.sort(Comparator.comparing(LeftAlone::warning));
        List<String> warnings =
                new ArrayList<>(leftAlone.stream().map(LeftAlone::warning).toList());
        warnings.addAll(warnings(broken));
        return new History.Listing(
                all.stream().filter(Chain::isWhole).toList(), broken, neededByOthers, warnings, leftAlone);
    }

    /** By names alone, since what is between may be missing, or not to be read, for now. */
    private static void addNeeded(
            Ends.Named leftAlone,
            Map<BackupName.Moment, List<Ends.Named>> all,
            Map<BackupName.Moment, List<Backup>> ours,
            Map<Backup, String> needed) {
        Set<BackupName.Moment> seen = new HashSet<>();
        Deque<BackupName.Moment> parents = new ArrayDeque<>();
        if (leftAlone.name().parent() != null) {
            parents.add(leftAlone.name().parent());
        }
        while (!parents.isEmpty()) {
            BackupName.Moment moment = parents.remove();
            if (seen.add(moment)) {
                ours.getOrDefault(moment, List.of())
                        .forEach(backup ->
                                needed.putIfAbsent(backup, leftAlone.file().name()));
                all.getOrDefault(moment, List.of()).stream()
                        .map(named -> named.name().parent())
                        .filter(Objects::nonNull)
                        .forEach(parents::add);
            }
        }
    }

    /** One for each thing that is missing: hundreds may build on it. */
    private static List<String> warnings(List<Chain> brokenNewestFirst) {
        return brokenNewestFirst.stream()
                .collect(Collectors.groupingBy(chain -> chain.broken().why(), TreeMap::new, Collectors.toList()))
                .values()
                .stream()
                .map(chains -> {
                    Chain.Broken broken = chains.get(0).broken();
                    int others = chains.size() - 1;
                    return chains.get(0).tip().location() + (others == 0 ? "" : " and " + others + " older")
                            + " cannot be restored, and " + (others == 0 ? "is" : "are") + " left alone: "
                            + broken.why()
                            + (broken.remedy() == null
                                    ? "; put that back, or remove what cannot be restored"
                                    : "; " + broken.remedy());
                })
                .toList();
    }

    static <T> Map<BackupName.Moment, List<T>> byMoment(List<T> all, Function<T, BackupName.Moment> moment) {
        return all.stream().collect(Collectors.groupingBy(moment));
    }
}
