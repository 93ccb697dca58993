package dev.sqlitebackup.history;

import dev.sqlitebackup.Hints;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What a user asked for, for hints: the same again, with a backup of another time.
 *
 * @param words the command, where the backup is, options
 * @param last an argument behind them that is no path, null for none
 */
public record Again(List<String> words, String last) {
    private static final Set<String> CHANGING = Set.of("restore", "undelete");

    /** Of a command that has no other argument. */
    public Again(List<String> words) {
        this(words, null);
    }

    public static Again verify(Location backup, String name) {
        return new Again(named(List.of("verify", backup.toString()), name));
    }

    public static Again query(Location backup, String name, String sql) {
        return new Again(named(List.of("query", backup.toString()), name), sql);
    }

    public static List<String> named(List<String> words, String name) {
        List<String> all = new ArrayList<>(words);
        if (name != null) {
            all.add("--name=" + name);
        }
        return all;
    }

    /** The same of a database in a history, for who named one file of it. */
    Again in(String place, String database) {
        List<String> all = new ArrayList<>(words);
        all.set(1, place);
        return new Again(all.stream().anyMatch(word -> word.startsWith("--name=")) ? all : named(all, database), last);
    }

    /** To begin a hint with: of a command that never changes anything, nothing. */
    String nothingWasChanged() {
        return CHANGING.contains(words.get(0)) ? "nothing was changed; " : "";
    }

    /** The newest backup that is not dated after a time. */
    String at(Instant time) {
        return with("--at=" + time);
    }

    /** The newest backup that is not dated after now; of a file that Git tracks, the newest that was committed. */
    String atNow() {
        return with("--at=0s");
    }

    /** From the newest backup on, up to the first that has an answer. */
    public String each() {
        return with("--each", "--first");
    }

    private String with(String... options) {
        List<String> all = new ArrayList<>(words);
        all.addAll(List.of(options));
        return Hints.command(all.toArray(String[]::new)) + (last == null ? "" : " " + Hints.quoted(last));
    }
}
