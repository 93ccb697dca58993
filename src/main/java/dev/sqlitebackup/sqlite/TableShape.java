package dev.sqlitebackup.sqlite;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a comparison has to know of a table in one of two databases.
 *
 * @param schema by which SQLite knows the database
 * @param kind of a table
 * @param columns in their order, without generated ones: those say nothing that the others do not
 * @param generated those
 * @param key the columns that tell its rows apart, in their order; empty if it declares none
 * @param look how a row is found by its key
 * @param primary the index that holds the key, null if there is none
 * @param rowid a name of its rowid, null where all are taken or there is none
 */
record TableShape(
        String schema,
        String name,
        Kind kind,
        List<Column> columns,
        List<Column> generated,
        List<String> key,
        Look look,
        String primary,
        String rowid) {
    /** What differs in how a table is read. */
    enum Kind {
        TABLE,
        WITHOUT_ROWID,
        FULL_TEXT,
        R_TREE
    }

    /** A column that holds values. */
    record Column(String name, String type, boolean mayBeNull) {
        /** To what its values are compared: as a number, as a text or as it is (sqlite.org/datatype3.html, 3.1). */
        String affinity() {
            String upper = type.toUpperCase(Locale.ROOT);
            return upper.contains("INT")
                    ? "NUMERIC"
                    : Stream.of("CHAR", "CLOB", "TEXT").anyMatch(upper::contains)
                            ? "TEXT"
                            : upper.isEmpty() || upper.contains("BLOB") ? "BLOB" : "NUMERIC";
        }
    }

    /** How a row is found by its key. */
    enum Look {
        /** The key is the rowid. */
        ROWID,
        /** The table itself is in the order of its key, all of it by the bytes of texts. */
        KEYED_TABLE,
        /** An index is. */
        INDEX,
        /** The order is by a collation, which is not to be trusted: an application may have another one of its name. */
        NONE
    }

    /** As a comment may be between the words, the second alone; a name that holds it does no harm. */
    private static final Pattern CONFLICT_CLAUSE = Pattern.compile("\\bconflict\\b", Pattern.CASE_INSENSITIVE);

    private static final String BINARY = "BINARY";
    /** What {@code pragma_table_xinfo} says of generated columns. */
    private static final int VIRTUAL = 2;

    private static final int STORED = 3;
    /** Of a full-text table, which has no column for it. */
    private static final Column ROWID = new Column("rowid", "INTEGER", false);

    /** One row of {@code pragma_table_xinfo}. */
    private record Declared(Column column, int keyNumber, int hidden) {}

    static TableShape of(SqliteConnection connection, String schema, String name, Kind kind) throws SQLException {
        String of = "(" + Sql.text(name) + ", " + Sql.text(schema) + ")";
        List<Declared> declared = connection.query(
                "SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo" + of,
                row -> new Declared(
                        new Column(row.getString(1), row.getString(2), row.getInt(3) == 0),
                        row.getInt(4),
                        row.getInt(5)));
        List<Column> columns = hidden(declared, 0);
        if (kind == Kind.R_TREE) {
            String number = columns.get(0).name;
            return new TableShape(schema, name, kind, columns, List.of(), List.of(number), Look.ROWID, null, number);
        }
        if (kind == Kind.FULL_TEXT) {
            List<Column> numbered =
                    Stream.concat(Stream.of(ROWID), columns.stream()).toList();
            return new TableShape(
                    schema, name, kind, numbered, List.of(), List.of(ROWID.name), Look.ROWID, null, ROWID.name);
        }
        Map<Integer, String> key = new TreeMap<>();
        declared.stream()
                .filter(column -> column.keyNumber > 0)
                .forEach(column -> key.put(column.keyNumber, column.column.name));
        String primary = connection.query("SELECT name FROM pragma_index_list" + of + " WHERE origin = 'pk'").stream()
                .findFirst()
                .orElse(null);
        return new TableShape(
                schema,
                name,
                kind,
                columns,
                Stream.concat(hidden(declared, VIRTUAL).stream(), hidden(declared, STORED).stream())
                        .toList(),
                List.copyOf(key.values()),
                look(connection, schema, primary, kind),
                primary,
                kind == Kind.WITHOUT_ROWID ? null : rowid(declared));
    }

    private static List<Column> hidden(List<Declared> declared, int how) {
        return declared.stream()
                .filter(column -> column.hidden == how)
                .map(Declared::column)
                .toList();
    }

    private static Look look(SqliteConnection connection, String schema, String primary, Kind kind)
            throws SQLException {
        if (primary == null) {
            return Look.ROWID;
        }
        boolean byBytes = connection
                .query("SELECT coll FROM pragma_index_xinfo(" + Sql.text(primary) + ", " + Sql.text(schema)
                        + ") WHERE \"key\"")
                .stream()
                .allMatch(BINARY::equalsIgnoreCase);
        return !byBytes ? Look.NONE : kind == Kind.WITHOUT_ROWID ? Look.KEYED_TABLE : Look.INDEX;
    }

    private static String rowid(List<Declared> columns) {
        return Stream.of("rowid", "_rowid_", "oid")
                .filter(name -> columns.stream().noneMatch(column -> column.column.name.equalsIgnoreCase(name)))
                .findFirst()
                .orElse(null);
    }

    /** @return null if none of that name holds values */
    Column column(String wanted) {
        return named(wanted, columns.stream());
    }

    /** @return the column, or the generated one, of that name; null if there is none */
    Column readable(String wanted) {
        return named(wanted, Stream.concat(columns.stream(), generated.stream()));
    }

    private static Column named(String wanted, Stream<Column> columns) {
        return columns.filter(column -> RowCounts.BY_NAME.compare(column.name, wanted) == 0)
                .findFirst()
                .orElse(null);
    }

    /** The names of those of its columns that another table has not. */
    List<String> columnsWithout(TableShape other) {
        return columns.stream()
                .map(Column::name)
                .filter(name -> other.column(name) == null)
                .toList();
    }

    /** Whether the same columns, in the same order, are the key of both. */
    boolean hasKeyOf(TableShape other) {
        return key.size() == other.key.size()
                && IntStream.range(0, key.size())
                        .allMatch(i -> RowCounts.BY_NAME.compare(key.get(i), other.key.get(i)) == 0);
    }

    /**
     * Whether a constraint of it may say what becomes of a row that violates it, such as ON CONFLICT REPLACE, by which
     * an INSERT would delete another row.
     */
    boolean hasConflictClause(SqliteConnection connection) throws SQLException {
        return connection
                .query("SELECT sql FROM " + schema + ".sqlite_schema WHERE type = 'table' AND name = " + Sql.text(name))
                .stream()
                .anyMatch(sql -> CONFLICT_CLAUSE.matcher(String.valueOf(sql)).find());
    }

    /** Whether these columns are a name of the rowid, and no more. */
    boolean isRowid(List<String> columns) {
        return look == Look.ROWID
                && key.size() == 1
                && columns.size() == 1
                && RowCounts.BY_NAME.compare(key.get(0), columns.get(0)) == 0;
    }

    /** The columns that identify a row in this one file, whether or not they are a key; empty where none do. */
    List<String> identity() {
        return rowid == null ? key : List.of(rowid);
    }

    /** The table as something to read all of, in the order of its rowids where it has any. */
    String all(String alias) {
        return from(alias) + (kind == Kind.TABLE ? " NOT INDEXED" : "");
    }

    /** The table as something to look a key up in, or a rowid. */
    String byKey(String alias) {
        return look == Look.ROWID ? all(alias) : from(alias) + " INDEXED BY " + Sql.name(primary);
    }

    /** The table, as SQLite thinks best. */
    String from(String alias) {
        return schema + "." + Sql.name(name) + " AS " + alias;
    }
}
