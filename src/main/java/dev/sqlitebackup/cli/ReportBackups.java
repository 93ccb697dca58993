package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Backup;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Every backup of a database, with the command that restores it.
 *
 * @param groups newest first: one, or, of many backups, one for each month
 * @param decided whether there is a column for the next prune
 */
record ReportBackups(List<Group> groups, boolean decided) {
    /** More than this are shown a month at a time. */
    private static final int MANY = 50;

    /**
     * Some of them, in a table.
     *
     * @param open whether it is shown at once
     */
    record Group(String title, boolean open, List<Row> rows) {}

    /**
     * One backup.
     *
     * @param needs what has to be read to restore it
     * @param goes whether the next prune would delete it
     * @param why it would stay
     */
    record Row(
            ReportWords.Time created,
            String commit,
            String kind,
            String size,
            String databaseSize,
            String needs,
            String proven,
            boolean goes,
            String why,
            String restore) {}

    static ReportBackups of(Report.OfDatabase database, ReportHints hints) {
        List<Report.Listed> all = database.backups();
        Map<String, List<Report.Listed>> byMonth = all.size() <= MANY
                ? Map.of("", all)
                : all.stream()
                        .collect(Collectors.groupingBy(
                                listed -> YearMonth.from(
                                                listed.backup().createdAt().atZone(ZoneOffset.UTC)) + ": ",
                                LinkedHashMap::new,
                                Collectors.toList()));
        return new ReportBackups(
                byMonth.entrySet().stream()
                        .map(month -> group(month.getKey(), month.getValue(), database, hints))
                        .toList(),
                all.stream().anyMatch(listed -> listed.decision() != null));
    }

    private static Group group(String title, List<Report.Listed> some, Report.OfDatabase database, ReportHints hints) {
        List<Backup> backups = some.stream().map(Report.Listed::backup).toList();
        return new Group(
                title + ReportWords.kinds(backups) + ", " + ReportWords.sizeOf(backups),
                title.isEmpty(),
                some.stream().map(listed -> row(listed, database, hints)).toList());
    }

    private static Row row(Report.Listed listed, Report.OfDatabase database, ReportHints hints) {
        Backup backup = listed.backup();
        int files = listed.chain().members().size();
        return new Row(
                ReportWords.Time.of(backup.createdAt()),
                backup.commit() == null ? null : backup.commit().substring(0, 12),
                backup.isIncrement() ? "increment since " + ReportWords.time(backup.since()) : "full",
                Legible.size(backup.backupBytes()),
                backup.databaseBytes() == null ? "not known" : Legible.size(backup.databaseBytes()),
                backup.isIncrement() && files == 1
                        ? "this file and those it builds on"
                        : ReportWords.count(files, "file") + ", "
                                + Legible.size(listed.chain().backupBytes()),
                database.isNoted(backup)
                        ? "current at " + ReportWords.time(database.noted().confirmedAt())
                        : ReportSection.NOT_NOTED,
                listed.decision() != null && !listed.decision().kept(),
                listed.decision() == null
                        ? "left alone"
                        : Legible.reasons(listed.decision().reasons()),
                hints.restore(database, backup));
    }
}
