package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Gap;
import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Retention;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/** Pages of made-up backups: a full one, and nine increments on it, four hours apart, with a gap in the middle. */
final class ReportPages {
    static final Instant NEWEST = Instant.parse("2026-11-22T20:00:05Z");
    /** Whatever it is put into, it has to come out as text. */
    static final String HOSTILE = "<script>alert('x')</script>\"&{{place}}\n\u202Egpj.</td>`";

    private static final Duration BETWEEN = Duration.ofHours(4);
    private static final Duration GAP = Duration.ofHours(20);
    private static final int IN_A_CHAIN = 10;

    private ReportPages() {}

    static List<Report.Listed> listed(String database, int count, boolean decided) {
        List<Report.Listed> oldestFirst = new ArrayList<>();
        Backup newestFull = null;
        for (int i = 0; i < count; i++) {
            Instant at = at(i, count);
            boolean full = i % IN_A_CHAIN == 0;
            BackupName.Moment parent = full ? null : newestFull.moment();
            String name = new BackupName(database, new BackupName.Moment(at, 1), parent).fileName();
            Backup backup = new Backup(
                    "/mnt/nas/backups/" + name,
                    name,
                    database,
                    at,
                    1,
                    full ? 81_700_000 + i * 7_000L : 2_300_000 + i % 7 * 4_100_000L,
                    345_700_000L + i,
                    null,
                    parent,
                    null);
            newestFull = full ? backup : newestFull;
            Chain chain = new Chain(full ? List.of(backup) : List.of(newestFull, backup));
            boolean kept = full || i > count / 3;
            oldestFirst.add(new Report.Listed(
                    chain,
                    decided
                            ? new Retention.Decision(chain, kept, List.of(kept ? "daily" : "no rule keeps it"))
                            : null));
        }
        Collections.reverse(oldestFirst);
        return oldestFirst;
    }

    /** In the middle there is a gap. */
    private static Instant at(int i, int count) {
        Instant regular = NEWEST.minus(BETWEEN.multipliedBy(count - 1 - i));
        return i < count / 2 ? regular.minus(GAP) : regular;
    }

    private static List<Gap> gaps(int count) {
        return count < 4 ? List.of() : List.of(new Gap(at(count / 2 - 1, count), at(count / 2, count), false));
    }

    static Report.OfDatabase database(String name, List<Report.Listed> backups, String restoreTo) {
        TreeMap<String, Long> rows = new TreeMap<>();
        rows.put(name + " messages", 41_210L);
        rows.put("share", 3L);
        return new Report.OfDatabase(
                name,
                backups,
                new Report.Noted(
                        backups.get(0).backup(),
                        NEWEST.plusSeconds(60),
                        NEWEST.plusSeconds(9),
                        List.of("collation " + name),
                        NEWEST.plusSeconds(3600)),
                restoreTo,
                gaps(backups.size()),
                new Report.Rows(rows, List.of("search"), List.of(), null));
    }

    static Report report(Report.OfDatabase... databases) {
        return new Report(
                Location.Kind.DIRECTORY,
                "/mnt/nas/backups",
                NEWEST.plus(Duration.ofMinutes(90)),
                List.of(databases),
                List.of());
    }

    static String page(Report report, String... rules) {
        return ReportPage.of(
                report, new ReportHints(report.place(), null, Path.of("/home/u/report.html"), List.of(rules), true));
    }

    static String many(int count) {
        return page(report(database("app.db", listed("app.db", count, true), "/home/u/app.db")), "--keep-daily=7");
    }

    /** Every name that is another's to choose, in every place that it can have. */
    static String hostile() {
        Report.OfDatabase database = database(HOSTILE, listed(HOSTILE, 12, true), "/home/" + HOSTILE + "/" + HOSTILE);
        return page(
                new Report(
                        Location.Kind.DIRECTORY,
                        "/mnt/" + HOSTILE,
                        NEWEST,
                        List.of(database, database("second.db", listed("second.db", 3, false), null)),
                        List.of("warning of " + HOSTILE)),
                "--keep-daily=7");
    }
}
