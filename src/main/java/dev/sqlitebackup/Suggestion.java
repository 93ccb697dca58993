package dev.sqlitebackup;

import java.util.Collection;
import java.util.Comparator;
import java.util.Set;
import org.apache.commons.lang3.StringUtils;

/** What somebody may have meant who mistyped a word; said only where it is near, and never where it would write. */
public final class Suggestion {
    private static final int LONG = 5;

    private Suggestion() {}

    /** @return what to say behind the error: nothing, or a question */
    public static String of(String word, Collection<String> words) {
        return of(word, words, Set.of());
    }

    /** The same, but for words that are never suggested. */
    public static String of(String word, Collection<String> words, Set<String> never) {
        String nearest = words.stream()
                .min(Comparator.comparingInt((String candidate) -> distance(word, candidate))
                        .thenComparing(Comparator.naturalOrder()))
                .orElse(null);
        boolean near = nearest != null
                && distance(word, nearest) <= (word.length() < LONG ? 1 : 2)
                && distance(word, nearest) < word.length(); // Every letter is near every other.
        return near && !never.contains(nearest) ? "; did you mean " + nearest + "?" : "";
    }

    @SuppressWarnings("deprecation") // Its successor is a library more.
    private static int distance(String word, String candidate) {
        return StringUtils.getLevenshteinDistance(word, candidate);
    }
}
