package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What triggers do besides when rows are put back: which tables they may write to, as SQLite itself compiles them with
 * all that follows from them, and whether these have lost rows.
 */
final class TriggerWrites {
    /** One instruction of SQLite's, of which a program begins with number 0. */
    private record Instruction(int number, String operation, int first, int second, int third) {}

    private static final int MAIN = 0;

    private final SqliteConnection connection;
    /** How many rows there were in each of the tables. */
    private final SortedMap<String, Long> before = new TreeMap<>(RowCounts.BY_NAME);

    private TriggerWrites(SqliteConnection connection) {
        this.connection = connection;
    }

    /**
     * Looks and counts, before anything is written.
     *
     * @param tables that are to get rows
     */
    static TriggerWrites of(SqliteConnection connection, List<LostTable> tables) throws SQLException {
        TriggerWrites writes = new TriggerWrites(connection);
        Map<Integer, String> byRoot = new HashMap<>();
        connection.query(
                "SELECT rootpage, name FROM main.sqlite_schema WHERE type = 'table' AND rootpage > 0 "
                        + "AND name NOT LIKE 'sqlite^_%' ESCAPE '^'",
                row -> byRoot.put(row.getInt(1), row.getString(2)));
        Set<String> shadows = Tables.of(connection, LiveAndBackup.LIVE).shadows();
        for (LostTable table : tables) {
            for (String written : writes.writtenBy(table.insertion(), byRoot)) {
                if (!shadows.contains(written)) {
                    writes.before.put(written, connection.count("main." + Sql.name(written)));
                }
            }
        }
        return writes;
    }

    /** The first program is the statement itself, those that follow are its triggers, and what these set off. */
    private List<String> writtenBy(String statement, Map<Integer, String> byRoot) throws SQLException {
        List<Instruction> program = connection.query(
                "EXPLAIN " + statement,
                row -> new Instruction(
                        row.getInt("addr"),
                        row.getString("opcode"),
                        row.getInt("p1"),
                        row.getInt("p2"),
                        row.getInt("p3")));
        List<String> written = new ArrayList<>();
        int programs = 0;
        for (Instruction instruction : program) {
            programs += instruction.number == 0 ? 1 : 0;
            Integer root = programs < 2
                    ? null
                    : instruction.operation.equals("OpenWrite") && instruction.third == MAIN
                            ? Integer.valueOf(instruction.second)
                            : instruction.operation.equals("Clear") && instruction.second == MAIN
                                    ? Integer.valueOf(instruction.first)
                                    : null;
            if (root != null && byRoot.containsKey(root)) {
                written.add(byRoot.get(root));
            }
        }
        return written;
    }

    /**
     * When the rows are in the database.
     *
     * @throws Failure FAILURE if a table has fewer rows than it had, but for those that came back
     */
    void refuseIfLost(List<LostTable> tables) throws SQLException {
        for (Map.Entry<String, Long> table : before.entrySet()) {
            long expected = table.getValue()
                    + tables.stream()
                            .filter(lost -> RowCounts.BY_NAME.compare(lost.name(), table.getKey()) == 0)
                            .mapToLong(LostTable::rows)
                            .sum();
            long lost = expected - connection.count("main." + Sql.name(table.getKey()));
            if (lost > 0) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "a trigger would delete " + References.rows(lost) + " of table " + table.getKey()
                                + " when these rows come back; nothing was changed",
                        Insertion.ELSEWHERE);
            }
        }
    }

    /** Tables besides those that got rows. */
    List<String> others(List<LostTable> tables) {
        return before.keySet().stream()
                .filter(name -> tables.stream().noneMatch(lost -> RowCounts.BY_NAME.compare(lost.name(), name) == 0))
                .toList();
    }
}
