package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Heard;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A second process commits at random moments before, during and after runs that mostly have nothing to do: what it was
 * told is durable before a run begins is in the backup when that run ends, on every file system whose times are
 * believed.
 */
class NothingToDoIT {
    private static final int DATABASES = Figures.count(50, 4);
    private static final int ROUNDS = Figures.count(20, 1);
    /** About as long as a run that has nothing to do, and one that has. */
    private static final int MOST_DELAY_MICROS = 40_000;

    /**
     * Commits to one of many databases, in one of the ways in which applications do: takes a line "number way delay",
     * and prints one when it was told that the commit is durable.
     */
    private static final String WRITER = """
            import sqlite3, sys, time
            directory, mode = sys.argv[1:]
            connections = {}
            def connect(number):
                connection = sqlite3.connect(f'{directory}/{number}.db', isolation_level=None, timeout=60)
                connection.execute('pragma synchronous=' + ('normal' if number % 2 else 'full'))
                return connection
            print('ready', flush=True)
            for line in sys.stdin:
                number, way, delay = line.split()
                number = int(number)
                connection = connections.get(number) or connections.setdefault(number, connect(number))
                time.sleep(int(delay) / 1e6)
                if way == 'slow':
                    connection.execute('begin immediate')
                    connection.execute('update t set a = a + 1')
                    time.sleep(int(delay) / 1e6)
                    connection.execute('commit')
                else:
                    connection.execute('update t set a = a + 1')
                print('committed', flush=True)
                if way in ('PASSIVE', 'FULL', 'RESTART', 'TRUNCATE'):
                    connection.execute(f'pragma wal_checkpoint({way})').fetchall()
                elif way == 'close':
                    connections.pop(number).close()
                print('done', flush=True)
            """;

    private static final List<String> WAYS = List.of("stay", "slow", "close", "PASSIVE", "FULL", "RESTART", "TRUNCATE");

    @TempDir
    Path directory;

    private final SplittableRandom random = new SplittableRandom(14);
    private final List<Integer> committed = new ArrayList<>();
    private final List<Integer> backedUp = new ArrayList<>();
    private Lab lab;
    private Path disk;
    private int confirmed;
    private int compared;

    @ParameterizedTest
    @CsvSource({
        "tmpfs, delete",
        "tmpfs, wal",
        "ext4, delete",
        "ext4, wal",
        "overlay, delete",
        "overlay, wal",
        "xfs, delete",
        "xfs, wal",
        "btrfs, delete",
        "btrfs, wal"
    })
    void aCommitAtAnyMomentIsInTheBackupOfTheNextRun(String type, String mode) throws Exception {
        Tools.requireRoot();
        Tools.require("python3", "losetup", "mount", "umount", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs");
        lab = new Lab(directory.toRealPath());
        disk = Files.createDirectory(lab.path("disk"));
        mount(type);
        try {
            for (int i = 0; i < DATABASES; i++) {
                Lab.sql(database(i), "PRAGMA journal_mode=" + mode, "CREATE TABLE t(a)", "INSERT INTO t VALUES (0)");
                committed.add(0);
                backedUp.add(-1);
            }
            Process writer = new ProcessBuilder("python3", "-c", WRITER, disk.toString(), mode)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (PrintStream to = new PrintStream(writer.getOutputStream(), true, StandardCharsets.UTF_8);
                    BufferedReader from = new BufferedReader(
                            new InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
                assertEquals("ready", from.readLine());
                for (int round = 0; round < ROUNDS; round++) {
                    round(to, from);
                }
            } finally {
                writer.destroyForcibly().waitFor(); // It holds the disk.
            }
            assertTrue(confirmed >= DATABASES * ROUNDS, confirmed + " runs had nothing to do");
            Figures.row("nothing-to-do", type, mode, DATABASES * ROUNDS, compared, confirmed, 0);
        } finally {
            Tools.sh("umount \"$1\"", disk).ok();
        }
    }

    private void mount(String type) throws IOException {
        switch (type) {
            case "tmpfs" ->
                Tools.sh("mount -t tmpfs -o size=256m tmpfs \"$1\"", disk).ok();
            case "overlay" -> {
                for (String name : List.of("lower", "upper", "work")) {
                    Files.createDirectory(lab.path(name));
                }
                Tools.sh(
                                "mount -t overlay -o lowerdir=\"$1\"/lower,upperdir=\"$1\"/upper,workdir=\"$1\"/work "
                                        + "overlay \"$2\"",
                                directory.toRealPath(),
                                disk)
                        .ok();
            }
            default -> {
                Tools.require(
                        Files.readString(Path.of("/proc/filesystems")).contains(type), "this kernel has no " + type);
                Tools.sh(
                                "truncate -s 512M \"$1\"; mkfs.$2 -q \"$1\"; mount -o loop \"$1\" \"$3\"",
                                lab.path("image"),
                                type,
                                disk)
                        .ok();
            }
        }
    }

    private Path database(int number) {
        return disk.resolve(number + ".db");
    }

    private void round(PrintStream to, BufferedReader from) throws IOException {
        for (int i = 0; i < DATABASES; i++) {
            Lab.settle(database(i));
        }
        for (int i = 0; i < DATABASES; i++) {
            backUp(i); // Notes times that are old enough.
        }
        for (int i = 0; i < DATABASES; i++) {
            backUp(i);
            to.println(i + " " + WAYS.get(random.nextInt(WAYS.size())) + " " + random.nextInt(MOST_DELAY_MICROS));
            LockSupport.parkNanos(random.nextInt(MOST_DELAY_MICROS) * 1000L);
            while (!from.ready() && random.nextInt(3) > 0) {
                backUp(i);
            }
            assertEquals("committed", from.readLine());
            committed.set(i, committed.get(i) + 1);
            backUp(i);
            assertEquals("done", from.readLine());
            backUp(i);
        }
    }

    /** Runs, and finds that all that was committed before is in the backup. */
    private void backUp(int number) throws IOException {
        Path backup = lab.path("backups").resolve(number + ".gz");
        Heard heard = new Heard();
        BackupService.Result result = new BackupService(Clock.systemUTC(), heard)
                .backup(Runs.request(
                        database(number),
                        Location.file(backup),
                        null,
                        false,
                        false,
                        new Compression(1, 1),
                        lab.temporary(),
                        Duration.ofMinutes(1),
                        RetentionRules.NONE,
                        true));
        if (!result.unchanged()) {
            Path copy = lab.path("copy.db");
            try (OutputStream out = Files.newOutputStream(copy)) {
                BackupReader.read(backup, 1, true, (bytes, length) -> out.write(bytes, 0, length));
            }
            backedUp.set(number, Integer.parseInt(Lab.query(copy, "SELECT a FROM t")));
            Tools.sh("rm -f \"$1\"*", copy).ok();
        }
        boolean isConfirmed = heard.phases().isEmpty(); // It has read nothing.
        confirmed += isConfirmed ? 1 : 0;
        compared += isConfirmed ? 0 : 1;
        assertTrue(
                backedUp.get(number) >= committed.get(number),
                () -> database(number) + ": " + committed.get(number) + " commits were promised, the backup has "
                        + backedUp.get(number) + (isConfirmed ? " and was said to be current" : ""));
    }
}
