package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds for every increment, whatever was done to the database, and whatever happens to the files. */
class ManyIncrementsIT {
    private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");

    @TempDir
    Path directory;

    private static Instant at(int run) {
        return FIRST.plus(Duration.ofHours(4L * run));
    }

    private static final int MONTH = 180;
    private static final int MONTH_PART = 45;

    /** A month of runs, every four hours: after each, a restore gives the snapshot's bytes. */
    @Test
    void eachOfAMonthGivesBackTheBytesOfItsSnapshot() throws IOException {
        Lab lab = new Lab(directory);
        lab.database("app.db", "wal", 1000, "g");
        Runs runs = Runs.of(lab);
        Map<String, String> made = new TreeMap<>();
        int last = Figures.count(MONTH, MONTH_PART);
        for (int run = 0; run < last; run++) {
            BackupService.Result result = runs.change(
                    at(run),
                    "INSERT INTO t(generation, b) SELECT 'r" + run + "', hex(randomblob(200)) || printf('%0600d', "
                            + run + ") FROM t LIMIT 2",
                    "UPDATE t SET generation = 'r" + run + "' WHERE id = " + run);
            made.put(result.backup(), result.manifest().sha256());
            assertEquals(result.manifest().sha256(), Lab.sha256(runs.restored(result.backup(), null)));
        }
        long fulls =
                made.keySet().stream().filter(name -> !name.contains("-since-")).count();
        assertTrue(fulls < 10, fulls + " full backups");
        // All of them still, at the end, and whatever is pruned, those that are left.
        assertAllGiveBack(runs, made);
        runs.prune(at(last), new RetentionRules(3, 0, 7, 2, 1, 0, Duration.ZERO));
        made.keySet().removeIf(backup -> !Files.exists(Path.of(backup)));
        assertTrue(made.size() >= 12 && made.size() < 40, made::toString);
        assertAllGiveBack(runs, made);
    }

    private static void assertAllGiveBack(Runs runs, Map<String, String> made) {
        made.forEach((backup, sha256) -> assertEquals(sha256, Lab.sha256(runs.restored(backup, null)), backup));
    }

    // ---- random edits

    private static final int DATABASES = 40;
    private static final int DATABASES_PART = 2;
    private static final int PART = 60;
    private static final int EDITS = 25;

    /** A thousand backups, under {@code make torture}: each comes back byte for byte. */
    @Test
    void eachOfAThousandRandomEditsComesBack() throws IOException {
        Random random = new Random(1);
        int increments = 0;
        int databases = Figures.count(DATABASES, DATABASES_PART);
        for (int number = 0; number < databases; number++) {
            increments += editAndBackUp(new Lab(Files.createDirectory(directory.resolve("" + number))), random);
        }
        assertTrue(increments > databases * EDITS / 3, increments + " increments");
        Figures.row("edits", "random edits", databases * EDITS, increments);
    }

    private static int editAndBackUp(Lab lab, Random random) {
        Path database = lab.path("app.db");
        Lab.sql(
                database,
                "PRAGMA page_size=" + (512 << random.nextInt(8)),
                "PRAGMA auto_vacuum=" + random.nextInt(3),
                "PRAGMA journal_mode=" + (random.nextBoolean() ? "WAL" : "DELETE"),
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b)",
                "CREATE INDEX t_a ON t(a)",
                insert(400 + random.nextInt(400), random));
        Runs runs = Runs.of(lab);
        int increments = 0;
        for (int run = 0; run < EDITS; run++) {
            Lab.sql(database, edit(random));
            if (random.nextInt(8) == 0) {
                Lab.sql(database, random.nextBoolean() ? "VACUUM" : "PRAGMA incremental_vacuum");
            }
            BackupService.Result result = runs.backUp(at(run));
            increments += result.manifest().increment() == null ? 0 : 1;
            assertEquals(
                    result.manifest().sha256(),
                    Lab.sha256(runs.restored(result.backup(), null)),
                    () -> result + " of " + lab.path(""));
        }
        return increments;
    }

    private static String insert(int rows, Random random) {
        return "INSERT INTO t(a, b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                + ") SELECT hex(randomblob(8)), hex(randomblob(" + (20 + random.nextInt(200)) + ")) FROM n";
    }

    private static String edit(Random random) {
        int from = random.nextInt(800);
        int rows = 1 + random.nextInt(30);
        String some = " WHERE id BETWEEN " + from + " AND " + (from + rows);
        return switch (random.nextInt(8)) {
            case 0 -> insert(rows, random);
            case 1 -> "DELETE FROM t" + some;
            case 2 -> "UPDATE t SET b = zeroblob(" + random.nextInt(20_000) + ") WHERE id = " + from;
            case 3 -> "CREATE TABLE IF NOT EXISTS u" + random.nextInt(3) + " AS SELECT * FROM t LIMIT 20";
            case 4 -> "DROP TABLE IF EXISTS u" + random.nextInt(3);
            case 5 -> "PRAGMA user_version = " + random.nextInt(1000);
            case 6 -> insert(400, random);
            default -> "UPDATE t SET a = hex(randomblob(8))" + some;
        };
    }

    // ---- what may happen to the files

    /** Every bit flipped, each file missing, exchanged with each other, cut to every length: refused, or identical. */
    @Test
    void aChainOfWhichAnyBitIsWrongIsRefusedOrIdentical() throws IOException {
        Lab lab = new Lab(directory);
        Lab.sql(
                lab.path("app.db"),
                "PRAGMA page_size=512",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, a)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) "
                        + "INSERT INTO t(a) SELECT hex(randomblob(200)) FROM n");
        Runs runs = Runs.of(lab);
        Map<Path, byte[]> content = new TreeMap<>();
        for (int run = 0; run < 4; run++) {
            BackupService.Result result = runs.change(at(run), "UPDATE t SET a = " + run + " WHERE id = " + (run + 1));
            Path file = Path.of(result.backup());
            content.put(file, Files.readAllBytes(file));
        }
        List<Path> files = List.copyOf(content.keySet());
        assertEquals(
                3,
                files.stream()
                        .filter(file -> file.toString().contains("-since-"))
                        .count());
        // The last, number 3, is built on number 2, and that on the full backup; number 1 is not in its chain.
        byte[] good = content(lab, runs);
        List<Path> chain = List.of(files.get(0), files.get(2), files.get(3));
        int bytes = 0;
        int flips = 0;
        int identical = 0;
        int cuts = 0;
        for (Path file : chain) {
            byte[] whole = content.get(file);
            for (int bit : Trials.choose(whole.length * 8, whole.length * 8, PART)) {
                byte[] flipped = whole.clone();
                flipped[(bit - 1) / 8] ^= (byte) (1 << (bit - 1) % 8);
                Files.write(file, flipped);
                identical += assertRefusedOrIs(good, lab, runs, file + ", bit " + bit) ? 0 : 1;
                flips++;
            }
            for (int length : Trials.choose(whole.length, whole.length, PART)) {
                Files.write(file, Arrays.copyOf(whole, length - 1));
                assertTrue(assertRefusedOrIs(good, lab, runs, file + ", cut to " + length));
                cuts++;
            }
            Files.delete(file);
            assertRefusedOrIs(good, lab, runs, file + " is missing");
            for (Path other : files) {
                Files.write(file, content.get(other));
                Files.write(other, whole);
                assertRefusedOrIs(good, lab, runs, file + " exchanged with " + other);
                Files.write(other, content.get(other));
            }
            Files.write(file, whole);
            bytes += whole.length;
        }
        assertTrue(Arrays.equals(good, content(lab, runs)));
        Figures.row("bytes", "small, each file of a chain of three", bytes, flips, identical, cuts);
    }

    /** @return whether it was refused */
    private static boolean assertRefusedOrIs(byte[] good, Lab lab, Runs runs, String what) throws IOException {
        byte[] found;
        try {
            found = content(lab, runs);
        } catch (Failure e) {
            assertTrue(e.kind() == Failure.Kind.CORRUPT || e.kind() == Failure.Kind.NOT_FOUND, () -> what + ": " + e);
            assertTrue(e.getMessage().contains("app-2026"), () -> what + " is refused without a name: " + e);
            return true;
        }
        assertTrue(Arrays.equals(good, found), () -> what + ": other content was accepted");
        return false;
    }

    /** Of the newest file, as a restore that names it would stage it; its structure is not looked at here. */
    private static byte[] content(Lab lab, Runs runs) throws IOException {
        Path newest = runs.file("app-20261101T120000Z-since-20261101T080000Z.db-wal.gz");
        BackupSource source = Selection.of(
                Location.file(newest),
                new Selection.Wish(
                        new DatabaseChoice(null, runs.database(), true),
                        null,
                        at(9),
                        new Again(new ArrayList<>(List.of("restore", newest.toString())))));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Workspace workspace = Workspace.create(lab.temporary());
                ChainReader chain = ChainReader.open(source.content().in(workspace));
                FileChannel pages = workspace.scratch("pages")) {
            Manifest manifest = chain.read(pages, 1, true, (bytes, length) -> out.write(bytes, 0, length));
            assertEquals(out.size(), manifest.databaseBytes());
        }
        return out.toByteArray();
    }

    // ---- prunes

    /** Whatever the rules and whatever is there: what is left comes back, and nothing that it needs is gone. */
    @Test
    void noPruneLeavesABackupWithoutWhatItNeeds() throws IOException {
        for (int seed = 0; seed < Figures.count(30, 1); seed++) {
            Random random = new Random(seed);
            Lab lab = new Lab(Files.createDirectory(directory.resolve("prune" + seed)));
            lab.database("app.db", "delete", 120, "g");
            Runs runs = Runs.of(lab);
            Map<String, String> made = new TreeMap<>();
            int hours = 0;
            for (int run = 0; run < 40; run++) {
                hours += 1 + random.nextInt(40);
                Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'r" + run + "' WHERE id = " + (1 + run % 100));
                BackupService.Result result = runs.backUp(
                        FIRST.plus(Duration.ofHours(hours)), false, random.nextInt(12) == 0, RetentionRules.NONE);
                made.put(result.backup(), result.manifest().sha256());
                if (random.nextInt(6) == 0) {
                    runs.prune(FIRST.plus(Duration.ofHours(hours)), rules(random));
                    made.keySet().removeIf(backup -> !Files.exists(Path.of(backup)));
                    assertAllGiveBack(runs, made);
                    assertEquals(List.of(), runs.list().warnings());
                }
            }
        }
    }

    private static RetentionRules rules(Random random) {
        List<Integer> counts = new ArrayList<>(Collections.nCopies(6, 0));
        counts.set(random.nextInt(6), 1 + random.nextInt(4));
        counts.set(random.nextInt(6), 1 + random.nextInt(4));
        return new RetentionRules(
                counts.get(0),
                counts.get(1),
                counts.get(2),
                counts.get(3),
                counts.get(4),
                counts.get(5),
                Duration.ofDays(random.nextInt(2)));
    }
}
