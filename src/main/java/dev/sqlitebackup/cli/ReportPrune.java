package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Location;
import java.util.Comparator;
import java.util.List;

/**
 * What the page says of the next prune of a database.
 *
 * @param sentences what it would do, or why that is not said
 * @param command to see it, null where nothing is pruned
 * @param goes the backups that would be deleted, oldest first
 * @param few whether all are shown at once
 */
record ReportPrune(List<String> sentences, String command, String count, List<Going> goes, boolean few) {
    record Going(ReportWords.Time created, String size, String location) {}

    private static ReportPrune nothing(String sentence, String command) {
        return new ReportPrune(List.of(sentence), command, null, List.of(), true);
    }

    static ReportPrune of(Report.OfDatabase database, Location.Kind kind, ReportHints hints) {
        if (kind == Location.Kind.BACKUP) {
            return nothing("A single file always holds just the newest backup, so there is nothing to delete.", null);
        }
        if (hints.rules().isEmpty()) {
            return nothing(
                    "No rules were given, so this page does not say what a prune would delete. With rules, for example:",
                    hints.withRules());
        }
        if (database.backups().stream().allMatch(listed -> listed.decision() == null)) {
            return nothing("It cannot be told what a prune would delete: see the warnings.", null);
        }
        List<Backup> goes = database.backups().stream()
                .filter(listed ->
                        listed.decision() != null && !listed.decision().kept())
                .map(Report.Listed::backup)
                .sorted(Comparator.comparing(Backup::createdAt).thenComparing(Backup::number))
                .toList();
        int all = database.backups().size();
        String would = goes.isEmpty()
                ? " would delete nothing and keep " + ReportWords.count(all, "backup")
                : " would delete " + ReportWords.count(goes.size(), "backup") + " (" + ReportWords.sizeOf(goes)
                        + ") and keep " + (all - goes.size());
        return new ReportPrune(
                List.of(
                        "A prune with " + String.join(" ", hints.rules()) + would + ".",
                        "This is said by the names and the ends of files. The prune itself first proves that the newest "
                                + "one verifies, and where it does not, it keeps more. To see what it would do now:"),
                hints.prune(),
                ReportWords.count(goes.size(), "backup"),
                goes.stream()
                        .map(backup -> new Going(
                                ReportWords.Time.of(backup.createdAt()),
                                Legible.size(backup.backupBytes()),
                                backup.location()))
                        .toList(),
                goes.size() <= ReportSection.FEW);
    }
}
