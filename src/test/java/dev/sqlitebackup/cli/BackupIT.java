package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What backup promises, on the packaged program. */
class BackupIT {
    private static final int ROWS_OF_60_MB = 55_000;

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    @ParameterizedTest
    @CsvSource({"wal, 0", "delete, 5000"})
    void endsUnderAWriterThatCommitsEvery3MillisAndDisturbsItNot(String journalMode, int busyTimeoutMillis)
            throws IOException {
        Path database = lab.database("live.db", journalMode, ROWS_OF_60_MB, "g");
        List<String> said;
        try (Writer writer = Writer.start(database, "commit", journalMode, busyTimeoutMillis)) {
            JsonObject result = lab.json(0, "backup", database, "--to=b.gz");
            assertEquals("full", result.get("verified").getAsString());
            said = writer.stop();
        }
        assertEquals(
                List.of(),
                said.stream().filter(line -> line.startsWith("error")).toList());
        Path copy = gunzip("b.gz", "copy.db");
        assertEquals(
                Lab.query(copy, "SELECT count(*) || ' ' || sum(amount) FROM debit"),
                Lab.query(copy, "SELECT count(*) || ' ' || sum(amount) FROM credit"));
        assertTrue(Integer.parseInt(Lab.query(copy, "SELECT count(*) FROM debit")) >= 20);
        assertEquals("ok", Lab.query(copy, "PRAGMA integrity_check"));
    }

    /** Each way in which a database can lie there, and what a backup of it has to hold. */
    static Stream<String> situations() {
        return Stream.of(
                "rollback",
                "rollback, reader",
                "hot journal",
                "wal, closed",
                "wal, live",
                "wal, crashed",
                "wal, no shm",
                "wal, shm alone",
                "wal, empty journal");
    }

    @ParameterizedTest
    @MethodSource("situations")
    void leavesTheDatabaseAndItsSidecarsAsTheyWere(String situation) throws IOException {
        String mode = situation.startsWith("wal") ? "wal" : "delete";
        Path database = lab.database("live.db", mode, 3000, "g");
        Writer writer = switch (situation) {
            case "rollback, reader", "wal, live" -> Writer.start(database, "idle", mode, 0);
            case "hot journal" -> Writer.start(database, "hot", mode, 0);
            case "wal, crashed", "wal, no shm" -> Writer.start(database, "crash", mode, 0);
            default -> null;
        };
        if (situation.equals("wal, no shm")) {
            Files.delete(lab.path("live.db-shm"));
        } else if (situation.equals("wal, shm alone")) {
            Files.write(lab.path("live.db-shm"), new byte[32768]);
        } else if (situation.equals("wal, empty journal")) {
            Files.createFile(lab.path("live.db-journal"));
        } else if (situation.equals("hot journal")) {
            assertTrue(Files.size(lab.path("live.db-journal")) > 512);
        }
        Map<String, String> before = lab.state("live.db");

        lab.json(0, "backup", database, "--to=b.gz");

        assertEquals(before, lab.state("live.db"));
        assertEquals(List.of(), lab.litter());
        Path copy = gunzip("b.gz", "copy.db");
        assertEquals("3000", Lab.query(copy, "SELECT count(*) FROM t WHERE b NOT LIKE 'never%'"));
        assertEquals("ok", Lab.query(copy, "PRAGMA integrity_check"));
        if (situation.equals("wal, crashed") || situation.equals("wal, no shm")) {
            assertEquals("500", Lab.query(copy, "SELECT count(*) FROM crashed"));
        }
        if (writer != null) {
            writer.close();
        }
    }

    @Test
    void readsADatabaseThatItMayNotWriteAndADirectoryInWhichItMayLeaveNothing() throws IOException {
        Tools.require("setpriv", "mount");
        Tools.requireRoot();
        Path mounted = Files.createDirectory(lab.path("ro"));
        Path closed = lab.database("closed.db", "wal", 100, "g");
        Tools.sh(
                        "mkdir \"$1/data\" && mv \"$2\" \"$1/data/\" && mount --bind \"$1/data\" \"$1/ro\" && "
                                + "mount -o remount,bind,ro \"$1/ro\"",
                        directory,
                        closed)
                .ok();
        try {
            lab.json(0, "backup", mounted.resolve("closed.db"), "--to=closed.gz");
            Path writable = lab.path("data/closed.db");
            try (Writer writer = Writer.start(writable, "commit", "wal", 5000)) {
                lab.json(0, "backup", mounted.resolve("closed.db"), "--to=live.gz");
                assertEquals(
                        List.of(),
                        writer.stop().stream()
                                .filter(line -> line.startsWith("error"))
                                .toList());
            }
        } finally {
            Tools.sh("umount \"$1\"", mounted).ok();
        }
        assertEquals("100", Lab.query(gunzip("live.gz", "live-copy.db"), "SELECT count(*) FROM t"));
        assertEquals("100", Lab.query(gunzip("closed.gz", "closed-copy.db"), "SELECT count(*) FROM t"));
    }

    @Test
    void leavesAnUnchangedBackupByteForByteAndNotesTheConfirmation() throws IOException {
        Path database = lab.database("live.db", "wal", 500, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        Map<String, String> before = lab.state("b.gz");
        String stateBefore = Files.readString(lab.path(".b.gz.state"));

        Lab.sql(database, "PRAGMA wal_checkpoint(TRUNCATE)");
        JsonObject second = lab.json(0, "backup", database, "--to=b.gz");

        assertTrue(second.get("unchanged").getAsBoolean());
        assertEquals(before, lab.state("b.gz"));
        assertNotEquals("", stateBefore);
        assertTrue(Files.readString(lab.path(".b.gz.state")).contains("\"confirmedAt\":\"20"));
        assertTrue(lab.run("backup", database, "--to=b.gz").ok().out().startsWith("unchanged since"));
    }

    /** To a directory that is open. */
    private static boolean isRelative(String call) {
        return call.matches(".*openat\\(\\d+, \"[^/].*");
    }

    @Test
    void makesEveryFileReadableForItsOwnerAlone() throws IOException {
        Path database = lab.database("live.db", "wal", 20_000, "g");
        List<String> calls = Tools.strace(
                "openat,open,mkdir,creat",
                Map.of("TMPDIR", lab.path("tmp").toString()),
                directory,
                "bash",
                "-c",
                "umask 0; exec \"$0\" \"$@\"",
                Lab.JAVA,
                "-jar",
                Lab.JAR,
                "backup",
                database.toString(),
                "--to=out/b.gz");
        // SQLite opens a snapshot that is there already; the driver's empty lock file and ISA-L lie in a directory that
        // is
        // 0700, and are nobody's secrets.
        List<String> open = calls.stream()
                .filter(call -> call.contains("O_CREAT")
                        && (call.contains(directory.toString()) || isRelative(call))
                        && !call.contains("0600)"))
                .filter(call -> !call.contains("= -1")
                        && !call.contains(".lck\"")
                        && !call.contains("/libgkl_compression")
                        && !call.contains("/snapshot.db\", O_RDWR|O_CREAT|O_NOFOLLOW"))
                .toList();
        assertEquals(List.of(), open);
        assertTrue(calls.stream()
                .anyMatch(
                        call -> call.contains("\"snapshot.db\"") && call.contains("O_EXCL") && call.contains("0600)")));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(lab.path("out/b.gz"))));
        assertEquals(
                "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(lab.path("out/.b.gz.state"))));
        String all = String.join("\n", calls);
        assertTrue(
                all.contains(".sqlite-backup-") && !all.contains("/tmp/sqlite-3"),
                "the native library stays in a private directory");
    }

    @Test
    void forcesTheBackupBeforeItTakesItsNameAndTheDirectoryAfterIt() throws IOException {
        Path database = lab.database("live.db", "wal", 200, "g");
        List<String> calls = Tools.strace(
                        "fsync,rename,renameat,renameat2,write,pwrite64",
                        Map.of("TMPDIR", lab.path("tmp").toString()),
                        directory,
                        Lab.JAVA,
                        "-jar",
                        Lab.JAR,
                        "backup",
                        database.toString(),
                        "--to=out/b.gz")
                .stream()
                .filter(call -> call.contains("/out"))
                .toList();
        int lastWrite = lastIndex(calls, "write(", "backup.gz>");
        int force = lastIndex(calls, "fsync(", "backup.gz>");
        int rename = lastIndex(calls, "rename", "b.gz\"");
        int forceDirectory = lastIndex(calls, "fsync(", "/out>");
        assertTrue(
                lastWrite >= 0 && lastWrite < force && force < rename && rename < forceDirectory,
                () -> String.join("\n", calls));
    }

    /** A run that was killed before it forced that may have made the directory. */
    @Test
    void forcesTheNameOfADirectoryThatIsThereAlready() throws IOException {
        Path database = lab.database("live.db", "wal", 20, "g");
        Files.createDirectories(lab.path("a/out"));
        List<String> calls = Tools.strace(
                "fsync",
                Map.of("TMPDIR", lab.path("tmp").toString()),
                directory,
                Lab.JAVA,
                "-jar",
                Lab.JAR,
                "backup",
                database.toString(),
                "--to=a/out/b.gz");
        assertTrue(
                calls.stream().anyMatch(call -> call.contains("fsync(") && call.contains("/a>")),
                () -> String.join("\n", calls));
    }

    /**
     * A network file system keeps an open file in its directory under another name, and the directory could not be
     * removed.
     */
    @Test
    void closesTheLockOfAWorkspaceBeforeItRemovesTheDirectory() throws IOException {
        Path database = lab.database("live.db", "wal", 20, "g");
        List<String> calls = Tools.strace(
                "unlinkat,rmdir,close",
                Map.of("TMPDIR", lab.path("tmp").toString()),
                directory,
                Lab.JAVA,
                "-jar",
                Lab.JAR,
                "backup",
                database.toString(),
                "--to=b.gz");
        for (String call : calls.stream()
                .filter(call -> call.contains("AT_REMOVEDIR") && call.contains(".sqlite-backup-"))
                .toList()) {
            String name = call.replaceFirst("(?s).*(\\.sqlite-backup-[0-9a-f]{32}).*", "$1");
            int removed = calls.indexOf(call);
            int closed = lastIndex(calls, "close(", name + "/lock");
            assertTrue(closed >= 0 && closed < removed, () -> name + "\n" + String.join("\n", calls));
        }
        assertTrue(lastIndex(calls, "AT_REMOVEDIR", ".sqlite-backup-") >= 0, () -> String.join("\n", calls));
    }

    private static int lastIndex(List<String> lines, String... parts) {
        for (int i = lines.size() - 1; i >= 0; i--) {
            String line = lines.get(i);
            if (Stream.of(parts).allMatch(line::contains)) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void refusesWhatIsNoDatabaseAndWritesNothing() throws IOException {
        Files.createFile(lab.path("empty.db"));
        Lab.write(lab.path("garbage.db"), "not a database, but long enough to look into: ".repeat(50));
        Files.createDirectory(lab.path("directory.db"));
        Tools.sh("mkfifo \"$1\"", lab.path("fifo.db")).ok();
        assertTrue(lab.json(10, "backup", "missing.db", "--to=b/b.gz")
                .get("message")
                .getAsString()
                .contains("no database at"));
        assertTrue(lab.json(12, "backup", "empty.db", "--to=b/b.gz")
                .get("message")
                .getAsString()
                .contains("0 bytes"));
        assertTrue(lab.json(12, "backup", "garbage.db", "--to=b/b.gz")
                .get("message")
                .getAsString()
                .contains("encrypted or not a SQLite database"));
        lab.json(1, "backup", "directory.db", "--to=b/b.gz");
        lab.json(1, "backup", "fifo.db", "--to=b/b.gz");
        assertFalse(Files.exists(lab.path("b/b.gz")));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void refusesToWriteOverTheDatabaseOrAnyOther() throws IOException {
        Path database = lab.database("live.gz", "wal", 10, "g");
        Files.createLink(lab.path("link.gz"), database);
        Files.createSymbolicLink(lab.path("symlink.gz"), database);
        Path other = lab.database("other.gz", "wal", 10, "other");
        Map<String, String> before = lab.state("");
        lab.json(2, "backup", database, "--to=live.gz");
        lab.json(2, "backup", database, "--to=link.gz");
        lab.json(2, "backup", database, "--to=symlink.gz");
        lab.json(1, "backup", database, "--to=" + other);
        assertEquals(before, lab.state(""));
    }

    @Test
    void keepsTheLastGoodBackupWhenTheDatabaseIsDamaged() throws IOException {
        Path database = lab.database("live.db", "delete", 2000, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        Map<String, String> before = lab.state("b.gz");
        try (FileChannel file = FileChannel.open(database, StandardOpenOption.WRITE)) {
            file.write(java.nio.ByteBuffer.wrap(new byte[8192]), 40 * 4096);
        }
        JsonObject result = lab.json(12, "backup", database, "--to=b.gz");
        assertEquals("corrupt", result.get("error").getAsString());
        assertTrue(result.get("hint").getAsString().contains("last good backup is untouched"));
        assertEquals(before, lab.state("b.gz"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void replacesADamagedPreviousBackup() throws IOException {
        Path database = lab.database("live.db", "wal", 100, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        Tools.sh("truncate -s -50 \"$1\"", lab.path("b.gz")).ok();
        lab.json(12, "verify", "b.gz");
        assertFalse(
                lab.json(0, "backup", database, "--to=b.gz").get("unchanged").getAsBoolean());
        lab.json(0, "verify", "b.gz");
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal", "delete"})
    void givesUpAfterTheBusyTimeoutWhenTheDatabaseStaysLocked(String journalMode) {
        Path database = lab.database("live.db", journalMode, 10, "g");
        try (Writer writer = Writer.start(database, "exclusive", journalMode, 0)) {
            assertEquals(
                    "busy",
                    lab.json(11, "backup", database, "--to=b.gz", "--busy-timeout=1s")
                            .get("error")
                            .getAsString());
        }
        lab.json(0, "backup", database, "--to=b.gz");
    }

    @Test
    void takesTurnsAtADestination() throws IOException {
        Path database = lab.database("live.db", "wal", 10, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        try (FileChannel state = FileChannel.open(lab.path(".b.gz.state"), StandardOpenOption.WRITE);
                FileLock lock = state.lock()) {
            assertTrue(lock.isValid());
            assertTrue(lab.json(11, "backup", database, "--to=b.gz", "--busy-timeout=1s")
                    .get("message")
                    .getAsString()
                    .contains("another run"));
        }
        lab.json(0, "backup", database, "--to=b.gz");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "with space.db",
                "it's \"quoted\".db",
                "we?cache_size=5.db",
                "a#b%20c;d&e=f.db",
                "-dash.db",
                "file:x.db",
                "@at.db",
                "émoji 🗄️.db",
                "tab\tand\nnewline.db"
            })
    void backsUpAndRestoresAnyName(String name) throws IOException {
        Path database = lab.database("plain.db", "wal", 20, "g");
        Files.move(database, lab.path(name));
        Files.createDirectories(lab.path("out"));
        JsonObject backedUp = lab.json(0, "backup", "--to=out/" + name + ".gz", "--", name);
        assertEquals(
                lab.path("out/" + name + ".gz").toString(),
                backedUp.get("backup").getAsString());
        Lab.sql(lab.path(name), "DELETE FROM t");
        lab.json(0, "restore", "--to=" + name, "--", "out/" + name + ".gz");
        assertEquals("20", Lab.query(lab.path(name), "SELECT count(*) FROM t"));
        lab.json(0, "undo", "--", name);
        assertEquals("0", Lab.query(lab.path(name), "SELECT count(*) FROM t"));
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(
                    List.of(),
                    files.map(file -> file.getFileName().toString())
                            .filter(file -> !file.startsWith(name) && !file.equals("out") && !file.equals("tmp"))
                            .toList());
        }
    }

    @Test
    void refusesANameThatTheLocaleCannotExpress() {
        Path database = lab.database("plain.db", "wal", 20, "g");
        Tools.Ended ended = Tools.sh(
                "cd \"$1\"; mv plain.db 'é.db'; LC_ALL=POSIX \"$2\" -jar \"$3\" backup 'é.db' --to=b.gz",
                directory,
                Lab.JAVA,
                Lab.JAR);
        assertEquals(2, ended.exitCode(), ended.err());
        assertTrue(ended.err().contains("locale") && ended.err().contains("LC_ALL=C.UTF-8"), ended.err());
        assertFalse(Files.exists(database));
    }

    @Test
    void escapesControlCharactersOfNames() {
        Tools.Ended ended = lab.run("backup", "evil\u001b[31m\n.db", "--to=b.gz");
        assertEquals(10, ended.exitCode());
        assertEquals(2, ended.err().lines().count(), ended.err());
        assertTrue(ended.err().contains("evil\\u001b[31m\\n.db") && !ended.err().contains("\u001b"), ended.err());
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 4096, 16384, 65536})
    void backsUpEveryPageSizeAndFeature(int pageSize) throws IOException {
        for (String mode : List.of("wal", "delete")) {
            Path database = lab.path(mode + ".db");
            Lab.sql(
                    database,
                    "PRAGMA page_size=" + pageSize,
                    "PRAGMA auto_vacuum=" + (mode.equals("wal") ? "INCREMENTAL" : "FULL"),
                    "PRAGMA journal_mode=" + mode,
                    "CREATE TABLE s(a INTEGER, b TEXT) STRICT",
                    "CREATE VIRTUAL TABLE f USING fts5(body)",
                    "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)",
                    "CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
                    "INSERT INTO s WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
                            + "2000) SELECT i, hex(randomblob(50)) FROM n",
                    "INSERT INTO f SELECT b FROM s",
                    "INSERT INTO r SELECT a, a, a + 1 FROM s",
                    "INSERT INTO w SELECT b, a FROM s",
                    "DELETE FROM s WHERE a % 3 = 0");
            String before = Lab.dump(database);
            assertEquals(
                    "full",
                    lab.json(0, "backup", database, "--to=" + mode + ".gz")
                            .get("verified")
                            .getAsString());
            Lab.sql(database, "DROP TABLE w");
            lab.json(0, "restore", mode + ".gz", "--to=" + database);
            assertEquals(before, Lab.dump(database));
            lab.json(0, "restore", mode + ".gz", "--to=new-" + mode + ".db");
            assertEquals(before, Lab.dump(lab.path("new-" + mode + ".db")));
        }
    }

    @Test
    void saysWhenTheCheckIsPartialBecauseACollationOrATokenizerIsTheApplications() {
        Path database = lab.database("live.db", "delete", 10, "g");
        Lab.sql(
                database,
                "CREATE VIRTUAL TABLE f USING fts5(body)",
                "INSERT INTO f VALUES ('a row')",
                "CREATE VIRTUAL TABLE g USING fts5(body)",
                "CREATE TABLE c(a)",
                "CREATE INDEX c_a ON c(a COLLATE nocase)",
                "PRAGMA writable_schema=ON",
                "UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE f USING fts5(body, tokenize=''theirs'')' "
                        + "WHERE name = 'f'",
                "UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE g USING theirs(body)' WHERE name = 'g'",
                "UPDATE sqlite_schema SET sql = 'CREATE INDEX c_a ON c(a COLLATE theirs)' WHERE name = 'c_a'");
        JsonObject result = lab.json(0, "backup", database, "--to=b.gz");
        assertEquals("partial", result.get("verified").getAsString());
        assertTrue(result.get("warnings").toString().contains("table f "), result.toString());
        assertTrue(result.get("warnings").toString().contains("table c "), result.toString());
        assertTrue(result.get("warnings").toString().contains("virtual table g "), result.toString());
        assertEquals(
                "partial",
                lab.json(0, "restore", "b.gz", "--to=new.db").get("verified").getAsString());
    }

    @Test
    void backsUpADatabaseThatViolatesForeignKeysAndSaysSoWhenItIsVerified() {
        Path database = lab.database("live.db", "delete", 10, "g");
        Lab.sql(database, "CREATE TABLE child(id REFERENCES t(id))", "INSERT INTO child VALUES (99999)");
        lab.json(0, "backup", database, "--to=b.gz");
        JsonObject result = lab.json(0, "verify", "b.gz");
        assertEquals("full", result.get("verified").getAsString());
        assertTrue(result.get("warnings").toString().contains("foreign key"), result.toString());
    }

    @Test
    void removesEverythingTemporaryOnASignal() throws Exception {
        Path database = lab.database("live.db", "wal", ROWS_OF_60_MB, "g");
        for (String signal : List.of("TERM", "INT")) {
            Tools.Ended ended;
            int tries = 0;
            do {
                Files.deleteIfExists(lab.path("b.gz")); // On a busy machine the signal may come too late.
                Tools.Started backup = lab.start("backup", database, "--json", "--to=b.gz");
                awaitFile(".sqlite-backup-", "snapshot.db");
                Tools.sh("kill -" + signal + " \"$1\" || true", backup.process().pid())
                        .ok();
                ended = Tools.await(backup);
            } while (ended.exitCode() == 0 && ++tries < 10);
            assertEquals(130, ended.exitCode(), ended.err());
            assertTrue(ended.out().contains("\"error\":\"interrupted\""), ended.out());
            assertEquals(List.of(), lab.litter());
        }
        assertFalse(Files.exists(lab.path("b.gz")));
        lab.json(0, "backup", database, "--to=b.gz");
    }

    private void awaitFile(String... parts) {
        boolean there = false;
        long started = System.nanoTime();
        while (!there) {
            assertTrue(System.nanoTime() - started < 60_000_000_000L, "never came: " + List.of(parts));
            try {
                there = lab.litter().stream().anyMatch(file -> Stream.of(parts).allMatch(file::contains));
            } catch (java.io.UncheckedIOException e) {
                // Something was removed while it was listed.
            }
        }
    }

    @Test
    void saysWhenThereIsNoRoomAndKeepsTheLastGoodBackup() throws IOException {
        Tools.requireRoot();
        Path database = lab.database("live.db", "wal", 20_000, "old");
        Path small = Files.createDirectory(lab.path("small"));
        Tools.sh("mount -t tmpfs -o size=16m tmpfs \"$1\"", small).ok();
        try {
            assertEquals(
                    "no-space",
                    lab.json(15, "backup", database, "--to=b.gz", "--tmp-dir=" + small)
                            .get("error")
                            .getAsString());
            assertEquals(List.of(), lab.litter());

            // Room by the look of it beforehand, and none left on the way: the database does not compress as well as
            // any might.
            Lab.sql(database, "CREATE TABLE noise AS SELECT randomblob(900) FROM t");
            Path first = lab.database("first.db", "wal", 10, "g");
            lab.json(0, "backup", first, "--to=" + small + "/b.gz");
            Files.delete(first); // Else that would be another database, and refused for it.
            String before = Lab.sha256(small.resolve("b.gz"));
            lab.json(15, "backup", database, "--to=" + small + "/b.gz");
            assertEquals(before, Lab.sha256(small.resolve("b.gz")));
            assertEquals(List.of(), lab.litter());
        } finally {
            Tools.sh("umount \"$1\"", small).ok();
        }
    }

    @Test
    void unpacksItsNativeLibraryElsewhereWhenTheTemporaryDirectoryIsMountedNoexec() throws IOException {
        Tools.requireRoot();
        Path database = lab.database("live.db", "wal", 20, "g");
        Path noexec = Files.createDirectory(lab.path("noexec"));
        Tools.sh("mount -t tmpfs -o noexec tmpfs \"$1\"", noexec).ok();
        try {
            lab.runAlone("backup", database, "--to=b.gz", "--tmp-dir=" + noexec).ok();
        } finally {
            Tools.sh("umount \"$1\"", noexec).ok();
        }
    }

    /** As on ARM, with musl, or for a library that the processor does not understand. */
    @Test
    void deflatesByTheJdkWhereTheFastLibraryDoesNotLoad() throws IOException {
        Path database = lab.database("live.db", "delete", 300, "g");
        lab.run("backup", database, "--to=fast.gz").ok();
        Tools.Ended ended = lab.with(Map.of("USE_LIBRARY_PATH", "1")) // Then it is looked for where it is not.
                .run("backup", database, "--to=jdk.gz", "-v")
                .ok();
        assertTrue(ended.err().contains("the JDK deflates"), ended.err());
        assertNotEquals(Lab.sha256(lab.path("fast.gz")), Lab.sha256(lab.path("jdk.gz")));
        assertEquals(
                lab.json(0, "verify", "fast.gz").get("sha256"),
                lab.json(0, "verify", "jdk.gz").get("sha256"));
    }

    @Test
    void runsFromAnyDirectoryWithNothingInTheEnvironment() throws IOException {
        Path database = lab.database("live.db", "wal", 20, "g");
        Tools.sh(
                        "cd /; env -i PATH=/usr/bin:/bin \"$1\" -jar \"$2\" backup \"$3\" --to=\"$4\"",
                        Lab.JAVA,
                        Lab.JAR,
                        database,
                        lab.path("b.gz"))
                .ok();
        lab.json(0, "verify", "b.gz");
    }

    @Test
    void sharesADirectoryForEverythingTemporaryWithOtherRuns() throws Exception {
        Path database = lab.database("live.db", "wal", ROWS_OF_60_MB, "g");
        Files.createDirectory(lab.path("d"));
        Tools.Started first = lab.start("backup", database, "--tmp-dir=d", "--to=d/a.gz");
        awaitFile("/d/.sqlite-backup-", "snapshot.db");
        lab.json(0, "backup", database, "--tmp-dir=d", "--to=d/b.gz");
        Tools.await(first).ok();
    }

    @Test
    void usesWhatItCanOfAnyPreviousBackupAndTrustsNone() throws IOException {
        Tools.require("bgzip", "gzip");
        Path database = lab.database("live.db", "delete", 3000, "g");
        JsonObject first = lab.json(0, "backup", database, "--to=b.gz");
        byte[] good = Files.readAllBytes(lab.path("b.gz"));

        // A bit that its own checksum knows nothing of yet: the length and CRC in the block's footer still say what
        // they said.
        byte[] damaged = good.clone();
        damaged[good.length / 2] ^= 16;
        Files.write(lab.path("b.gz"), damaged);
        JsonObject again = lab.json(0, "backup", database, "--to=b.gz");
        assertFalse(again.get("unchanged").getAsBoolean());
        assertEquals(first.get("sha256"), again.get("sha256"));
        lab.json(0, "verify", "b.gz");

        for (String foreign : List.of(
                "gzip -c live.db > b.gz",
                "bgzip -c live.db > b.gz",
                "head -c 100000 b.gz > c.gz; mv c.gz b.gz",
                ": > b.gz")) {
            Tools.sh("cd \"$1\"; " + foreign, directory).ok();
            lab.json(0, "backup", database, "--to=b.gz");
            assertEquals(first.get("sha256"), lab.json(0, "verify", "b.gz").get("sha256"), foreign);
        }
        Tools.sh("cd \"$1\"; bgzip -c live.db > foreign.gz", directory).ok();
        lab.json(0, "restore", "foreign.gz", "--to=foreign.db");
    }

    @Test
    void printsOneJsonObjectForBadArguments() {
        JsonObject result = lab.json(2, "backup", "--no-such-option");
        assertEquals("usage", result.get("error").getAsString());
        assertTrue(result.get("hint").getAsString().contains("--help"));
        assertTrue(lab.run("backup", "--level=0").err().startsWith("error: --level"));
        assertEquals(
                2,
                lab.run("backup", lab.database("x.db", "wal", 1, "g"), "--to=no-gz")
                        .exitCode());
        assertEquals(2, lab.run("backup", "--busy-timeout=1parsec").exitCode());
        assertEquals(2, lab.run().exitCode());
        assertEquals(2, lab.run("backup", "x.db", "--to=gs://b/k.gz").exitCode());
        assertTrue(lab.run("stauts").err().contains("did you mean status?"));
        assertFalse(lab.run("bakup").err().contains("did you mean"), "never towards a command that writes");
        assertTrue(lab.run("list", "--jsno").err().contains("did you mean --json?"));
        assertFalse(lab.run("list", "--frobnicate").err().contains("did you mean"), "what is far is no suggestion");
        assertTrue(lab.run("backup", "x.db", "/mnt/nas/")
                .err()
                .contains("hint: the destination is an option: --to=/mnt/nas/"));
        assertTrue(lab.run("--json", "list", "nowhere/").out().startsWith("{\"command\":\"list\""));
        assertTrue(lab.run("help", "restore").out().startsWith("Usage: sqlite-backup restore "));
        assertEquals(
                0,
                lab.run("backup", "x.db", "--to=b.gz", "--busy-timeout=999999999w")
                        .exitCode());
    }

    /** In each way in which a database can lie there, which {@code VACUUM INTO} has to be able to read as well. */
    @ParameterizedTest
    @CsvSource({"wal, closed", "wal, live", "delete, closed", "wal, crashed"})
    void compactsADatabaseThatShrankAndChangesNothingElse(String journalMode, String situation) throws IOException {
        Path database = lab.database("live.db", journalMode, 5000, "g");
        Lab.sql(
                database,
                "CREATE TABLE k(a TEXT PRIMARY KEY, b) WITHOUT ROWID",
                "INSERT INTO k VALUES ('x', 1)",
                "DELETE FROM t WHERE id > 100");
        Writer writer = situation.equals("closed")
                ? null
                : Writer.start(database, situation.equals("live") ? "idle" : "crash", journalMode, 0);
        Map<String, String> before = lab.state("live.db");
        JsonObject plain = lab.json(0, "backup", database, "--to=plain.gz");
        JsonObject compact = lab.json(0, "backup", database, "--to=b.gz", "--compact");
        assertTrue(
                compact.get("databaseBytes").getAsLong() * 10
                        < plain.get("databaseBytes").getAsLong(),
                compact.toString());
        assertTrue(lab.json(0, "backup", database, "--to=b.gz", "--compact")
                .get("unchanged")
                .getAsBoolean());
        assertEquals(before, lab.state("live.db"));
        Path full = gunzip("plain.gz", "full.db");
        Path copy = gunzip("b.gz", "copy.db");
        assertEquals(journalMode, Lab.query(copy, "PRAGMA journal_mode"), "the mode that the application chose");
        assertEquals(Lab.dump(full), Lab.dump(copy));
        assertFalse(compact.has("warnings"), compact.toString());
        assertEquals(List.of(), lab.litter());
        if (writer != null) {
            writer.close();
        }
    }

    @Test
    void writesAVerifiedBackupAndNothingElseToStandardOutput() throws IOException {
        Tools.require("script", "gunzip");
        lab.database("live.db", "wal", 3000, "g");
        Tools.Ended piped = Tools.sh(
                        "cd \"$1\"; TMPDIR=\"$1/tmp\" \"$2\" -jar \"$3\" backup live.db --to=- --json 2>said | "
                                + "tee copy.gz | gunzip -t; cat said",
                        directory,
                        Lab.JAVA,
                        Lab.JAR)
                .ok();
        JsonObject result = JsonParser.parseString(piped.out()).getAsJsonObject();
        assertEquals("-", result.get("backup").getAsString());
        assertEquals(Files.size(lab.path("copy.gz")), result.get("backupBytes").getAsLong());
        assertEquals(result.get("sha256"), lab.json(0, "verify", "copy.gz").get("sha256"));

        // No byte of a database that fails, and no word among the bytes of one that succeeds.
        Lab.write(lab.path("bad.db"), "not a database, but long enough to look into: ".repeat(50));
        for (String arguments : List.of(
                "bad.db",
                "missing.db",
                "live.db --level=0",
                "live.db --no-such-option",
                "live.db --keep-last=1",
                "live.db --every=1h")) {
            Tools.Ended refused = Tools.sh(
                    "cd \"$1\"; TMPDIR=\"$1/tmp\" \"$2\" -jar \"$3\" backup --json --to=- $4",
                    directory,
                    Lab.JAVA,
                    Lab.JAR,
                    arguments);
            assertTrue(refused.exitCode() > 0 && refused.out().isEmpty(), arguments + refused.out());
            assertFalse(
                    JsonParser.parseString(refused.err())
                            .getAsJsonObject()
                            .get("ok")
                            .getAsBoolean(),
                    arguments);
        }
        Tools.Ended byDefault = Tools.sh(
                "cd \"$1\"; SQLITE_BACKUP_TO=- TMPDIR=\"$1/tmp\" \"$2\" -jar \"$3\" backup --json live.db "
                        + "--level=11 --ping=ftp://x",
                directory,
                Lab.JAVA,
                Lab.JAR);
        assertTrue(byDefault.exitCode() == 2 && byDefault.out().isEmpty(), byDefault.out());
        Tools.Ended terminal = Tools.sh(
                "cd \"$1\"; TMPDIR=\"$1/tmp\" script -qec \"'$2' -jar '$3' backup live.db --to=-\" /dev/null",
                directory,
                Lab.JAVA,
                Lab.JAR);
        assertEquals(2, terminal.exitCode(), terminal.out());
        // A reader that goes away: not a success, and what it has is refused.
        Tools.Ended broken = Tools.sh(
                "cd \"$1\"; set +e +o pipefail; { TMPDIR=\"$1/tmp\" \"$2\" -jar \"$3\" backup live.db --to=-; "
                        + "echo $? >&2; } | head -c 100000 > part.gz",
                directory,
                Lab.JAVA,
                Lab.JAR);
        assertTrue(broken.err().endsWith("\n1\n"), broken.err());
        lab.json(12, "verify", "part.gz");
        assertEquals(
                15,
                Tools.sh(
                                "cd \"$1\"; TMPDIR=\"$1/tmp\" \"$2\" -jar \"$3\" backup live.db --to=- > /dev/full",
                                directory,
                                Lab.JAVA,
                                Lab.JAR)
                        .exitCode());
        assertEquals(List.of(), lab.litter());
    }

    private Path gunzip(String backup, String to) {
        Tools.require("gunzip");
        Tools.sh("gunzip -c \"$1\" > \"$2\"", lab.path(backup), lab.path(to)).ok();
        return lab.path(to);
    }
}
