package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.testing.Property;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A few tables that refer to each other, as applications may declare them, drawn at random. A value is what SQLite's
 * quote() makes of it.
 */
record RandomSchema(List<Table> tables, boolean haveTriggers, boolean haveCounters) {
    private static final int MOST_TABLES = 5;
    private static final int MOST_KEYS = 2;
    /** A table in which triggers keep what came in. */
    static final String LOG = "log";

    /** What rows are told apart by, and whether SQLite does it without regard to case. */
    enum Kind {
        ROWID("k0 INTEGER PRIMARY KEY", false, "INTEGER"),
        SEQUENCE("k0 INTEGER PRIMARY KEY AUTOINCREMENT", false, "INTEGER"),
        TEXT("k0 TEXT NOT NULL PRIMARY KEY", false, "TEXT"),
        NOCASE("k0 TEXT COLLATE NOCASE NOT NULL PRIMARY KEY", true, "TEXT"),
        NULLABLE("k0 TEXT PRIMARY KEY", false, "TEXT"),
        BLOB("k0 BLOB NOT NULL PRIMARY KEY", false, "BLOB"),
        COMPOSITE("k0 TEXT NOT NULL, k1 INTEGER NOT NULL, PRIMARY KEY (k1, k0)", false, "TEXT INTEGER"),
        KEYED("k0 TEXT NOT NULL PRIMARY KEY", false, "TEXT"),
        KEYED_COMPOSITE("k0 TEXT COLLATE NOCASE, k1 BLOB, PRIMARY KEY (k0, k1)", true, "TEXT BLOB"),
        NONE("k0 INTEGER UNIQUE", false, "INTEGER");

        private final String declared;
        final boolean ignoresCase;
        private final String types;

        Kind(String declared, boolean ignoresCase, String types) {
            this.declared = declared;
            this.ignoresCase = ignoresCase;
            this.types = types;
        }

        List<String> types() {
            return List.of(types.split(" "));
        }

        boolean isWithoutRowid() {
            return this == KEYED || this == KEYED_COMPOSITE;
        }

        List<String> columns() {
            return IntStream.range(0, types().size()).mapToObj(i -> "k" + i).toList();
        }
    }

    /** A foreign key of a table, whose columns begin with a name of their own, to the key of another. */
    record Key(String prefix, int parent, String onDelete) {
        List<String> columns(Kind kind) {
            return kind.columns().stream().map(column -> prefix + column).toList();
        }
    }

    record Table(
            String name,
            Kind kind,
            List<Key> keys,
            boolean isStrict,
            boolean isUnique,
            String onConflict,
            String generated,
            boolean hasCheck,
            boolean hasFullText) {
        String fullText() {
            return name + "_fts";
        }
    }

    static RandomSchema of(RandomGenerator random) {
        int number = 1 + random.nextInt(MOST_TABLES);
        boolean haveTriggers = random.nextInt(3) == 0;
        // What counts rows in another one can only be right where one order of the tables is.
        boolean haveCounters = random.nextInt(4) == 0;
        List<Table> tables = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            Kind kind = Property.oneOf(random, Kind.values());
            List<Key> keys = new ArrayList<>();
            int most = haveCounters ? i : number;
            for (int key = most == 0 ? 0 : random.nextInt(MOST_KEYS + 1); key > 0; key--) {
                keys.add(new Key(
                        "f" + key,
                        random.nextInt(most),
                        Property.oneOf(
                                random,
                                "CASCADE",
                                "CASCADE",
                                "CASCADE",
                                "SET NULL",
                                "SET DEFAULT",
                                "RESTRICT",
                                "NO ACTION")));
            }
            tables.add(new Table(
                    "t" + i,
                    kind,
                    keys,
                    random.nextInt(4) == 0,
                    random.nextInt(4) == 0,
                    Property.oneOf(random, "", "", " ON CONFLICT REPLACE", " ON CONFLICT IGNORE"),
                    Property.oneOf(random, "", "", " VIRTUAL", " STORED"),
                    random.nextInt(3) == 0,
                    haveTriggers && kind.types().equals(List.of("INTEGER")) && kind != Kind.NONE));
        }
        return new RandomSchema(tables, haveTriggers, haveCounters);
    }

    List<String> columns(Table table) {
        List<String> columns = new ArrayList<>(table.kind.columns());
        table.keys.forEach(key -> columns.addAll(key.columns(tables.get(key.parent).kind)));
        columns.addAll(List.of("v0", "v1"));
        if (haveCounters) {
            columns.add("n");
        }
        return columns;
    }

    List<String> statements() {
        List<String> statements = new ArrayList<>(List.of("CREATE TABLE " + LOG + "(x)"));
        for (Table table : tables) {
            statements.add(create(table));
            if (haveTriggers) {
                statements.add("CREATE TRIGGER " + table.name + "_logs AFTER INSERT ON " + table.name
                        + " BEGIN INSERT INTO " + LOG + " VALUES ('" + table.name + "'); END");
            }
            if (table.hasFullText) {
                addFullText(table, statements);
            }
            if (haveCounters) {
                table.keys.forEach(key -> addCounter(table, key, statements));
            }
        }
        return statements;
    }

    private String create(Table table) {
        StringBuilder columns = new StringBuilder();
        List<String> constraints = new ArrayList<>();
        for (Key key : table.keys) {
            Kind parent = tables.get(key.parent).kind;
            List<String> names = key.columns(parent);
            for (int i = 0; i < names.size(); i++) {
                columns.append(", ")
                        .append(names.get(i))
                        .append(' ')
                        .append(parent.types().get(i));
                columns.append(
                        key.onDelete.equals("SET DEFAULT")
                                        && parent.types().get(i).equals("INTEGER")
                                ? " DEFAULT 1"
                                : "");
            }
            constraints.add("FOREIGN KEY (" + String.join(", ", names) + ") REFERENCES t" + key.parent + "("
                    + String.join(", ", parent.columns()) + ") ON DELETE " + key.onDelete);
        }
        columns.append(", v0 TEXT").append(table.isUnique ? " UNIQUE" + table.onConflict : "");
        columns.append(table.hasCheck ? " CHECK (v0 <> 'bad')" : "").append(", v1 ANY");
        columns.append(haveCounters ? ", n INTEGER DEFAULT 0" : "");
        if (!table.generated.isEmpty()) {
            columns.append(", g TEXT AS (v0 || '+')").append(table.generated);
        }
        int keyClause = table.kind.declared.indexOf(", PRIMARY KEY");
        String key = keyClause < 0 ? table.kind.declared : table.kind.declared.substring(0, keyClause);
        if (keyClause >= 0) {
            constraints.add(0, table.kind.declared.substring(keyClause + 2));
        }
        List<String> options = new ArrayList<>();
        if (table.isStrict) {
            options.add("STRICT");
        }
        if (table.kind.isWithoutRowid()) {
            options.add("WITHOUT ROWID");
        }
        return "CREATE TABLE " + table.name + "(" + key + columns
                + constraints.stream().map(text -> ", " + text).collect(Collectors.joining()) + ") "
                + String.join(", ", options);
    }

    private static void addFullText(Table table, List<String> statements) {
        String full = table.fullText();
        String on = " ON " + table.name + " BEGIN ";
        statements.add("CREATE VIRTUAL TABLE " + full + " USING fts5(v0)");
        statements.add("CREATE TRIGGER " + full + "_in AFTER INSERT" + on + "INSERT INTO " + full
                + "(rowid, v0) VALUES (new.k0, new.v0); END");
        statements.add("CREATE TRIGGER " + full + "_out AFTER DELETE" + on + "DELETE FROM " + full
                + " WHERE rowid = old.k0; END");
        statements.add("CREATE TRIGGER " + full + "_to AFTER UPDATE OF v0" + on + "UPDATE " + full
                + " SET v0 = new.v0 WHERE rowid = old.k0; END");
    }

    private void addCounter(Table table, Key key, List<String> statements) {
        String trigger = "CREATE TRIGGER " + table.name + key.prefix;
        statements.add(
                trigger + "_more AFTER INSERT ON " + table.name + " BEGIN " + count(key, "new", "+ 1") + "; END");
        statements.add(
                trigger + "_less AFTER DELETE ON " + table.name + " BEGIN " + count(key, "old", "- 1") + "; END");
    }

    private String count(Key key, String row, String change) {
        Kind parent = tables.get(key.parent).kind;
        return "UPDATE t" + key.parent + " SET n = n " + change + " WHERE "
                + parent.columns().stream()
                        .map(column -> column + " = " + row + "." + key.prefix + column)
                        .collect(Collectors.joining(" AND "));
    }

    /** A value of a key, of which there are few. */
    static String keyValue(RandomGenerator random, String type) {
        int number = random.nextInt(12);
        return switch (type) {
            case "INTEGER" -> String.valueOf(number - 2);
            case "TEXT" -> "'" + (random.nextBoolean() ? "k" : "K") + number / 2 + "'";
            default -> "X'" + (number < 2 ? "" : "0" + number % 10 + "FF") + "'";
        };
    }

    static String value(RandomGenerator random) {
        return Property.oneOf(random, "'a'", "'b'", "'c'", "'d'", "'B'", "'bad'", "'x y'", "''", "NULL");
    }

    static String anyValue(RandomGenerator random) {
        return Property.oneOf(random, "NULL", "0", "1", "1.0", "2.5", "'1'", "'a'", "X'61'", "X''", "9007199254740993");
    }
}
