package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.core.GitStatus;
import dev.sqlitebackup.core.StatusService;
import dev.sqlitebackup.history.Backup;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What {@code status} says: an alarm, or that all is well. */
record StatusReport(Output output) {
    /** @return the exit code */
    int print(StatusService.Result result) {
        int exitCode = printState(result);
        if (result.lastWriter() != null
                && result.lastWriter().wal()
                && result.lastWriter().version().hasWalResetBug()) {
            output.tell(List.of("note: " + result.database() + " is in WAL mode and was last written by SQLite "
                    + result.lastWriter().version() + ", which can lose committed data when a checkpoint meets a "
                    + "writer (the WAL-reset bug): update the application's SQLite to 3.51.3 or later"));
        }
        return exitCode;
    }

    private int printState(StatusService.Result result) {
        Backup backup = result.backup();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("database", result.database().toString());
        fields.put("backup", backup == null ? null : backup.location());
        fields.put("createdAt", Reporter.text(backup == null ? null : backup.createdAt()));
        fields.put("confirmedAt", Reporter.text(result.confirmedAt()));
        fields.put("ageSeconds", result.age() == null ? null : result.age().toSeconds());
        fields.put("changedSince", result.changedSince());
        fields.put("verifiedAt", Reporter.text(result.verifiedAt()));
        fields.put("state", result.freshness().word());
        fields.put(
                "sqliteVersion",
                result.lastWriter() == null
                        ? null
                        : result.lastWriter().version().toString());
        if (result.git() != null) {
            fields.put("committed", result.git().committed());
            fields.put("pushed", result.git().pushed());
        }
        return switch (result.freshness()) {
            case FRESH -> {
                output.success(List.of("fresh: " + facts(result)), result.warnings(), fields);
                yield ExitCodes.OK;
            }
            case STALE ->
                alarm("stale: " + facts(result), "see why backups have stopped; or " + result.hint(), result, fields);
            case UNPUSHED -> alarm(unpushed(result), result.hint(), result, fields);
            case UNVERIFIED -> alarm(unverified(result), "prove it: " + result.hint(), result, fields);
            case SHRUNK -> alarm(shrunk(result), result.hint(), result, fields);
            case MISSING, GONE -> alarm(result.missing(), result.hint(), result, fields);
            case BROKEN ->
                alarm(
                        "the newest backup cannot be restored, "
                                + result.backup().location() + ": " + result.missing(),
                        result.hint(),
                        result,
                        fields);
        };
    }

    private int alarm(String message, String hint, StatusService.Result result, Map<String, Object> fields) {
        return output.failure(new Failure(Failure.Kind.STALE, message, hint), result.warnings(), fields);
    }

    private static String shrunk(StatusService.Result result) {
        return result.database() + " has shrunk, and no run was told --allow-shrink: "
                + Legible.size(result.shrunk().contentBytes()) + " of it were in use in the backup of "
                + Times.local(Instant.parse(result.shrunk().createdAt())) + "; the newest is of "
                + Times.local(result.backup().createdAt()) + ": "
                + result.backup().location();
    }

    private static String unpushed(StatusService.Result result) {
        String backup = "the backup of " + Times.local(result.backup().createdAt()) + ", "
                + result.backup().location() + ", ";
        return result.git() == null
                ? "stale: " + backup + "is not tracked by Git, so it was never pushed"
                : result.git().pushed() == null
                        ? "stale: " + backup + "is in a repository without a remote, so it was never pushed"
                        : "stale: " + backup + inGit(result.git()) + "; there is something to push since "
                                + Times.local(result.git().unpushedSince());
    }

    private static String unverified(StatusService.Result result) {
        return "stale: " + result.database() + " → " + result.backup().location() + ": "
                + (result.verifiedAt() == null
                        ? "the newest backup was never proven by verify"
                        : "a backup there was last proven by verify at " + Times.local(result.verifiedAt()) + ", "
                                + ago(result.verifiedAge()));
    }

    private static String inGit(GitStatus git) {
        return git == null || git.committed() && !Boolean.FALSE.equals(git.pushed())
                ? ""
                : git.committed() ? "is not pushed" : "is not committed";
    }

    private static String facts(StatusService.Result result) {
        String inGit = inGit(result.git());
        return result.database() + " → " + result.backup().location() + ": the backup of "
                + Times.local(result.backup().createdAt())
                + (result.confirmedAt() == null ? " was made " : " was last found current ")
                + ago(result.age())
                + ", and "
                + changed(result) + (inGit.isEmpty() ? "" : "; in Git the backup " + inGit)
                + (result.verifiedAt() == null ? "" : "; last verified " + ago(result.verifiedAge()));
    }

    private static String ago(Duration age) {
        return age.isNegative()
                ? Legible.age(age.negated()) + " after now (a clock is or was wrong)"
                : Legible.age(age) + " ago";
    }

    private static String changed(StatusService.Result result) {
        return result.changedSince() != null
                ? "the database has " + (result.changedSince() ? "" : "not ") + "changed since"
                : Files.exists(result.database())
                        ? "whether the database has changed since cannot be told: it was written within 2 s of the "
                                + "backup, or has other paths (a hard link, a mount of the file alone)"
                        : "the database is not here to be compared";
    }
}
