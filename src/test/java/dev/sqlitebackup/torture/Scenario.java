package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A command on a database, and what it owes to it at any moment and in the end. All paths are relative, so a prepared
 * directory can be copied as often as there are moments.
 */
abstract class Scenario {
    private static final Pattern SAFETY_COPY = Pattern.compile("app\\.db\\.pre-restore-\\d{14}(-\\d+)?");
    private static final int ROWS = 60;
    /** Of a database of which a page or two are not half. */
    private static final int CHAIN_ROWS = 40;

    private final String name;
    private final List<String> command;

    private Scenario(String name, String... command) {
        this.name = name;
        this.command = new ArrayList<>(List.of(command));
        this.command.addAll(
                List.of("--busy-timeout=5s", "--quiet")); // What else is said on standard error is one line.
    }

    final List<String> command() {
        return command;
    }

    @Override
    public final String toString() {
        return name;
    }

    /** Which calls count besides those on the files of the user and of the run. */
    String moreCalls() {
        return "";
    }

    /** With which the command ends when all it had to do is done. */
    int exitCode() {
        return 0;
    }

    /** Makes the directory in which the command runs; called once. */
    abstract void prepare(Lab lab) throws IOException;

    /**
     * What holds whenever the process or the machine stops. Opens the database as its application would: on a copy of
     * the directory, if that matters.
     */
    abstract void checkAnyMoment(Path directory) throws IOException;

    /** What holds when the command has said that it was successful. */
    abstract void checkDone(Path directory) throws IOException;

    /** What holds besides, when it ended by itself with an error, and there was room for another name. */
    void checkPutBack(Path directory) throws IOException {}

    /** What holds when it was successful in what was asked for, and warned of something else. */
    void checkDoneWithWarnings(Path directory) throws IOException {
        checkDone(directory);
    }

    /** What holds when it has been stopped and then run again: the same, but for undo, which may have undone itself. */
    void checkDoneAgain(Path directory) throws IOException {
        checkDone(directory);
    }

    /** All, or with {@code -Dscenario=WORDS} those whose names contain the words. */
    static List<Scenario> all() {
        return Stream.of(
                        new Backup(
                                "backup, first, of a crashed writer's database", "backup", "app.db", "--to=new/b.gz") {
                            @Override
                            void prepareDestination(Lab lab) {}
                        },
                        new Backup("backup over the previous one", "backup", "app.db", "--to=out/b.gz") {
                            @Override
                            void prepareDestination(Lab lab) throws IOException {
                                Files.copy(lab.path("older.db"), lab.path("app.db"));
                                lab.json(0, "backup", "app.db", "--to=out/b.gz");
                                Files.delete(lab.path("app.db"));
                            }
                        },
                        new Backup(
                                "backup into a history, then prune", "backup", "app.db", "--to=out/", "--keep-last=1") {
                            @Override
                            void prepareDestination(Lab lab) throws IOException {
                                Files.copy(lab.path("older.db"), lab.path("app.db"));
                                backUpInto(lab, lab.path("app.db"), "2026-01-01");
                                Files.delete(lab.path("app.db"));
                            }
                        },
                        new Increment(),
                        new Shrunk(),
                        new Restore("restore over a crashed writer's WAL database", "restore", "b.gz", "--to=app.db") {
                            @Override
                            void prepareTarget(Lab lab) {
                                lab.database("app.db", "wal", ROWS / 2, "old");
                                Writer.start(lab.path("app.db"), "crash", "wal", 0)
                                        .close();
                            }
                        },
                        new Restore("restore over a rollback database", "restore", "b.gz", "--to=app.db") {
                            @Override
                            void prepareTarget(Lab lab) {
                                lab.database("app.db", "delete", ROWS, "old");
                            }
                        },
                        new Restore("restore over a database with a hot journal", "restore", "b.gz", "--to=app.db") {
                            @Override
                            void prepareTarget(Lab lab) {
                                lab.database("app.db", "delete", 3 * ROWS, "old");
                                Writer.start(lab.path("app.db"), "hot", "delete", 0)
                                        .close();
                            }
                        },
                        new Restore("restore --live over a WAL database", "restore", "b.gz", "--to=app.db", "--live") {
                            @Override
                            void prepareTarget(Lab lab) {
                                lab.database("app.db", "wal", ROWS, "old");
                            }
                        },
                        new Restore(
                                "restore --live over a rollback database", "restore", "b.gz", "--to=app.db", "--live") {
                            @Override
                            void prepareTarget(Lab lab) {
                                lab.database("app.db", "delete", ROWS, "old");
                            }
                        },
                        new Restore("restore where there is none", "restore", "b.gz", "--to=new/app.db") {
                            @Override
                            void prepareTarget(Lab lab) {}

                            @Override
                            Path target(Path directory) {
                                return directory.resolve("new/app.db");
                            }
                        },
                        new Restore(
                                "restore over a database that is damaged inside", "restore", "b.gz", "--to=app.db") {
                            @Override
                            void prepareTarget(Lab lab) throws IOException {
                                Path database = lab.database("app.db", "delete", ROWS, "old");
                                try (FileChannel file = FileChannel.open(database, StandardOpenOption.WRITE)) {
                                    file.write(ByteBuffer.wrap(new byte[2 * 4096]), 3 * 4096);
                                }
                            }

                            @Override
                            String content(Path database) {
                                return Content.ofDamaged(database);
                            }
                        },
                        new RestoreOverUnreadable(),
                        new RestoreFromChain(),
                        new Undo(),
                        new Undelete("wal"),
                        new Undelete("delete"),
                        new Prune(),
                        new PruneOfChain(),
                        startUp())
                .filter(scenario -> scenario.name.contains(System.getProperty("scenario", "")))
                .toList();
    }

    /**
     * A run in which the calls count by which SQLite's native library is unpacked: two hundred, the same in every run.
     */
    private static Scenario startUp() {
        return new Backup("start: unpacking SQLite's native library", "backup", "app.db", "--to=out/b.gz") {
            @Override
            void prepareDestination(Lab lab) {}

            @Override
            String moreCalls() {
                return "library,";
            }
        };
    }

    // ---- backup

    private abstract static class Backup extends Scenario {
        private String older;
        private String current;
        private boolean hadPrevious;
        private final Path destination;

        Backup(String name, String... command) {
            super(name, command);
            destination = Path.of(command[2].substring("--to=".length()));
        }

        abstract void prepareDestination(Lab lab) throws IOException;

        @Override
        void prepare(Lab lab) throws IOException {
            lab.database("older.db", "delete", ROWS / 2, "older");
            older = Content.of(lab.path("older.db"));
            prepareDestination(lab);
            hadPrevious = !backups(lab.path("")).isEmpty();
            Files.delete(lab.path("older.db"));
            Path database = lab.database("app.db", "wal", ROWS, "current");
            Writer.start(database, "crash", "wal", 0).close();
            Path copy = Files.createDirectory(lab.path("copy"));
            Tools.sh("cp \"$1\"/app.db* \"$2\"", lab.path(""), copy).ok();
            current = Content.of(copy.resolve("app.db"));
            Tools.sh("rm -r \"$1\"", copy).ok();
        }

        /** Those that somebody would find and restore. */
        private List<Path> backups(Path directory) throws IOException {
            Path parent = destination.getFileName().toString().endsWith(".gz") ? destination.getParent() : destination;
            return Files.isDirectory(directory.resolve(parent))
                    ? list(directory.resolve(parent), ".*\\.gz")
                    : List.of();
        }

        private Set<String> contents(Path directory) throws IOException {
            Set<String> contents = new HashSet<>();
            for (Path backup : backups(directory)) {
                contents.add(Content.ofBackup(backup));
            }
            return contents;
        }

        @Override
        void checkAnyMoment(Path directory) throws IOException {
            Set<String> contents = contents(directory);
            assertTrue(Set.of(older, current).containsAll(contents), contents.toString());
            assertTrue(!contents.isEmpty() || !hadPrevious, "the previous backup is gone");
            assertEquals(current, Content.of(directory.resolve("app.db")));
        }

        /** The older ones could not be pruned. */
        @Override
        void checkDoneWithWarnings(Path directory) throws IOException {
            checkAnyMoment(directory);
            assertTrue(contents(directory).contains(current));
        }

        @Override
        void checkDone(Path directory) throws IOException {
            assertEquals(Set.of(current), contents(directory));
            assertEquals(1, backups(directory).size());
            assertEquals(current, Content.of(directory.resolve("app.db")));
        }
    }

    /**
     * A database that was emptied: the backup from before stays, and no moment makes a later run forget that there was
     * one.
     */
    private static final class Shrunk extends Scenario {
        private String full;
        private String emptied;

        Shrunk() {
            super("backup of an emptied database into a history", "backup", "app.db", "--to=out/", "--keep-last=1");
        }

        @Override
        int exitCode() {
            return 16;
        }

        @Override
        void prepare(Lab lab) throws IOException {
            Path database = lab.database("app.db", "delete", ROWS, "full");
            full = Content.of(database);
            backUpInto(lab, database, "2026-01-01");
            Lab.sql(database, "DELETE FROM t WHERE id > 1");
            emptied = Content.of(database);
        }

        private static List<Path> backups(Path directory) throws IOException {
            return list(directory.resolve("out"), ".*\\.gz");
        }

        @Override
        void checkAnyMoment(Path directory) throws IOException {
            List<Path> backups = backups(directory);
            assertEquals(full, Content.ofBackup(directory.resolve("out/app-20260101T000000Z.db.gz")));
            assertTrue(
                    backups.size() == 1 || backups.size() == 2 && emptied.equals(Content.ofBackup(backups.get(1))),
                    backups.toString());
            assertEquals(emptied, Content.of(directory.resolve("app.db")));
            if (backups.size() == 2) {
                String state = Files.readString(directory.resolve("out/.app.db.state"));
                assertTrue(state.contains("\"shrunk\":{\"backup\":\"app-20260101T000000Z.db.gz\""), state);
            }
        }

        @Override
        void checkDone(Path directory) throws IOException {
            checkAnyMoment(directory);
            assertEquals(2, backups(directory).size());
        }
    }

    /** The third increment, which builds on the second. */
    private static final class Increment extends Scenario {
        private final Set<String> contents = new HashSet<>();
        private String current;
        /** Of the last month: an older full backup is not built upon any more. */
        private final LocalDate first = LocalDate.now(ZoneOffset.UTC).minusDays(5);

        Increment() {
            super("backup of an increment into a history", "backup", "app.db", "--to=out/");
        }

        @Override
        void prepare(Lab lab) throws IOException {
            Path database = lab.database("app.db", "wal", CHAIN_ROWS, "kept");
            for (int day = 1; day <= 3; day++) {
                contents.add(Content.of(database));
                backUpInto(lab, database, first.plusDays(day).toString());
                Lab.sql(database, "INSERT INTO t(generation, b) VALUES ('kept', " + day + ")");
            }
            current = Content.of(database);
        }

        @Override
        void checkAnyMoment(Path directory) throws IOException {
            Set<String> found = new HashSet<>();
            for (Path backup : list(directory.resolve("out"), ".*\\.gz")) {
                found.add(Content.ofBackup(backup));
            }
            assertTrue(found.containsAll(contents), "one that was there before is gone");
            found.removeAll(contents);
            assertTrue(Set.of(current).containsAll(found), found.toString());
            assertEquals(current, Content.of(directory.resolve("app.db")));
        }

        @Override
        void checkDone(Path directory) throws IOException {
            checkAnyMoment(directory);
            String parent = first.plusDays(3).format(DateTimeFormatter.BASIC_ISO_DATE);
            List<Path> made = list(directory.resolve("out"), ".*-since-" + parent + "T000000Z\\.db-wal\\.gz");
            assertEquals(1, made.size(), made.toString());
            assertEquals(current, Content.ofBackup(made.get(0)));
        }
    }

    // ---- restore

    private abstract static class Restore extends Scenario {
        private String restored;
        private String previous;
        private final Set<String> contents = new HashSet<>();

        Restore(String name, String... command) {
            super(name, command);
        }

        abstract void prepareTarget(Lab lab) throws IOException;

        void backUp(Lab lab, Path source) {
            lab.json(0, "backup", source, "--to=b.gz");
        }

        Path target(Path directory) {
            return directory.resolve("app.db");
        }

        String content(Path database) {
            return Content.of(database);
        }

        @Override
        void prepare(Lab lab) throws IOException {
            Path source = lab.database("source.db", "wal", ROWS + 20, "new");
            backUp(lab, source);
            restored = content(source);
            Files.delete(source);
            prepareTarget(lab);
            if (Files.exists(target(lab.path("")))) {
                Path copy = Files.createDirectory(lab.path("copy"));
                Tools.sh("cp \"$1\"/app.db* \"$2\"", lab.path(""), copy).ok();
                previous = content(copy.resolve("app.db"));
                Tools.sh("rm -r \"$1\"", copy).ok();
                contents.add(previous);
            }
            contents.add(restored);
        }

        @Override
        void checkAnyMoment(Path directory) throws IOException {
            Path target = target(directory);
            boolean copied = checkSafetyCopies(directory, contents);
            if (Files.exists(target)) {
                String content = content(target);
                assertTrue(contents.contains(content), "neither the old nor the new content: " + content);
                assertTrue(
                        content.equals(previous) || previous == null || copied, "the old content is nowhere any more");
            } else {
                assertEquals(null, previous, "the database is gone");
            }
        }

        /** @return whether there is one with the previous content */
        private boolean checkSafetyCopies(Path directory, Set<String> allowed) throws IOException {
            boolean found = false;
            for (Path copy : list(directory, SAFETY_COPY.pattern())) {
                String content = content(copy);
                assertTrue(allowed.contains(content), copy + " is not whole");
                found |= content.equals(previous);
            }
            return found;
        }

        @Override
        void checkDone(Path directory) throws IOException {
            assertEquals(restored, content(target(directory)));
            assertTrue(checkSafetyCopies(directory, contents) || previous == null, "no safety copy");
            assertEquals(List.of(), list(target(directory).getParent(), "app\\.db-.*"));
        }
    }

    /** Of number 15, which builds on 14, 12, 8 and the full backup. */
    private static final class RestoreFromChain extends Restore {
        RestoreFromChain() {
            super("restore from a chain of five", "restore", "out/", "--to=app.db", "--name=source.db");
        }

        @Override
        void prepareTarget(Lab lab) {
            lab.database("app.db", "wal", ROWS / 2, "old");
        }

        @Override
        void backUp(Lab lab, Path source) {
            for (int day = 10; day <= 25; day++) {
                Lab.sql(source, "UPDATE t SET b = b || 'x' WHERE id = " + day);
                backUpInto(lab, source, "2026-01-" + day);
            }
            assertTrue(Files.exists(lab.path("out/source-20260125T000000Z-since-20260124T000000Z.db-wal.gz")));
        }
    }

    private static final class RestoreOverUnreadable extends Restore {
        private static final byte[] GARBAGE =
                "encrypted, or something of that kind; ".repeat(300).getBytes(StandardCharsets.UTF_8);

        RestoreOverUnreadable() {
            super("restore over a file that SQLite cannot open", "restore", "b.gz", "--to=app.db");
        }

        @Override
        void prepareTarget(Lab lab) throws IOException {
            Files.write(lab.path("app.db"), GARBAGE);
            Lab.write(lab.path("app.db-wal"), "its log");
        }

        /**
         * Its log belongs to it. The database itself may have lost it to a safety copy, and so may a later safety copy,
         * made when that had happened; but not the first.
         */
        @Override
        String content(Path database) {
            try {
                if (!Arrays.equals(Files.readAllBytes(database), GARBAGE)) {
                    return Content.of(database);
                }
                List<Path> copies = list(database.getParent(), SAFETY_COPY.pattern());
                boolean leans = !copies.isEmpty() && !copies.get(0).equals(database);
                return hasLog(database) || leans && hasLog(copies.get(0))
                        ? "garbage and its log"
                        : "garbage without its log";
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        void checkPutBack(Path directory) throws IOException {
            assertTrue(
                    !Arrays.equals(Files.readAllBytes(target(directory)), GARBAGE) || hasLog(target(directory)),
                    "its log was not put back");
        }

        private static boolean hasLog(Path database) {
            return read(database.resolveSibling(database.getFileName() + "-wal"))
                    .equals("its log");
        }

        private static String read(Path file) {
            try {
                return Files.readString(file);
            } catch (IOException e) {
                return "";
            }
        }
    }

    private static final class Undo extends Scenario {
        private String before;
        private String saved;

        Undo() {
            super("undo", "undo", "app.db");
        }

        @Override
        void prepare(Lab lab) throws IOException {
            before = Content.of(lab.database("app.db", "wal", ROWS, "before"));
            saved = Content.of(lab.database("app.db.pre-restore-20260101000000", "delete", ROWS + 10, "saved"));
        }

        @Override
        void checkAnyMoment(Path directory) throws IOException {
            String content = Content.of(directory.resolve("app.db"));
            Set<String> copies = copies(directory);
            assertTrue(Set.of(before, saved).contains(content), content);
            assertTrue(Set.of(before, saved).containsAll(copies) && copies.contains(saved), copies.toString());
            assertTrue(content.equals(before) || copies.contains(before), "what was there before is nowhere any more");
        }

        private static Set<String> copies(Path directory) throws IOException {
            Set<String> copies = new HashSet<>();
            for (Path copy : list(directory, SAFETY_COPY.pattern())) {
                copies.add(Content.of(copy));
            }
            return copies;
        }

        @Override
        void checkDone(Path directory) throws IOException {
            assertEquals(saved, Content.of(directory.resolve("app.db")));
            checkDoneAgain(directory);
        }

        @Override
        void checkDoneAgain(Path directory) throws IOException {
            checkAnyMoment(directory);
            assertEquals(Set.of(before, saved), copies(directory));
            assertEquals(List.of(), list(directory, "app\\.db-.*"));
        }
    }

    /** Rows, and those that refer to them: all are back or none is. */
    private static final class Undelete extends Scenario {
        private final String journalMode;
        private String all;
        private String without;

        Undelete(String journalMode) {
            super(
                    "undelete, journal_mode=" + journalMode,
                    "undelete",
                    "b.gz",
                    "--to=app.db",
                    "--table=t",
                    "--where=id <= 20");
            this.journalMode = journalMode;
        }

        @Override
        void prepare(Lab lab) throws IOException {
            Path database = lab.database("app.db", journalMode, ROWS, "kept");
            Lab.sql(
                    database,
                    "CREATE TABLE child(id INTEGER PRIMARY KEY, t_id REFERENCES t(id) ON DELETE CASCADE)",
                    "INSERT INTO child(t_id) SELECT id FROM t",
                    "INSERT INTO child(t_id) SELECT id FROM t");
            lab.json(0, "backup", "app.db", "--to=b.gz");
            all = content(database);
            Lab.sql(database, "PRAGMA foreign_keys=ON", "DELETE FROM t WHERE id <= 20");
            without = content(database);
        }

        private static String content(Path database) {
            return Content.of(database) + ", "
                    + Lab.query(database, "SELECT count(*) || ' of ' || count(DISTINCT t_id) FROM child");
        }

        @Override
        void checkAnyMoment(Path directory) throws IOException {
            String content = content(directory.resolve("app.db"));
            assertTrue(Set.of(all, without).contains(content), "neither all nor none: " + content);
            List<Path> copies = list(directory, SAFETY_COPY.pattern());
            for (Path copy : copies) {
                assertEquals(without, content(copy), copy + " is not whole");
            }
            assertTrue(content.equals(without) || !copies.isEmpty(), "there is no safety copy");
        }

        @Override
        void checkDone(Path directory) throws IOException {
            checkAnyMoment(directory);
            assertEquals(all, content(directory.resolve("app.db")));
            assertEquals(List.of(), list(directory, "app\\.db-.*"));
        }
    }

    // ---- prune

    private static final class Prune extends Scenario {
        private static final int DAYS = 6;
        private final Set<String> contents = new HashSet<>();

        Prune() {
            super("prune", "prune", "out/", "--keep-last=2");
        }

        @Override
        void prepare(Lab lab) throws IOException {
            Path database = lab.database("app.db", "delete", ROWS / 2, "kept");
            for (int day = 1; day <= DAYS; day++) {
                Lab.sql(database, "INSERT INTO t(generation, b) VALUES ('kept', " + day + ")");
                contents.add(Content.of(database));
                fullInto(lab, database, "2026-01-0" + day);
            }
        }

        @Override
        void checkAnyMoment(Path directory) throws IOException {
            List<Path> left = checkWhole(directory);
            // From the oldest on: what is there is always a beginning of the order from the newest.
            for (int i = 0; i < left.size(); i++) {
                assertTrue(
                        left.get(left.size() - 1 - i)
                                .toString()
                                .endsWith("app-2026010" + (DAYS - i) + "T000000Z.db.gz"),
                        left.toString());
            }
            assertTrue(left.size() >= 2, left.toString());
        }

        private List<Path> checkWhole(Path directory) throws IOException {
            List<Path> left = list(directory.resolve("out"), ".*\\.gz");
            for (Path backup : left) {
                assertTrue(contents.contains(Content.ofBackup(backup)), backup.toString());
            }
            return left;
        }

        /** One that could not be read was left alone, and did not count. */
        @Override
        void checkDoneWithWarnings(Path directory) throws IOException {
            List<String> left = checkWhole(directory).stream()
                    .map(backup -> backup.getFileName().toString())
                    .toList();
            assertTrue(
                    left.containsAll(List.of("app-20260105T000000Z.db.gz", "app-20260106T000000Z.db.gz"))
                            && left.size() <= 3,
                    left.toString());
        }

        @Override
        void checkDone(Path directory) throws IOException {
            checkAnyMoment(directory);
            assertEquals(2, list(directory.resolve("out"), ".*\\.gz").size());
        }
    }

    /** Of numbers 0 to 7, the last two need 4 and the full one; 5, 3, 2 and 1 go. */
    private static final class PruneOfChain extends Scenario {
        private static final int DAYS = 8;
        private static final List<Integer> KEPT = List.of(1, 5, 7, 8);
        private final List<String> contents = new ArrayList<>();

        PruneOfChain() {
            super("prune of a part of a chain", "prune", "out/", "--keep-last=2");
        }

        @Override
        void prepare(Lab lab) throws IOException {
            Path database = lab.database("app.db", "delete", CHAIN_ROWS, "kept");
            for (int day = 1; day <= DAYS; day++) {
                Lab.sql(database, "INSERT INTO t(generation, b) VALUES ('kept', " + day + ")");
                contents.add(Content.of(database));
                backUpInto(lab, database, "2026-01-0" + day);
            }
        }

        /** Each that is left is whole, and those that stay are left. */
        @Override
        void checkAnyMoment(Path directory) throws IOException {
            Set<Integer> left = left(directory);
            assertTrue(left.containsAll(KEPT), left.toString());
        }

        private Set<Integer> left(Path directory) throws IOException {
            Set<Integer> left = new HashSet<>();
            for (int day = 1; day <= DAYS; day++) {
                for (Path backup : list(directory.resolve("out"), "app-2026010" + day + "T000000Z[.-].*gz")) {
                    assertEquals(contents.get(day - 1), Content.ofBackup(backup), backup.toString());
                    left.add(day);
                }
            }
            return left;
        }

        /** One that could not be read was left alone, with what builds on it, and did not count. */
        @Override
        void checkDoneWithWarnings(Path directory) throws IOException {
            checkAnyMoment(directory);
        }

        @Override
        void checkDone(Path directory) throws IOException {
            assertEquals(Set.copyOf(KEPT), left(directory));
        }
    }

    /** A full backup into the history {@code out/}. */
    private static void fullInto(Lab lab, Path database, String day) {
        backUpInto(lab, database, day, true);
    }

    private static void backUpInto(Lab lab, Path database, String day) {
        backUpInto(lab, database, day, false);
    }

    /** Backs up into the history {@code out/} as if it were another day, which a user's clock decides. */
    private static void backUpInto(Lab lab, Path database, String day, boolean full) {
        Clock clock = Clock.fixed(Instant.parse(day + "T00:00:00Z"), ZoneOffset.UTC);
        new BackupService(clock, Progress.NONE)
                .backup(Runs.request(
                        database,
                        new Location.Local(lab.path("out"), true),
                        null,
                        false,
                        full,
                        new Compression(6, 1),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
    }

    /** The files of a directory whose names match, in the order of their names. */
    static List<Path> list(Path directory, String names) throws IOException {
        Pattern pattern = Pattern.compile(names);
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file ->
                            pattern.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
    }
}
