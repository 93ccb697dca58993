package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.core.PruneService;
import dev.sqlitebackup.core.RestorePlan;
import dev.sqlitebackup.core.RestoreService;
import dev.sqlitebackup.core.StatusService;
import dev.sqlitebackup.core.Verification;
import dev.sqlitebackup.core.VerifyService;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.SafetyCopies;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** What services return, as lines for people and as fields for programs (docs/cli.md); {@link Output} prints both. */
final class Reporter {
    private final Output output;

    private Reporter(Output output) {
        this.output = output;
    }

    static Reporter of(CommandLine commandLine, CommonOptions options) {
        return new Reporter(Output.of(commandLine, options));
    }

    /**
     * @param warnings that are new; what is known stays in the result
     * @param git what happened in Git
     * @return the exit code, as of all below
     */
    int backup(BackupService.Result result, long durationMillis, List<String> warnings, GitRun git) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("database", result.database().toString());
        fields.put("backup", result.backup());
        fields.put("createdAt", result.manifest().createdAt().toString());
        fields.put("databaseBytes", result.manifest().databaseBytes());
        fields.put("backupBytes", result.backupBytes());
        fields.put("sha256", result.manifest().sha256());
        fields.put("unchanged", result.unchanged());
        putKind(
                fields,
                result.manifest().increment() == null
                        ? null
                        : result.manifest().increment().parentCreatedAt());
        fields.put("comparedAt", result.comparedAt().toString());
        fields.put("verified", result.verification().word());
        fields.put("durationMillis", durationMillis);
        if (result.lockedUntil() != null) {
            fields.put("lockedUntil", result.lockedUntil().toString());
        }
        if (!result.pruned().isEmpty()) {
            fields.put("deleted", decisions(result.pruned()));
        }
        if (git.pushed() != null) {
            fields.put("pushedTo", git.pushed().to());
        }
        if (git.failure() != null) {
            return output.failure(git.failure(), warnings, fields);
        }
        output.success(
                List.of(line(result, durationMillis) + git.words()),
                warnings,
                result.verification().known(),
                fields);
        return ExitCodes.OK;
    }

    private static String line(BackupService.Result result, long durationMillis) {
        String sizes = Legible.size(result.manifest().databaseBytes()) + " → " + Legible.size(result.backupBytes())
                + " in " + Legible.seconds(durationMillis);
        String verified = result.verification().full() ? ", verified" : ", verified in part";
        String kind = result.unchanged()
                ? ", last compared in full at " + Times.local(result.comparedAt())
                : result.manifest().increment() != null
                        ? ", as an increment since "
                                + Times.local(result.manifest().increment().parentCreatedAt())
                        : result.whyFull() != null ? ", as a full backup: " + result.whyFull() : "";
        String locked = result.lockedUntil() == null ? "" : ", locked until " + result.lockedUntil();
        String pruned = result.pruned().isEmpty() ? "" : "; " + result.pruned().size() + " older deleted";
        return (result.unchanged()
                        ? "unchanged since the backup of "
                                + Times.local(result.manifest().createdAt()) + ", which was left as it is: "
                        : "backed up ")
                + result.database() + " → " + Legible.backup(result.backup()) + ", "
                + sizes
                + verified
                + kind
                + locked
                + pruned;
    }

    int restore(RestoreService.Result result, long durationMillis) {
        Map<String, Object> fields =
                restored(result.plan(), result.way(), result.safetyCopy(), result.verification(), durationMillis);
        output.success(
                List.of(line(result, durationMillis)), result.verification().warnings(), fields);
        if (result.safetyCopy() != null) {
            output.tell(takenBack(result.safetyCopy(), result));
        }
        return ExitCodes.OK;
    }

    int plan(RestorePlan plan, long durationMillis) {
        Verification verification = plan.content().verification();
        Map<String, Object> fields = restored(plan, plan.way(), null, verification, durationMillis);
        ComparedReport.put(fields, plan.compared());
        fields.put("dryRun", true);
        List<String> said = plan.compared() == null || plan.compared().difference() != null
                ? List.of()
                : List.of(ChangesReport.uncompared(plan));
        output.success(List.of(line(plan)), verification.warnings(), said, fields);
        return ExitCodes.OK;
    }

    private static Map<String, Object> restored(
            RestorePlan plan, RestorePlan.Way way, Path safetyCopy, Verification verification, long durationMillis) {
        VerifyService.Result content = plan.content();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("database", plan.database().toString());
        putBackup(fields, content.backup(), content.commit());
        fields.put("createdAt", content.manifest().createdAt().toString());
        fields.put("safetyCopy", text(safetyCopy));
        fields.put("method", way.word());
        fields.put("databaseBytes", content.manifest().databaseBytes());
        fields.put("sha256", content.manifest().sha256());
        fields.put("verified", verification.word());
        fields.put("durationMillis", durationMillis);
        fields.put("changes", ChangesReport.fields(plan.changes()));
        return fields;
    }

    /** The size and time of a backup, as people read it. */
    static String what(VerifyService.Result content) {
        return Legible.size(content.manifest().databaseBytes()) + " of "
                + Times.local(content.manifest().createdAt())
                + (content.commit() == null
                        ? ""
                        : " (commit " + content.commit().substring(0, 12) + ")");
    }

    private static String line(RestorePlan plan) {
        return "would restore " + from(plan)
                + switch (plan.way()) {
                    case CREATE -> ", where there is no database";
                    case REPLACE -> ", in place of a file that SQLite cannot open, which is kept";
                    case IN_PLACE, LIVE -> ", after a safety copy of what is there";
                }
                + "; nothing was changed";
    }

    private static String line(RestoreService.Result result, long durationMillis) {
        return "restored " + from(result.plan()) + " in " + Legible.seconds(durationMillis)
                + (result.verification().full() ? ", verified" : ", verified in part")
                + (result.safetyCopy() == null ? "" : "; the old content is in " + result.safetyCopy());
    }

    private static String undo(Path newest, Path database) {
        return SafetyCopies.in(newest.getParent(), database).equals(database)
                ? Hints.command("undo", database.toString())
                : Hints.command("undo", database.toString(), "--safety-dir=" + newest.getParent());
    }

    /** How to take it back, and what is kept for that: nothing deletes it but prune, so somebody has to know. */
    private static List<String> takenBack(Path newest, RestoreService.Result result) {
        Path database = result.plan().database();
        Path named = SafetyCopies.in(newest.getParent(), database);
        List<String> lines = new ArrayList<>();
        lines.add(
                result.way() == RestorePlan.Way.REPLACE
                        ? "to take this back, while nothing has it open: " + SafetyCopies.putBack(newest, database)
                        : "to take this back: " + undo(newest, database));
        try {
            List<Backup> copies = SafetyCopies.list(named);
            if (copies.size() > 1) {
                lines.add(copies.size() + " safety copies take "
                        + Legible.size(
                                copies.stream().mapToLong(Backup::backupBytes).sum())
                        + ", and only prune deletes them; to see them, or to go further back than undo: "
                        + Hints.command("list", named.toString()));
            }
        } catch (Failure e) {
            return lines; // The restore is done, whatever there is to say of the directory.
        }
        return lines;
    }

    private static String from(RestorePlan plan) {
        return what(plan.content()) + " from " + Legible.backup(plan.content().backup()) + " to " + plan.database();
    }

    int status(StatusService.Result result) {
        return new StatusReport(output).print(result);
    }

    int prune(PruneService.Pruned pruned, boolean dryRun) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kept", decisions(pruned.kept()));
        fields.put("deleted", decisions(pruned.deleted()));
        if (dryRun) {
            fields.put("dryRun", true);
        }
        if (!pruned.undecided().isEmpty()) {
            String hint = "make a backup first; what is wrong with each is said above";
            return output.failure(
                    new Failure(Failure.Kind.CORRUPT, String.join("; ", pruned.undecided()), hint),
                    pruned.warnings(),
                    fields);
        }
        List<String> lines = new ArrayList<>();
        pruned.kept().forEach(decision -> lines.add(line(dryRun ? "would keep  " : "kept   ", decision)));
        pruned.deleted().forEach(decision -> lines.add(line(dryRun ? "would delete" : "deleted", decision)));
        lines.add((dryRun ? "would keep " : "kept ")
                + pruned.kept().size()
                + (dryRun ? ", would delete " : ", deleted ")
                + pruned.deleted().size());
        if (pruned.refused() != null) {
            output.print(lines);
            return output.failure(pruned.refused(), pruned.warnings(), fields);
        }
        output.success(lines, pruned.warnings(), fields);
        return ExitCodes.OK;
    }

    private static List<Map<String, Object>> decisions(List<Retention.Decision> decisions) {
        return decisions.stream().map(Reporter::fields).toList();
    }

    private static Map<String, Object> fields(Retention.Decision decision) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("backup", decision.backup().location());
        fields.put("createdAt", decision.backup().createdAt().toString());
        fields.put("reasons", decision.reasons());
        return fields;
    }

    private static String line(String what, Retention.Decision decision) {
        return what + "  " + Times.local(decision.backup().createdAt()) + "  "
                + decision.backup().location()
                + (decision.kept() ? "  (" + Legible.reasons(decision.reasons()) + ")" : "");
    }

    /** @param commit of a version in Git, else null: then there is no such field */
    static void putBackup(Map<String, Object> fields, String backup, String commit) {
        fields.put("backup", backup);
        if (commit != null) {
            fields.put("commit", commit);
        }
    }

    /** @param since when what an increment builds on was made, null for a full backup */
    static void putKind(Map<String, Object> fields, Instant since) {
        fields.put("kind", since == null ? "full" : "increment");
        fields.put("since", text(since));
    }

    static String text(Object value) {
        return value == null ? null : value.toString();
    }
}
