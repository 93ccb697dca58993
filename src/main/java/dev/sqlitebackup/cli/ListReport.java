package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Suggestion;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.core.ListService;
import dev.sqlitebackup.core.RowsOfEach;
import dev.sqlitebackup.history.Backup;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@code list} says: columns, newest first.
 *
 * @param clock whose time and zone hold
 */
record ListReport(Output output, Clock clock) {
    private static final int SIZE_WIDTH = "database".length();
    /** Of a thousand millions. */
    private static final int ROWS_WIDTH = 10;

    private static final int MOST_TABLES = 20;
    private static final int AGE_WIDTH = "120 min".length();
    private static final int TIME_WIDTH = "2026-11-22 14:00:05".length();

    /** @return the exit code */
    int print(ListService.Listing listing) {
        output.success(lines(listing, null), listing.warnings(), fields(listing, null));
        return ExitCodes.OK;
    }

    /**
     * The same with how many rows a table has in each.
     *
     * @param table its name, as it was typed
     */
    int print(RowsOfEach.Counted counted, String table) {
        List<String> lines = lines(counted.listing(), counted.rows());
        Map<String, Object> fields = fields(counted.listing(), counted.rows());
        if (counted.failure() != null) {
            output.print(lines);
            return output.failure(counted.failure(), counted.listing().warnings(), fields);
        }
        if (counted.others() != null) {
            return output.failure(
                    nowhere(table, counted.others()), counted.listing().warnings(), fields);
        }
        output.success(lines, counted.listing().warnings(), fields);
        return ExitCodes.OK;
    }

    private static Failure nowhere(String table, List<String> others) {
        String named =
                others.stream().limit(MOST_TABLES).map(Legible::shortened).collect(Collectors.joining(", "));
        int more = others.size() - MOST_TABLES;
        return new Failure(
                Failure.Kind.USAGE,
                "no backup has a table called " + table + Suggestion.of(table, others),
                others.isEmpty()
                        ? "the newest has no table at all"
                        : "the newest has " + named + (more > 0 ? " and " + more + " more" : ""));
    }

    /** @param rows null where they were not counted */
    private List<String> lines(ListService.Listing listing, Map<Backup, Long> rows) {
        boolean showsKinds = listing.backups().stream().anyMatch(Backup::isIncrement);
        List<String> lines = new ArrayList<>();
        lines.add(
                listing.backups().isEmpty()
                        ? "no backups"
                        : left(created(), createdWidth())
                                + Legible.right("age", AGE_WIDTH) + "  "
                                + Legible.right("backup", SIZE_WIDTH) + "  "
                                + Legible.right("database", SIZE_WIDTH) + "  "
                                + (rows == null ? "" : Legible.right("rows", ROWS_WIDTH) + "  ")
                                + (showsKinds ? left("builds on", TIME_WIDTH) : "") + "where");
        listing.backups().forEach(backup -> lines.add(line(backup, rows, showsKinds)));
        return lines;
    }

    private String created() {
        return "created (" + Times.name(clock.getZone()) + ")";
    }

    private int createdWidth() {
        return Math.max(TIME_WIDTH, created().length());
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
    private String line(Backup backup, Map<Backup, Long> rows, boolean showsKinds) {
        String database = backup.databaseBytes() == null ? "" : Legible.size(backup.databaseBytes());
        String where = backup.commit() == null
                ? backup.location()
                : "commit " + backup.commit().substring(0, 12) + "  " + backup.location();
        return left(time(backup.createdAt()), createdWidth())
                + Legible.right(age(backup.createdAt()), AGE_WIDTH) + "  "
                + Legible.right(Legible.size(backup.backupBytes()), SIZE_WIDTH) + "  "
                + Legible.right(database, SIZE_WIDTH) + "  "
                + (rows == null
                        ? ""
                        : Legible.right(rows.containsKey(backup) ? "" + rows.get(backup) : "-", ROWS_WIDTH) + "  ")
                + (showsKinds ? left(backup.isIncrement() ? time(backup.since()) : "full", TIME_WIDTH) : "") + where;
    }

    private String time(Instant time) {
        return Times.inColumn(time, clock.getZone());
    }

    /** Less than nothing where a clock is or was wrong. */
    private String age(Instant time) {
        Duration age = Duration.between(time, clock.instant());
        return age.isNegative() ? "-" + Legible.age(age.negated()) : Legible.age(age);
    }

    private static String left(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length())) + "  ";
    }
}
