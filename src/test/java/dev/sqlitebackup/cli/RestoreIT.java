package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What restore and undo promise, on the packaged program. */
class RestoreIT {
    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    private void backup(String journalMode, String generation, int rows) throws IOException {
        Path source = lab.database("source.db", journalMode, rows, generation);
        lab.json(0, "backup", source, "--to=b.gz");
        for (Path file : lab.files("source.db")) {
            Files.delete(file);
        }
    }

    @ParameterizedTest
    @CsvSource({"wal, wal", "wal, delete", "delete, wal", "delete, delete"})
    void restoresInPlaceAndKeepsInodeModeAndLinks(String backupMode, String targetMode) throws IOException {
        backup(backupMode, "new", 700);
        Path target = lab.database("t.db", targetMode, 300, "old");
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-rw-r--"));
        Files.createLink(lab.path("hardlink.db"), target);
        Object inode = Files.getAttribute(target, "unix:ino");

        JsonObject result = lab.json(0, "restore", "b.gz", "--to=t.db");

        assertEquals("in-place", result.get("method").getAsString());
        assertEquals(inode, Files.getAttribute(target, "unix:ino"));
        assertEquals("rw-rw-r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
        assertEquals("700", Lab.query(lab.path("hardlink.db"), "SELECT count(*) FROM t WHERE generation = 'new'"));
        assertEquals(
                "300",
                Lab.query(
                        Path.of(result.get("safetyCopy").getAsString()),
                        "SELECT count(*) FROM t WHERE generation = 'old'"));
        assertEquals(
                List.of("t.db", "t.db.pre-restore-"),
                lab.files("t.db").stream()
                        .map(f -> f.getFileName().toString().replaceAll("\\d{14}$", ""))
                        .toList());
        assertEquals(List.of(), lab.litter());

        lab.json(0, "undo", "t.db");
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));
        assertEquals(targetMode, Lab.query(target, "PRAGMA journal_mode"));
        lab.json(0, "undo", "t.db");
        assertEquals("700", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
        assertEquals(backupMode, Lab.query(target, "PRAGMA journal_mode"));
        assertEquals(3, lab.safetyCopies("t.db").size());
    }

    @Test
    void restoresOverAnotherPageSize() throws IOException {
        backup("wal", "new", 300);
        Path target = lab.path("t.db");
        Lab.sql(target, "PRAGMA page_size=8192", "PRAGMA journal_mode=WAL", "CREATE TABLE x(a)");
        lab.json(0, "restore", "b.gz", "--to=t.db");
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t"));
        lab.json(0, "undo", "t.db");
        assertEquals("8192", Lab.query(target, "PRAGMA page_size"));
    }

    @Test
    void followsASymbolicLinkToTheDatabase() throws IOException {
        backup("wal", "new", 100);
        Path target = lab.database("real.db", "wal", 10, "old");
        Files.createSymbolicLink(lab.path("link.db"), target);
        lab.json(0, "restore", "b.gz", "--to=link.db");
        assertTrue(Files.isSymbolicLink(lab.path("link.db")));
        assertEquals("100", Lab.query(target, "SELECT count(*) FROM t"));
    }

    @Test
    void createsADatabaseWhereThereIsNoneForItsOwnerAlone() throws IOException {
        backup("wal", "new", 100);
        JsonObject result = lab.json(0, "restore", "b.gz", "--to=new/dir/t.db");
        assertEquals("created", result.get("method").getAsString());
        assertTrue(result.get("safetyCopy").isJsonNull());
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(lab.path("new/dir/t.db"))));
        assertEquals("100", Lab.query(lab.path("new/dir/t.db"), "SELECT count(*) FROM t"));
    }

    @Test
    void putsRowsThatAreOnlyInTheWalIntoTheSafetyCopy() throws IOException {
        backup("wal", "new", 100);
        Path target = lab.database("t.db", "wal", 10, "old");
        Writer.start(target, "crash", "wal", 0).close();
        assertTrue(Files.size(lab.path("t.db-wal")) > 0);
        JsonObject result = lab.json(0, "restore", "b.gz", "--to=t.db");
        assertEquals("500", Lab.query(Path.of(result.get("safetyCopy").getAsString()), "SELECT count(*) FROM crashed"));
        assertEquals("100", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
    }

    /** What is left beside a target must not be replayed onto the new content. */
    @ParameterizedTest
    @ValueSource(
            strings = {"wal", "journal", "shm", "missing, wal", "missing, journal", "garbage, wal", "garbage, journal"})
    void letsNoStaleSidecarReachTheRestoredDatabase(String situation) throws IOException {
        backup("delete", "new", 100);
        boolean hot = situation.contains("journal");
        Path target = lab.database("t.db", hot ? "delete" : "wal", 3000, "old");
        Writer.start(target, hot ? "hot" : "crash", hot ? "delete" : "wal", 0).close();
        if (situation.equals("shm")) {
            Files.delete(lab.path("t.db-wal"));
        }
        if (situation.startsWith("missing")) {
            Files.delete(target);
        } else if (situation.startsWith("garbage")) {
            Files.write(target, new byte[5120]);
        }
        Path sidecar = lab.path(hot ? "t.db-journal" : "t.db-wal");
        String before = Files.exists(sidecar) ? Lab.sha256(sidecar) : null;

        JsonObject result = lab.json(0, "restore", "b.gz", "--to=t.db");

        assertFalse(
                lab.files("t.db").stream().anyMatch(file -> file.toString().matches(".*t\\.db-(wal|shm|journal)")),
                lab.files("t.db").toString());
        assertEquals("100", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
        assertEquals("ok", Lab.query(target, "PRAGMA integrity_check"));
        assertEquals(
                situation.contains(",") ? "created" : "in-place",
                result.get("method").getAsString());
        if (situation.startsWith("garbage") || situation.startsWith("missing")) {
            Path kept = lab.safetyCopies("t.db").stream()
                    .filter(file -> file.toString().endsWith(hot ? "-journal" : "-wal"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(before, Lab.sha256(kept));
        }
    }

    @Test
    void keepsATargetThatSqliteCannotOpenAsItIs() throws IOException {
        backup("wal", "new", 100);
        Path target = lab.path("t.db");
        Lab.write(target, "encrypted?".repeat(1024));
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r-----"));
        String before = Lab.sha256(target);
        String warnings = lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run")
                .get("warnings")
                .toString();
        assertTrue(
                warnings.contains("would be replaced by a new file")
                        && warnings.contains("was not compared row by row"),
                warnings);
        JsonObject result = lab.json(0, "restore", "b.gz", "--to=t.db");
        assertEquals("created", result.get("method").getAsString());
        assertEquals(
                "SQLite cannot open " + target
                        + ", so it was replaced by a new file: restart every application that had it open, also "
                        + "in other containers, which cannot be seen; else it goes on with the old file",
                result.get("warnings").getAsString());
        assertEquals(before, Lab.sha256(Path.of(result.get("safetyCopy").getAsString())));
        assertEquals("rw-r-----", PosixFilePermissions.toString(Files.getPosixFilePermissions(target)));
        assertEquals("100", Lab.query(target, "SELECT count(*) FROM t"));
        assertEquals(12, lab.run("undo", "t.db").exitCode());
    }

    @Test
    void restoresADamagedTargetInPlaceWithAFaithfulSafetyCopy() throws IOException {
        backup("wal", "new", 100);
        Path target = lab.database("t.db", "delete", 2000, "old");
        try (RandomAccessFile file = new RandomAccessFile(target.toFile(), "rw")) {
            file.seek(100 * 4096);
            file.write(new byte[4096 * 3]);
        }
        byte[] before = Files.readAllBytes(target);
        JsonObject result = lab.json(0, "restore", "b.gz", "--to=t.db");
        assertEquals("in-place", result.get("method").getAsString());
        byte[] copy = Files.readAllBytes(Path.of(result.get("safetyCopy").getAsString()));
        assertEquals(before.length, copy.length);
        for (int i = 100; i < copy.length; i++) {
            assertEquals(before[i], copy[i]);
        }
        assertEquals("100", Lab.query(target, "SELECT count(*) FROM t"));
    }

    @Test
    void refusesEveryDamagedBackupAndLeavesTheTargetAlone() throws IOException {
        Tools.require("gzip");
        Path source = lab.path("source.db");
        Lab.sql(
                source,
                "CREATE TABLE t(a)",
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
                        + "SELECT hex(randomblob(100)) FROM n");
        lab.json(0, "backup", source, "--to=good.gz");
        byte[] good = Files.readAllBytes(lab.path("good.gz"));
        Path target = lab.database("t.db", "wal", 20, "old");
        Writer.start(target, "crash", "wal", 0).close();
        Map<String, String> before = lab.state("t.db");

        refused(12, Files.write(lab.path("appended.gz"), concatenate(good, new byte[] {1})), before);
        refused(12, Files.write(lab.path("zeros.gz"), concatenate(good, new byte[512])), before);
        refused(12, Files.write(lab.path("twice.gz"), concatenate(good, good)), before);
        refused(12, Files.write(lab.path("cut.gz"), java.util.Arrays.copyOf(good, good.length / 2)), before);
        refused(12, Files.write(lab.path("empty.gz"), new byte[0]), before);
        refused(12, Files.write(lab.path("text.gz"), "no gzip at all".getBytes(StandardCharsets.UTF_8)), before);
        refused(
                10,
                Files.write(
                        lab.path("pointer.gz"),
                        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
                                .getBytes(StandardCharsets.UTF_8)),
                before);
        refused(10, lab.path("missing.gz"), before);
        Tools.sh(
                        "cd \"$1\"; head -c 100000 /dev/zero | gzip > zerodb.gz; printf '' | gzip > nothing.gz; "
                                + "head -c 20480 source.db | gzip > part1.gz;"
                                + "tail -c +20481 source.db | gzip > part2.gz; cat part1.gz part2.gz > "
                                + "whole.gz; tail -c +200 source.db | gzip > tail.gz",
                        directory)
                .ok();
        for (String name : List.of("zerodb.gz", "nothing.gz", "part1.gz", "part2.gz", "tail.gz")) {
            refused(12, lab.path(name), before);
        }
        assertEquals("full", lab.json(0, "verify", "whole.gz").get("verified").getAsString());
        assertTrue(lab.run("restore", "pointer.gz", "--to=t.db").err().contains(" lfs pull"));
    }

    private static byte[] concatenate(byte[] a, byte[] b) {
        byte[] both = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    private void refused(int exitCode, Path backup, Map<String, String> before) {
        lab.json(exitCode, "restore", backup, "--to=t.db");
        lab.json(exitCode, "verify", backup);
        assertEquals(before, lab.state("t.db"), backup.toString());
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void restoresWhatTheArticlesScriptBackedUpAndGunzipRestoresWhatThisDid() throws IOException {
        Tools.require("sqlite3", "gzip", "gunzip");
        Path source = lab.database("source.db", "wal", 500, "g");
        Tools.sh("cd \"$1\"; sqlite3 source.db \".backup 'snapshot.db'\"; gzip -c snapshot.db > article.gz", directory)
                .ok();
        lab.json(0, "restore", "article.gz", "--to=restored.db");
        assertEquals(Lab.dump(source), Lab.dump(lab.path("restored.db")));
        lab.json(0, "backup", source, "--to=ours.gz");
        Tools.sh("cd \"$1\"; gunzip -c ours.gz > theirs.db", directory).ok();
        assertEquals(Lab.dump(source), Lab.dump(lab.path("theirs.db")));
        JsonObject verified = lab.json(0, "verify", "ours.gz");
        assertEquals(Lab.sha256(lab.path("theirs.db")), verified.get("sha256").getAsString());
    }

    @Test
    void restoresAPlainDatabaseWithWhatIsStillInItsWal() throws IOException {
        Path source = lab.database("source.db", "wal", 5, "g");
        Writer.start(source, "crash", "wal", 0).close();
        lab.json(0, "restore", source, "--to=copy.db");
        assertEquals("500", Lab.query(lab.path("copy.db"), "SELECT count(*) FROM crashed"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void namesWhoHasTheDatabaseOpenAndTouchesNothing(String journalMode) throws IOException {
        backup("wal", "new", 10);
        Path target = lab.database("t.db", journalMode, 10, "old");
        try (Writer writer = Writer.start(target, "idle", journalMode, 0)) {
            Map<String, String> before = lab.state("t.db");
            JsonObject result = lab.json(13, "restore", "b.gz", "--to=t.db");
            assertTrue(
                    result.get("message").getAsString().contains("pid " + writer.pid() + " (java)"), result.toString());
            assertTrue(result.get("hint").getAsString().contains("--live"));
            assertEquals(
                    13, lab.run("restore", "b.gz", "--to=t.db", "--dry-run").exitCode());
            assertEquals(before, lab.state("t.db"));
            assertEquals(List.of(), lab.litter());
        }
    }

    @ParameterizedTest
    @CsvSource({"wal", "delete"})
    void restoresUnderALiveReaderAndWriterWithoutErrorMixtureOrLostCommit(String journalMode) throws IOException {
        backup(journalMode, "new", 9000);
        Path target = lab.database("t.db", journalMode, 9000, "old");
        Set<String> committed;
        List<String> read;
        JsonObject result;
        try (Writer writer = Writer.start(target, "commit", "keep", 60_000);
                Writer reader = Writer.start(target, "read", "keep", 60_000, 1)) {
            result = lab.json(0, "restore", "b.gz", "--to=t.db", "--live");
            reader.await("generation new");
            List<String> written = writer.stop();
            read = reader.stop();
            // The new content has no tables for the writer: from then on its commits are refused by name, and none is
            // lost.
            assertEquals(
                    List.of(),
                    written.stream()
                            .filter(line -> line.startsWith("error") && !line.contains("no such table"))
                            .toList());
            committed = written.stream()
                    .filter(line -> line.startsWith("commit "))
                    .map(line -> line.substring(7))
                    .collect(Collectors.toSet());
        }
        assertEquals(
                List.of("READY", "generation new", "generation old"),
                read.stream().sorted().toList());
        Path safetyCopy = Path.of(result.get("safetyCopy").getAsString());
        Set<String> saved = new HashSet<>(List.of(
                Lab.query(safetyCopy, "SELECT group_concat(amount) FROM credit").split(",")));
        assertEquals(
                Set.of(),
                committed.stream().filter(number -> !saved.contains(number)).collect(Collectors.toSet()));
        assertEquals("9000", Lab.query(safetyCopy, "SELECT count(*) FROM t WHERE generation = 'old'"));
        assertEquals("9000", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
        assertEquals("ok", Lab.query(target, "PRAGMA integrity_check"));
        assertEquals("full", result.get("verified").getAsString());
    }

    @Test
    void refusesALiveRestoreOverAnotherPageSize() throws IOException {
        backup("wal", "new", 30);
        Path target = lab.path("t.db");
        Lab.sql(target, "PRAGMA page_size=8192", "PRAGMA journal_mode=WAL", "CREATE TABLE x(a)");
        try (Writer writer = Writer.start(target, "idle", "wal", 0)) {
            assertTrue(lab.json(1, "restore", "b.gz", "--to=t.db", "--live")
                    .get("message")
                    .getAsString()
                    .contains("8192"));
        }
        assertEquals("0", Lab.query(target, "SELECT count(*) FROM x"));
    }

    @Test
    void saysInADryRunWhatWouldHappenAndDoesNothing() throws IOException {
        backup("wal", "new", 30);
        Path target = lab.database("t.db", "wal", 10, "old");
        Map<String, String> before = lab.state("");
        JsonObject result = lab.json(0, "restore", "b.gz", "--to=t.db", "--dry-run");
        assertTrue(result.get("dryRun").getAsBoolean());
        assertEquals("in-place", result.get("method").getAsString());
        assertEquals(before, lab.state(""));
        assertEquals(target.toString(), result.get("database").getAsString());
        assertEquals(10, lab.run("undo", "t.db", "--dry-run").exitCode());
    }

    @Tag("torture")
    @ParameterizedTest
    @CsvSource({"wal, ''", "delete, ''", "wal, --live"})
    void survivesKill9AtAnyMoment(String journalMode, String option) throws Exception {
        backup("wal", "new", 15_000);
        Path target = lab.database("t.db", journalMode, 15_000, "old");
        Path pristine = Files.copy(target, lab.path("pristine"));
        String[] arguments = option.isEmpty()
                ? new String[] {"restore", "b.gz", "--to=t.db"}
                : new String[] {"restore", "b.gz", "--to=t.db", option};
        long started = System.nanoTime();
        lab.runAlone((Object[]) arguments).ok();
        long wholeMillis = (System.nanoTime() - started) / 1_000_000;
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 12; i++) {
            for (Path file : lab.files("t.db")) {
                Files.delete(file);
            }
            Files.copy(pristine, target);
            Tools.Started restore = lab.start((Object[]) arguments);
            // The second half of a run is where the switch is; spreading the kills needs a clock, judging them does
            // not.
            restore.process().waitFor(wholeMillis / 2 + wholeMillis * i / 24, TimeUnit.MILLISECONDS);
            restore.kill9();
            Tools.await(restore);
            assertEquals("ok", Lab.query(target, "PRAGMA integrity_check"));
            assertEquals("15000 1", Lab.query(target, "SELECT count(*) || ' ' || count(DISTINCT generation) FROM t"));
            seen.add(Lab.query(target, "SELECT min(generation) FROM t"));
            for (Path copy : lab.safetyCopies("t.db")) {
                assertEquals(
                        "15000",
                        Lab.query(copy, "SELECT count(*) FROM t WHERE generation = 'old'"),
                        "a safety copy is complete or absent");
            }
        }
        assertTrue(seen.contains("old"), seen.toString());
        lab.runAlone((Object[]) arguments).ok();
        assertEquals("new", Lab.query(target, "SELECT min(generation) FROM t"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void keepsTheOldDatabaseWhenTheDiskFillsUp() throws IOException {
        Tools.requireRoot();
        backup("wal", "new", 12_000);
        Path small = Files.createDirectory(lab.path("small"));
        int exitCode = 15;
        Path old = lab.database("t.db", "wal", 4_000, "old");
        for (int megabytes = 6; exitCode == 15; megabytes += 4) {
            Tools.sh("mount -t tmpfs -o size=" + megabytes + "m tmpfs \"$1\"", small)
                    .ok();
            try {
                Path target = small.resolve("t.db");
                Files.copy(old, target);
                exitCode = lab.run("restore", "b.gz", "--to=" + target).exitCode();
                assertTrue(exitCode == 15 || exitCode == 0, "exit code " + exitCode);
                assertEquals(exitCode == 15 ? "old" : "new", Lab.query(target, "SELECT min(generation) FROM t"));
                assertEquals("ok", Lab.query(target, "PRAGMA integrity_check"));
                assertEquals("wal", Lab.query(target, "PRAGMA journal_mode"));
            } finally {
                Tools.sh("umount \"$1\"", small).ok();
            }
        }
    }

    /** An I/O error or a full quota says nothing about the database; it must never be taken for an unreadable one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "pwrite64:error=EIO:when=1",
                "pwrite64:error=EDQUOT:when=1",
                "fsync:error=EIO:when=1",
                "ftruncate:error=EIO:when=1"
            })
    void replacesNoReadableDatabaseByRenameWhateverFails(String fault) throws IOException {
        Tools.require("strace");
        backup("wal", "new", 100);
        Path target = lab.database("t.db", "wal", 10, "old");
        Writer.start(target, "crash", "wal", 0).close();
        Object inode = Files.getAttribute(target, "unix:ino");
        Tools.Ended ended = Tools.sh(
                "cd \"$1\"; TMPDIR=\"$1/tmp\" strace -f -o /dev/null -P \"$1/t.db\" -e inject=$4 \"$2\" -jar "
                        + "\"$3\" restore b.gz --to=t.db || echo \"exit $?\"",
                directory,
                Lab.JAVA,
                Lab.JAR,
                fault);
        assertEquals(inode, Files.getAttribute(target, "unix:ino"), ended.out() + ended.err());
        assertFalse(ended.err().contains("Exception"), ended.err());
        assertEquals(
                ended.out().contains("restored") ? "new" : "old", Lab.query(target, "SELECT min(generation) FROM t"));
        assertEquals("ok", Lab.query(target, "PRAGMA integrity_check"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void replacesNoFileThatAnApplicationHasOpenEvenIfSqliteCannotReadIt() throws IOException {
        Tools.require("sleep");
        backup("wal", "new", 100);
        Path target = lab.path("t.db");
        Lab.write(target, "encrypted?".repeat(1024));
        Tools.Started holder = Tools.start(
                List.of("bash", "-c", "exec 3<\"$0\"; touch ready; exec sleep 1000", target.toString()),
                Map.of(),
                directory);
        try {
            while (!Files.exists(lab.path("ready"))) {
                Thread.onSpinWait();
            }
            assertTrue(lab.json(13, "restore", "b.gz", "--to=t.db", "--live")
                    .get("message")
                    .getAsString()
                    .contains("pid " + holder.process().pid()));
            assertEquals(13, lab.run("restore", "b.gz", "--to=t.db").exitCode());
        } finally {
            holder.kill9();
            Tools.await(holder);
        }
        assertEquals(List.of(), lab.safetyCopies("t.db"));
    }

    @Test
    void makesNoDirectoryInADryRunOrForABackupThatIsNotThere() throws IOException {
        backup("wal", "new", 10);
        lab.json(0, "restore", "b.gz", "--to=a/b/x.db", "--dry-run");
        lab.json(10, "restore", "missing.gz", "--to=a/b/x.db");
        lab.json(10, "undo", "a/b/x.db");
        assertFalse(Files.exists(lab.path("a")));
        Lab.write(lab.path("garbage.db"), "garbage".repeat(512));
        assertEquals(
                "created",
                lab.json(0, "restore", "b.gz", "--to=garbage.db", "--dry-run")
                        .get("method")
                        .getAsString());
    }

    @Test
    void putsEverythingBackWhenAnUnreadableFileCannotBeReplaced() throws IOException {
        Tools.requireRoot();
        backup("wal", "new", 10);
        Path mounted = lab.path("t.db");
        Lab.write(lab.path("outside"), "encrypted?".repeat(512));
        Files.createFile(mounted);
        Lab.write(lab.path("t.db-wal"), "its wal");
        Tools.sh("mount --bind \"$1\" \"$2\"", lab.path("outside"), mounted).ok();
        try {
            lab.json(1, "restore", "b.gz", "--to=t.db");
            assertEquals("its wal", Files.readString(lab.path("t.db-wal")));
            assertEquals(List.of(), lab.safetyCopies("t.db"));
        } finally {
            Tools.sh("umount \"$1\"", mounted).ok();
        }
    }

    @Test
    void refusesToUndoWhereThereIsNothingToUndo() {
        lab.database("t.db", "wal", 1, "g");
        assertEquals("not-found", lab.json(10, "undo", "t.db").get("error").getAsString());
    }

    @Test
    void takesTheNewestSafetyCopyEvenWithinASecond() throws IOException {
        lab.database("t.db", "wal", 1, "current");
        lab.database("t.db.pre-restore-20260101000000", "delete", 1, "first");
        lab.database("t.db.pre-restore-20260101000000-2", "delete", 1, "second");
        lab.database("t.db.pre-restore-20260101000000-10", "delete", 1, "tenth");
        lab.database("t.db.pre-restore-2026", "delete", 1, "not ours");
        lab.json(0, "undo", "t.db");
        assertEquals("tenth", Lab.query(lab.path("t.db"), "SELECT generation FROM t"));
        assertNotEquals(List.of(), lab.safetyCopies("t.db"));
    }

    @Test
    void refusesATargetThatThisUserMayNotWriteOrThatIsTheBackupItself() throws IOException {
        Path target = lab.database("t.db", "wal", 10, "old");
        lab.json(2, "restore", target, "--to=t.db");
        lab.json(2, "restore", target, "--to=" + Files.createDirectory(lab.path("dir")));
        Files.createSymbolicLink(lab.path("dangling"), lab.path("nowhere"));
        lab.json(1, "restore", target, "--to=dangling");
        try (Stream<Path> files = Files.list(directory)) {
            assertFalse(files.anyMatch(file -> file.endsWith("nowhere")));
        }
    }
}
