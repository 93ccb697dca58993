package dev.sqlitebackup.sqlite;

import java.util.List;

/** Pieces of statements about tables whose names and width others chose. */
final class Sql {
    private Sql() {}

    /** A name as an identifier; behind a table's alias nothing takes it for a text. */
    static String name(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    static String text(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /**
     * All terms, under one operator that is associative: as a balanced tree, since SQLite refuses more than 1000
     * levels.
     *
     * @param terms at least one
     */
    static String all(List<String> terms, String operator) {
        if (terms.size() == 1) {
            return terms.get(0);
        }
        int half = terms.size() / 2;
        return "(" + all(terms.subList(0, half), operator) + " " + operator + " "
                + all(terms.subList(half, terms.size()), operator) + ")";
    }

    /** Whether two values are the same to SQLite's IS, whatever is declared of their columns, and of one class. */
    static String same(String one, String other) {
        // A plus takes away the affinity of a column, and COLLATE its collation.
        return "(+" + one + " IS +" + other + " COLLATE BINARY AND typeof(" + one + ") = typeof(" + other + "))";
    }
}
