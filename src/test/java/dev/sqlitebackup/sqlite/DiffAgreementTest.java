package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Property;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A comparison says what two others say, which have nothing in common with it: one in plain Java, and SQLite's own. */
class DiffAgreementTest {
    private static final int PAIRS = 200;
    private static final int MOST_ROWS = 12;
    private static final String VALUES =
            "NULL 0 1 2 1.0 2.5 -3 9007199254740993 9007199254740992.0 '1' 'a' 'A' 'b' 'a ' '' x'' x'61' x'31'";

    @TempDir
    Path directory;

    /** A table with columns a, b, c, d, and how many of them are its key. */
    private record Kind(String columns, int keys) {}

    private static final List<Kind> ANY = List.of(
            new Kind("(a INTEGER PRIMARY KEY, b, c, d)", 1),
            new Kind("(a PRIMARY KEY, b, c, d)", 1),
            new Kind("(a, b, c, d, PRIMARY KEY (a, b))", 2),
            new Kind("(c, a NOT NULL, b NOT NULL, d, PRIMARY KEY (b, a))", 2),
            new Kind("(a, b, c, d, PRIMARY KEY (a, b)) WITHOUT ROWID", 2),
            new Kind("(a COLLATE NOCASE PRIMARY KEY, b, c, d)", 1),
            new Kind("(a COLLATE RTRIM, b, c COLLATE NOCASE, d, PRIMARY KEY (a, b)) WITHOUT ROWID", 2),
            new Kind("(a TEXT, b REAL, c INTEGER, d BLOB, PRIMARY KEY (b))", -1),
            new Kind("(a, b, c, d)", 0),
            new Kind("(rowid, a, b, oid, c, d, _rowid_)", 0));

    /** What sqldiff sees as we do: keys without NULL and collation, and no two classes for a number. */
    private static final List<Kind> OF_SQLDIFF = List.of(
            new Kind("(a INTEGER PRIMARY KEY, b TEXT, c INTEGER, d TEXT)", 1),
            new Kind("(a TEXT NOT NULL PRIMARY KEY, b TEXT, c INTEGER, d REAL)", 1),
            new Kind("(a TEXT NOT NULL, b INTEGER NOT NULL, c INTEGER, d TEXT, PRIMARY KEY (b, a))", 2),
            new Kind("(a TEXT, b TEXT, c REAL, d TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID", 2),
            new Kind("(a INTEGER PRIMARY KEY, b INTEGER, c TEXT COLLATE NOCASE, d TEXT)", 1));

    /** Two databases with a table t, and how to make them. */
    private record Pair(Kind kind, List<String> old, List<String> newer) {
        static Pair of(RandomGenerator random, List<Kind> kinds) {
            Kind kind = kinds.get(random.nextInt(kinds.size()));
            List<String> rows = new ArrayList<>();
            for (int i = random.nextInt(MOST_ROWS); i > 0; i--) {
                rows.add(row(random));
            }
            List<String> changed = new ArrayList<>();
            for (String row : rows) {
                switch (random.nextInt(6)) {
                    case 0 -> changed.add(row(random));
                    case 1 -> changed.add(0, row);
                    case 2 -> {}
                    case 3 -> changed.add(row.substring(0, row.lastIndexOf(',') + 2) + value(random));
                    default -> changed.add(row);
                }
            }
            return new Pair(kind, statements(kind, rows), statements(kind, changed));
        }

        private static String row(RandomGenerator random) {
            return IntStream.range(0, 4).mapToObj(i -> value(random)).collect(Collectors.joining(", "));
        }

        private static String value(RandomGenerator random) {
            return Property.oneOf(random, VALUES.replace("'a '", "'a_'").split(" "))
                    .replace('_', ' ');
        }

        private static List<String> statements(Kind kind, List<String> rows) {
            List<String> statements = new ArrayList<>(List.of(
                    "PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", "BEGIN", "CREATE TABLE t" + kind.columns));
            // Nothing but a number, or NULL for a new one, goes into a rowid.
            String a = kind.columns.startsWith("(a INTEGER PRIMARY KEY") ? "CAST(column1 AS INTEGER)" : "column1";
            rows.forEach(row -> statements.add("INSERT OR IGNORE INTO t(a, b, c, d) SELECT " + a
                    + ", column2, column3, column4 FROM (VALUES (" + row + "))"));
            statements.add("COMMIT");
            return statements;
        }
    }

    @Test
    void saysWhatAComparisonInPlainJavaSays() {
        Property.holds(random -> Pair.of(random, ANY), pair -> {
            Path old = make("old.db", pair.old);
            Path newer = make("new.db", pair.newer);
            DatabaseDiff.Table table = diff(old, newer);
            assertEquals(
                    plain(rows(old), rows(newer), pair.kind),
                    List.of(table.onlyOld(), table.onlyNew(), table.changed(), table.same()));
            assertEquals(
                    table.onlyOld() + table.onlyNew() + table.changed(),
                    table.rows().size());
        });
    }

    @Test
    void saysWhatSqldiffSays() {
        Tools.require("sqldiff");
        for (int seed = 0; seed < PAIRS; seed++) {
            Pair pair = Pair.of(new SplittableRandom(seed), OF_SQLDIFF);
            Path old = make("old.db", pair.old);
            Path newer = make("new.db", pair.newer);
            DatabaseDiff.Table table = diff(old, newer);
            assertEquals(
                    Tools.run(List.of("sqldiff", "--primarykey", "--summary", old.toString(), newer.toString()))
                            .ok()
                            .out()
                            .strip(),
                    "t: " + table.changed() + " changes, " + table.onlyNew() + " inserts, " + table.onlyOld()
                            + " deletes, " + table.same() + " unchanged",
                    () -> pair.toString());
        }
    }

    private Path make(String name, List<String> statements) {
        Path file = directory.resolve(name);
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Lab.sql(file, statements.toArray(String[]::new));
        return file;
    }

    private DatabaseDiff.Table diff(Path old, Path newer) {
        return DatabaseDiff.of(
                        new DatabaseDiff.Side(old, "OLD"),
                        new DatabaseDiff.Side(newer, "NEW"),
                        directory,
                        new DatabaseDiff.Wanted("t", 1000))
                .tables()
                .get(0);
    }

    /** A value, as it has to be the same. */
    private static List<List<Object>> rows(Path database) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT a, b, c, d FROM t")) {
            List<List<Object>> all = new ArrayList<>();
            while (rows.next()) {
                List<Object> row = new ArrayList<>();
                for (int i = 1; i <= 4; i++) {
                    Object value = rows.getObject(i);
                    row.add(
                            value instanceof byte[] blob
                                    ? List.of(HexFormat.of().formatHex(blob))
                                    : value instanceof Integer number ? (Object) number.longValue() : value);
                }
                all.add(row);
            }
            return all;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Long> plain(List<List<Object>> old, List<List<Object>> newer, Kind kind) {
        List<Integer> keys = kind.keys < 0
                ? List.of(1)
                : IntStream.range(0, kind.keys).boxed().toList();
        Map<List<Object>, List<Object>> keyed = new HashMap<>();
        Map<List<Object>, Integer> others = new HashMap<>();
        for (List<Object> row : old) {
            List<Object> key = key(row, keys);
            if (key == null) {
                others.merge(row, 1, Integer::sum);
            } else {
                keyed.put(key, row);
            }
        }
        long onlyNew = 0;
        long changed = 0;
        long same = 0;
        for (List<Object> row : newer) {
            List<Object> key = key(row, keys);
            if (key == null) {
                boolean known = others.getOrDefault(row, 0) > 0;
                others.merge(row, known ? -1 : 0, Integer::sum);
                same += known ? 1 : 0;
                onlyNew += known ? 0 : 1;
            } else {
                List<Object> before = keyed.remove(key);
                same += row.equals(before) ? 1 : 0;
                changed += before != null && !row.equals(before) ? 1 : 0;
                onlyNew += before == null ? 1 : 0;
            }
        }
        long onlyOld = keyed.size()
                + others.values().stream().mapToLong(number -> number).sum();
        return List.of(onlyOld, onlyNew, changed, same);
    }

    /** @return null if it tells nothing; a number is the same key whatever its class */
    private static List<Object> key(List<Object> row, List<Integer> keys) {
        List<Object> key = new ArrayList<>();
        for (int column : keys) {
            Object value = row.get(column);
            if (value == null) {
                return null;
            }
            key.add(
                    value instanceof Long number
                            ? new BigDecimal(number).stripTrailingZeros()
                            : value instanceof Double real ? new BigDecimal(real).stripTrailingZeros() : value);
        }
        return key.isEmpty() ? null : key;
    }
}
