package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and places that somebody made who means harm. */
class HostileInputIT {
    private static final int STRANGE_DATABASES = 20_000;
    private static final int STRANGE_DATABASES_PART = 200;
    private static final String EVIL = "evil\u001b]0;owned\u0007\u001b[31m\r\nerror: all is lost\u009b2J.db";

    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    // ---- gzip bombs

    @Test
    void aBombIsBoundedByWhatItsDatabaseDeclaresAndByTheRoomThatIsThere() throws IOException {
        Tools.requireRoot();
        long bomb = Figures.count(64, 1) * (64L << 20);
        Map<String, Long> declared = Map.of(
                "little",
                10L,
                "more than there is room",
                1L << 20,
                "all that a header can say",
                0xffffffffL,
                "nothing",
                0L);
        for (Map.Entry<String, Long> one : declared.entrySet()) {
            Path file = bomb(one.getKey() + ".gz", one.getValue(), bomb);
            Path small = Files.createDirectory(lab.path("small"));
            Tools.sh("mount -t tmpfs -o size=50m tmpfs \"$1\"", small).ok();
            try {
                JsonObject refused = lab.json(
                        one.getKey().equals("little") ? 12 : 15, "restore", file, "--to=" + small.resolve("app.db"));
                assertTrue(small.toFile().getUsableSpace() > 45_000_000, "all of the room is there again");
                assertEquals(List.of(), lab.litter());
                Figures.row(
                        "hostile",
                        "gzip bomb, declares " + one.getKey(),
                        refused.get("error").getAsString());
            } finally {
                Tools.sh("umount \"$1\"; rmdir \"$1\"", small).ok();
            }
        }
    }

    /** Zeros behind the header of a database, in a file of a thousandth of their size. */
    private Path bomb(String name, long pages, long bytes) throws IOException {
        Path source = lab.path("header.db");
        if (!Files.exists(source)) {
            Lab.sql(source, "CREATE TABLE t(a)");
        }
        ByteBuffer header = ByteBuffer.wrap(Files.readAllBytes(source));
        header.putInt(28, (int) pages);
        if (pages == 0) {
            header.putInt(92, header.getInt(24) + 1); // The page count is not in use, as before SQLite 3.7.0.
        }
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(lab.path(name)))) {
            out.write(header.array());
            byte[] zeros = new byte[1 << 20];
            for (long written = 0; written < bytes; written += zeros.length) {
                out.write(zeros);
            }
        }
        return lab.path(name);
    }

    // ---- SQLite files

    /** In processes of their own, because what is feared here ends a process. */
    @Test
    void strangeDatabasesAreRefusedOrReadAndNeverEndTheProcess() throws IOException {
        Path seed = lab.path("seed.db");
        Lab.sql(
                seed,
                "PRAGMA page_size=512",
                "PRAGMA auto_vacuum=INCREMENTAL",
                "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT CHECK(length(b) < 9999), c AS (upper(b)) STORED)",
                "CREATE INDEX t_b ON t(b)",
                "CREATE UNIQUE INDEX t_e ON t(lower(b), a) WHERE a > 3",
                "CREATE TABLE w(k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID",
                "CREATE VIEW v AS SELECT a, b FROM t UNION ALL SELECT 1, k FROM w",
                "CREATE TRIGGER r AFTER INSERT ON w WHEN new.k IS NULL BEGIN UPDATE t SET b = new.k; END",
                "CREATE VIRTUAL TABLE f USING fts5(x, y)",
                "CREATE VIRTUAL TABLE g USING fts4(x)",
                "CREATE VIRTUAL TABLE s USING rtree(id, a, b)",
                "INSERT INTO t(b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) "
                        + "SELECT printf('%0' || (i * 9) || 'd', i) FROM n",
                "INSERT INTO w SELECT b, zeroblob(a * 30) FROM t",
                "INSERT INTO f SELECT b, 'some words ' || a FROM t",
                "INSERT INTO g SELECT 'words ' || a FROM t",
                "INSERT INTO s SELECT a, a, a + 1 FROM t",
                "DELETE FROM w WHERE length(v) % 3 = 0");
        int count = Figures.count(STRANGE_DATABASES, STRANGE_DATABASES_PART);
        Tools.Ended ended = Tools.run(List.of(
                Lab.JAVA,
                "-Xmx64m",
                "-cp",
                Lab.JAR + ":target/test-classes",
                StrangeDatabases.class.getName(),
                seed.toString(),
                String.valueOf(count)));
        assertEquals(0, ended.exitCode(), ended.err());
        String[] counts = ended.out().strip().split(" ");
        assertEquals(count, Integer.parseInt(counts[0]) + Integer.parseInt(counts[1]), ended.out());
        Figures.row(
                "hostile",
                count + " SQLite files with strange bytes",
                counts[0] + " refused, " + counts[1] + " accepted: what was changed lies in values, or is free");
    }

    // ---- names

    @Test
    void namesAreEscapedWhereverTheyAreShown() throws IOException {
        Path database = lab.database("app.db", "delete", 10, "g");
        Files.copy(database, lab.path(EVIL));
        Files.createDirectory(lab.path("out"));
        lab.json(0, "backup", "--to=out/", "--", EVIL);
        Files.write(lab.path("out/" + EVIL + ".gz"), "no gzip".getBytes(StandardCharsets.UTF_8));
        Files.copy(list("out", "evil.*Z.*").get(0), lab.path("out/" + EVIL + "-20260101T000000Z.db.gz"));
        List<List<String>> commands = List.of(
                List.of("list", "out"),
                List.of("list", "--", EVIL),
                List.of("verify", "--", "out/" + EVIL + ".gz"),
                List.of("verify", "out"),
                List.of("restore", "--to=" + EVIL, "--", "out/" + EVIL + ".gz"),
                List.of("restore", "--to=" + EVIL, "--", "out"),
                List.of("undo", "--", EVIL),
                List.of("undo", "--", EVIL + EVIL),
                List.of("status", "--to=out", "--", EVIL),
                List.of("status", "--to=" + EVIL),
                List.of("prune", "out", "--keep-last=1"),
                List.of("backup", "--to=out/", "--keep-last=1", "--", EVIL),
                List.of("backup", "--to=out/x", "--", EVIL),
                List.of(EVIL),
                List.of("backup", "--" + EVIL));
        for (List<String> command : commands) {
            for (List<String> more : List.of(List.<String>of(), List.of("--json"))) {
                List<String> all = new ArrayList<>(command);
                all.addAll(1, more);
                Tools.Ended ended = lab.run(all.toArray());
                for (String said : List.of(ended.out(), ended.err())) {
                    assertFalse(
                            said.chars().anyMatch(c -> c != '\n' && c != '\t' && Character.isISOControl(c)),
                            () -> all + ": " + said);
                    assertFalse(
                            said.lines().anyMatch(line -> line.startsWith("error: all is lost")),
                            () -> all + ": " + said);
                }
            }
        }
        Figures.row(
                "hostile",
                "names with terminal escapes and newlines",
                2 * commands.size() + " commands, nothing raw in their output");
    }

    private List<Path> list(String name, String pattern) throws IOException {
        try (var files = Files.list(lab.path(name))) {
            return files.filter(file ->
                            file.getFileName().toString().replaceAll("\\s", " ").matches(pattern))
                    .toList();
        }
    }

    // ---- links and planted files

    /** Each of the names that can be foreseen. */
    @ParameterizedTest
    @ValueSource(strings = {"out/b.gz", "out/.b.gz.state", "app.db-journal", "app.db-wal", "app.db-shm"})
    void aPlantedLinkIsNotFollowedToWhatItPointsTo(String planted) throws IOException {
        Tools.requireRoot();
        Path victim = lab.path("victim");
        Lab.write(victim, "precious ".repeat(1000));
        lab.database("app.db", "delete", 20, "g");
        lab.database("source.db", "wal", 30, "new");
        lab.json(0, "backup", "source.db", "--to=good.gz");
        Files.createDirectory(lab.path("out"));
        Files.createSymbolicLink(lab.path(planted), victim);
        Tools.sh("chown -h 12001:12001 \"$1\"; chmod 0777 \"$2\" \"$2/out\"", lab.path(planted), directory)
                .ok();
        Map<String, String> before = lab.state("victim");
        for (List<String> command : List.of(
                List.of("backup", "app.db", "--to=out/b.gz"),
                List.of("backup", "app.db", "--to=out/"),
                List.of("restore", "good.gz", "--to=app.db"),
                List.of("restore", "good.gz", "--to=app.db", "--live"))) {
            Tools.Ended ended = lab.run(command.toArray());
            assertFalse(ended.err().contains("Exception"), ended.err());
            assertEquals(before, lab.state("victim"), () -> command + ": " + ended.err());
            assertEquals(List.of(), lab.litter());
        }
    }

    @Test
    void aSafetyCopyTakesNoNameThatIsTakenByALink() throws IOException {
        lab.database("source.db", "wal", 30, "new");
        lab.json(0, "backup", "source.db", "--to=good.gz");
        lab.database("app.db", "delete", 20, "old");
        Path victim = lab.path("victim");
        Lab.write(victim, "precious");
        DateTimeFormatter time = DateTimeFormatter.ofPattern("uuuuMMddHHmmss").withZone(ZoneOffset.UTC);
        Instant now = Instant.now();
        for (int seconds = 0; seconds < 120; seconds++) {
            Files.createSymbolicLink(lab.path("app.db.pre-restore-" + time.format(now.plusSeconds(seconds))), victim);
        }
        String copy = lab.json(0, "restore", "good.gz", "--to=app.db")
                .get("safetyCopy")
                .getAsString();
        assertTrue(copy.endsWith("-2"), copy);
        assertEquals("old", Lab.query(Path.of(copy), "SELECT min(generation) FROM t"));
        assertEquals("precious", Files.readString(victim));
    }

    /** What looks like the workspace of a dead run, but is a link or somebody else's, is left alone. */
    @Test
    void nothingIsRemovedThroughAPlantedWorkspace() throws IOException {
        Tools.requireRoot();
        Path database = lab.database("app.db", "delete", 20, "g");
        Path victim = Files.createDirectory(lab.path("victim"));
        for (String name : List.of("lock", "snapshot.db", "backup.gz", "staged.db")) {
            Lab.write(victim.resolve(name), "precious");
        }
        Files.createDirectory(lab.path("out"));
        String thisHosts;
        try (Workspace workspace = Workspace.create(lab.path("out"))) {
            thisHosts = workspace.directory().getFileName().toString().replaceFirst(".{16}$", "");
        }
        for (Path place : List.of(lab.path("out"), lab.temporary())) {
            Files.createSymbolicLink(place.resolve(thisHosts + "0".repeat(16)), victim);
            Path foreign = Files.createDirectory(place.resolve(thisHosts + "1".repeat(16)));
            Lab.write(foreign.resolve("lock"), "");
            Files.createSymbolicLink(foreign.resolve("into"), victim);
            Tools.sh("chown -hR 12001:12001 \"$1\"", foreign).ok();
            Path ours = Files.createDirectory(place.resolve(thisHosts + "2".repeat(16)));
            Lab.write(ours.resolve("lock"), "");
            Files.createSymbolicLink(ours.resolve("into"), victim);
        }
        lab.json(0, "backup", database, "--to=out/b.gz");
        for (String name : List.of("lock", "snapshot.db", "backup.gz", "staged.db")) {
            assertEquals("precious", Files.readString(victim.resolve(name)));
        }
        for (Path place : List.of(lab.path("out"), lab.temporary())) {
            assertTrue(Files.isSymbolicLink(place.resolve(thisHosts + "0".repeat(16))));
            assertTrue(Files.exists(place.resolve(thisHosts + "1".repeat(16) + "/lock")));
            assertFalse(
                    Files.exists(place.resolve(thisHosts + "2".repeat(16))),
                    "a dead run's own workspace is removed, and no more");
        }
    }
}
