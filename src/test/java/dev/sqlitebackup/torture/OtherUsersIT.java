package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The database belongs to one user and another one backs it up or restores it. Whatever comes of that, its application
 * can read and write it afterwards. The application is sqlite3 under its own user number, because that user may read
 * neither the classes of the tests nor Maven's.
 */
class OtherUsersIT {
    /** User numbers without a name, as containers have them. */
    private static final String APPLICATION = "setpriv --reuid=12001 --regid=12000 --clear-groups";

    private static final int ROWS = 1500;

    /** Who runs the program, and what the database's directory and the database are like for him. */
    enum RunAs {
        STRANGER(
                "another user, read access only",
                "setpriv --reuid=12002 --regid=12002 --clear-groups",
                "755",
                "644",
                false,
                false),
        GROUP_MEMBER(
                "a member of the group, group-writable directory",
                "setpriv --reuid=12002 --regid=12002 --groups=12000",
                "775",
                "664",
                true,
                false),
        OTHER_GROUP_MEMBER(
                "another member of the group",
                "setpriv --reuid=12004 --regid=12004 --groups=12000",
                "775",
                "664",
                true,
                false),
        ROOT("root", "setpriv", "750", "640", true, false),
        ROOT_THAT_ONLY_GIVES(
                "root without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH",
                "setpriv --bounding-set=-dac_override,-dac_read_search",
                "777",
                "644",
                false,
                false),
        ROOT_THAT_CANNOT_GIVE(
                "root without CAP_CHOWN and CAP_FOWNER",
                "setpriv --bounding-set=-chown,-fowner",
                "750",
                "640",
                true,
                false),
        ROOT_IN_NAME(
                "root without CAP_DAC_OVERRIDE, CAP_CHOWN and CAP_FOWNER",
                "setpriv --bounding-set=-chown,-fowner,-dac_override",
                "755",
                "644",
                false,
                false),
        ROOT_SHUT_OUT(
                "the same, private database",
                "setpriv --bounding-set=-chown,-fowner,-dac_override,-dac_read_search",
                "700",
                "600",
                false,
                false),
        ROOT_MOUNTED("root, read-only mount", "setpriv", "750", "640", false, true),
        STRANGER_MOUNTED(
                "another user, read-only mount",
                "setpriv --reuid=12002 --regid=12002 --clear-groups",
                "755",
                "644",
                false,
                true);

        private final String description;
        private final String command;
        private final String directoryMode;
        private final String databaseMode;
        private final boolean mayWrite;
        private final boolean mounted;

        RunAs(
                String description,
                String command,
                String directoryMode,
                String databaseMode,
                boolean mayWrite,
                boolean mounted) {
            this.description = description;
            this.command = command;
            this.directoryMode = directoryMode;
            this.databaseMode = databaseMode;
            this.mayWrite = mayWrite;
            this.mounted = mounted;
        }
    }

    /** How the application left its database, or that it has it open. */
    enum Situation {
        WAL_LIVE,
        WAL_CLOSED,
        WAL_CRASHED,
        ROLLBACK_CLOSED,
        ROLLBACK_HOT;

        String journalMode() {
            return name().startsWith("WAL") ? "wal" : "delete";
        }
    }

    private Path lab;
    private Path data;
    private Path database;
    private int commands;
    private int refused;

    /** JUnit's own directory, and perhaps the jar's, are closed to other users. */
    @BeforeEach
    void makeLab() throws IOException {
        Tools.requireRoot();
        Tools.require("setpriv", "mount", "sqlite3");
        lab = Files.createTempDirectory("users");
        data = lab.resolve("data");
        database = data.resolve("live.db");
        Files.copy(Lab.JAR, lab.resolve("program.jar"));
        Tools.sh("cd \"$1\"; chmod 755 .; chmod 644 program.jar; mkdir mounted", lab)
                .ok();
        Tools.require(
                Tools.sh(APPLICATION + " test -r \"$1/program.jar\"", lab).exitCode() == 0,
                "other users cannot enter " + lab.getParent());
    }

    @AfterEach
    void removeLab() {
        if (lab != null) {
            Tools.sh("! mountpoint -q \"$1/mounted\" || umount \"$1/mounted\"; rm -rf \"$1\"", lab)
                    .ok();
        }
    }

    @ParameterizedTest
    @EnumSource(RunAs.class)
    void theApplicationCanStillWriteAfterwards(RunAs runAs) throws IOException {
        int situations = 0;
        for (Situation situation : Situation.values()) {
            if (Figures.isFull() || (runAs.ordinal() + situation.ordinal()) % Situation.values().length == 0) {
                situations++;
                backUp(runAs, situation);
                if (runAs.mayWrite) {
                    restoreAndUndo(runAs, situation);
                } else if (Figures.isFull() || runAs == RunAs.STRANGER) {
                    restoreIsRefused(runAs, situation);
                }
            }
        }
        Figures.row("users", runAs.description, situations, commands, refused, "application wrote afterwards in all");
    }

    private void backUp(RunAs runAs, Situation situation) throws IOException {
        try (Application application = prepare(runAs, situation, "new")) {
            Map<String, String> before = owners();
            Tools.Ended ended = program(runAs, "backup", database(runAs), "--to=b.gz");
            assertEquals(
                    runAs == RunAs.ROOT_SHUT_OUT ? 1 : 0,
                    ended.exitCode(),
                    () -> runAs + " " + situation + ": " + ended.err());
            assertEquals(before, owners(), runAs + " " + situation);
            assertApplicationWrites(application, runAs, situation);
        }
    }

    private void restoreAndUndo(RunAs runAs, Situation situation) throws IOException {
        boolean live = situation == Situation.WAL_LIVE;
        try (Application application = prepare(runAs, situation, "old")) {
            String owner = owners().get("live.db");
            if (live) {
                assertEquals(
                        13,
                        program(runAs, "restore", "b.gz", "--to=" + database(runAs))
                                .exitCode());
                assertApplicationWrites(application, runAs, situation);
            }
            List<Object> more = live ? List.of("--live") : List.of();
            assertEquals(
                    0,
                    program(runAs, arguments(more, "restore", "b.gz", "--to=" + database(runAs)))
                            .exitCode());
            assertEquals(owner, owners().get("live.db"));
            assertApplicationWrites(application, runAs, situation);
            assertEquals("new", application("SELECT generation FROM t WHERE b > '' LIMIT 1"));
            assertEquals(
                    0, program(runAs, arguments(more, "undo", database(runAs))).exitCode());
            assertEquals(owner, owners().get("live.db"));
            assertApplicationWrites(application, runAs, situation);
            assertEquals("old", application("SELECT generation FROM t WHERE b > '' LIMIT 1"));
        }
    }

    private void restoreIsRefused(RunAs runAs, Situation situation) throws IOException {
        if (!Files.exists(lab.resolve("out/b.gz"))) {
            return; // The backup was refused.
        }
        try (Application application = prepare(runAs, situation, "old")) {
            Map<String, String> before = owners();
            assertTrue(List.of(1, 13)
                    .contains(program(runAs, "restore", "b.gz", "--to=" + database(runAs))
                            .exitCode()));
            assertEquals(
                    1,
                    program(runAs, "restore", "b.gz", "--live", "--to=" + database(runAs))
                            .exitCode());
            assertEquals(before, owners());
            assertApplicationWrites(application, runAs, situation);
            assertEquals("old", application("SELECT generation FROM t WHERE b > '' LIMIT 1"));
        }
    }

    @ParameterizedTest
    @MethodSource("writersOfFiles")
    void aLiveRestoreMakesNoSidecarsThatLockOutAnApplicationThatComesMeanwhile(RunAs runAs) throws IOException {
        prepare(runAs, Situation.WAL_CLOSED, "new");
        assertEquals(0, program(runAs, "backup", database, "--to=b.gz").exitCode());
        prepare(runAs, Situation.WAL_CLOSED, "old");
        Map<String, String> before = owners();
        Tools.Ended ended = program(runAs, "restore", "b.gz", "--to=" + database, "--live");
        assertEquals(runAs == RunAs.ROOT ? 0 : 1, ended.exitCode(), ended.err());
        if (runAs != RunAs.ROOT) {
            assertTrue(ended.err().contains("without --live"), ended.err());
            assertEquals(before, owners());
        }
        assertApplicationWrites(null, runAs, Situation.WAL_CLOSED);
    }

    /**
     * The database keeps its journal mode: in the backup's, sidecars would be made by whoever comes first, and that may
     * be the restore.
     */
    @ParameterizedTest
    @MethodSource("writersOfFiles")
    void aLiveRestoreOfABackupInTheOtherJournalModeMakesNoSidecarsThatLockOutTheApplication(RunAs runAs)
            throws IOException {
        for (boolean walBackup : new boolean[] {true, false}) {
            Situation target = walBackup ? Situation.ROLLBACK_CLOSED : Situation.WAL_LIVE;
            prepare(runAs, walBackup ? Situation.WAL_CLOSED : Situation.ROLLBACK_CLOSED, "new");
            assertEquals(0, program(runAs, "backup", database, "--to=b.gz").exitCode());
            Application prepared = prepare(runAs, target, "old");
            try (Application application = prepared != null ? prepared : new Application()) {
                application.say("INSERT INTO t(generation) VALUES ('open')");
                Map<String, String> before = owners();
                for (String[] command : new String[][] {
                    {"restore", "b.gz", "--live", "--to=" + database}, {"undo", database.toString(), "--live"}
                }) {
                    assertEquals(0, program(runAs, (Object[]) command).exitCode());
                    assertEquals(before, owners(), runAs + " " + target);
                    assertApplicationWrites(application, runAs, target);
                    assertEquals(
                            command[0].equals("undo") ? "old" : "new",
                            application("SELECT generation FROM t WHERE b > '' LIMIT 1"));
                }
            }
        }
    }

    static Stream<RunAs> writersOfFiles() {
        return Figures.isFull()
                ? Stream.of(RunAs.values()).filter(runAs -> runAs.mayWrite)
                : Stream.of(RunAs.ROOT_THAT_CANNOT_GIVE);
    }

    @Test
    void aDatabaseThatRootMakesBelongsToTheApplicationOrIsSaidNotTo() throws IOException {
        prepare(RunAs.ROOT, Situation.WAL_CLOSED, "new");
        assertEquals(0, program(RunAs.ROOT, "backup", database, "--to=b.gz").exitCode());
        Files.delete(database);
        assertEquals(
                0, program(RunAs.ROOT, "restore", "b.gz", "--to=" + database).exitCode());
        assertApplicationWrites(null, RunAs.ROOT, Situation.WAL_CLOSED);
        Files.delete(database);
        Tools.Ended ended = program(RunAs.ROOT_THAT_CANNOT_GIVE, "restore", "b.gz", "--to=" + database);
        assertEquals(0, ended.exitCode(), ended.err());
        assertTrue(
                ended.err().contains(" and this user may not give it back: chown "),
                "it lay there before: " + ended.err());
        Files.delete(database);
        Files.delete(lab.resolve("out/.b.gz.state"));
        ended = program(RunAs.ROOT_THAT_CANNOT_GIVE, "restore", "b.gz", "--to=" + database);
        assertEquals(0, ended.exitCode(), ended.err());
        assertTrue(ended.err().contains("warning: this root may not give files away"), ended.err());
    }

    /** A FAT disk, a share: whatever this user makes there belongs to whom the mount says. */
    @Test
    void aFileSystemThatShowsAnotherOwnerIsAPlaceLikeAnyOther() throws IOException {
        Tools.require("losetup", "mkfs.exfat", "mount.exfat-fuse");
        prepare(RunAs.ROOT, Situation.WAL_CLOSED, "new");
        Path disk = Files.createDirectories(lab.resolve("disk"));
        String device = Tools.sh(
                        "truncate -s 32M \"$1/image\"; d=$(losetup -f --show \"$1/image\"); mkfs.exfat \"$d\" >&2; "
                                + "mount.exfat-fuse -o uid=12001,gid=12000 \"$d\" \"$2\" >&2; echo \"$d\"",
                        lab,
                        disk)
                .ok()
                .out()
                .strip();
        try {
            assertEquals(
                    "12001",
                    Tools.sh("touch \"$1/x\"; stat -c %u \"$1/x\"", disk)
                            .ok()
                            .out()
                            .strip());
            assertEquals(
                    0,
                    program(RunAs.ROOT, "backup", database, "--to=" + disk + "/b.gz")
                            .exitCode());
            assertEquals(
                    0,
                    program(RunAs.ROOT, "backup", database, "--to=" + disk + "/h/")
                            .exitCode());
            assertEquals(
                    0,
                    program(RunAs.ROOT, "restore", disk + "/b.gz", "--to=" + disk + "/new.db")
                            .exitCode());
            assertEquals(
                    0,
                    program(RunAs.ROOT, "restore", disk + "/h/", "--to=" + disk + "/new.db")
                            .exitCode());
            assertEquals(0, program(RunAs.ROOT, "undo", disk + "/new.db").exitCode());
        } finally {
            Tools.sh("umount \"$1\"; losetup -d \"$2\"", disk, device).ok();
        }
    }

    /** Whoever may give files away need not be one who may read what he has given. */
    @Test
    void rootThatMayOnlyGiveGivesOwnerGroupAndModeBack() throws IOException {
        prepare(RunAs.ROOT_THAT_ONLY_GIVES, Situation.WAL_CLOSED, "new");
        assertEquals(0, program(RunAs.ROOT, "backup", database, "--to=b.gz").exitCode());
        Map<String, String> before = owners();
        Files.delete(database);
        Tools.Ended ended = program(RunAs.ROOT_THAT_ONLY_GIVES, "restore", "b.gz", "--to=" + database);
        assertEquals(0, ended.exitCode(), ended.err());
        assertFalse(ended.err().contains("warning: "), ended.err());
        assertEquals(before, owners());
    }

    /** Two who share a database share its safety copies. */
    @Test
    void membersOfAGroupShareASafetyDirectory() throws IOException {
        prepare(RunAs.GROUP_MEMBER, Situation.WAL_CLOSED, "new");
        assertEquals(
                0, program(RunAs.GROUP_MEMBER, "backup", database, "--to=b.gz").exitCode());
        Path safety = Files.createDirectories(lab.resolve("safety"));
        Tools.sh("chown 12001:12000 \"$1\"; chmod 2775 \"$1\"", safety).ok();
        for (RunAs runAs : List.of(RunAs.ROOT, RunAs.GROUP_MEMBER, RunAs.OTHER_GROUP_MEMBER, RunAs.GROUP_MEMBER)) {
            Tools.Ended ended =
                    program(runAs, "restore", lab.resolve("out/b.gz"), "--to=" + database, "--safety-dir=" + safety);
            assertEquals(0, ended.exitCode(), runAs + ": " + ended.err());
        }
        // A note that cannot be read says nothing, and no emergency waits for it.
        Tools.sh("chown 12003:12003 \"$1\"/.*.state; chmod 600 \"$1\"/.*.state", safety)
                .ok();
        Tools.Ended ended = program(
                RunAs.GROUP_MEMBER, "restore", lab.resolve("out/b.gz"), "--to=" + database, "--safety-dir=" + safety);
        assertEquals(0, ended.exitCode(), ended.err());
        assertTrue(ended.err().contains("warning: whose safety copies " + safety + " holds"), ended.err());
    }

    /** The switch leaves a hot journal, which SQLite gave to the database's owner. */
    @Test
    void whatARestoreByRootLeavesThatWasKilledInTheSwitchIsRolledBackByTheApplication() throws IOException {
        Tools.require("strace");
        prepare(RunAs.ROOT, Situation.WAL_CLOSED, "new");
        assertEquals(0, program(RunAs.ROOT, "backup", database, "--to=b.gz").exitCode());
        prepare(RunAs.ROOT, Situation.ROLLBACK_CLOSED, "old");
        Tools.Ended killed = Tools.run(List.of(
                "strace",
                "-f",
                "-o",
                "/dev/null",
                "-P",
                database.toString(),
                "-e",
                "inject=pwrite64:signal=KILL:when=5",
                Lab.JAVA,
                "-jar",
                Lab.JAR.toString(),
                "restore",
                lab.resolve("out/b.gz").toString(),
                "--to=" + database));
        assertEquals(137, killed.exitCode(), killed.err());
        assertTrue(Files.size(data.resolve("live.db-journal")) > 512);
        assertApplicationWrites(null, RunAs.ROOT, Situation.ROLLBACK_CLOSED);
        assertEquals("old", application("SELECT generation FROM t WHERE b > '' LIMIT 1"));
    }

    private static Object[] arguments(List<Object> more, Object... first) {
        return Stream.concat(Stream.of(first), more.stream()).toArray();
    }

    /**
     * The database, made by its application, in its situation. @return the application that has it open, null if none
     * has
     */
    private Application prepare(RunAs runAs, Situation situation, String generation) throws IOException {
        Tools.sh(
                        "cd \"$1\"; ! mountpoint -q mounted || umount mounted; rm -rf data; mkdir data; chown "
                                + "12001:12000 data; chmod \"$2\" data",
                        lab,
                        runAs.directoryMode)
                .ok();
        application("PRAGMA journal_mode=" + situation.journalMode()
                + "; PRAGMA synchronous=OFF; CREATE TABLE t(generation, b);"
                + " INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + ROWS
                + ") SELECT '" + generation + "', printf('%0200d', i) FROM n;");
        Tools.sh("chmod \"$1\" \"$2\"", runAs.databaseMode, database).ok();
        Application application = switch (situation) {
            case WAL_LIVE -> new Application().say("INSERT INTO t(generation) VALUES ('live')");
            case WAL_CRASHED ->
                new Application()
                        .say("INSERT INTO t(generation) VALUES ('crashed')")
                        .crash();
            // A page cache of ten pages spills into the database file, so the journal that is left is hot.
            case ROLLBACK_HOT ->
                new Application()
                        .say("PRAGMA cache_size=10; BEGIN; UPDATE t SET b = 'never committed' || b")
                        .crash();
            default -> null;
        };
        assertEquals(
                situation == Situation.WAL_LIVE || situation == Situation.WAL_CRASHED,
                Files.exists(data.resolve("live.db-wal")));
        assertEquals(situation == Situation.ROLLBACK_HOT, Files.exists(data.resolve("live.db-journal")));
        if (runAs.mounted) {
            Tools.sh("cd \"$1\"; mount --bind data mounted; mount -o remount,bind,ro mounted", lab)
                    .ok();
        }
        return application;
    }

    private Path database(RunAs runAs) {
        return runAs.mounted ? lab.resolve("mounted/live.db") : database;
    }

    /**
     * Runs the program in a directory of this user's own, and checks that it either did it or said in one clear line
     * why not.
     */
    private Tools.Ended program(RunAs runAs, Object... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "bash",
                "-c",
                "umask 022; mkdir -p out/tmp; chown -R $(" + runAs.command + " id -u) out; cd out; exec "
                        + runAs.command + " \"$@\"",
                "sh",
                Lab.JAVA,
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-jar",
                lab.resolve("program.jar").toString()));
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        Map<String, String> environment =
                new TreeMap<>(Map.of("TMPDIR", lab.resolve("out/tmp").toString(), "HOME", "/nonexistent"));
        environment.put("SQLITE_BACKUP_DB", null);
        environment.put("SQLITE_BACKUP_TO", null);
        Tools.Ended ended = Tools.run(command, environment, lab);
        commands++;
        assertFalse(ended.err().contains("Exception") || ended.err().contains("\tat "), ended.err());
        if (ended.exitCode() != 0) {
            refused++;
            assertEquals(
                    1,
                    ended.err()
                            .lines()
                            .filter(line -> line.startsWith("error: "))
                            .count(),
                    ended.err());
        }
        assertEquals(
                "",
                Tools.sh("find \"$1\" -name '.sqlite-backup-*' -o -path '*/out/tmp/*'", lab)
                        .ok()
                        .out());
        return ended;
    }

    /** Owner and mode of the database and its sidecars. */
    private Map<String, String> owners() {
        Map<String, String> owners = new TreeMap<>();
        Tools.sh("stat -c '%n %u:%g %a' \"$1\"*", database)
                .ok()
                .out()
                .lines()
                .filter(line -> !line.contains(".pre-restore-"))
                .forEach(line -> owners.put(
                        line.substring(data.toString().length() + 1, line.indexOf(' ')),
                        line.substring(line.indexOf(' '))));
        return owners;
    }

    /** The running application, and one that is started now; and what lies there lets it, by owner and mode. */
    private void assertApplicationWrites(Application running, RunAs runAs, Situation situation) throws IOException {
        Tools.sh(
                        APPLICATION
                                + " bash -c 'for f in \"$1\" \"$1\"-wal \"$1\"-shm \"$1\"-journal; do [ ! -e "
                                + "\"$f\" ] || [ -r \"$f\" -a -w \"$f\" ] || { ls -ln \"$f\"; exit 1; "
                                + "}; done' sh \"$1\"",
                        database)
                .ok();
        if (running != null) {
            running.say("INSERT INTO t(generation) VALUES ('after')");
        }
        assertEquals(
                "ok",
                application("INSERT INTO t(generation) VALUES ('after'); PRAGMA integrity_check"),
                runAs + " " + situation);
        assertEquals(
                String.valueOf(ROWS),
                application("SELECT count(*) FROM t WHERE b NOT LIKE 'never%'"),
                runAs + " " + situation);
        assertEquals(situation.journalMode(), application("PRAGMA journal_mode"));
    }

    /** Runs SQL as the application's user. @return the last line that it printed */
    private String application(String sql) {
        String out = Tools.sh(
                        "umask 002; " + APPLICATION + " sqlite3 -bail -cmd '.timeout 5000' \"$1\" \"$2\"",
                        database,
                        sql)
                .ok()
                .out();
        return out.lines().reduce("", (before, line) -> line);
    }

    /** The application's user with a connection that stays open. */
    private final class Application implements AutoCloseable {
        private final Process process;
        private final BufferedReader output;

        Application() throws IOException {
            process = new ProcessBuilder(
                            "bash",
                            "-c",
                            "umask 002; exec " + APPLICATION + " sqlite3 -cmd '.timeout 5000' \"$0\" 2>&1",
                            database.toString())
                    .start();
            output = process.inputReader();
        }

        /** Runs SQL, which prints nothing, and waits until it is done. */
        Application say(String sql) throws IOException {
            process.getOutputStream().write((sql + "; SELECT 'done';\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            assertEquals("done", output.readLine());
            return this;
        }

        Application crash() {
            close();
            return null;
        }

        @Override
        public void close() {
            process.destroyForcibly();
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
