package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Provenance;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.history.SafetyDirectory;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.HiddenLog;
import dev.sqlitebackup.sqlite.IntegrityCheck;
import dev.sqlitebackup.sqlite.LiveRefusal;
import dev.sqlitebackup.sqlite.PutBack;
import dev.sqlitebackup.sqlite.SafetyCopy;
import dev.sqlitebackup.sqlite.Snapshot;
import dev.sqlitebackup.sqlite.Undelete;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Puts rows back that a backup has and its database has no longer, while applications use it. The backup is staged and
 * verified; a safety copy is taken, without a lock that keeps writers waiting; the rows come back in one transaction,
 * and the safety copy gets its name just before that is committed. A dry run does all of it to a private copy of the
 * database.
 */
public final class UndeleteService {
    private static final int SHOWN_ROWS = 3;
    private static final String AS_OWNER = "run it as the user who owns the database";

    /**
     * What a user asked for.
     *
     * @param notAfter the latest time of the backup, or null for the newest
     * @param name what the backups of the database are called there, null if the user did not say
     * @param database the target, as the user named it
     * @param databaseNamed whether the user said which target is meant
     * @param condition of SQL that selects among the rows of the table, null for all
     * @param only whether rows that refer to others stay away, and those that are referred to
     * @param temporaryDirectory where the backup is decompressed
     * @param safetyDirectory where the safety copy goes, null for beside the database
     */
    public record Request(
            Location backup,
            Instant notAfter,
            String name,
            Path database,
            boolean databaseNamed,
            String table,
            String condition,
            boolean only,
            boolean withoutTriggers,
            boolean dryRun,
            Path temporaryDirectory,
            Path safetyDirectory,
            Duration busyTimeout) {}

    /** How many rows came back to a table, and the first of them, as those that only OLD of a comparison has. */
    public record Table(String table, long rows, List<Difference.Row> first) {}

    /**
     * What came of it.
     *
     * @param content the backup
     * @param safetyCopy null if nothing was missing, and of a dry run
     * @param tables none if nothing was missing
     * @param undo what to type to take it back
     */
    public record Result(
            Path database, VerifyService.Result content, Path safetyCopy, List<Table> tables, String undo) {
        private Result with(List<String> warnings) {
            return new Result(
                    database, content.with(content.verification().withWarnings(warnings)), safetyCopy, tables, undo);
        }
    }

    private final Clock clock;
    private final Progress progress;

    public UndeleteService(Clock clock, Progress progress) {
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * Puts them back.
     *
     * @throws Failure NOT_FOUND if there is no such backup, or it has no such row; CORRUPT if it does not verify; BUSY,
     *     NO_SPACE, USAGE if it is not clear what is meant, FAILURE if a row cannot come back as it was. The database
     *     is unchanged then
     */
    public Result undelete(Request request) {
        WrongTarget.refuseDirectory(request.database);
        Databases.requireRegularFile(
                request.database.toAbsolutePath(),
                "database",
                "name it with --to=DATABASE; one that is lost comes back by: "
                        + Hints.command("restore", request.backup.toString(), "--to=" + request.database));
        Path target = Databases.existing(request.database);
        WrongTarget.refuse(request.database, target);
        SafetyDirectory.refuseOfAnother(request.safetyDirectory, target);
        if (!request.databaseNamed && !request.backup.isDirectory()) {
            Provenance.refuseIfOfAnother(request.backup, request.database, target, request.notAfter);
        }
        try (Workspace staging = Workspace.create(request.temporaryDirectory)) {
            StagedBackup staged = stage(request, target, staging);
            List<String> unseen = HiddenLog.refuseToRestore(target, request.busyTimeout);
            Result result = request.dryRun
                    ? rehearse(request, target, staged, staging)
                    : putBack(request, target, staged, staging);
            return result.with(unseen);
        }
    }

    private StagedBackup stage(Request request, Path target, Workspace workspace) {
        BackupSource source = Selection.of(
                request.backup,
                new Selection.Wish(
                        DatabaseChoice.of(request.name, target, request.databaseNamed),
                        request.notAfter,
                        clock.instant(),
                        UndeleteHints.again(request, target)));
        if (source.isFile(target)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the backup and the database are the same file: " + target,
                    "name a backup or a safety copy as BACKUP");
        }
        return new Staging(workspace, request.busyTimeout, progress, Staging.Room.in(place(workspace)), file -> {})
                .stage(source);
    }

    private static Path place(Workspace workspace) {
        return workspace.directory().getParent();
    }

    private Result rehearse(Request request, Path target, StagedBackup staged, Workspace workspace) {
        Path before = workspace.createFile("before.db");
        snapshot(request, target, workspace, before, 2);
        Path rehearsed = workspace.createFile("rehearsed.db");
        try (OutputStream out = Files.newOutputStream(rehearsed)) {
            Files.copy(before, out);
        } catch (IOException e) {
            throw Failure.io("cannot write", rehearsed, e);
        }
        return result(
                request,
                target,
                staged,
                null,
                run(request, staged, workspace, new Undelete.Target(rehearsed, before), () -> {}));
    }

    private Result putBack(Request request, Path target, StagedBackup staged, Workspace staging) {
        Stream.of(target, target.getParent())
                .filter(needed -> !Files.isWritable(needed))
                .findFirst()
                .ifPresent(needed -> {
                    throw new Failure(Failure.Kind.FAILURE, "this user may not write " + needed, AS_OWNER);
                });
        try (RestorePlaces places = RestorePlaces.of(staging, target, safetyDirectory(request))) {
            OwnersSidecars.refuseOthers(
                    target, () -> places.beside().attributes(places.beside().createFile("sidecar")), AS_OWNER);
            List<String> warnings =
                    SafetyDirectory.claim(request.safetyDirectory, target, clock.instant(), request.busyTimeout);
            SafetyCopy safety = new KeptSafetyCopy(
                    places.safety(), target, request.safetyDirectory, clock, UndeleteHints.undo(request, target));
            snapshot(request, target, places.safety(), safety.file(), 1);
            refuseChecksums(target, safety.file());
            List<Path> kept = new ArrayList<>();
            PutBack back = run(
                    request, staged, staging, new Undelete.Target(target, safety.file()), new Undelete.BeforeCommit() {
                        @Override
                        public void run() {
                            kept.add(safety.keep().file());
                        }

                        @Override
                        public void takeBack() {
                            kept.forEach(SafetyCopies::delete);
                        }
                    });
            Result result = result(request, target, staged, kept.isEmpty() ? null : kept.get(0), back);
            return result.with(warnings);
        }
    }

    private static Path safetyDirectory(Request request) {
        return request.safetyDirectory == null ? null : Databases.real(request.safetyDirectory);
    }

    /** @param copies how many of the database are to be made there */
    private void snapshot(Request request, Path target, Workspace workspace, Path file, int copies) {
        long bytes = Databases.sizeBytes(target)
                + Databases.sizeBytes(DatabaseFiles.of(target).wal());
        new Space()
                .need(place(workspace), copies * bytes)
                .check("nothing was changed; free some space there"
                        + (request.dryRun
                                ? ", or set TMPDIR to another directory"
                                : ", or keep the safety copy elsewhere with --safety-dir=DIR"));
        Snapshot.take(target, file, false, request.busyTimeout, progress);
        progress.phase("check", -1);
        IntegrityCheck.check(file, "the database " + target);
    }

    /** What is written without the application's VFS has none, or wrong ones. */
    private static void refuseChecksums(Path target, Path copy) {
        try {
            if (LiveRefusal.haveChecksums(copy)) {
                throw new Failure(
                        Failure.Kind.IN_USE,
                        "the pages of " + target + " carry checksums (SQLite's checksum VFS), and those of new rows "
                                + "would have none, so whoever has the database open could not go on with it",
                        "restore the backup to a new file with --to, and copy from there with the application");
            }
        } catch (IOException e) {
            throw Failure.io("cannot read", copy, e);
        }
    }

    private PutBack run(
            Request request,
            StagedBackup staged,
            Workspace workspace,
            Undelete.Target target,
            Undelete.BeforeCommit last) {
        Undelete.From from = new Undelete.From(
                staged.file(), staged.source().toString(), workspace.directory(), workspace.createFile("selected.db"));
        Undelete.Wanted wanted = new Undelete.Wanted(
                request.table, request.condition, request.only, request.withoutTriggers, SHOWN_ROWS);
        PutBack back = Undelete.run(target, from, wanted, request.busyTimeout, progress, last);
        if (back.selected() == 0) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "the backup " + staged.source() + " has no row of table " + request.table
                            + (request.condition == null ? "" : " where " + request.condition),
                    "to find the newest backup that has one: " + UndeleteHints.find(request));
        }
        return back;
    }

    private static Result result(Request request, Path target, StagedBackup staged, Path safetyCopy, PutBack back) {
        Verification verification = staged.verification().withWarnings(back.warnings());
        if (back.changed() > 0) {
            verification = verification.withWarning(back.changed()
                    + (back.changed() == 1 ? " row that was asked for is" : " rows that were asked for are")
                    + " in the database with other values, and left so; to see: "
                    + Hints.command("diff", staged.source().location(), target.toString(), "--table=" + request.table));
        }
        for (String sentence : back.partial()) {
            verification = verification.partial(sentence);
        }
        List<Table> tables = back.tables().stream()
                .map(table -> new Table(table.name(), table.rows(), Difference.rows(table.first())))
                .toList();
        return new Result(
                target,
                VerifyService.Result.of(staged).with(verification),
                safetyCopy,
                tables,
                UndeleteHints.undo(request, target));
    }
}
