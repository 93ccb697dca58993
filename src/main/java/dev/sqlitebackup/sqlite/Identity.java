package dev.sqlitebackup.sqlite;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What identifies rows of one table in one file, kept apart from them: columns {@code i0}, {@code i1} and so on, which
 * have neither affinity nor collation.
 */
final class Identity {
    private Identity() {}

    /** {@code i0, i1}. */
    static String numbered(List<String> identity, String alias) {
        return IntStream.range(0, identity.size())
                .mapToObj(i -> alias + "i" + i)
                .collect(Collectors.joining(", "));
    }

    /** The columns of a row. */
    static String of(List<String> identity, String alias) {
        return identity.stream().map(column -> alias + "." + Sql.name(column)).collect(Collectors.joining(", "));
    }

    /** That a row is the one that was kept apart. */
    static String matched(List<String> identity, String row, String kept) {
        return Sql.all(
                IntStream.range(0, identity.size())
                        .mapToObj(i -> row + "." + Sql.name(identity.get(i)) + " = " + kept + ".i" + i)
                        .toList(),
                "AND");
    }
}
