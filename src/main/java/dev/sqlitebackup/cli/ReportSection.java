package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Gap;
import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Location;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the page says of one database.
 *
 * @param id of its heading, and the beginning of every other id of this part
 * @param placeholder what in the commands has to be replaced, null for nothing
 * @param gaps null where backups have no schedule
 */
record ReportSection(
        String id,
        String name,
        List<Fact> facts,
        String restoreNewest,
        String placeholder,
        ReportAxis axis,
        Gaps gaps,
        Proven proven,
        RowTable rows,
        ReportPrune prune,
        ReportBackups backups) {
    record Fact(String term, String value) {}

    /**
     * Times without a backup.
     *
     * @param none why there is no table, null where there is one
     * @param few whether all are shown at once
     * @param status the command that says whether backups have stopped
     */
    record Gaps(String none, String count, boolean few, List<GapRow> rows, String status) {}

    record GapRow(ReportWords.Time from, ReportWords.Time to, boolean open, String meaning) {}

    /**
     * What is known of one backup.
     *
     * @param facts that the last run noted
     * @param none why there are none, null where there are
     * @param read what was proven for this page, null for nothing
     * @param verify the command that proves the newest now
     */
    record Proven(List<Fact> facts, String none, String read, String verify) {}

    /**
     * How many rows each table had.
     *
     * @param of when the backup was made
     * @param command that counts them, null where somebody did
     * @param whyNot why they could not be counted, null where they were
     */
    record RowTable(String of, List<Fact> rows, String whyNot, String command) {}

    static final int FEW = 20;
    static final String NOT_NOTED = "not noted";

    private static final int FEWEST_BACKUPS_OF_A_SCHEDULE = 4;

    static ReportSection of(int number, Report.OfDatabase database, Report report, ReportHints hints) {
        String id = "database-" + number;
        return new ReportSection(
                id,
                database.name(),
                facts(database, report.madeAt()),
                hints.restore(database, database.newest()),
                database.restoreTo() == null ? ReportHints.PLACEHOLDER : null,
                ReportAxis.of(database),
                report.kind() == Location.Kind.DATABASE ? null : gaps(database, hints),
                proven(database, report, hints),
                rows(database, hints),
                ReportPrune.of(database, report.kind(), hints),
                ReportBackups.of(database, hints));
    }

    private static List<Fact> facts(Report.OfDatabase database, Instant madeAt) {
        List<Backup> backups =
                database.backups().stream().map(Report.Listed::backup).toList();
        Backup newest = database.newest();
        List<Fact> facts = new ArrayList<>();
        facts.add(new Fact(
                "Newest",
                ReportWords.time(newest.createdAt()) + ", " + ReportWords.before(newest.createdAt(), madeAt)));
        facts.add(new Fact("Backups", ReportWords.kinds(backups)));
        facts.add(new Fact("Room taken", ReportWords.sizeOf(backups)));
        if (newest.databaseBytes() != null) {
            facts.add(new Fact("Size of the database", Legible.size(newest.databaseBytes())));
        }
        if (database.restoreTo() != null) {
            facts.add(new Fact("Place of the database", database.restoreTo()));
        }
        if (database.isNoted(newest)) {
            Instant confirmedAt = database.noted().confirmedAt();
            facts.add(new Fact(
                    "Last found current",
                    ReportWords.time(confirmedAt) + ", " + ReportWords.before(confirmedAt, madeAt)));
        }
        return facts;
    }

    private static Gaps gaps(Report.OfDatabase database, ReportHints hints) {
        List<Gap> gaps = database.gaps();
        String none = database.backups().size() < FEWEST_BACKUPS_OF_A_SCHEDULE
                ? "There are too few backups to know how often one is usual."
                : gaps.isEmpty() ? "No time without a backup is more than three times as long as usual." : null;
        return new Gaps(
                none,
                ReportWords.count(gaps.size(), "gap"),
                gaps.size() <= FEW,
                gaps.stream()
                        .map(gap -> new GapRow(
                                ReportWords.Time.of(gap.from()), ReportWords.Time.of(gap.to()), gap.open(), gap(gap)))
                        .toList(),
                hints.status(database));
    }

    /** What a gap means, as far as the backups alone tell. */
    static String gap(Gap gap) {
        return "no backup for " + Legible.age(gap.length()) + ": nothing changed, or no run";
    }

    private static Proven proven(Report.OfDatabase database, Report report, ReportHints hints) {
        List<Fact> facts = new ArrayList<>();
        Report.Noted noted = database.noted();
        boolean isNoted = noted != null && noted.backup() != null;
        if (isNoted) {
            facts.add(new Fact("The backup", ReportWords.time(noted.backup().createdAt())));
            facts.add(new Fact("Last found current", ReportWords.time(noted.confirmedAt())));
            facts.add(new Fact(
                    "Last compared with all of the database",
                    noted.comparedAt() == null ? NOT_NOTED : ReportWords.time(noted.comparedAt())));
            facts.add(new Fact(
                    "A backup last proven by verify",
                    noted.verifiedAt() == null ? "never" : ReportWords.time(noted.verifiedAt())));
            facts.add(new Fact("Checked", noted.leftOut() == null ? NOT_NOTED : checked(noted.leftOut())));
        }
        String none = report.kind() == Location.Kind.DATABASE
                ? "Nothing is noted of safety copies. A restore verifies one before it uses it."
                : "No run has noted anything of these backups here.";
        Report.Rows rows = database.rows();
        String read = rows == null || rows.counts() == null
                ? null
                : "To count its rows, the newest backup was read and verified " + checked(rows.leftOut()) + " at "
                        + ReportWords.time(report.madeAt()) + ".";
        return new Proven(facts, isNoted ? null : none, read, hints.verify(database.newest()));
    }

    private static String checked(List<String> leftOut) {
        return leftOut.isEmpty() ? "in full" : "in part; only the application can check: " + String.join("; ", leftOut);
    }

    private static RowTable rows(Report.OfDatabase database, ReportHints hints) {
        Report.Rows rows = database.rows();
        if (rows == null) {
            return new RowTable(null, List.of(), null, hints.withRows());
        }
        List<Fact> counts = new ArrayList<>();
        if (rows.counts() != null) {
            rows.counts()
                    .forEach((table, count) -> counts.add(new Fact(table, String.format(Locale.ROOT, "%,d", count))));
        }
        rows.uncounted().forEach(table -> counts.add(new Fact(table, "only the application can read it")));
        return new RowTable(ReportWords.time(database.newest().createdAt()), counts, rows.whyNot(), null);
    }
}
