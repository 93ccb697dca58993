package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3rver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command, in a store that takes bodies as they come and knows nothing newer: the packaged program against the
 * real s3rver.
 */
class S3rverIT {

    @TempDir
    Path directory;

    private Lab lab;
    private S3rver server;

    @BeforeEach
    void startServer() throws IOException {
        server = S3rver.start(Files.createDirectory(directory.resolve("store")));
        lab = new Lab(directory).with(server.environment(directory.resolve("cache")));
    }

    @AfterEach
    void stopServer() {
        if (server != null) {
            server.close();
        }
    }

    private static String key(JsonObject result) {
        return result.get("backup").getAsString().substring(("s3://" + S3rver.BUCKET + "/").length());
    }

    @Test
    void keepsAHistory() {
        Path database = lab.database("app.db", "wal", 1000, "first");
        String place = "s3://" + S3rver.BUCKET + "/p/";
        JsonObject first = lab.json(0, "backup", database, "--to=" + place);
        assertTrue(lab.json(0, "backup", database, "--to=" + place)
                .get("unchanged")
                .getAsBoolean());
        Lab.sql(database, "UPDATE t SET generation = 'second'");
        Lab.settle(database);
        JsonObject second = lab.json(0, "backup", database, "--to=" + place);
        assertEquals(List.of("p/.app.db.state", key(first), key(second)), server.keys());

        assertEquals(
                List.of(second.get("backup"), first.get("backup")),
                lab.json(0, "list", place).get("backups").getAsJsonArray().asList().stream()
                        .map(backup -> backup.getAsJsonObject().get("backup"))
                        .toList());
        assertEquals(
                "fresh",
                lab.json(0, "status", database, "--to=" + place, "--max-age=0s")
                        .get("state")
                        .getAsString());
        assertEquals(second.get("sha256"), lab.json(0, "verify", place).get("sha256"));
        lab.json(
                0,
                "restore",
                place,
                "--to=new.db",
                "--at=" + first.get("createdAt").getAsString());
        assertEquals("first", Lab.query(lab.path("new.db"), "SELECT DISTINCT generation FROM t"));
        lab.json(0, "restore", place, "--to=new.db");
        assertEquals("second", Lab.query(lab.path("new.db"), "SELECT DISTINCT generation FROM t"));
        assertEquals(
                1,
                lab.json(0, "prune", place, "--keep-last=1")
                        .get("deleted")
                        .getAsJsonArray()
                        .size());
        assertEquals(List.of("p/.app.db.state", key(second)), server.keys());
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void replacesASingleObjectByACopyOfAProvenOne() {
        Path database = lab.database("app.db", "delete", 100, "first");
        String place = "s3://" + S3rver.BUCKET + "/k/app.db.gz";
        lab.json(14, "status", database, "--to=" + place);
        lab.json(0, "backup", database, "--to=" + place);
        Lab.sql(database, "UPDATE t SET generation = 'second'");
        Lab.settle(database);
        JsonObject second = lab.json(0, "backup", database, "--to=" + place);
        assertTrue(lab.json(0, "backup", database, "--to=" + place)
                .get("unchanged")
                .getAsBoolean());
        assertEquals(List.of("k/.app.db.gz.state", "k/app.db.gz"), server.keys());
        assertEquals(
                "fresh",
                lab.json(0, "status", database, "--to=" + place, "--max-age=0s")
                        .get("state")
                        .getAsString());
        assertEquals(
                second.get("databaseBytes"),
                lab.json(0, "list", place)
                        .get("backups")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("databaseBytes"));
        assertEquals(second.get("sha256"), lab.json(0, "verify", place).get("sha256"));
        lab.json(0, "restore", place, "--to=new.db");
        assertEquals("second", Lab.query(lab.path("new.db"), "SELECT DISTINCT generation FROM t"));
    }

    @Test
    void sendsALargeOneInParts() throws IOException {
        Path database = lab.databaseOfTwoParts();
        String place = "s3://" + S3rver.BUCKET + "/p/";
        JsonObject result = lab.json(0, "backup", database, "--to=" + place);
        assertTrue(result.get("backupBytes").getAsLong() > 16 << 20, "more than one part");
        assertEquals(result.get("backupBytes").getAsLong(), Files.size(server.file(key(result))));
        lab.json(0, "restore", place, "--to=new.db");
        assertEquals(Lab.dump(database), Lab.dump(lab.path("new.db")));
        Lab.sql(database, "DELETE FROM t WHERE id < 100");
        String single = "s3://" + S3rver.BUCKET + "/large.db.gz";
        lab.json(0, "backup", database, "--to=" + single);
        Lab.sql(database, "DELETE FROM t WHERE id < 200");
        assertEquals(
                lab.json(0, "backup", database, "--to=" + single).get("sha256"),
                lab.json(0, "verify", single).get("sha256"));
    }

    /**
     * Its tag tells nothing of an object in parts, so that is read back; and of a smaller one it is the MD5 of what
     * arrived.
     */
    @Test
    void doesNotCallABackupMadeThatTheStoreHoldsNoMore() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "first");
        String place = "s3://" + S3rver.BUCKET + "/p/";
        JsonObject first = lab.json(0, "backup", database, "--to=" + place);
        Files.writeString(server.file(key(first)), "cut");
        Files.delete(
                server.file(key(first)).resolveSibling(server.file(key(first)).getFileName() + ".md5"));
        lab.json(12, "verify", "s3://" + S3rver.BUCKET + "/" + key(first));
        JsonObject again = lab.json(0, "backup", database, "--to=" + place);
        assertFalse(again.get("unchanged").getAsBoolean());
        assertEquals(again.get("sha256"), lab.json(0, "verify", place).get("sha256"));
    }

    /** It knows no locks and says nothing of them; a request to set one would be taken for another content. */
    @Test
    void aLockThatTheStoreDoesNotKnowIsNoSuccessAndTheBackupStays() {
        Path database = lab.database("app.db", "delete", 100, "first");
        String place = "s3://" + S3rver.BUCKET + "/p/";
        JsonObject result = lab.json(1, "backup", database, "--to=" + place, "--object-lock=1d");
        assertTrue(result.get("message").getAsString().contains("is not locked as asked for (GOVERNANCE until "));
        assertEquals(result.get("sha256"), lab.json(0, "verify", place).get("sha256"));
    }
}
