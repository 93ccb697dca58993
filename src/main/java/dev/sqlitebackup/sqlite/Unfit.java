package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Suggestion;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The database has not what is asked for, such as a table of that name. */
public final class Unfit extends Exception {
    private static final long serialVersionUID = 1;
    private static final int MOST_TABLES = 10;
    private static final Pattern TABLE = Pattern.compile("no such table: (?:main\\.)?(.*)", Pattern.DOTALL);
    private static final Pattern FUNCTION =
            Pattern.compile("(?:no such function: |wrong number of arguments to function )([^(]*).*", Pattern.DOTALL);

    private final String hint;

    private Unfit(String message, String hint, Throwable cause) {
        super(message, cause);
        this.hint = hint;
    }

    static Unfit of(SQLException cause) {
        String said = ResultCode.said(cause);
        return new Unfit(said, said.startsWith("no such column") ? "texts go in single quotes: 'ses_1'" : null, cause);
    }

    /** With what the database has in place of a table that it has not. */
    Unfit in(SqliteConnection connection) throws SQLException {
        Matcher missing = TABLE.matcher(getMessage());
        if (!missing.matches()) {
            return this;
        }
        List<String> tables = ReadOnlyQuery.tables(connection);
        return new Unfit(
                getMessage() + Suggestion.of(missing.group(1), tables),
                tables.isEmpty()
                        ? "it has no table"
                        : "it has the tables: "
                                + tables.stream().limit(MOST_TABLES).collect(Collectors.joining(", "))
                                + (tables.size() > MOST_TABLES ? ", …" : ""),
                this);
    }

    /** What helps who has asked, null where nothing is known. */
    public String hint() {
        return hint;
    }

    /** Whether another database may have it: what is wrong is no word of the question. */
    boolean mayFitAnother() {
        return getMessage().startsWith("no such table") || getMessage().startsWith("no such column");
    }

    /** Whether it is a function that the question names, and SQLite has not: no other database would help. */
    public boolean isFunctionOf(String sql) {
        Matcher function = FUNCTION.matcher(getMessage());
        return function.matches()
                && sql.toLowerCase(Locale.ROOT).contains(function.group(1).toLowerCase(Locale.ROOT));
    }
}
