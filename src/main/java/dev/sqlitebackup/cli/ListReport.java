package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.history.Backup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code list} says: columns, newest first. */
record ListReport(Output output) {
    private static final int SIZE_WIDTH = "database".length();
    private static final String HEADER = "created (UTC)         " + Output.right("backup", SIZE_WIDTH) + "  database  ";
    /** As wide as a time. */
    private static final String BUILDS_ON = "builds on (UTC)     ";

    /** @return the exit code */
    int print(ListService.Listing listing) {
        boolean showsKinds = listing.backups().stream().anyMatch(Backup::isIncrement);
        List<String> lines = new ArrayList<>();
        lines.add(listing.backups().isEmpty() ? "no backups" : HEADER + (showsKinds ? BUILDS_ON + "  " : "") + "where");
        listing.backups().forEach(backup -> lines.add(line(backup, showsKinds)));
        output.success(
                lines,
                listing.warnings(),
                Map.of(
                        "backups",
                        listing.backups().stream().map(ListReport::fields).toList()));
        return ExitCodes.OK;
    }

    private static Map<String, Object> fields(Backup backup) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("backup", backup.location());
        fields.put("createdAt", backup.createdAt().toString());
        Reporter.putKind(fields, backup.since());
        fields.put("backupBytes", backup.backupBytes());
        fields.put("databaseBytes", backup.databaseBytes());
        if (backup.commit() != null) {
            fields.put("commit", backup.commit());
        }
        return fields;
    }

    /** When, how large, of what, where: columns whose width does not depend on the entries. */
    private static String line(Backup backup, boolean showsKinds) {
        String database = backup.databaseBytes() == null ? "" : Output.size(backup.databaseBytes());
        String where = backup.commit() == null
                ? backup.location()
                : "commit " + backup.commit().substring(0, 12) + "  " + backup.location();
        return backup.createdAt() + "  " + Output.right(Output.size(backup.backupBytes()), SIZE_WIDTH) + "  "
                + Output.right(database, SIZE_WIDTH) + "  "
                + (showsKinds ? left(backup.isIncrement() ? backup.since().toString() : "full") + "  " : "") + where;
    }

    private static String left(String text) {
        return text + " ".repeat(Math.max(0, BUILDS_ON.length() - text.length()));
    }
}
