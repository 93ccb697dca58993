package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What is asked of a backup: exactly one SELECT, VALUES or WITH, or an EXPLAIN of one. Its words are looked at before
 * SQLite sees any of it: some PRAGMAs do their work when they are compiled, and of two statements it takes the first
 * and says nothing. Whether a WITH only reads is SQLite's to say ({@link ReadOnlyQuery}).
 *
 * <p>What tokens are is SQLite's (tokenize.c).
 */
final class SelectStatement {
    private static final Set<String> READING = Set.of("SELECT", "VALUES", "WITH");
    private static final int MOST_FIRST_WORDS = 4;
    private static final String HINT =
            "give one SELECT, VALUES, WITH or EXPLAIN; to do more with a backup, restore it to a new file with --to";

    static final String CONDITION_HINT =
            "give what would follow WHERE in a SELECT, with texts in single quotes: id = 'ses_1'";

    private final String sql;
    private final boolean isCondition;
    private int at;
    /** The first tokens, in upper case. */
    private final List<String> first = new ArrayList<>();
    /** Where the statement begins that an EXPLAIN is of. */
    private int explained;

    private SelectStatement(String sql, boolean isCondition) {
        this.sql = sql;
        this.isCondition = isCondition;
    }

    /**
     * Looks at it.
     *
     * @return the statement without its EXPLAIN: what SQLite would run
     * @throws Failure USAGE for anything else than one statement that reads
     */
    static String explained(String sql) {
        SelectStatement statement = new SelectStatement(sql, false);
        statement.read();
        return sql.substring(statement.explained);
    }

    /**
     * The same with what is in double quotes as a name and nothing else: SQLite takes it for a text where no column has
     * that name, and then a question for a column that is not there has an answer.
     */
    static String withNames(String sql) {
        SelectStatement statement = new SelectStatement(sql, false);
        StringBuilder named = new StringBuilder();
        int copied = 0;
        for (String token; (token = statement.next()) != null; ) {
            if (token.startsWith("\"")) {
                int start = statement.at - token.length();
                boolean goesOn = start == copied && start > 0 && sql.charAt(start - 1) == '"';
                String name = token.substring(1, token.length() - 1).replace("`", "``");
                if (goesOn) {
                    named.setLength(named.length() - 1); // A doubled quote is one in the name.
                    named.append('"').append(name).append('`');
                } else {
                    named.append(sql, copied, start).append('`').append(name).append('`');
                }
                copied = statement.at;
            }
        }
        return named.append(sql, copied, sql.length()).toString();
    }

    /**
     * Looks at what is to stand in brackets behind WHERE.
     *
     * @throws Failure USAGE for anything that would not stay inside them
     */
    static void requireCondition(String sql) {
        SelectStatement condition = new SelectStatement(sql, true);
        int open = 0;
        boolean isEmpty = true;
        for (String token; (token = condition.next()) != null; isEmpty = false) {
            open += token.equals("(") ? 1 : token.equals(")") ? -1 : 0;
            if (open < 0 || token.equals(";")) {
                throw unfit("a " + token + " ends it");
            }
        }
        if (isEmpty || open > 0) {
            throw unfit(isEmpty ? "it is empty" : "a ( in it has no end");
        }
    }

    private static Failure unfit(String why) {
        return new Failure(Failure.Kind.USAGE, "not one condition: " + why, CONDITION_HINT);
    }

    private void read() {
        boolean ended = false;
        for (String token; (token = next()) != null; ) {
            if (ended && !token.equals(";")) {
                throw refused("it holds a second statement");
            }
            ended |= token.equals(";");
            if (first.size() < MOST_FIRST_WORDS) {
                addFirst(token);
            }
        }
        if (first.isEmpty() || first.get(0).equals(";")) {
            throw refused("it is empty");
        }
        int reads = !first.get(0).equals("EXPLAIN") ? 0 : isQueryPlan() ? 3 : 1;
        if (reads >= first.size() || !READING.contains(first.get(reads))) {
            throw refused("it begins with " + first.get(Math.min(reads, first.size() - 1))
                    + ", and not with SELECT, VALUES or WITH");
        }
    }

    private void addFirst(String token) {
        int length = first.size();
        boolean follows = length == 1 && first.get(0).equals("EXPLAIN") || length == 3 && isQueryPlan();
        if (follows) {
            explained = at - token.length();
        }
        first.add(token.toUpperCase(Locale.ROOT));
    }

    private boolean isQueryPlan() {
        return first.size() >= 3 && first.subList(0, 3).equals(List.of("EXPLAIN", "QUERY", "PLAN"));
    }

    /** @return the next token, null at the end; comments and blanks are none */
    private String next() {
        while (at < sql.length()) {
            int start = at;
            char c = sql.charAt(at);
            if (" \t\n\f\r\uFEFF".indexOf(c) >= 0) {
                at++;
            } else if (sql.startsWith("--", at)) {
                at = endOf(sql.indexOf('\n', at), 1);
            } else if (sql.startsWith("/*", at)) {
                at = endOf(sql.indexOf("*/", at + 2), 2);
            } else {
                at = c == '\'' || c == '"' || c == '`' || c == '[' ? quoted(c) : isWord(c) ? word() : at + 1;
                return sql.substring(start, at);
            }
        }
        return null;
    }

    private int endOf(int found, int length) {
        return found < 0 ? sql.length() : found + length;
    }

    /** A doubled quote is one in the text; for this it is as good as two texts. */
    private int quoted(char quote) {
        int end = sql.indexOf(quote == '[' ? ']' : quote, at + 1);
        if (end < 0) {
            String why = "a " + quote + " in it has no end";
            throw isCondition ? unfit(why) : refused(why);
        }
        return end + 1;
    }

    private int word() {
        int end = at;
        while (end < sql.length() && isWord(sql.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isWord(char c) {
        return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c > 0x7f;
    }

    static Failure refused(String why) {
        return new Failure(Failure.Kind.USAGE, "not one statement that only reads: " + why, HINT);
    }
}
