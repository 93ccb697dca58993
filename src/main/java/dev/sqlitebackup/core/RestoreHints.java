package dev.sqlitebackup.core;

import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Again;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a user who restores may want to type next. */
final class RestoreHints {
    private RestoreHints() {}

    /** The same again. */
    static Again again(
            RestoreService.Request request, RestoreService.Wanted.Chosen backup, Path target, boolean dryRun) {
        List<String> words = Again.named(List.of("restore", backup.from().toString(), "--to=" + target), backup.name());
        addHow(words, request);
        if (request.stagingDirectory() != null) {
            words.add("--tmp-dir=" + request.stagingDirectory());
        }
        if (dryRun) {
            words.add("--dry-run");
        }
        return new Again(words);
    }

    /** What brings the content back that a restore takes away. */
    static String undo(RestoreService.Request request, Path target) {
        List<String> words = new ArrayList<>(List.of("undo", target.toString()));
        addHow(words, request);
        return Hints.command(words.toArray(String[]::new));
    }

    private static void addHow(List<String> words, RestoreService.Request request) {
        if (request.live()) {
            words.add("--live");
        }
        if (request.safetyDirectory() != null) {
            words.add("--safety-dir=" + request.safetyDirectory());
        }
    }
}
