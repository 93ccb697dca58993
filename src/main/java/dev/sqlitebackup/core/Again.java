package dev.sqlitebackup.core;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What a user asked for, for hints: the same again, with a backup of another time. */
record Again(List<String> words) {
    static Again verify(Location backup, String name) {
        return new Again(named(List.of("verify", backup.toString()), name));
    }

    static Again restore(RestoreService.Request request, Path target) {
        List<String> words = named(List.of("restore", request.backup().toString(), "--to=" + target), request.name());
        addHow(words, request);
        if (request.stagingDirectory() != null) {
            words.add("--tmp-dir=" + request.stagingDirectory());
        }
        if (request.dryRun()) {
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

    private static List<String> named(List<String> words, String name) {
        List<String> all = new ArrayList<>(words);
        if (name != null) {
            all.add("--name=" + name);
        }
        return all;
    }

    /** The newest backup that is not dated after a time. */
    String at(Instant time) {
        return with("--at=" + time);
    }

    /** The newest backup that is not dated after now; of a file that Git tracks, the newest that was committed. */
    String atNow() {
        return with("--at=0s");
    }

    private String with(String at) {
        List<String> all = new ArrayList<>(words);
        all.add(at);
        return Hints.command(all.toArray(String[]::new));
    }
}
