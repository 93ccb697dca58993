package dev.sqlitebackup.cli;

import dev.sqlitebackup.Times;
import dev.sqlitebackup.core.VerifyAll;
import dev.sqlitebackup.core.VerifyService;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code verify} says: of one backup, or of each and all. */
record VerifyReport(Output output) {
    /** As wide as a time. */
    private static final String UNKNOWN_TIME = "-                  ";

    /** @return the exit code, as of all below */
    int print(VerifyService.Result result) {
        String line = (result.verification().full() ? "verified: " : "verified in part: ")
                + Legible.backup(result.backup()) + " holds "
                + Legible.size(result.manifest().databaseBytes()) + " of "
                + Times.local(result.manifest().createdAt());
        output.success(List.of(line), result.verification().warnings(), fields(result));
        return ExitCodes.OK;
    }

    /** When, what, which, and whether it is good: as it comes. */
    void print(VerifyAll.Outcome outcome) {
        String when = outcome.createdAt() == null
                ? UNKNOWN_TIME
                : Times.inColumn(outcome.createdAt(), ZoneId.systemDefault());
        String where = Legible.backup(outcome.backup());
        output.print(List.of(when + "  " + (outcome.since() == null ? "full     " : "increment") + "  "
                + where.substring(where.lastIndexOf('/') + 1) + "  " + verdict(outcome)));
    }

    private static String verdict(VerifyAll.Outcome outcome) {
        return outcome.failure() == null
                ? outcome.result().verification().full() ? "ok" : "partial"
                : (outcome.isBad() ? "bad: " : "not read: ")
                        + outcome.failure().getMessage().replace("the backup " + outcome.backup() + " ", "the backup ");
    }

    /** The sum of what was printed of each. */
    int print(VerifyAll.Result result) {
        Map<String, Object> fields = Map.of(
                "results", result.outcomes().stream().map(VerifyReport::fields).toList());
        List<String> warnings = new ArrayList<>(warnings(result.outcomes()));
        warnings.addAll(result.warnings());
        if (result.failure() != null) {
            return output.failure(result.failure(), warnings, fields);
        }
        output.success(List.of(verdict(result)), warnings, fields);
        return ExitCodes.OK;
    }

    private static String verdict(VerifyAll.Result result) {
        long inPart = result.outcomes().stream()
                .filter(outcome -> !outcome.result().verification().full())
                .count();
        return count(result.outcomes().size(), "backup") + " of " + count(result.databases(), "database")
                + (result.outcomes().size() == 1 ? " is good" : " are good")
                + (inPart == 0 ? "" : ", " + inPart + " of them as far as they can be checked without the application");
    }

    private static String count(long number, String of) {
        return number + " " + of + (number == 1 ? "" : "s");
    }

    /** Mostly, what is to be said of one is to be said of all. */
    private static List<String> warnings(List<VerifyAll.Outcome> outcomes) {
        Map<String, List<String>> said = new LinkedHashMap<>();
        outcomes.stream()
                .filter(outcome -> outcome.result() != null)
                .forEach(outcome -> outcome.result()
                        .verification()
                        .warnings()
                        .forEach(warning -> said.computeIfAbsent(warning, once -> new ArrayList<>())
                                .add(Legible.backup(outcome.backup()))));
        return said.entrySet().stream()
                .map(entry -> entry.getValue().get(0)
                        + (entry.getValue().size() == 1
                                ? ""
                                : " and " + (entry.getValue().size() - 1) + " more") + ": "
                        + entry.getKey())
                .toList();
    }

    private static Map<String, Object> fields(VerifyAll.Outcome outcome) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("ok", outcome.failure() == null);
        if (outcome.failure() == null) {
            fields.put("exitCode", ExitCodes.OK);
            fields.putAll(fields(outcome.result()));
            List<String> warnings = outcome.result().verification().warnings();
            if (!warnings.isEmpty()) {
                fields.put("warnings", warnings);
            }
            return fields;
        }
        fields.put("exitCode", ExitCodes.of(outcome.failure().kind()));
        Reporter.putBackup(fields, outcome.backup(), outcome.commit());
        fields.put("createdAt", Reporter.text(outcome.createdAt()));
        fields.put("error", outcome.failure().kind().code());
        fields.put("message", outcome.failure().getMessage());
        return fields;
    }

    private static Map<String, Object> fields(VerifyService.Result result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        Reporter.putBackup(fields, result.backup(), result.commit());
        fields.put("createdAt", result.manifest().createdAt().toString());
        fields.put("databaseBytes", result.manifest().databaseBytes());
        fields.put("backupBytes", result.backupBytes());
        fields.put("sha256", result.manifest().sha256());
        fields.put("verified", result.verification().word());
        return fields;
    }
}
