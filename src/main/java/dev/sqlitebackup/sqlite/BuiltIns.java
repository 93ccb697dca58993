package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Collations and functions of SQLite's in whose place an application may have its own, such as a NOCASE or a lower by
 * the rules of Unicode. To SQLite alone, an index that asks one then lacks rows that it has, and only the application
 * can tell that from damage.
 *
 * <p>Which they are, the program says into which SQLite compiles the REINDEX of that index alone. What does not hang on
 * them goes on to prove damage: how many entries an index has whose rows no condition chooses, and values that no
 * function makes.
 */
final class BuiltIns {
    private static final String COUNT = "wrong # of entries in index ";
    private static final String KEY_ORDER = "row not in PRIMARY KEY order for ";
    private static final Pattern DISAGREEMENT = Pattern.compile(
            "(row \\d+ missing from index |non-unique entry in index |" + KEY_ORDER
                    + "|row \\d+ values differ from index |" + COUNT + ")(.+)",
            Pattern.DOTALL);

    private static final Set<String> CALLS = Set.of("Function", "PureFunc");
    private static final Set<String> COMPARISONS = Set.of("Eq", "Ne", "Lt", "Le", "Gt", "Ge", "CollSeq");
    /** In EXPLAIN's words, where BINARY is left out. */
    private static final Set<String> BINARY = Set.of("", "B", "BINARY");

    private record Index(String table, boolean partial, SortedSet<String> collations, SortedSet<String> functions) {
        boolean asks() {
            return !collations.isEmpty() || !functions.isEmpty();
        }
    }

    private final Map<String, Index> indexes = new HashMap<>();
    /** The indexes that WITHOUT ROWID tables are, by table. */
    private final Map<String, String> keys = new HashMap<>();

    private final Set<String> doubted = new TreeSet<>();

    private BuiltIns() {}

    /** Those that the indexes of a database ask. One that cannot be compiled here counts as asking none. */
    static BuiltIns of(SqliteConnection connection) throws SQLException {
        BuiltIns builtIns = new BuiltIns();
        for (String table : connection.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")) {
            String list = " FROM pragma_index_list(" + Sql.text(table) + ")";
            Set<String> partial = Set.copyOf(connection.query("SELECT name" + list + " WHERE partial"));
            connection
                    .query("SELECT name" + list + " WHERE origin = 'pk'")
                    .forEach(name -> builtIns.keys.put(table, name));
            for (String name : connection.query("SELECT name" + list)) {
                Index index = new Index(table, partial.contains(name), new TreeSet<>(), new TreeSet<>());
                try {
                    compile(connection, name, index);
                    builtIns.indexes.put(name, index);
                } catch (SQLException e) {
                    if (ResultCode.of(e) != ResultCode.ERROR) {
                        throw e;
                    }
                }
            }
        }
        return builtIns;
    }

    private static void compile(SqliteConnection connection, String name, Index index) throws SQLException {
        String statement = "EXPLAIN REINDEX main." + Sql.name(name);
        List<String> opcodes = connection.query(statement, "opcode");
        List<String> operands = connection.query(statement, "p4");
        for (int i = 0; i < opcodes.size(); i++) {
            String opcode = opcodes.get(i);
            String operand = operands.get(i);
            if (operand == null) {
                continue;
            }
            if (CALLS.contains(opcode)) {
                index.functions.add(operand.substring(
                        0, operand.lastIndexOf('('))); // Such as lower(1), with the number of arguments.
            } else if (COMPARISONS.contains(opcode)) {
                addCollation(
                        index,
                        operand.substring(
                                0, Math.max(0, operand.lastIndexOf('-')))); // Such as NOCASE-8, with the encoding.
            } else if (operand.startsWith("k(")
                    && !opcode.equals("OpenRead")) { // Such as k(2,-NOCASE,); what is read is the table.
                Stream.of(operand.substring(0, operand.length() - 1).split(","))
                        .skip(1)
                        .forEach(key -> addCollation(index, key.replaceFirst("^-", "")));
            }
        }
    }

    private static void addCollation(Index index, String name) {
        if (!BINARY.contains(name)) {
            index.collations.add(name);
        }
    }

    /**
     * Whether a row of integrity_check says that an index does not agree with its table, which is all that may hang on
     * a collation or function.
     */
    static boolean isDisagreement(String row) {
        return DISAGREEMENT.matcher(row).matches();
    }

    /**
     * Whether a row of integrity_check says something that is wrong whatever the application's collations and functions
     * are. An index of which it does not is doubted from then on.
     */
    boolean provesDamage(String row) {
        Matcher said = DISAGREEMENT.matcher(row);
        if (!said.matches()) {
            return true;
        }
        String name = said.group(1).equals(KEY_ORDER) ? keys.get(said.group(2)) : said.group(2);
        Index index = indexes.get(name);
        boolean count = said.group(1).equals(COUNT);
        boolean values = said.group(1).contains("values differ");
        if (index == null || !index.asks() || count && !index.partial || values && index.functions.isEmpty()) {
            return true;
        }
        doubted.add(name);
        return false;
    }

    /** Adds each index that was doubted, of these tables, or of all if null. */
    void leaveOut(Collection<String> tables, SortedSet<String> leftOut) {
        for (String name : doubted) {
            Index index = indexes.get(name);
            if (tables == null || tables.contains(index.table)) {
                SortedSet<String> asked = new TreeSet<>();
                index.collations.forEach(collation -> asked.add("collation " + collation));
                index.functions.forEach(function -> asked.add("function " + function));
                leftOut.add("index " + name + " (" + String.join(", ", asked) + ", if the application has its own)");
            }
        }
    }
}
