package dev.sqlitebackup.testing;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.core.PruneService;
import dev.sqlitebackup.core.RestoreService;
import dev.sqlitebackup.core.StatusService;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.RetentionRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;

/** Runs of one database and one history, in this process, at times that the test sets. */
public record Runs(Lab lab, Path database, Location history) {
    /** Of a lab's {@code app.db}, into {@code history/}. */
    public static Runs of(Lab lab) {
        return new Runs(lab, lab.path("app.db"), new Location.Local(lab.path("history"), true));
    }

    private static Clock at(Instant now) {
        return Clock.fixed(now, ZoneOffset.UTC);
    }

    public BackupService.Result backUp(Instant now) {
        return backUp(now, false, false, RetentionRules.NONE);
    }

    /** @param progress hears what is done, and may interfere */
    public BackupService.Result backUp(Instant now, Progress progress) {
        return new BackupService(at(now), progress).backup(request(false, false, RetentionRules.NONE));
    }

    public BackupService.Result backUp(Instant now, boolean compact, boolean full, RetentionRules rules) {
        return new BackupService(at(now), Progress.NONE).backup(request(compact, full, rules));
    }

    /** Of a database whose name was typed, if it has one. */
    public static BackupService.Request request(
            Path database,
            Location destination,
            String name,
            boolean compact,
            boolean full,
            Compression compression,
            Path temporaryDirectory,
            Duration busyTimeout,
            RetentionRules rules,
            boolean allowShrink) {
        return new BackupService.Request(
                database,
                destination,
                name,
                name == null ? Origin.Claim.NAMED : Origin.Claim.TYPED,
                compact,
                full,
                compression,
                temporaryDirectory,
                busyTimeout,
                rules,
                allowShrink);
    }

    private BackupService.Request request(boolean compact, boolean full, RetentionRules rules) {
        return request(
                database,
                history,
                null,
                compact,
                full,
                new Compression(6, 2),
                lab.temporary(),
                Duration.ZERO,
                rules,
                true);
    }

    /** The same after a change of the database. */
    public BackupService.Result change(Instant now, String... statements) {
        Lab.sql(database, statements);
        return backUp(now);
    }

    /** A database that did not exist before, of a backup or of the newest in the history. */
    public Path restored(Object from, Instant notAfter) {
        Path target = lab.path("restored.db");
        try {
            Files.deleteIfExists(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Location location = from instanceof Location named ? named : Location.file(Path.of(from.toString()));
        new RestoreService(at(Instant.parse("2099-01-01T00:00:00Z")), Progress.NONE)
                .restore(
                        new RestoreService.Request(
                                new RestoreService.Wanted.Chosen(location, notAfter, "app.db", true),
                                target,
                                false,
                                lab.temporary(),
                                null,
                                null,
                                Duration.ZERO,
                                false),
                        plan -> {});
        return target;
    }

    public VerifyService.Result verify(Object from) {
        Location location = from instanceof Location named ? named : Location.file(Path.of(from.toString()));
        return new VerifyService(at(Instant.parse("2099-01-01T00:00:00Z")), Progress.NONE)
                .verify(new VerifyService.Request(location, database, null, null, lab.temporary(), Duration.ZERO));
    }

    public ListService.Listing list() {
        return new ListService().list(history, null);
    }

    public StatusService.Result status(Instant now) {
        return new StatusService(at(now))
                .status(new StatusService.Request(database, true, history, null, Duration.ofDays(1)));
    }

    public PruneService.Pruned prune(Instant now, RetentionRules rules) {
        return new PruneService(at(now), Progress.NONE)
                .prune(new PruneService.Request(history, null, rules, lab.temporary(), Duration.ZERO));
    }

    public Path file(String name) {
        return lab.path("history").resolve(name);
    }
}
