package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Property;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whatever the tables are and whatever was deleted: what comes back is what the rule says, or nothing is. */
class UndeletePropertyTest {
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final int MOST_ROWS = 8;
    private static final int SHOWN = 2;
    private static final String SCHEMA = "SELECT group_concat(concat_ws('|', type, name, tbl_name, sql)) FROM "
            + "(SELECT * FROM sqlite_schema ORDER BY type, name)";

    private Path directory;
    private UndeleteLab lab;
    private int tried;
    private int refused;
    private int nothing;

    @BeforeEach
    void makeLab() throws IOException {
        directory = Files.isWritable(MEMORY)
                ? Files.createTempDirectory(MEMORY, "undelete")
                : Files.createTempDirectory("undelete");
        lab = new UndeleteLab(directory);
    }

    @AfterEach
    void delete() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(directory);
    }

    private record Case(RandomSchema schema, List<String> rows, List<String> since, Undelete.Wanted wanted) {
        static Case of(RandomGenerator random) {
            RandomSchema schema = RandomSchema.of(random);
            List<String> rows = new ArrayList<>();
            for (RandomSchema.Table table : schema.tables()) {
                for (int i = 2 + random.nextInt(MOST_ROWS); i > 0; i--) {
                    rows.add(insert(schema, table, random));
                    if (random.nextInt(4) == 0) {
                        rows.add(rows.get(rows.size() - 1));
                    }
                }
            }
            List<String> since =
                    new ArrayList<>(List.of("PRAGMA foreign_keys=" + Property.oneOf(random, "ON", "ON", "OFF")));
            String wanted = "t" + random.nextInt(schema.tables().size());
            since.add("DELETE FROM " + wanted + where(random));
            for (int i = random.nextInt(4); i > 0; i--) {
                since.add("DELETE FROM t" + random.nextInt(schema.tables().size()) + where(random));
            }
            for (int i = random.nextInt(6); i > 0; i--) {
                RandomSchema.Table table =
                        Property.oneOf(random, schema.tables().toArray(RandomSchema.Table[]::new));
                since.add(
                        random.nextBoolean()
                                ? insert(schema, table, random)
                                : "UPDATE OR IGNORE " + table.name() + " SET v0 = " + RandomSchema.value(random)
                                        + where(random));
            }
            return new Case(
                    schema,
                    rows,
                    since,
                    new Undelete.Wanted(
                            wanted,
                            random.nextInt(2) == 0 ? null : condition(random),
                            random.nextInt(6) == 0,
                            random.nextInt(6) == 0,
                            SHOWN));
        }

        private static String where(RandomGenerator random) {
            return random.nextInt(3) == 0 ? "" : " WHERE " + condition(random);
        }

        private static String condition(RandomGenerator random) {
            return Property.oneOf(random, "NOT ", "") + "(v0 " + Property.oneOf(random, "=", ">", "<>", "IS") + " "
                    + RandomSchema.value(random) + Property.oneOf(random, " OR v0 IS NULL", " OR v1 = 1", "") + ")";
        }

        private static String insert(RandomSchema schema, RandomSchema.Table table, RandomGenerator random) {
            List<String> columns = new ArrayList<>();
            List<String> values = new ArrayList<>();
            addKey("", table.kind(), columns, values, random);
            if (table.kind() == RandomSchema.Kind.NULLABLE && random.nextInt(8) == 0
                    || table.kind() == RandomSchema.Kind.NONE && random.nextBoolean()) {
                values.set(0, "NULL");
            }
            for (RandomSchema.Key key : table.keys()) {
                addKey(key.prefix(), schema.tables().get(key.parent()).kind(), columns, values, random);
                if (random.nextInt(8) == 0) {
                    values.set(values.size() - 1, "NULL");
                }
            }
            columns.addAll(List.of("v0", "v1"));
            values.addAll(List.of(RandomSchema.value(random), RandomSchema.anyValue(random)));
            return "INSERT OR IGNORE INTO " + table.name() + "(" + String.join(", ", columns) + ") VALUES ("
                    + String.join(", ", values) + ")";
        }

        private static void addKey(
                String prefix,
                RandomSchema.Kind kind,
                List<String> columns,
                List<String> values,
                RandomGenerator random) {
            columns.addAll(
                    kind.columns().stream().map(column -> prefix + column).toList());
            kind.types().forEach(type -> values.add(RandomSchema.keyValue(random, type)));
        }
    }

    @Test
    void whatComesBackIsWhatTheRuleSays() {
        Property.holds(Case::of, this::check);
        assertTrue(tried == 1 || refused < tried * 3 / 10, refused + " of " + tried + " were refused");
        assertTrue(tried == 1 || nothing < tried / 2, "of " + tried + " " + nothing + " had nothing to put back");
    }

    private void check(Case drawn) {
        tried++;
        make(drawn);
        byte[] before = UndeleteLab.bytes(lab.live);
        Map<String, List<PlainUndelete.Row>> live = rows(lab.live, drawn);
        Map<String, List<PlainUndelete.Row>> old = rows(lab.backup, drawn);
        String table = drawn.wanted.table();
        PlainUndelete plain = new PlainUndelete(drawn.schema, old, live);
        Collection<PlainUndelete.Row> chosen = plain.choose(table, drawn.wanted.only());
        String logged = lab.query("SELECT count(*) FROM log");
        String schema = lab.query(SCHEMA);
        String obstacle = plain.obstacle();
        PutBack back;
        try {
            back = lab.undelete(drawn.wanted);
        } catch (Failure e) {
            assertTrue(obstacle != null, () -> "refused without a reason: " + e.getMessage());
            assertEquals(Failure.Kind.FAILURE, e.kind());
            assertTrue(e.getMessage().endsWith("; nothing was changed"), e.getMessage());
            assertArrayEquals(before, UndeleteLab.bytes(lab.live));
            refused++;
            return;
        }
        assertEquals(null, obstacle, "not refused");
        assertEquals(
                old.get(table).stream().filter(PlainUndelete.Row::isSelected).count(), back.selected());
        assertEquals(plain.changed(table), back.changed());
        assertEquals(
                chosen.stream().collect(Collectors.groupingBy(row -> row.table().name(), Collectors.counting())),
                back.tables().stream().collect(Collectors.toMap(PutBack.Table::name, PutBack.Table::rows)));
        if (chosen.isEmpty()) {
            nothing++;
            assertArrayEquals(before, UndeleteLab.bytes(lab.live));
            return;
        }
        boolean triggersRun = !drawn.wanted.withoutTriggers();
        Map<String, List<PlainUndelete.Row>> after = rows(lab.live, drawn);
        for (String name : live.keySet()) {
            assertEquals(
                    counted(plain.after(name, triggersRun)),
                    counted(after.get(name).stream()
                            .map(PlainUndelete.Row::values)
                            .toList()),
                    name);
        }
        long more = drawn.schema.haveTriggers() && triggersRun ? chosen.size() : 0;
        assertEquals(Long.parseLong(logged) + more, Long.parseLong(lab.query("SELECT count(*) FROM log")));
        assertEquals(schema, lab.query(SCHEMA));
        assertEquals("ok", lab.query("PRAGMA integrity_check"));
        if (triggersRun) {
            drawn.schema.tables().stream()
                    .filter(RandomSchema.Table::hasFullText)
                    .forEach(this::assertFullTextIsRight);
        }
    }

    private void assertFullTextIsRight(RandomSchema.Table table) {
        assertEquals(
                "0",
                lab.query("SELECT count(*) FROM (SELECT k0, v0 FROM " + table.name() + " EXCEPT SELECT rowid, v0 FROM "
                        + table.fullText() + ")"));
        assertEquals(
                lab.query("SELECT count(*) FROM " + table.name()),
                lab.query("SELECT count(*) FROM " + table.fullText()));
    }

    private static <T> Map<T, Long> counted(List<T> rows) {
        return rows.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
    }

    private void make(Case drawn) {
        try {
            Files.deleteIfExists(lab.live);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        run(drawn.schema.statements(), drawn.rows);
        UndeleteLab.copy(lab.live, lab.backup);
        run(List.of(), drawn.since);
    }

    /** What a key does not allow, the application does not do. */
    private void run(List<String> must, List<String> may) {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + lab.live);
                Statement statement = connection.createStatement()) {
            for (String sql : must) {
                statement.execute(sql);
            }
            for (String sql : may) {
                try {
                    statement.execute(sql);
                } catch (SQLException e) {
                    assertEquals(ResultCode.CONSTRAINT, ResultCode.of(e), e.getMessage());
                }
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private static Map<String, List<PlainUndelete.Row>> rows(Path database, Case drawn) {
        Map<String, List<PlainUndelete.Row>> rows = new HashMap<>();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            for (RandomSchema.Table table : drawn.schema.tables()) {
                List<String> columns = new ArrayList<>(drawn.schema.columns(table));
                if (!table.generated().isEmpty()) {
                    columns.add("g");
                }
                String condition =
                        drawn.wanted.condition() == null || !table.name().equals(drawn.wanted.table())
                                ? "TRUE"
                                : drawn.wanted.condition();
                String quoted =
                        columns.stream().map(column -> "quote(" + column + ")").collect(Collectors.joining(", "));
                List<PlainUndelete.Row> ofTable = new ArrayList<>();
                try (ResultSet found = statement.executeQuery(
                        "SELECT (" + condition + ") IS TRUE, " + quoted + " FROM " + table.name())) {
                    while (found.next()) {
                        Map<String, String> values = new HashMap<>();
                        for (int i = 0; i < columns.size(); i++) {
                            values.put(columns.get(i), found.getString(i + 2));
                        }
                        ofTable.add(new PlainUndelete.Row(table, values, found.getBoolean(1)));
                    }
                }
                rows.put(table.name(), ofTable);
            }
            return rows;
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
