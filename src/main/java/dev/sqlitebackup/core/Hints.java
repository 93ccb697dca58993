package dev.sqlitebackup.core;

import java.util.regex.Pattern;

/** Commands in hints: as they can be pasted into a shell. */
public final class Hints {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private Hints() { }

    public static String command(String... words) {
        StringBuilder command = new StringBuilder("sqlite-backup");
        for (String word : words) {
            command.append(' ').append(quoted(word));
        }
        return command.toString();
    }

    /** A word as a shell has to read it. */
    static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
