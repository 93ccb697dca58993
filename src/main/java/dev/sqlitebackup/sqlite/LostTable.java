package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A table of which rows may have to come back: what it is in the backup and in the database, and which rows of the
 * backup were chosen. These are in a temporary table: a number that gives their order, what identifies the row in the
 * backup, and the round in which it was found.
 *
 * <p>In statements, {@code o} is a row of the backup, {@code l} one of the live database, {@code w} one that was
 * chosen.
 */
final class LostTable {
    /** How many columns of a row name it, and how much of each, in a message. */
    private static final int MOST_TELLING = 4;

    private static final int MOST_OF_VALUE = 60;

    private final SqliteConnection connection;
    private final TableShape old;
    private final TableShape live;
    /** What tells its rows apart in the backup. */
    private final List<String> identity;
    /** That hold values in the database, and that both have. */
    private final List<String> columns;

    /** Temporary tables. */
    private final String chosen;

    private final String temporary;
    private final MissingRows missing;
    private long rows;

    /** @param number of its temporary tables, which no other one has */
    private LostTable(SqliteConnection connection, TableShape old, TableShape live, List<String> columns, int number)
            throws SQLException {
        this.connection = connection;
        this.old = old;
        this.live = live;
        this.identity = old.identity();
        this.columns = columns;
        this.chosen = "chosen_" + number;
        create();
        this.temporary = "missing_" + number;
        this.missing = MissingRows.of(connection, old, live, columns, temporary);
    }

    /** @throws Failure FAILURE where nothing identifies a row of it, or both have no column in common */
    static LostTable of(SqliteConnection connection, TableShape old, TableShape live, int number) throws SQLException {
        if (old.identity().isEmpty() || holdsNull(connection, old)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the rows of table " + old.name() + " cannot be told apart: it has columns called rowid, _rowid_ "
                            + "and oid, and no primary key, or one that holds NULL");
        }
        List<String> columns = Stream.concat(old.columns().stream(), old.generated().stream())
                .map(TableShape.Column::name)
                .filter(name -> live.column(name) != null)
                .toList();
        if (columns.isEmpty()) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "table " + old.name() + " of the backup and that of the database have no column in common");
        }
        return new LostTable(connection, old, live, columns, number);
    }

    /** Without a rowid that can be named, the key has to identify each row. */
    private static boolean holdsNull(SqliteConnection connection, TableShape old) throws SQLException {
        if (old.rowid() != null || old.kind() == TableShape.Kind.WITHOUT_ROWID) {
            return false;
        }
        String isNull = Sql.all(
                old.key().stream()
                        .map(name -> "o." + Sql.name(name) + " IS NULL")
                        .toList(),
                "OR");
        return !connection
                .query("SELECT 1 FROM " + old.from("o") + " WHERE " + isNull + " LIMIT 1")
                .isEmpty();
    }

    private void create() throws SQLException {
        String numbered = Identity.numbered(identity, "");
        connection.execute("CREATE TABLE temp." + chosen + "(n INTEGER PRIMARY KEY, " + numbered
                + ", round INTEGER, UNIQUE(" + numbered + "))");
        connection.execute("CREATE INDEX temp." + chosen + "_by_round ON " + chosen + "(round)");
    }

    String name() {
        return live.name();
    }

    TableShape old() {
        return old;
    }

    TableShape live() {
        return live;
    }

    List<String> columns() {
        return columns;
    }

    MissingRows missing() {
        return missing;
    }

    /**
     * After rows were put back: columns of another type than in the backup, which hold another value in one of them.
     */
    List<String> convertedColumns() throws SQLException {
        List<String> converted = new ArrayList<>();
        for (String column : columns) {
            String isOther = "NOT " + Sql.same("o." + Sql.name(column), "l." + Sql.name(column));
            String isThere = missing.isThere(isOther);
            if (isThere != null && !MissingRows.haveOneType(old, live, column) && first(isThere) != null) {
                converted.add(column);
            }
        }
        return converted;
    }

    /** How many rows were chosen. */
    long rows() {
        return rows;
    }

    List<String> identity() {
        return identity;
    }

    /** The chosen rows, as {@code from} and what joins them: first what was chosen, then the row. */
    String chosenRows(String alias) {
        return "temp." + chosen + " AS w CROSS JOIN " + old.from(alias) + " ON "
                + Identity.matched(identity, alias, "w");
    }

    /** The chosen rows {@code w}, of which a row of the backup is one. */
    String chosen(String row) {
        return "temp." + chosen + " AS w ON " + Identity.matched(identity, "+" + row, "w");
    }

    /**
     * Chooses rows {@code o} of the backup, as far as they were not chosen before.
     *
     * @param from where they are, and which
     * @return how many were
     */
    long choose(String from, long round) throws SQLException {
        return choose("", "NULL", Identity.of(identity, "o"), round, from);
    }

    /** The same, with an order before all that were chosen. */
    long chooseBefore(String from, long round) throws SQLException {
        String number = "(SELECT ifnull(min(n), 1) FROM temp." + chosen + ") - row_number() OVER ()";
        return choose("", number, Identity.of(identity, "o"), round, from);
    }

    /**
     * Chooses the missing rows that refer by a key to rows of the same table, those that refer to them, and so on: in a
     * chain there may be as many steps as there are rows.
     *
     * @param refers that row {@code o} refers to row {@code p}
     * @param after the round of the rows to begin with
     * @param isMissing that row {@code o} is
     */
    long chooseChain(String refers, long after, String isMissing) throws SQLException {
        String numbered = Identity.numbered(identity, "");
        String chain = "WITH RECURSIVE chain(" + numbered + ") AS (SELECT " + numbered + " FROM temp." + chosen
                + " WHERE round = " + after + " UNION SELECT " + Identity.of(identity, "o")
                + " FROM chain AS w CROSS JOIN " + old.from("p") + " ON " + Identity.matched(identity, "p", "w")
                + " CROSS JOIN " + old.from("o") + " ON " + refers + " WHERE " + isMissing
                + ") ";
        return choose(chain, "NULL", numbered, after + 1, "chain");
    }

    private long choose(String with, String number, String identifying, long round, String from) throws SQLException {
        long added = connection.update(with + "INSERT OR IGNORE INTO temp." + chosen + "(n, "
                + Identity.numbered(identity, "") + ", round) SELECT " + number + ", " + identifying + ", " + round
                + " FROM " + from);
        rows += added;
        return added;
    }

    /** How many of the chosen rows {@code o} there are for which a condition holds. */
    long count(String condition) throws SQLException {
        return connection.count(chosenRows("o") + " WHERE " + condition);
    }

    /** The least and the greatest number of the chosen rows. */
    long[] numbers() throws SQLException {
        return connection
                .query("SELECT min(n), max(n) FROM temp." + chosen, row -> new long[] {row.getLong(1), row.getLong(2)})
                .get(0);
    }

    /** The number of the first of the chosen rows {@code o} for which a condition holds, null if there is none. */
    Long first(String condition) throws SQLException {
        return connection
                .query(
                        "SELECT w.n FROM " + chosenRows("o") + " WHERE " + condition + " ORDER BY w.n LIMIT 1",
                        row -> row.getLong(1))
                .stream()
                .findFirst()
                .orElse(null);
    }

    /**
     * That row {@code l} of the database holds what row {@code o} of the backup does, in the columns that both have.
     * Where a column has another type now, what that makes of the value.
     */
    String same() {
        return same(List.of());
    }

    /** @param but columns that do not matter */
    String same(List<String> but) {
        List<String> terms = new ArrayList<>(List.of("TRUE"));
        terms.addAll(columns.stream()
                .filter(column -> but.stream().noneMatch(other -> RowCounts.BY_NAME.compare(column, other) == 0))
                .map(column -> MissingRows.haveOneType(old, live, column)
                        ? Sql.same("o." + Sql.name(column), "l." + Sql.name(column))
                        : "l." + Sql.name(column) + " IS +o." + Sql.name(column) + " COLLATE BINARY")
                .toList());
        return Sql.all(terms, "AND");
    }

    /**
     * Puts chosen rows into the database, all by one statement, which changes nothing where it fails.
     *
     * @param first the least of their numbers
     * @param last the greatest
     * @param backwards whether the last comes first
     */
    void insert(long first, long last, boolean backwards) throws SQLException {
        connection.execute(insertion() + " WHERE w.n BETWEEN " + first + " AND " + last + " ORDER BY w.n"
                + (backwards ? " DESC" : ""));
    }

    /** The statement that inserts all that was chosen. */
    String insertion() throws SQLException {
        String into = columns.stream().map(Sql::name).collect(Collectors.joining(", "));
        return "INSERT" + (live.hasConflictClause(connection) ? " OR ABORT" : "") + " INTO " + LiveAndBackup.LIVE + "."
                + Sql.name(live.name()) + "(" + into + ") SELECT " + Identity.of(columns, "o") + " FROM "
                + chosenRows("o");
    }

    /**
     * After they were put back.
     *
     * @return the number of the first chosen row that the database does not hold as the backup does, null if there is
     *     none
     */
    Long firstNotBack() throws SQLException {
        String isThere = missing.isThere(same());
        return isThere == null
                ? first(MissingRows.of(connection, old, live, columns, temporary)
                        .condition())
                : first("NOT " + isThere);
    }

    /** Some of the chosen rows, to show. */
    List<DiffRow> show(int limit, int mostOfValue) throws SQLException {
        List<String> all = old.columns().stream().map(TableShape.Column::name).toList();
        return new DiffRow.Wanted(all, old.key(), chosenRows("o") + " ORDER BY w.n", limit, mostOfValue)
                .onlyOne(connection, true);
    }

    /** A chosen row in words: its table and what tells it from others there. */
    String describe(long n) throws SQLException {
        return "table " + old.name() + ", row "
                + connection.queryOne("SELECT " + telling("o") + " FROM " + chosenRows("o") + " WHERE w.n = " + n);
    }

    /** What tells a row of the backup from others, as an expression of text. */
    String telling(String row) {
        boolean hasKey = missing.isThere("TRUE") != null;
        List<String> telling = hasKey
                ? live.key()
                : Stream.concat(identity.stream(), columns.stream()).distinct().toList();
        return telling.stream()
                .limit(MOST_TELLING)
                .map(column -> Sql.text(column + "=") + " || substr(quote(" + row + "." + Sql.name(column) + "), 1, "
                        + MOST_OF_VALUE + ")")
                .collect(Collectors.joining(" || ', ' || "));
    }
}
