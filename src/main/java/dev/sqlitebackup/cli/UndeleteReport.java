package dev.sqlitebackup.cli;

import dev.sqlitebackup.core.UndeleteService;
import dev.sqlitebackup.core.VerifyService;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What {@code undelete} says: one line, how to take it back, and of a dry run the first rows. */
record UndeleteReport(Output output, boolean dryRun) {
    /** @return the exit code */
    int print(UndeleteService.Result result, long durationMillis) {
        List<String> lines = new ArrayList<>();
        lines.add(line(result, durationMillis));
        if (dryRun) {
            result.tables().forEach(table -> lines.addAll(rows(table)));
        }
        output.success(lines, result.content().verification().warnings(), fields(result, durationMillis));
        if (result.safetyCopy() != null) {
            output.tell(List.of("to take this back: " + result.undo()));
        }
        return ExitCodes.OK;
    }

    private String line(UndeleteService.Result result, long durationMillis) {
        VerifyService.Result content = result.content();
        String from = Legible.backup(content.backup()) + " (" + Reporter.what(content) + ")";
        if (result.tables().isEmpty()) {
            return "nothing to put back: " + result.database() + " has all these rows of " + from
                    + " already; rows of another table come back by its own --table";
        }
        long rows =
                result.tables().stream().mapToLong(UndeleteService.Table::rows).sum();
        String tables = result.tables().stream()
                .map(table -> Legible.shortened(table.table()) + " " + table.rows())
                .collect(Collectors.joining(", "));
        String what = DiffReport.counted(rows, "row") + " from " + from + " into " + result.database() + ": " + tables;
        return dryRun
                ? "would put back " + what + "; nothing was changed"
                : "put back " + what + ", in " + Legible.seconds(durationMillis)
                        + (content.verification().full() ? ", verified" : ", verified in part")
                        + "; the old content is in " + result.safetyCopy();
    }

    private static List<String> rows(UndeleteService.Table table) {
        List<String> lines = new ArrayList<>();
        table.first().forEach(row -> lines.add("+ " + Legible.shortened(table.table()) + ": " + DiffRows.text(row)));
        long more = table.rows() - table.first().size();
        if (more > 0) {
            lines.add("  and " + DiffReport.counted(more, "more row"));
        }
        return lines;
    }

    private Map<String, Object> fields(UndeleteService.Result result, long durationMillis) {
        VerifyService.Result content = result.content();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("database", result.database().toString());
        Reporter.putBackup(fields, content.backup(), content.commit());
        fields.put("createdAt", content.manifest().createdAt().toString());
        fields.put("safetyCopy", Reporter.text(result.safetyCopy()));
        fields.put(
                "tables",
                result.tables().stream().map(table -> fields(table, dryRun)).toList());
        fields.put("verified", content.verification().word());
        fields.put("durationMillis", durationMillis);
        if (dryRun) {
            fields.put("dryRun", true);
        }
        return fields;
    }

    private static Map<String, Object> fields(UndeleteService.Table table, boolean withRows) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("table", table.table());
        fields.put("rows", table.rows());
        if (withRows) {
            fields.put(
                    "first",
                    table.first().stream()
                            .map(row -> DiffRows.values(row, true))
                            .toList());
        }
        return fields;
    }
}
