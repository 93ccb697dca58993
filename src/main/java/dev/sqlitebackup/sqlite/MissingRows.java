package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which rows of the backup are no longer in the live database. A row is there if one has its primary key, by the
 * database's own idea of what is equal; without a primary key, if one has its whole content. Of rows with the same
 * content, as many are missing as the database has fewer.
 */
interface MissingRows {
    /** That row {@code o} of the backup is missing. */
    String condition();

    /**
     * That row {@code o} of the backup is there by its key, as row {@code l} of the database, and that more holds of
     * the two.
     *
     * @return null where nothing but the content tells that a row is there
     */
    String isThere(String more);

    /**
     * @param columns that both have
     * @param temporary the name of a temporary table that is free
     */
    static MissingRows of(
            SqliteConnection connection, TableShape old, TableShape live, List<String> columns, String temporary)
            throws SQLException {
        return ByKey.isPossible(connection, old, live)
                ? new ByKey(live)
                : ByContent.of(connection, old, live, columns, temporary);
    }

    /** Whether a column is declared with the same type in both, so that a value is stored as the same one. */
    static boolean haveOneType(TableShape old, TableShape live, String column) {
        return old.readable(column).type().equalsIgnoreCase(live.column(column).type());
    }

    /** By the primary key that the database has now. */
    record ByKey(TableShape live) implements MissingRows {
        private static boolean isPossible(SqliteConnection connection, TableShape old, TableShape live)
                throws SQLException {
            if (live.key().isEmpty() || live.key().stream().anyMatch(name -> old.column(name) == null)) {
                return false;
            }
            // Where a key holds NULL, SQLite takes the row for another one than each of the others.
            String isNull = Sql.all(
                    live.key().stream()
                            .map(name -> "o." + Sql.name(name) + " IS NULL")
                            .toList(),
                    "OR");
            boolean mayBeNull =
                    live.key().stream().anyMatch(name -> old.column(name).mayBeNull()) && !old.isRowid(live.key());
            return !mayBeNull
                    || connection
                            .query("SELECT 1 FROM " + old.from("o") + " WHERE " + isNull + " LIMIT 1")
                            .isEmpty();
        }

        @Override
        public String condition() {
            return "NOT " + isThere("TRUE");
        }

        @Override
        public String isThere(String more) {
            // A plus takes away what the backup declares, so that a value is what this key would make of it.
            String matched = Sql.all(
                    live.key().stream()
                            .map(Sql::name)
                            .map(name -> "l." + name + " = +o." + name)
                            .toList(),
                    "AND");
            return "EXISTS (SELECT 1 FROM " + live.from("l") + " WHERE " + matched + " AND " + more + ")";
        }
    }

    /**
     * By their whole content. Which rows those are is found out once, for all rows, in a temporary table of what
     * identifies them in the backup.
     */
    record ByContent(List<String> identity, String temporary) implements MissingRows {
        private static ByContent of(
                SqliteConnection connection, TableShape old, TableShape live, List<String> columns, String temporary)
                throws SQLException {
            for (String column : columns) {
                if (!haveOneType(old, live, column)) {
                    throw new Failure(
                            Failure.Kind.FAILURE,
                            "which rows of table " + old.name() + " are missing cannot be told: no key says which is "
                                    + "which, and column " + column + " has another type than in the backup",
                            "restore the backup to a new file with --to, and copy from there");
                }
            }
            List<String> identity = old.identity();
            String numbered = Identity.numbered(identity, "");
            connection.execute("DROP TABLE IF EXISTS temp." + temporary);
            connection.execute("CREATE TABLE temp." + temporary + "(" + numbered + ", UNIQUE(" + numbered + "))");
            String content = values(columns);
            String nobody =
                    IntStream.range(0, identity.size()).mapToObj(i -> "NULL").collect(Collectors.joining(", "));
            String all = "SELECT 1 AS is_old, " + named(identity) + ", " + content(columns, "o") + " FROM "
                    + old.from("o") + " UNION ALL SELECT 0, " + nobody + ", " + content(columns, "l") + " FROM "
                    + live.from("l");
            String counted =
                    "SELECT *, row_number() OVER (PARTITION BY " + content + ", is_old) AS number FROM (" + all + ")";
            String found = IntStream.range(0, identity.size())
                    .mapToObj(i -> "max(i" + i + ")")
                    .collect(Collectors.joining(", "));
            connection.execute("INSERT INTO temp." + temporary + " SELECT " + found + " FROM (" + counted
                    + ") GROUP BY " + content + ", number HAVING min(is_old)");
            return new ByContent(identity, temporary);
        }

        /** What is the same in rows of the same content. */
        static String values(List<String> columns) {
            return IntStream.range(0, columns.size())
                            .mapToObj(i -> "v" + i + ", ")
                            .collect(Collectors.joining()) + "classes";
        }

        static String named(List<String> identity) {
            return IntStream.range(0, identity.size())
                    .mapToObj(i -> "o." + Sql.name(identity.get(i)) + " AS i" + i)
                    .collect(Collectors.joining(", "));
        }

        /** The values, without affinity and collation, and the classes of all of them in one text. */
        static String content(List<String> columns, String alias) {
            List<String> names = columns.stream()
                    .map(column -> alias + "." + Sql.name(column))
                    .toList();
            Stream<String> values =
                    IntStream.range(0, names.size()).mapToObj(i -> "+" + names.get(i) + " COLLATE BINARY AS v" + i);
            String classes = names.stream()
                            .map(name -> "typeof(" + name + ")")
                            .map(type -> type + " || ")
                            .collect(Collectors.joining())
                    + "'' AS classes";
            return Stream.concat(values, Stream.of(classes)).collect(Collectors.joining(", "));
        }

        @Override
        public String condition() {
            // A plus takes away the affinity that would keep SQLite from its index.
            return "EXISTS (SELECT 1 FROM temp." + temporary + " AS m WHERE " + Identity.matched(identity, "+o", "m")
                    + ")";
        }

        @Override
        public String isThere(String more) {
            return null;
        }
    }
}
