package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.sqlite.ReadOnlyQuery;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What has to be true of the content of a backup: questions that only read, whose first value is neither 0 nor NULL nor
 * empty. Text that is a number is judged as that number.
 */
record Assertions(List<String> questions) {
    private static final String NO_TABLE = "no such table: ";
    private static final int MOST_TABLES = 20;
    private static final Pattern ZERO = Pattern.compile("\\s*[+-]?(0+\\.?0*|\\.0+)([eE][+-]?[0-9]+)?\\s*");

    /** @throws Failure USAGE if one is not a single SELECT, VALUES or WITH that SQLite understands */
    static Assertions of(List<String> questions) {
        questions.forEach(Assertions::requireAnswerable);
        return new Assertions(questions);
    }

    private static void requireAnswerable(String question) {
        try {
            ReadOnlyQuery.requireAnswerable(question);
        } catch (Failure e) {
            throw new Failure(e.kind(), "cannot assert " + question + ": " + e.getMessage(), e.hint(), e);
        }
    }

    /**
     * Asks them all, up to the first that is false.
     *
     * @param database a private file
     * @param backup where it comes from, for messages
     * @param place what {@code query} can ask the same, null for nothing
     * @throws Failure CORRUPT if one is false, or this database has not the table or column that it asks for; FAILURE
     *     if it cannot be computed
     */
    void require(Path database, String backup, String place) {
        for (String question : questions) {
            String found = found(database, backup, question);
            if (found != null) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "the backup " + backup + " failed an assertion (" + found + "): " + question,
                        found.startsWith(NO_TABLE)
                                ? tables(database, backup)
                                : place == null
                                        ? null
                                        : "ask it more: " + Hints.command("query", place) + " "
                                                + Hints.quoted(question));
            }
        }
    }

    private static String tables(Path database, String backup) {
        List<String> tables = ReadOnlyQuery.tables(database, "the backup " + backup);
        String named = String.join(", ", tables.subList(0, Math.min(MOST_TABLES, tables.size())));
        int more = tables.size() - MOST_TABLES;
        return tables.isEmpty()
                ? "the backup has no table at all"
                : "the backup has " + named + (more > 0 ? " and " + more + " more" : "");
    }

    /** @return null if it is true */
    private static String found(Path database, String backup, String question) {
        try {
            List<Object> row = ReadOnlyQuery.first(database, "the backup " + backup, question);
            return row.isEmpty() ? "there is no row" : isTrue(row.get(0)) ? null : "it gives " + said(row.get(0));
        } catch (ReadOnlyQuery.Unfit e) {
            return e.getMessage();
        }
    }

    /** @param value a Long, Double, String or byte[], or null */
    static boolean isTrue(Object value) {
        if (value instanceof byte[] blob) {
            return blob.length > 0;
        }
        return value instanceof Number number
                ? number.doubleValue() != 0
                : value != null
                        && !value.equals("")
                        && !ZERO.matcher((String) value).matches();
    }

    /** As SQL writes what is not true. */
    private static String said(Object value) {
        return value == null
                ? "NULL"
                : value instanceof byte[] ? "x''" : value instanceof String ? "'" + value + "'" : value.toString();
    }
}
