package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.sqlite.ReadOnlyQuery;
import dev.sqlitebackup.sqlite.Unfit;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What has to be true of the content of a backup: questions that only read, whose first value is neither 0 nor NULL nor
 * empty. Text that is a number is judged as that number.
 */
record Assertions(List<String> questions) {
    private static final String HINT = "give one SELECT, VALUES or WITH, whose first value is true";
    private static final Pattern ZERO = Pattern.compile("\\s*[+-]?(0+\\.?0*|\\.0+)([eE][+-]?[0-9]+)?\\s*");

    /** @throws Failure USAGE if one is not a single SELECT, VALUES or WITH that SQLite understands */
    static Assertions of(List<String> questions) {
        questions.forEach(Assertions::requireAnswerable);
        return new Assertions(questions);
    }

    private static void requireAnswerable(String question) {
        if (question.isBlank()) {
            throw new Failure(Failure.Kind.USAGE, "--assert is empty", HINT);
        }
        try {
            ReadOnlyQuery.requireAnswerable(question);
        } catch (Failure e) {
            throw unanswerable(question, e.getMessage(), e);
        }
    }

    private static Failure unanswerable(String question, String why, Exception cause) {
        return new Failure(Failure.Kind.USAGE, "cannot assert " + question + ": " + why, HINT, cause);
    }

    /**
     * Asks them all, up to the first that is false.
     *
     * @param database a private file
     * @param backup where it comes from, for messages
     * @param place what {@code query} can ask the same, null for nothing
     * @throws Failure CORRUPT if one is false, or this database has not the table or column that it asks for; USAGE if
     *     it names a function that SQLite has not; FAILURE if it cannot be computed
     */
    void require(Path database, String backup, String place) {
        for (String question : questions) {
            try {
                List<Object> row = ReadOnlyQuery.first(database, "the backup " + backup, question);
                if (row.isEmpty() || !isTrue(row.get(0))) {
                    throw failed(
                            backup,
                            question,
                            row.isEmpty() ? "there is no row" : "it gives " + said(row.get(0)),
                            place == null
                                    ? null
                                    : "ask it more: " + Hints.command("query", place) + " " + Hints.quoted(question));
                }
            } catch (Unfit e) {
                throw e.isFunctionOf(question)
                        ? unanswerable(question, "SQLite cannot run this: " + e.getMessage(), e)
                        : failed(backup, question, e.getMessage(), e.hint());
            }
        }
    }

    private static Failure failed(String backup, String question, String why, String hint) {
        return new Failure(
                Failure.Kind.CORRUPT, "the backup " + backup + " failed an assertion (" + why + "): " + question, hint);
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
