package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.sqlite.ReadOnlyQuery;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Lists backups with the number of rows that one table has in each: a deletion is seen as a step. */
public final class RowsOfEach {
    /**
     * What a user asked for.
     *
     * @param name of the one database to list of a history, null for all
     * @param table whose rows are counted, or a view
     * @param temporaryDirectory where backups are decompressed
     */
    public record Request(
            Location location, String name, String table, Path temporaryDirectory, Duration busyTimeout) {}

    /**
     * What there is.
     *
     * @param rows of the table in each backup that has one
     * @param failure what to say if some could not be counted, null if all could
     * @param others tables and views of the newest backup, if none has the one that was asked for; else null
     */
    public record Counted(ListService.Listing listing, Map<Backup, Long> rows, Failure failure, List<String> others) {}

    private final Clock clock;
    private final Progress progress;
    private final Map<Backup, Long> rows = new HashMap<>();
    private final List<String> warnings = new ArrayList<>();
    private List<String> others;
    private int uncounted;

    public RowsOfEach(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Counts.
     *
     * @throws Failure as {@link ListService#list}; NO_SPACE
     */
    public Counted list(Request request) {
        ListService.Found found = new ListService().find(request.location, request.name);
        warnings.addAll(found.warnings());
        EachBackup.Place place = new EachBackup.Place(request.location, found, clock.instant(), request.busyTimeout);
        // Those of one database share files, and come one after the other.
        for (List<Chain> ofDatabase : found.chains().stream()
                .collect(Collectors.groupingBy(
                        chain -> String.valueOf(chain.tip().database()), LinkedHashMap::new, Collectors.toList()))
                .values()) {
            count(request, place, ofDatabase);
        }
        ListService.Listing listing =
                new ListService.Listing(found.chains().stream().map(Chain::tip).toList(), warnings);
        return new Counted(listing, rows, failure(), rows.isEmpty() ? others : null);
    }

    private void count(Request request, EachBackup.Place place, List<Chain> chains) {
        try (Workspace workspace = Workspace.create(request.temporaryDirectory);
                EachBackup each = EachBackup.over(place, chains, workspace, progress)) {
            for (Chain chain : chains) {
                Interruption.check();
                count(request.table, chain, each);
            }
        } catch (IOException e) {
            throw Failure.io("cannot stage the backup in", request.temporaryDirectory, e);
        }
    }

    private void count(String table, Chain chain, EachBackup each) {
        Backup backup = chain.tip();
        try {
            Path file = each.to(chain);
            each.requireProven();
            Long count = ReadOnlyQuery.count(file, "the backup " + backup.location(), table);
            if (count != null) {
                rows.put(backup, count);
            } else if (others == null) {
                others = ReadOnlyQuery.tables(file, "the backup " + backup.location());
            }
        } catch (Failure e) {
            if (!Parent.Damaged.isOne(e)) {
                throw e;
            }
            uncounted++;
            warnings.add("the rows of " + backup.location() + " were not counted: " + e.getMessage());
        }
    }

    private Failure failure() {
        return uncounted == 0
                ? null
                : new Failure(
                        Failure.Kind.CORRUPT,
                        uncounted + (uncounted == 1 ? " backup was" : " backups were") + " not counted",
                        "why is said above");
    }
}
