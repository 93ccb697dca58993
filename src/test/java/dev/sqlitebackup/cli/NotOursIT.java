package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** What is somebody else's stays as it is, on the packaged program. */
class NotOursIT {
    @TempDir Path directory;
    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 50, "g");
    }

    private Path archive(String name) {
        Tools.sh("cd \"$1\"; mkdir -p photos \"$(dirname \"$2\")\"; head -c 20000 /dev/urandom > photos/1.jpg; tar czf \"$2\" photos", directory, lab.path(name)).ok();
        return lab.path(name);
    }

    @Test
    void aBackupTakesTheNameOfNoArchive() throws IOException {
        archive("there/photos.tar.gz");
        Map<String, String> before = lab.contents("there");
        JsonObject refused = lab.json(2, "backup", database, "--to=there/photos.tar.gz");
        assertEquals("usage", refused.get("error").getAsString());
        assertTrue(refused.get("message").getAsString().startsWith("the destination is somebody else's file"), refused.toString());
        assertEquals(before, lab.contents("there"), "nothing was written, not even a state file");
        Files.createSymbolicLink(lab.path("there/link.gz"), lab.path("there/photos.tar.gz"));
        lab.json(2, "backup", database, "--to=there/link.gz");
        Files.delete(lab.path("there/link.gz"));
        assertEquals(before, lab.contents("there"));
    }

    @Test
    void aBackupTakesTheNameOfNoArchiveFarAway() throws Exception {
        byte[] archive = Files.readAllBytes(archive("photos.tar.gz"));
        try (S3Server server = S3Server.start(); S3Client client = server.client()) {
            lab.with(server.environment(lab.path("cache")));
            client.putObject(request -> request.bucket(S3Server.BUCKET).key("p/photos.tar.gz"), RequestBody.fromBytes(archive));
            String place = "s3://" + S3Server.BUCKET + "/p/photos.tar.gz";
            JsonObject refused = lab.json(2, "backup", database, "--to=" + place);
            assertEquals("the destination is somebody else's file, which holds no SQLite database: " + place, refused.get("message").getAsString());
            assertArrayEquals(archive, client.getObjectAsBytes(request -> request.bucket(S3Server.BUCKET).key("p/photos.tar.gz")).asByteArray());
            assertFalse(server.requests().stream().anyMatch(request -> request.startsWith("PUT")), "nothing was sent");

            Tools.sh("gzip -c \"$1\" > \"$2\"", database, lab.path("theirs.gz")).ok();
            client.putObject(request -> request.bucket(S3Server.BUCKET).key("p/photos.tar.gz"), RequestBody.fromFile(lab.path("theirs.gz")));
            lab.json(0, "backup", database, "--to=" + place);
            lab.json(0, "verify", place);
        }
    }
}
