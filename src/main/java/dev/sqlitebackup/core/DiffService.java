package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.DatabaseDiff;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.Snapshot;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Says what differs between two states of a database. A backup is staged and verified, of a database a snapshot is
 * taken: both are private files then, so a comparison of any length keeps no writer waiting.
 */
public final class DiffService {
    /** How many rows, where nobody says it. */
    public static final int DEFAULT_LIMIT = 20;

    /**
     * What a user asked for.
     *
     * @param newer null for the database that OLD is a backup of, as far as it was noted, else {@code database}
     * @param database the default one
     * @param name what its backups are called in a history, null if the user did not say
     * @param notAfter the latest time of OLD, or null for the newest
     * @param table the only one that is wanted, with its rows, null for all
     * @param limit how many rows at most
     * @param temporaryDirectory where backups are decompressed, snapshots taken and rows sorted
     */
    public record Request(
            Location old,
            Location newer,
            Path database,
            String name,
            Instant notAfter,
            String table,
            int limit,
            Path temporaryDirectory,
            Duration busyTimeout) {}

    /**
     * One that is compared.
     *
     * @param database its real path, null for a backup
     * @param source null for a database
     */
    private record Chosen(Path database, BackupSource source) {}

    /** One that lies in a private file. */
    record Staged(Path file, Difference.Side side, List<String> warnings) {
        static Staged of(StagedBackup backup) {
            return new Staged(
                    backup.file(),
                    new Difference.Side(
                            backup.source().toString(), backup.manifest().createdAt()),
                    backup.verification().warnings());
        }

        DatabaseDiff.Side toCompare() {
            return new DatabaseDiff.Side(file, side.location());
        }
    }

    private final Clock clock;
    private final Progress progress;

    public DiffService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Compares them.
     *
     * @throws Failure NOT_FOUND if one does not exist, CORRUPT if anything about a backup is wrong, BUSY if a database
     *     stays locked, NO_SPACE, USAGE if it is not clear which is meant, or neither has the wanted table
     */
    public Difference diff(Request request) {
        if (request.newer != null && request.old.isPipe() && request.newer.isPipe()) {
            throw new Failure(
                    Failure.Kind.USAGE, "OLD and NEW cannot both come from standard input", "name one of them");
        }
        Chosen old = chooseOld(request);
        Chosen newer = request.newer == null ? new Chosen(live(old, request), null) : chooseNew(old, request);
        if (old.database != null && newer.database != null && Databases.isSameFile(old.database, newer.database)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "OLD and NEW are the same database: " + old.database,
                    "OLD and NEW have to be two: name a backup or another database as one of them");
        }
        if (request.notAfter == null
                && request.newer != null
                && request.old.toString().equals(request.newer.toString())) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "OLD and NEW are the same backup: " + old.source,
                    "OLD and NEW have to be two: choose an older one as OLD with --at");
        }
        try (Workspace ofOld = Workspace.create(request.temporaryDirectory);
                Workspace ofNew = Workspace.create(request.temporaryDirectory)) {
            Staged one = stage(old, ofOld, request.busyTimeout);
            Staged other = stage(newer, ofNew, request.busyTimeout);
            progress.phase("compare", -1);
            DatabaseDiff.Found found = DatabaseDiff.of(
                    one.toCompare(),
                    other.toCompare(),
                    ofOld.directory(),
                    new DatabaseDiff.Wanted(request.table, request.limit));
            return Difference.of(
                    one.side,
                    other.side,
                    found,
                    Stream.concat(one.warnings.stream(), other.warnings.stream())
                            .toList());
        }
    }

    private Chosen chooseOld(Request request) {
        // With --at, a database is refused in the words of whoever chooses a backup.
        if (isDatabase(request.old) && request.notAfter == null) {
            return new Chosen(Databases.existing(request.old.path()), null);
        }
        Path ofHistory = request.newer != null && isDatabase(request.newer) ? request.newer.path() : request.database;
        return new Chosen(null, choose(request.old, ofHistory, request, request.notAfter, again(request)));
    }

    private Chosen chooseNew(Chosen old, Request request) {
        if (isDatabase(request.newer)) {
            return new Chosen(Databases.existing(request.newer.path()), null);
        }
        Path ofHistory = old.database == null ? request.database : old.database;
        return new Chosen(
                null, choose(request.newer, ofHistory, request, null, Again.verify(request.newer, request.name)));
    }

    private static Again again(Request request) {
        List<String> words = new ArrayList<>(List.of("diff", request.old.toString()));
        if (request.newer != null) {
            words.add(request.newer.toString());
        }
        if (request.table != null) {
            words.add("--table=" + request.table);
        }
        if (request.limit != DEFAULT_LIMIT) {
            words.add("--limit=" + request.limit);
        }
        return new Again(Again.named(words, request.name));
    }

    private BackupSource choose(Location backup, Path database, Request request, Instant notAfter, Again again) {
        return Selection.of(
                backup,
                new Selection.Wish(DatabaseChoice.of(request.name, database, true), notAfter, clock.instant(), again));
    }

    private static boolean isDatabase(Location location) {
        return !location.isPipe() && location.kind() == Location.Kind.DATABASE;
    }

    /** The database that OLD is a backup or a safety copy of, as far as that is known, else the default one. */
    private static Path live(Chosen old, Request request) {
        Path known = old.database == null ? old.source.database() : SafetyCopies.databaseBeside(old.database);
        return Databases.existing(known == null ? request.database : known);
    }

    private Staged stage(Chosen chosen, Workspace workspace, Duration busyTimeout) {
        if (chosen.database != null) {
            return snapshot(chosen.database, workspace, busyTimeout, progress);
        }
        Path place = workspace.directory().getParent();
        StagedBackup staged =
                new Staging(workspace, busyTimeout, progress, Staging.Room.in(place), file -> {}).stage(chosen.source);
        return Staged.of(staged);
    }

    /** @throws Failure NO_SPACE, or as {@link Snapshot#take} */
    static Staged snapshot(Path database, Workspace workspace, Duration busyTimeout, Progress progress) {
        DatabaseFiles files = DatabaseFiles.of(database);
        Staging.Room.in(workspace.directory().getParent())
                .require(Databases.sizeBytes(files.main()) + Databases.sizeBytes(files.wal()), 0);
        Path file = workspace.createFile("snapshot.db");
        List<String> unseen =
                Snapshot.take(database, file, false, busyTimeout, progress).unseen();
        return new Staged(file, new Difference.Side(database.toString(), null), unseen);
    }
}
