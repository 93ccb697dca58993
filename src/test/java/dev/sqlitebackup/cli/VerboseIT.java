package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code -v} says of a run, and what it must not say. */
class VerboseIT {
    private static final String TOKEN = "0a1b2c3d-secret-of-the-monitor";

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 3000, "g");
    }

    private static void assertSays(String log, String... patterns) {
        for (String pattern : patterns) {
            assertTrue(log.lines().anyMatch(line -> line.matches("DEBUG \\w+ - " + pattern)), pattern + " in: " + log);
        }
    }

    private void change() {
        Lab.sql(database, "UPDATE t SET generation = 'h' WHERE id < 20");
    }

    @Test
    void saysPathsBytesReusedBlocksAndTimes() {
        String first =
                lab.runAlone("backup", database, "--to=b.gz", "-v").endsWith(0).err();
        assertSays(
                first,
                "everything is compared, because .+",
                "database: " + database + ", \\d{7} bytes, in WAL mode; WAL \\d+ bytes, journal 0 bytes; no app.+; "
                        + "snapshot: " + lab.temporary() + "/.+",
                "plan: back up " + database + " as " + lab.path("b.gz") + "; there is none yet",
                "blocks: 0 taken over from the last backup, [1-9]\\d* compressed anew",
                "full backup: \\d{7} bytes of database, \\d+ bytes of backup, ratio \\d+\\.\\d",
                "phase compress: \\d+ ms, \\d{7} bytes",
                "phase publish: \\d+ ms",
                "published: " + lab.path("b.gz") + ", \\d+ bytes",
                "backup: exit code 0 after \\d+ ms; most memory: .+");
        change();
        assertSays(
                lab.runAlone("backup", database, "--to=b.gz", "-v").endsWith(0).err(),
                "blocks: [1-9]\\d* taken over from the last backup, [1-9]\\d* compressed anew");
        assertSays(
                lab.runAlone("restore", "b.gz", "--to=" + database, "-v")
                        .endsWith(0)
                        .err(),
                "backup: " + lab.path("b.gz") + ", \\d+ bytes in 1 file\\(s\\); its \\d{7} bytes of database: .+",
                "target: " + database + ", in-place",
                "phase restore: \\d+ ms, \\d{7} bytes");
    }

    @Test
    void saysWhatAnIncrementBuildsOnAndWhatIsDeleted() {
        String full =
                lab.json(0, "backup", database, "--to=history/").get("backup").getAsString();
        change();
        assertSays(
                lab.runAlone("backup", database, "--to=history/", "-v")
                        .endsWith(0)
                        .err(),
                "an increment, which builds on " + full,
                "increment: \\d{3,} pages compared, \\d+ written; \\d+ bytes of WAL, \\d+ bytes of backup");
        change();
        assertSays(
                lab.runAlone("backup", database, "--to=history/", "--full", "--keep-last=1", "-v")
                        .endsWith(0)
                        .err(),
                "a full backup, because --full was given; blocks may come from " + full,
                "deleting what no rule keeps, the oldest first: \\[app-.+\\]");
    }

    @Test
    void leavesStandardOutputAsItIs() {
        Tools.Ended ended = lab.runAlone("backup", database, "--to=b.gz", "--json", "-v");
        assertEquals(1, ended.endsWith(0).out().lines().count(), ended.out());
        assertEquals(
                0,
                JsonParser.parseString(ended.out())
                        .getAsJsonObject()
                        .get("exitCode")
                        .getAsInt());
        String plain = lab.run("verify", "b.gz").endsWith(0).out();
        assertEquals(plain, lab.runAlone("verify", "b.gz", "-v").endsWith(0).out());
    }

    @Test
    void controlCharactersOfNamesReachNoTerminal() {
        Path strange = lab.database("a\u001b[31m\nDEBUG x.db", "wal", 10, "g");
        for (String from : List.of(strange.toString(), strange + ".missing")) {
            String err = lab.runAlone("backup", from, "--to=s.gz", "-v").err();
            assertTrue(err.contains("a\\u001b[31m\\nDEBUG x.db"), err);
            assertFalse(err.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n'), err);
        }
    }

    @Test
    void saysEachRequestToAStoreAndNoSecret() throws Exception {
        try (S3Server server = S3Server.start()) {
            Lab far = lab.with(server.environment(directory.resolve("cache")));
            for (Map<String, String> more :
                    List.of(Map.<String, String>of(), Map.of("AWS_SECRET_ACCESS_KEY", "wrong-" + TOKEN))) {
                Tools.Ended ended = far.with(more)
                        .runAlone(
                                "backup",
                                database,
                                "--to=s3://" + S3Server.BUCKET + "/p/",
                                "--ping=http://127.0.0.1:9/" + TOKEN,
                                "-v");
                String log = ended.err();
                assertSays(log, "\\w+ /backups.*: status \\d+, \\d+ ms; \\d+ bytes sent, \\d+ received; \\d+ retries");
                if (more.isEmpty()) {
                    assertSays(log, "PutObject /backups/p/app-.+: status 200, \\d+ ms; [1-9]\\d* bytes sent, .+");
                    assertSays(log, "HeadObject /backups/p/app-.+: status 200, \\d+ ms; 0 bytes sent, 0 received; .+");
                }
                for (String secret : List.of(S3Server.SECRET, TOKEN, "Authorization", "Signature=", "X-Amz-")) {
                    assertFalse(log.contains(secret), secret + " in: " + log);
                }
            }
        }
    }
}
