package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.RowCounts;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Gathers what a page says of the backups at a place. Nothing is changed there, and no backup is read, unless its rows
 * are to be counted.
 */
public final class ReportService {
    /**
     * What a user asked for.
     *
     * @param name of the one database of a history, null for all
     * @param rules of the next prune; empty for none
     * @param counting whether to read the newest backup of each database, and to count its rows
     * @param temporaryDirectory where it is decompressed for that
     */
    public record Request(
            Location location,
            String name,
            RetentionRules rules,
            boolean counting,
            Path temporaryDirectory,
            Duration busyTimeout) {}

    private final Clock clock;
    private final Progress progress;

    public ReportService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Looks at everything.
     *
     * @throws Failure NOT_FOUND if the place itself does not exist, or no backup there has that name; a place that is
     *     empty is a report of nothing. A backup whose rows cannot be counted is a warning
     */
    public Report report(Request request) {
        Location.Kind kind = request.location.kind();
        request.location.requireFileSystem(); // A page of nothing would take the place of a good one.
        ListService.Found found = new ListService().find(request.location, request.name);
        PrunePreview preview = new PrunePreview(kind, found);
        Map<Backup, Retention.Decision> decisions = preview.decisions(request.rules, clock);
        List<String> warnings = new ArrayList<>(found.warnings());
        warnings.addAll(preview.warnings());
        List<Report.OfDatabase> databases = new ArrayList<>();
        found.chains().stream()
                .collect(Collectors.groupingBy(chain -> name(chain.tip()), TreeMap::new, Collectors.toList()))
                .forEach((name, chains) -> databases.add(of(
                        name,
                        chains.stream()
                                .map(chain -> new Report.Listed(chain, decisions.get(chain.tip())))
                                .toList(),
                        found,
                        request,
                        warnings)));
        return new Report(
                kind,
                request.location.path() == null
                        ? request.location.toString()
                        : request.location.path().toAbsolutePath().normalize().toString(),
                clock.instant().truncatedTo(ChronoUnit.SECONDS),
                databases,
                warnings.stream().distinct().toList());
    }

    private static String name(Backup backup) {
        return backup.database() == null ? backup.name() : backup.database();
    }

    private Report.OfDatabase of(
            String name, List<Report.Listed> backups, ListService.Found found, Request request, List<String> warnings) {
        Location.Kind kind = request.location.kind();
        State state = state(name, found, request.location);
        String shrunk = found.history() == null
                ? null
                : found.history().names().shrunkBefore(backups.get(0).backup());
        if (shrunk != null) {
            warnings.add(backups.get(0).backup().location() + ": " + shrunk);
        }
        return new Report.OfDatabase(
                name,
                backups,
                noted(state, backups),
                restoreTo(state, request.location),
                kind == Location.Kind.DATABASE
                        ? List.of()
                        : Gap.of(
                                backups.stream()
                                        .map(listed -> listed.backup().createdAt())
                                        .toList(),
                                clock.instant().truncatedTo(ChronoUnit.SECONDS)),
                request.counting ? rows(backups.get(0).chain(), found, request, warnings) : null);
    }

    /** @return null where no run has noted anything */
    private static State state(String name, ListService.Found found, Location location) {
        if (found.history() != null) {
            return found.history().names().noted(name);
        }
        return location.kind() == Location.Kind.BACKUP
                ? location.single().stateFile().readIfPossible()
                : null;
    }

    private static Report.Noted noted(State state, List<Report.Listed> backups) {
        return state == null
                ? null
                : new Report.Noted(
                        backups.stream()
                                .map(Report.Listed::backup)
                                .filter(backup -> backup.isConfirmedBy(state))
                                .findFirst()
                                .orElse(null),
                        state.confirmedInstant(),
                        state.compared() == null ? null : state.compared().instant(),
                        state.leftOut(),
                        state.verifiedInstant());
    }

    private static String restoreTo(State state, Location location) {
        return location.kind() == Location.Kind.DATABASE
                ? Databases.existingOrNew(location.path()).toString()
                : state == null || state.source() == null
                        ? null
                        : state.source().path();
    }

    private Report.Rows rows(Chain newest, ListService.Found found, Request request, List<String> warnings) {
        try (Workspace workspace = Workspace.create(request.temporaryDirectory)) {
            StagedBackup staged =
                    new Staging(workspace, request.busyTimeout, progress).stage(source(newest, found, request));
            RowCounts.Counted counted = new RowCounts().ofPrivate(staged.file());
            return new Report.Rows(
                    counted.rows(),
                    List.copyOf(counted.uncounted()),
                    List.copyOf(staged.verification().leftOut()),
                    null);
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.INTERRUPTED) {
                throw e;
            }
            warnings.add("the rows of " + newest.tip().location() + " were not counted: " + e.getMessage());
            return new Report.Rows(null, List.of(), List.of(), e.getMessage());
        }
    }

    private BackupSource source(Chain chain, ListService.Found found, Request request) {
        Backup backup = chain.tip();
        if (found.history() != null) {
            return BackupSource.of(found.history().store(), chain);
        }
        if (request.location.kind() == Location.Kind.DATABASE) {
            return BackupSource.of(Path.of(backup.location()));
        }
        Instant committedAt = backup.commit() == null ? null : backup.createdAt();
        return Selection.of(
                request.location,
                new Selection.Wish(
                        DatabaseChoice.of(request.name, Path.of(backup.name()), true),
                        committedAt,
                        clock.instant(),
                        Again.verify(request.location, request.name)));
    }
}
