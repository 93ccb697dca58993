package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.sqlite.Collation;
import org.sqlite.Function;

/**
 * Collations and functions that only the application has, played by ones that do nothing but compute, so that SQLite
 * can look at the pages of every table and index. What depends on one of them is then checked for its structure, and
 * not for its order or its values.
 *
 * <p>Names are learnt from what SQLite says of the statement that would check everything. Functions that the driver
 * adds are unknown too: with {@code trusted_schema=OFF} no schema may call them, and an application may have a better
 * one of that name.
 */
final class StandIns {
    /** Whoever has more than that wants to keep us busy. */
    private static final int MAX_NAMES = 500;
    /** The driver puts SQLite's words in brackets. */
    private static final Pattern COLLATION = Pattern.compile("no such collation sequence: (.+)\\)$", Pattern.DOTALL);

    private static final Pattern FUNCTION = Pattern.compile(
            "(?:no such function: |unknown function: |unsafe use of |wrong number of arguments to function "
                    + "|misuse of (?:aliased )?(?:aggregate |window )(?:function )?)(.+?)(?:\\(\\))?\\)$",
            Pattern.DOTALL);
    /** As EXPLAIN cuts the name of a collation that compares two values. */
    private static final int COLLATION_IN_COMPARISON = 18;

    /**
     * SQLITE_DETERMINISTIC, without which no index and no generated column may call it, SQLITE_INNOCUOUS, for
     * {@code trusted_schema=OFF}, and SQLITE_UTF8, which together with the driver's own SQLITE_UTF16 is SQLITE_ANY:
     * else one that the driver has for UTF-8 would go on to be taken.
     */
    private static final int HARMLESS = 0x800 | 0x200000 | 1;
    /** The functions that the driver adds take three at most; one for any number does not take their place. */
    private static final int MAX_DRIVER_ARGUMENTS = 3;

    private final SqliteConnection connection;
    private final Set<String> collations = new LinkedHashSet<>();
    private final Set<String> functions = new LinkedHashSet<>();

    private StandIns(SqliteConnection connection) {
        this.connection = connection;
    }

    /**
     * Registers one for each unknown name on a connection.
     *
     * @throws SQLException what SQLite says of a schema that no stand-in helps
     */
    static StandIns on(SqliteConnection connection) throws SQLException {
        StandIns standIns = new StandIns(connection);
        while (true) {
            try {
                connection.query("EXPLAIN PRAGMA integrity_check");
                return standIns;
            } catch (SQLException e) {
                if (!standIns.learn(String.valueOf(e.getMessage()))
                        || standIns.collations.size() + standIns.functions.size() > MAX_NAMES) {
                    throw e;
                }
            }
        }
    }

    private boolean learn(String message) throws SQLException {
        Matcher collation = COLLATION.matcher(message);
        if (collation.find()) {
            registerCollation(collation.group(1));
            return collations.add(collation.group(1));
        }
        Matcher function = FUNCTION.matcher(message);
        if (function.find()) {
            registerFunction(function.group(1));
            return functions.add(function.group(1));
        }
        return false;
    }

    /** By code units, whatever the real order is. */
    private void registerCollation(String name) throws SQLException {
        Collation.create(connection.driver(), name, new Collation() {
            @Override
            protected int xCompare(String a, String b) {
                return a.compareTo(b);
            }
        });
    }

    /** NULL, whatever the arguments are. */
    private void registerFunction(String name) throws SQLException {
        for (int arguments = -1; arguments <= MAX_DRIVER_ARGUMENTS; arguments++) {
            Function.create(
                    connection.driver(),
                    name,
                    new Function() {
                        @Override
                        protected void xFunc() throws SQLException {
                            result();
                        }
                    },
                    arguments,
                    HARMLESS);
        }
    }

    boolean isEmpty() {
        return collations.isEmpty() && functions.isEmpty();
    }

    /**
     * Which of them a statement would ask, in words. The program into which SQLite compiles it names its collations and
     * functions.
     */
    Set<String> usedBy(String statement) throws SQLException {
        List<String> operands = connection.query("EXPLAIN " + statement, "p4");
        Set<String> used = new TreeSet<>();
        for (String operand : operands) {
            if (operand == null) {
                continue;
            }
            functions.stream()
                    .filter(name -> startsWith(operand, name + "("))
                    .forEach(name -> used.add("function " + name));
            collations.stream()
                    .filter(name -> startsWith(
                                    operand, name.substring(0, Math.min(COLLATION_IN_COMPARISON, name.length())) + "-")
                            || isInKey(operand, name))
                    .forEach(name -> used.add("collation " + name));
        }
        return used;
    }

    /** Such as k(2,GERMAN,-NOCASE): the order of an index. */
    private static boolean isInKey(String operand, String name) {
        return operand.startsWith("k(") && operand.toLowerCase(Locale.ROOT).contains(name.toLowerCase(Locale.ROOT));
    }

    private static boolean startsWith(String operand, String prefix) {
        return operand.regionMatches(true, 0, prefix, 0, prefix.length());
    }
}
