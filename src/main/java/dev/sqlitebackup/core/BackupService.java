package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.HistoryDestination;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.OtherBackups;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.Snapshot;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Makes a backup: snapshot, verify, compress, publish, check what was published. */
public final class BackupService {
    /** No text compresses better than this; a guess that is too small is noticed later, with the same exit code. */
    private static final int MOST_COMPRESSION = 20;

    /**
     * @param database the live database, as the user named it
     * @param destination a backup file, or a directory for a history
     * @param compact whether free pages are left out
     * @param level of compression, 1 to 9
     * @param threads how many compress and decompress
     * @param temporaryDirectory where the snapshot goes
     * @param busyTimeout how long to wait for each lock
     * @param rules what to keep of the history when the backup is made; empty to keep everything
     * @param name by which backups of this database go at that place, null for its file name
     * @param allowShrink whether it is right that the database holds much less than it did
     */
    public record Request(
            Path database,
            Location destination,
            boolean compact,
            int level,
            int threads,
            Path temporaryDirectory,
            Duration busyTimeout,
            RetentionRules rules,
            String name,
            boolean allowShrink) {}

    /**
     * @param backup where the backup is
     * @param createdAt when the snapshot was taken, to the second
     * @param sha256 of the snapshot, in hexadecimal
     * @param unchanged whether the newest backup that was there already holds the same content, and was left as it is
     * @param pruned backups that no rule keeps, and that were deleted
     * @param shrunk how the run has to end although the backup is made, null if all is well
     */
    public record Result(
            Path database,
            String backup,
            Instant createdAt,
            long databaseBytes,
            long backupBytes,
            String sha256,
            boolean unchanged,
            Verification verification,
            List<Retention.Decision> pruned,
            Failure shrunk) {}

    private final Clock clock;
    private final Progress progress;

    public BackupService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /** @throws Failure SHRUNK if the one backup that there is would give way to a database that holds much less */
    public Result backup(Request request) {
        Path database = existing(request);
        request.destination.requireFileSystem();
        String name = request.name == null ? database.getFileName().toString() : request.name;
        Destination destination = Destination.of(request.destination, database, name);
        if (!request.rules.isEmpty() && !(destination instanceof HistoryDestination)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--keep-… needs a directory as destination: " + request.destination
                            + " always holds just the newest backup",
                    "for a history name a directory: "
                            + Hints.command(
                                    "backup",
                                    database.toString(),
                                    "--to=" + Destination.elsewhere(request.destination)));
        }
        Store store = destination.store();
        store.create();
        try (StateFile.Turn turn = destination.stateFile().lock(request.busyTimeout);
                Workspace temporary = Workspace.create(request.temporaryDirectory);
                Workspace beside = Workspace.create(store.workingDirectory())) {
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            AtDestination there = AtDestination.ask(destination, now);
            List<String> warnings = new ArrayList<>(
                    Origin.refuseAnother(there.before(), database, name, request.destination, request.name));
            String previous = there.previous();
            Path previousFile = previous == null ? null : store.local(previous);
            checkRoom(database, store, previousFile, request.temporaryDirectory);
            FileIdentity identity = FileIdentity.of(database);
            FileIdentity walIdentity =
                    State.walIdentity(DatabaseFiles.of(database).wal());
            State.Source source = Origin.describe(database, name);

            Path snapshot = temporary.createFile("snapshot.db");
            String lastGood = previous == null ? null : store.location(previous);
            warnings.addAll(naming(
                    lastGood,
                    database,
                    () -> Snapshot.take(
                            database,
                            snapshot,
                            request.compact,
                            temporary.directory(),
                            request.busyTimeout,
                            progress)));
            try (Background<Verification> check = new Background<>(() -> naming(
                    lastGood,
                    database,
                    () -> Verification.of(IntegrityCheck.check(snapshot, "the database " + database))))) {
                Publication publication = new Publication(
                        request,
                        destination,
                        turn,
                        there,
                        new Publication.Snapshotted(database, source, snapshot, now, check),
                        progress);
                Publication.Published published = publication.publish(previousFile, beside);
                warnings.addAll(published.warnings());
                warnings.addAll(store.warnings());
                Verification verification = warnIfNotNewest(
                        published.there().ahead(), now, check.await().withWarnings(warnings));
                request.destination.noteFileSystem();
                verification = verification.full()
                        ? verification
                        : verification.after(
                                published.there().before() == null
                                        ? null
                                        : published.there().before().leftOut());
                verification = confirm(
                        turn,
                        State.confirmed(now, published.content().createdAt(), identity, walIdentity)
                                .from(source)
                                .leavingOut(verification.leftOut())
                                .shrunkFrom(published.shrunk()),
                        verification);
                PruneService.Pruned pruned = published.shrunk() != null
                        ? PruneService.NOTHING
                        : new PruneService(clock, progress)
                                .afterBackup(
                                        destination,
                                        published.name(),
                                        verification.leftOut(),
                                        request.rules,
                                        request.temporaryDirectory);
                verification = verification.withWarnings(pruned.warnings());
                return new Result(
                        database,
                        store.location(published.name()),
                        published.content().createdAt(),
                        Files.size(snapshot),
                        published.sizeBytes(),
                        published.content().sha256(),
                        published.unchanged(),
                        verification,
                        pruned.deleted(),
                        published.shrunk() == null ? null : publication.shrunk(published.shrunk(), true));
            }
        } catch (IOException e) {
            throw Failure.io("cannot back up to", request.destination, e);
        }
    }

    private static Path existing(Request request) {
        try {
            return Databases.existing(request.database);
        } catch (Failure e) {
            String restore = e.kind() == Failure.Kind.NOT_FOUND
                    ? OtherBackups.ofLost(request.database, request.destination, request.name)
                    : null;
            throw restore == null
                    ? e
                    : e.withHint(e.hint() + "; if it is lost, bring its newest backup back: " + restore);
        }
    }

    private static void checkRoom(Path database, Store store, Path previous, Path temporaryDirectory) {
        long databaseBytes = Databases.sizeBytes(database)
                + Databases.sizeBytes(DatabaseFiles.of(database).wal());
        long previousBytes = previous == null ? 0 : Databases.sizeBytes(previous);
        long backupBytes = Math.max(previousBytes, databaseBytes / MOST_COMPRESSION);
        new Space()
                .need(temporaryDirectory, databaseBytes)
                .need(store.workingDirectory(), backupBytes)
                .check("free some space there, or choose another place with --to or --tmp-dir");
    }

    /**
     * Says of a damaged database what there is instead.
     *
     * @param lastGood where the previous backup is, null for nowhere
     */
    private static <T> T naming(String lastGood, Path database, Supplier<T> look) {
        try {
            return look.get();
        } catch (Failure e) {
            throw e.kind() == Failure.Kind.CORRUPT && lastGood != null
                    ? e.withHint((e.hint() == null ? "" : e.hint() + "; ")
                            + "the last good backup is untouched, and to bring it back: "
                            + Hints.command("restore", lastGood, "--to=" + database))
                    : e;
        }
    }

    /** Whoever asks for the newest backup gets the one with the latest date. */
    private static Verification warnIfNotNewest(String ahead, Instant now, Verification verification) {
        return ahead == null
                ? verification
                : verification.withWarning(ahead + " is dated after now (" + now
                        + ") and counts as the newest: a clock is or was wrong; if it was, move that file away");
    }

    /** The backup is published and proven by now; that its state cannot be noted is worth a warning, not a failure. */
    private static Verification confirm(StateFile.Turn turn, State state, Verification verification) {
        try {
            turn.write(state);
            return verification;
        } catch (Failure e) {
            return verification.withWarning(e.getMessage());
        }
    }
}
