package dev.sqlitebackup.core;

import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Again;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a user who puts rows back may want to type next. */
final class UndeleteHints {
    private UndeleteHints() {}

    /** The same again. */
    static Again again(UndeleteService.Request request, Path target) {
        List<String> words = Again.named(
                List.of("undelete", request.backup().toString(), "--to=" + target, "--table=" + request.table()),
                request.name());
        if (request.condition() != null) {
            words.add("--where=" + request.condition());
        }
        if (request.only()) {
            words.add("--only");
        }
        if (request.withoutTriggers()) {
            words.add("--no-triggers");
        }
        if (request.dryRun()) {
            words.add("--dry-run");
        }
        return new Again(words);
    }

    /** What finds the newest backup that has such a row. */
    static String find(UndeleteService.Request request) {
        return Again.query(request.backup(), request.name(), question(request)).each();
    }

    private static String question(UndeleteService.Request request) {
        return "SELECT 1 FROM \"" + request.table().replace("\"", "\"\"") + "\""
                + (request.condition() == null ? "" : " WHERE " + request.condition());
    }

    /** What takes it back, while applications go on. */
    static String undo(UndeleteService.Request request, Path target) {
        List<String> words = new ArrayList<>(List.of("undo", target.toString(), "--live"));
        if (request.safetyDirectory() != null) {
            words.add("--safety-dir=" + request.safetyDirectory());
        }
        return Hints.command(words.toArray(String[]::new));
    }
}
