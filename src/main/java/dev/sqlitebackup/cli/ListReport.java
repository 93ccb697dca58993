package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.core.RowsOfEach;
import dev.sqlitebackup.history.Backup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code list} says: columns, newest first. */
record ListReport(Output output) {
    private static final int SIZE_WIDTH = "database".length();
    /** Of a thousand millions. */
    private static final int ROWS_WIDTH = 10;

    private static final String HEADER = "created (UTC)         " + Output.right("backup", SIZE_WIDTH) + "  database  ";
    /** As wide as a time. */
    private static final String BUILDS_ON = "builds on (UTC)     ";

    /** @return the exit code */
    int print(ListService.Listing listing) {
        output.success(lines(listing, null), listing.warnings(), fields(listing, null));
        return ExitCodes.OK;
    }

    /** The same with how many rows a table has in each. */
    int print(RowsOfEach.Counted counted) {
        List<String> lines = lines(counted.listing(), counted.rows());
        Map<String, Object> fields = fields(counted.listing(), counted.rows());
        if (counted.failure() == null) {
            output.success(lines, counted.listing().warnings(), fields);
            return ExitCodes.OK;
        }
        output.print(lines);
        return output.failure(counted.failure(), counted.listing().warnings(), fields);
    }

    /** @param rows null where they were not counted */
    private static List<String> lines(ListService.Listing listing, Map<Backup, Long> rows) {
        boolean showsKinds = listing.backups().stream().anyMatch(Backup::isIncrement);
        List<String> lines = new ArrayList<>();
        lines.add(
                listing.backups().isEmpty()
                        ? "no backups"
                        : HEADER + (rows == null ? "" : Output.right("rows", ROWS_WIDTH) + "  ")
                                + (showsKinds ? BUILDS_ON + "  " : "") + "where");
        listing.backups().forEach(backup -> lines.add(line(backup, rows, showsKinds)));
        return lines;
    }

    private static Map<String, Object> fields(ListService.Listing listing, Map<Backup, Long> rows) {
        return Map.of(
                "backups",
                listing.backups().stream()
                        .map(backup -> {
                            Map<String, Object> fields = fields(backup);
                            if (rows != null) {
                                fields.put("rows", rows.get(backup));
                            }
                            return fields;
                        })
                        .toList());
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
    private static String line(Backup backup, Map<Backup, Long> rows, boolean showsKinds) {
        String database = backup.databaseBytes() == null ? "" : Output.size(backup.databaseBytes());
        String where = backup.commit() == null
                ? backup.location()
                : "commit " + backup.commit().substring(0, 12) + "  " + backup.location();
        return backup.createdAt() + "  " + Output.right(Output.size(backup.backupBytes()), SIZE_WIDTH) + "  "
                + Output.right(database, SIZE_WIDTH) + "  "
                + (rows == null
                        ? ""
                        : Output.right(rows.containsKey(backup) ? "" + rows.get(backup) : "-", ROWS_WIDTH) + "  ")
                + (showsKinds ? left(backup.isIncrement() ? backup.since().toString() : "full") + "  " : "") + where;
    }

    private static String left(String text) {
        return text + " ".repeat(Math.max(0, BUILDS_ON.length() - text.length()));
    }
}
