package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Ceph;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * Buckets with versions and Object Lock, and credentials that may not delete: the packaged program against a real Ceph,
 * which enforces them.
 */
class CephIT {
    /** What a policy gives to whom nobody trusts with what is there already. */
    private static final String WRITE_ONLY = """
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
              "Principal": {"AWS": ["arn:aws:iam:::user/writer"]},
              "Action": ["s3:ListBucket", "s3:GetObject", "s3:PutObject"],
              "Resource": ["arn:aws:s3:::%1$s", "arn:aws:s3:::%1$s/*"]}]}
            """;

    @TempDir
    static Path store;

    private static Ceph ceph;
    private static S3Client client;
    private static int buckets;

    @TempDir
    Path directory;

    private Lab lab;
    private String bucket;

    @BeforeAll
    static void startCluster() throws IOException {
        ceph = Ceph.start(store);
        client = ceph.client();
    }

    @AfterAll
    static void stopCluster() {
        if (ceph != null) {
            client.close();
            ceph.close();
        }
    }

    @BeforeEach
    void name() {
        bucket = "bucket-" + ++buckets;
        lab = new Lab(directory).with(ceph.environment(Ceph.OWNER, directory.resolve("cache")));
    }

    private String bucketWithLock() {
        client.createBucket(request -> request.bucket(bucket).objectLockEnabledForBucket(true));
        return "s3://" + bucket + "/";
    }

    private String bucketForWriting() {
        client.createBucket(request -> request.bucket(bucket));
        client.putBucketPolicy(request -> request.bucket(bucket).policy(WRITE_ONLY.formatted(bucket)));
        lab = new Lab(directory).with(ceph.environment(Ceph.WRITER, directory.resolve("cache")));
        return "s3://" + bucket + "/";
    }

    private String key(JsonObject result) {
        return result.get("backup").getAsString().substring(("s3://" + bucket + "/").length());
    }

    private HeadObjectResponse head(String key) {
        return client.headObject(request -> request.bucket(bucket).key(key));
    }

    private List<String> keys() {
        return client.listObjectsV2(request -> request.bucket(bucket)).contents().stream()
                .map(S3Object::key)
                .toList();
    }

    private List<ObjectVersion> versions(String key) {
        return client.listObjectVersions(request -> request.bucket(bucket)).versions().stream()
                .filter(version -> version.key().equals(key))
                .toList();
    }

    private JsonObject another(Path database, Object... how) {
        Lab.sql(database, "INSERT INTO t(generation) VALUES (hex(randomblob(9)))");
        Lab.settle(database);
        return lab.json(
                0, Stream.concat(Stream.of("backup", database), Stream.of(how)).toArray());
    }

    private static List<String> reasons(JsonObject pruned, String of, JsonObject backup) {
        return pruned.get(of).getAsJsonArray().asList().stream()
                .map(decision -> decision.getAsJsonObject())
                .filter(decision -> decision.get("backup").equals(backup.get("backup")))
                .flatMap(decision -> decision.get("reasons").getAsJsonArray().asList().stream())
                .map(reason -> reason.getAsString())
                .toList();
    }

    @Test
    void whatIsSentIsLockedWithAllThatItBuildsOn() {
        String place = bucketWithLock() + "p/";
        Path database = lab.database("app.db", "delete", 3000, "first");
        Instant before = Instant.now();
        JsonObject full = lab.json(0, "backup", database, "--to=" + place, "--object-lock=1d");
        Instant until = Instant.parse(full.get("lockedUntil").getAsString());
        assertFalse(until.isBefore(before.plus(Duration.ofDays(1))));
        assertEquals("GOVERNANCE", head(key(full)).objectLockModeAsString());
        assertEquals(until, head(key(full)).objectLockRetainUntilDate());

        JsonObject increment = another(database, "--to=" + place, "--object-lock=2d");
        assertEquals("increment", increment.get("kind").getAsString());
        for (JsonObject backup : List.of(full, increment)) {
            assertEquals(
                    increment.get("lockedUntil").getAsString(),
                    head(key(backup)).objectLockRetainUntilDate().toString(),
                    "without what it builds on it is worth nothing");
            String version = versions(key(backup)).get(0).versionId();
            assertEquals(
                    403,
                    assertThrows(
                                    S3Exception.class,
                                    () -> client.deleteObject(request -> request.bucket(bucket)
                                            .key(key(backup))
                                            .versionId(version)))
                            .statusCode());
        }
        assertNull(head("p/.app.db.state").objectLockMode(), "each run replaces it");
        assertFalse(another(database, "--to=" + place).has("lockedUntil"));
        lab.json(0, "verify", place);
    }

    @Test
    void aPruneKeepsWhatIsLockedAndDeletesTheRest() {
        String place = bucketWithLock() + "p/";
        Path database = lab.database("app.db", "delete", 10, "first");
        JsonObject locked = lab.json(0, "backup", database, "--to=" + place, "--object-lock=1d");
        JsonObject free = another(database, "--to=" + place, "--full");
        another(database, "--to=" + place, "--full");
        JsonObject newest = another(database, "--to=" + place, "--full", "--keep-last=2", "--object-lock=1d");
        assertEquals(1, newest.get("deleted").getAsJsonArray().size());
        assertFalse(keys().contains(key(free)));
        assertFalse(newest.has("warnings"), newest.toString());

        JsonObject dryRun = lab.json(0, "prune", place, "--keep-last=1", "--dry-run");
        JsonObject pruned = lab.json(0, "prune", place, "--keep-last=1");
        assertEquals(
                List.of("locked until " + locked.get("lockedUntil").getAsString()), reasons(pruned, "kept", locked));
        assertEquals(dryRun.get("kept"), pruned.get("kept"));
        assertEquals(1, pruned.get("deleted").getAsJsonArray().size());
        assertEquals(List.of("p/.app.db.state", key(locked), key(newest)), keys());
        client.putObjectLegalHold(
                request -> request.bucket(bucket).key(key(locked)).legalHold(hold -> hold.status("ON")));
        assertEquals(
                List.of("under legal hold"), reasons(lab.json(0, "prune", place, "--keep-last=1"), "kept", locked));
    }

    /** The gateway of this version copies an object without its lock. */
    @Test
    void aSingleObjectIsReplacedAndLockedAndTheOldOneStaysAsAVersion() {
        String place = bucketWithLock() + "app.db.gz";
        Path database = lab.database("app.db", "delete", 10, "first");
        lab.json(0, "backup", database, "--to=" + place, "--object-lock=1d");
        JsonObject second = another(database, "--to=" + place, "--object-lock=compliance:1d");
        assertEquals("COMPLIANCE", head("app.db.gz").objectLockModeAsString());
        assertEquals(
                second.get("lockedUntil").getAsString(),
                head("app.db.gz").objectLockRetainUntilDate().toString());
        assertEquals(List.of(".app.db.gz.state", "app.db.gz"), keys());
        assertEquals(2, versions("app.db.gz").size());
        assertFalse(second.has("warnings"), second.toString());
        for (ObjectVersion aside : versions(".app.db.gz.new")) { // What waited there is not locked for ever.
            client.deleteObject(
                    request -> request.bucket(bucket).key(aside.key()).versionId(aside.versionId()));
        }
        assertEquals(second.get("sha256"), lab.json(0, "verify", place).get("sha256"));
    }

    @Test
    void whatWasDeletedInABucketWithVersionsIsGone() {
        String place = bucketWithLock() + "p/";
        Path database = lab.database("app.db", "delete", 10, "first");
        JsonObject first = lab.json(0, "backup", database, "--to=" + place);
        client.deleteObject(request -> request.bucket(bucket).key(key(first)));
        assertEquals(
                0, lab.json(0, "list", place).get("backups").getAsJsonArray().size());
        lab.json(14, "status", database, "--to=" + place);
        assertFalse(lab.json(0, "backup", database, "--to=" + place)
                .get("unchanged")
                .getAsBoolean());
    }

    @Test
    void aLargeOneIsSentInPartsAndLockedAndNoUploadOfAnotherHostIsTakenBack() {
        String place = bucketWithLock() + "p/";
        Path database = lab.databaseOfTwoParts();
        client.createMultipartUpload(request -> request.bucket(bucket).key("p/large-20261122T232233Z.db.gz"));
        JsonObject large = lab.json(0, "backup", database, "--to=" + place, "--object-lock=1d");
        assertTrue(large.get("backupBytes").getAsLong() > 16 << 20, "more than one part");
        assertEquals(
                large.get("lockedUntil").getAsString(),
                head(key(large)).objectLockRetainUntilDate().toString());
        assertEquals(
                1,
                client.listMultipartUploads(request -> request.bucket(bucket))
                        .uploads()
                        .size());
        assertEquals(large.get("sha256"), lab.json(0, "verify", place).get("sha256"));
    }

    @Test
    void whatTheStoreEncryptsIsProvenAndRestoredAllTheSame() throws IOException {
        client.createBucket(request -> request.bucket(bucket));
        String place = "s3://" + bucket + "/p/";
        Path database = lab.database("app.db", "delete", 3000, "first");
        String plain = key(lab.json(0, "backup", database, "--to=s3://" + bucket + "/plain.gz"));
        assertEquals("1f 8b 08 04", ceph.begins(plain));

        lab.with(ceph.encrypting());
        lab.json(0, "backup", database, "--to=" + place);
        String single = "s3://" + bucket + "/single.gz";
        lab.json(0, "backup", database, "--to=" + single);
        List<JsonObject> made = List.of(
                another(database, "--to=" + place),
                lab.json(0, "backup", lab.databaseOfTwoParts(), "--to=" + place),
                lab.json(0, "backup", database, "--to=" + single));
        assertEquals("increment", made.get(0).get("kind").getAsString());
        for (JsonObject backup : made) {
            assertNotEquals("1f 8b 08 04", ceph.begins(key(backup)));
            String name = backup.get("backup").getAsString();
            assertEquals(backup.get("sha256"), lab.json(0, "verify", name).get("sha256"));
        }
        lab.json(0, "verify", place, "--all");
        lab.json(0, "restore", place, "--name=app.db", "--to=back.db");
        assertEquals(
                "3001\nok\n",
                Tools.sh("sqlite3 \"$1\" 'SELECT count(*) FROM t; PRAGMA integrity_check'", lab.path("back.db"))
                        .ok()
                        .out());
    }

    @Test
    void aBucketWithoutObjectLockIsRefusedBeforeAnythingIsMade() {
        client.createBucket(request -> request.bucket(bucket));
        Path database = lab.database("app.db", "delete", 10, "first");
        String refused = lab.json(2, "backup", database, "--to=s3://" + bucket + "/p/", "--object-lock=1d")
                .get("message")
                .getAsString();
        assertEquals("the bucket " + bucket + " has no Object Lock, so nothing can be locked", refused);
        assertEquals(List.of(), keys());
        for (String place : List.of("here/", "-")) {
            assertEquals(
                    2,
                    lab.run("backup", database, "--to=" + place, "--object-lock=1d")
                            .exitCode());
        }
        for (String wrong : List.of("1", "0s", "forever:1d", "compliance:")) {
            assertEquals(
                    2,
                    lab.run("backup", database, "--to=s3://" + bucket + "/p/", "--object-lock=" + wrong)
                            .exitCode(),
                    wrong);
        }
    }

    @Test
    void whoMayNotDeleteBacksUpAndHearsWhatAPruneMayNotDo() {
        String place = bucketForWriting() + "p/";
        Path database = lab.database("app.db", "delete", 10, "first");
        JsonObject first = lab.json(0, "backup", database, "--to=" + place);
        JsonObject second = another(database, "--to=" + place, "--full", "--keep-last=1");
        assertTrue(
                second.get("warnings").toString().contains("could not be pruned: 1 of 1 backups"), second.toString());
        assertFalse(second.has("deleted"), second.toString());

        JsonObject pruned = lab.json(1, "prune", place, "--keep-last=1");
        assertEquals(List.of("may not be deleted: AccessDenied"), reasons(pruned, "kept", first));
        assertEquals(0, pruned.get("deleted").getAsJsonArray().size());
        assertTrue(pruned.get("hint").getAsString().contains("s3:DeleteObject"), pruned.toString());
        assertEquals(List.of("p/.app.db.state", key(first), key(second)), keys());

        for (String generation : List.of("one", "two")) {
            Lab.sql(database, "UPDATE t SET generation = '" + generation + "'");
            JsonObject single = lab.json(0, "backup", database, "--to=s3://" + bucket + "/app.db.gz");
            assertTrue(single.get("warnings").toString().contains(".app.db.gz.new"), single.toString());
        }
        lab.json(0, "verify", "s3://" + bucket + "/app.db.gz");
    }
}
