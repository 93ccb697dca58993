package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Many at once on one database, on the packaged program. Latencies are reported and never judged: they belong to the
 * machine.
 */
class ContentionIT {
    private static final int ROWS = Figures.count(55_000, 10_000); // 60 MB, and 11
    private static final int BACKUPS_UNDER_WRITER = Figures.count(3, 1);
    private static final int COMMITS_OF_A_WARM_WRITER = Figures.count(1000, 300);
    private static final int COMMITS_WITHOUT_BACKUP = Figures.count(10_000, 500);
    /** Done, busy, in use: what the contract has for those who come at the same time. */
    private static final Set<Integer> CODES = Set.of(0, 11, 13);

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    @ParameterizedTest
    @MethodSource("modesInPart")
    void tenBackupsAndRestoresAtOnceLeaveOneWholeContent(String journalMode) throws IOException {
        int rows = Figures.count(5000, 2000);
        Path source = lab.database("source.db", journalMode, rows, "new");
        lab.json(0, "backup", source, "--to=new.gz");
        Path database = lab.database("live.db", journalMode, rows, "old");
        Map<Integer, Integer> ended = new TreeMap<>();
        for (int round = 0; round < Figures.count(6, 1); round++) {
            List<Tools.Started> runs = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                runs.add(lab.start("backup", database, "--to=newest.gz"));
                runs.add(lab.start("restore", "new.gz", "--to=live.db"));
                runs.add(lab.start("backup", database, "--to=history/"));
                runs.add(lab.start("restore", "new.gz", "--to=live.db", "--live"));
                runs.add(lab.start("backup", database, "--to=newest.gz"));
            }
            for (Tools.Started run : runs) {
                Tools.Ended end = Tools.await(run);
                assertEnded(CODES, end);
                ended.merge(end.exitCode(), 1, Integer::sum);
            }
            assertWhole(database, rows, journalMode);
            for (Path copy : lab.safetyCopies("live.db")) {
                assertWhole(copy, rows, journalMode);
                Files.delete(copy);
            }
            assertEquals(List.of(), lab.litter());
            // Whatever came first: at least one backup of each destination was made, and each verifies.
            lab.json(0, "verify", "newest.gz");
            lab.json(0, "verify", "history/");
            // The next round needs the old content; a restore of it shows that nothing is stuck.
            lab.json(0, "backup", database, "--to=newest.gz");
            lab.json(0, "restore", "new.gz", "--to=live.db");
            Lab.sql(database, "UPDATE t SET generation = 'old'");
        }
        Figures.row(
                "contention-at-once",
                journalMode(journalMode),
                ended.values().stream().mapToInt(Integer::intValue).sum(),
                ended.getOrDefault(0, 0),
                ended.getOrDefault(11, 0),
                ended.getOrDefault(13, 0));
    }

    private static void assertWhole(Path database, int rows, String journalMode) {
        assertEquals("ok", Lab.query(database, "PRAGMA integrity_check"), database.toString());
        assertEquals(
                rows + " 1",
                Lab.query(database, "SELECT count(*) || ' ' || count(DISTINCT generation) FROM t"),
                database.toString());
        assertEquals(journalMode, Lab.query(database, "PRAGMA journal_mode"), database.toString());
    }

    static Stream<String> modesInPart() {
        return Figures.isFull() ? Stream.of("wal", "delete") : Stream.of("wal");
    }

    /** Journal mode, busy timeout in milliseconds, and whether it checkpoints after every commit. */
    static Stream<List<Object>> writers() {
        List<Object> wal = List.of("wal", 0, false);
        List<Object> rollback = List.of("delete", 5000, false);
        List<Object> checkpointing = List.of("wal", 0, true);
        return Figures.isFull()
                ? Stream.of(
                        wal,
                        List.of("wal", 5000, false),
                        List.of("delete", 0, false),
                        rollback,
                        checkpointing,
                        List.of("wal", 5000, true))
                : Stream.of(wal, rollback, checkpointing);
    }

    @ParameterizedTest
    @MethodSource("writers")
    void backupsEndUnderAWriterAtFullSpeedAndHoldNoHalfOfACommit(List<Object> situation) throws IOException {
        Tools.require("gunzip");
        String mode = (String) situation.get(0);
        int busyTimeoutMillis = (int) situation.get(1);
        boolean checkpoints = (boolean) situation.get(2);
        Path database = lab.database("live.db", mode, ROWS, "g");
        Writer.Latency without;
        Writer.Latency with;
        List<String> said;
        try (Writer writer =
                Writer.start(database, checkpoints ? "checkpoint" : "measure", mode, busyTimeoutMillis, 0)) {
            writer.awaitCommits(COMMITS_OF_A_WARM_WRITER);
            writer.latency();
            writer.awaitCommits(COMMITS_OF_A_WARM_WRITER + COMMITS_WITHOUT_BACKUP);
            without = writer.latency();
            for (int i = 0; i < BACKUPS_UNDER_WRITER; i++) {
                JsonObject backup = lab.json(0, "backup", database, "--to=b.gz");
                assertEquals("full", backup.get("verified").getAsString());
                assertFalse(backup.get("unchanged").getAsBoolean());
            }
            with = writer.latency();
            said = writer.stop();
        }
        Path copy = lab.path("copy.db");
        Tools.sh("gunzip -c \"$1\" > \"$2\"", lab.path("b.gz"), copy).ok();
        assertEquals(
                Lab.query(copy, "SELECT count(*) || ' ' || sum(amount) FROM debit"),
                Lab.query(copy, "SELECT count(*) || ' ' || sum(amount) FROM credit"));
        assertTrue(Integer.parseInt(Lab.query(copy, "SELECT count(*) FROM debit")) >= COMMITS_WITHOUT_BACKUP);
        assertEquals(String.valueOf(ROWS), Lab.query(copy, "SELECT count(*) FROM t"));
        assertEquals("ok", Lab.query(copy, "PRAGMA integrity_check"));
        assertEquals("ok", Lab.query(database, "PRAGMA integrity_check"));
        assertEquals(
                List.of(),
                said.stream().filter(line -> line.startsWith("error")).toList());
        assertTrue(with.commits() > 0, "the writer got through");
        if (mode.equals("wal") || busyTimeoutMillis > 0) {
            assertEquals(0, with.busyErrors());
        }
        assertEquals(List.of(), lab.litter());
        String name = journalMode(mode) + ", busy timeout " + busyTimeoutMillis / 1000 + " s"
                + (checkpoints ? ", checkpoint after every commit" : "");
        report(name, "no backup", without);
        report(name, "with a backup", with);
    }

    private static void report(String writer, String phase, Writer.Latency latency) {
        Figures.row(
                "contention",
                writer,
                phase,
                latency.medianMicros(),
                latency.percentile99Micros(),
                latency.maximumMicros(),
                latency.commits(),
                latency.busyErrors());
    }

    @ParameterizedTest
    @MethodSource("modesInPart")
    void givesUpUnderAnExclusiveLockAndSucceedsAfterIt(String journalMode) throws IOException {
        Path source = lab.database("source.db", journalMode, 100, "new");
        lab.json(0, "backup", source, "--to=new.gz");
        Path database = lab.database("live.db", journalMode, 100, "old");
        try (Writer holder = Writer.start(database, "exclusive", journalMode, 0)) {
            Map<String, String> before = lab.state("");
            Tools.Started backup = lab.start("backup", database, "--to=b.gz", "--busy-timeout=1s");
            Tools.Started restore = lab.start("restore", "new.gz", "--to=live.db", "--busy-timeout=1s");
            Tools.Started live = lab.start("restore", "new.gz", "--to=live.db", "--live", "--busy-timeout=1s");
            assertEnded(Set.of(11), Tools.await(backup));
            assertEnded(Set.of(13), Tools.await(restore));
            assertEnded(Set.of(11, 13), Tools.await(live));
            assertFalse(Files.exists(lab.path("b.gz")));
            before.remove(".b.gz.state");
            Map<String, String> after = lab.state("");
            after.remove(".b.gz.state");
            assertEquals(before, after);
            assertEquals(List.of(), lab.litter());
        }
        lab.json(0, "backup", database, "--to=b.gz");
        lab.json(0, "restore", "new.gz", "--to=live.db");
        assertEquals("100", Lab.query(database, "SELECT count(*) FROM t WHERE generation = 'new'"));
        assertEquals(List.of(), lab.litter());
        Figures.row(
                "contention-exclusive",
                journalMode(journalMode),
                "backup 11, restore 13, restore --live 11 or 13",
                "nothing changed, nothing left; both succeed afterwards");
    }

    /** In a PID namespace of its own the restore sees nobody in /proc, and can only ask for the lock. */
    @Test
    void aRestoreThatWaitsForALongReaderLetsShortOnesInAndIsDoneWhenThatHasGone() throws IOException {
        Tools.requireRoot();
        Tools.require("unshare");
        lab.json(0, "backup", lab.database("source.db", "delete", 100, "new"), "--to=new.gz");
        Path database = lab.database("live.db", "delete", 100, "old");
        try (Writer holder = Writer.start(database, "reading", "keep", 0);
                Writer reader = Writer.start(database, "measure-reads", "keep", 0, 1)) {
            Tools.Started restore = Tools.start(
                    List.of(
                            "unshare",
                            "--pid",
                            "--fork",
                            "--mount-proc",
                            Lab.JAVA,
                            "-jar",
                            Lab.JAR.toString(),
                            "restore",
                            "new.gz",
                            "--to=live.db",
                            "--busy-timeout=1m"),
                    Map.of("TMPDIR", lab.temporary().toString()),
                    directory);
            int reads = 0;
            while (lab.litter().isEmpty()) {
                reads += 100;
                reader.awaitCommits(reads);
            }
            reader.latency();
            reader.awaitCommits(reads + Figures.count(10_000, 500));
            assertTrue(restore.process().isAlive(), "it waits for the long reader");
            Writer.Latency whileItWaited = reader.latency();
            assertTrue(whileItWaited.busyErrors() * 10 <= whileItWaited.commits(), whileItWaited.toString());
            holder.stop();
            assertEquals(0, Tools.await(restore).exitCode());
            assertEquals("100", Lab.query(database, "SELECT count(*) FROM t WHERE generation = 'new'"));
            Figures.row(
                    "contention-waiting",
                    whileItWaited.commits(),
                    whileItWaited.busyErrors(),
                    whileItWaited.maximumMicros(),
                    "restored, between two reads of the other");
        }
        assertEquals(List.of(), lab.litter());
    }

    private static String journalMode(String mode) {
        return mode.equals("wal") ? "WAL" : "rollback";
    }

    private static void assertEnded(Set<Integer> codes, Tools.Ended ended) {
        assertTrue(codes.contains(ended.exitCode()), () -> ended.exitCode() + ": " + ended.out() + ended.err());
        assertFalse(ended.err().contains("Exception") || ended.err().contains("\tat "), ended.err());
        assertEquals(
                ended.exitCode() == 0 ? 0 : 1,
                ended.err().lines().filter(line -> line.startsWith("error: ")).count(),
                ended.err());
    }
}
