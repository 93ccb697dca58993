package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * What destinations in an object store promise: the packaged program against a real server, with faults on the line
 * between them.
 */
class S3IT {

    @TempDir
    Path directory;

    private Lab lab;
    private S3Server server;

    @BeforeEach
    void startServer() throws Exception {
        server = S3Server.start();
        lab = new Lab(directory).with(server.environment(directory.resolve("cache")));
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    private static String key(JsonObject result) {
        return result.get("backup").getAsString().substring(("s3://" + S3Server.BUCKET + "/").length());
    }

    private static long count(List<String> requests, String start) {
        return requests.stream().filter(request -> request.startsWith(start)).count();
    }

    /** A machine that has never seen these backups. */
    private Lab elsewhere(String name) throws IOException {
        Path place = Files.createDirectory(lab.path(name));
        return new Lab(place).with(server.environment(place.resolve("cache")));
    }

    @Test
    void keepsAHistoryOfWholeObjectsAndDownloadsNothingToMakeOne() throws IOException {
        Path database = lab.database("app.db", "wal", 3000, "first");
        String place = "s3://" + S3Server.BUCKET + "/some/prefix/";
        JsonObject first = lab.json(0, "backup", database, "--to=" + place);
        assertTrue(
                first.get("backup").getAsString().matches("s3://backups/some/prefix/app-\\d{8}T\\d{6}Z\\.db\\.gz"),
                first.toString());
        assertEquals(List.of("some/prefix/.app.db.state", key(first)), server.keys());
        assertTrue(lab.json(0, "backup", database, "--to=" + place)
                .get("unchanged")
                .getAsBoolean());
        Lab.sql(database, "UPDATE t SET generation = 'second' WHERE id < 10");
        Lab.settle(database);
        server.requests();
        JsonObject second = lab.json(0, "backup", database, "--to=" + place, "--full");
        List<String> requests = server.requests();
        assertEquals(0, count(requests, "GET /backups/some/prefix/app"), "nothing is downloaded: " + requests);
        assertEquals(1, count(requests, "END /backups/some/prefix/app"), "but the end of the newest: " + requests);
        assertFalse(second.get("unchanged").getAsBoolean());
        assertEquals(3, server.keys().size());

        assertEquals(
                List.of(second.get("backup"), first.get("backup")),
                lab.json(0, "list", place).get("backups").getAsJsonArray().asList().stream()
                        .map(entry -> entry.getAsJsonObject().get("backup"))
                        .toList());
        JsonObject status = lab.json(0, "status", database, "--to=" + place, "--max-age=0s");
        assertFalse(status.get("changedSince").getAsBoolean());
        assertEquals(second.get("sha256"), lab.json(0, "verify", place).get("sha256"));

        Lab host = elsewhere("monitoring host");
        JsonObject seen = host.json(0, "status", "app.db", "--to=" + place);
        assertTrue(
                seen.get("changedSince").isJsonNull()
                        && !seen.get("confirmedAt").isJsonNull(),
                seen.toString());
        host.json(
                0,
                "restore",
                place,
                "--to=app.db",
                "--at=" + first.get("createdAt").getAsString().replace("Z", ".999Z"));
        assertEquals("0", Lab.query(host.path("app.db"), "SELECT count(*) FROM t WHERE generation = 'second'"));
        host.json(0, "restore", place, "--to=app.db");
        assertEquals("9", Lab.query(host.path("app.db"), "SELECT count(*) FROM t WHERE generation = 'second'"));
        host.json(0, "undo", "app.db");

        assertEquals(
                1,
                lab.json(0, "prune", place, "--keep-last=1")
                        .get("deleted")
                        .getAsJsonArray()
                        .size());
        assertEquals(List.of("some/prefix/.app.db.state", key(second)), server.keys());
        for (Path file : cached()) {
            assertEquals(
                    "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)), file.toString());
        }
        assertEquals(List.of(), lab.litter());
        // Without the cache, everything is compressed and sent anew, and still nothing downloaded.
        Tools.sh("rm -r \"$1\"", lab.path("cache")).ok();
        server.requests();
        lab.json(0, "backup", database, "--to=" + place, "--keep-last=1");
        assertEquals(0, count(server.requests(), "GET /backups/some/prefix/app"));
        assertEquals(2, server.keys().size());
    }

    @Test
    void keepsASingleObjectTheNewest() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "first");
        String place = "s3://" + S3Server.BUCKET + "/app.db.gz";
        assertEquals(
                "missing",
                lab.json(14, "status", database, "--to=" + place).get("state").getAsString());
        lab.json(10, "restore", place, "--to=new.db");
        lab.json(0, "backup", database, "--to=" + place);
        Lab.sql(database, "UPDATE t SET generation = 'second'");
        JsonObject second = lab.json(0, "backup", database, "--to=" + place);
        assertEquals(List.of(".app.db.gz.state", "app.db.gz"), server.keys());
        assertTrue(lab.json(0, "backup", database, "--to=" + place)
                .get("unchanged")
                .getAsBoolean());
        assertEquals(
                second.get("databaseBytes"),
                lab.json(0, "list", place)
                        .get("backups")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("databaseBytes"));
        lab.json(0, "restore", place, "--to=new.db");
        assertEquals("100", Lab.query(lab.path("new.db"), "SELECT count(*) FROM t WHERE generation = 'second'"));
        lab.json(10, "restore", place, "--to=new.db", "--at=2001-01-01");
        assertEquals(2, lab.run("prune", place, "--keep-last=1").exitCode());
    }

    @Test
    void sendsLargeOnesInPartsAndLeavesNothingHalfThereWhenItIsKilled() throws IOException {
        Path database = lab.databaseOfTwoParts();
        String place = "s3://" + S3Server.BUCKET + "/p/";
        server.block("PUT /backups/p/large-"); // The first part has begun, and is on its way for ever.
        Tools.Started killed = lab.start("backup", database, "--to=" + place);
        long started = System.nanoTime();
        while (count(server.peek(), "PUT /backups/p/large-") == 0) {
            assertTrue(killed.process().isAlive() && System.nanoTime() - started < 120_000_000_000L, "no upload began");
            Thread.onSpinWait();
        }
        killed.kill9();
        Tools.await(killed);
        server.block(null);
        assertEquals(List.of(), server.keys());
        assertEquals(1, server.unfinishedUploads());

        JsonObject result = lab.json(0, "backup", database, "--to=" + place);
        assertTrue(result.get("backupBytes").getAsLong() > 16 << 20, "more than one part");
        assertEquals(0, server.unfinishedUploads(), "what the killed run began is taken back");
        assertEquals(List.of("p/.large.db.state", key(result)), server.keys());
        assertEquals(result.get("sha256"), lab.json(0, "verify", place).get("sha256"));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void severalDatabasesCostEachWhatOneAloneDoes() {
        String place = "s3://" + S3Server.BUCKET + "/p/";
        List<Path> all = List.of(lab.database("a.db", "wal", 5, "g"), lab.database("b.db", "wal", 5, "g"));
        lab.json(0, "backup", all.get(0), all.get(1), "--to=" + place);
        all.forEach(Lab::settle);
        lab.json(0, "backup", all.get(0), all.get(1), "--to=" + place);
        server.requests();
        lab.json(0, "backup", all.get(0), "--to=" + place);
        int one = server.requests().size();
        JsonObject both = lab.json(0, "backup", all.get(0), all.get(1), "--to=" + place);
        assertEquals(2 * one, server.requests().size());
        assertTrue(both.get("results")
                .getAsJsonArray()
                .get(1)
                .getAsJsonObject()
                .get("unchanged")
                .getAsBoolean());
        lab.json(0, "status", all.get(0), all.get(1), "--to=" + place);
    }

    @Test
    void survivesABadLine() throws IOException {
        Path database = lab.databaseOfTwoParts();
        String place = "s3://" + S3Server.BUCKET + "/p/";
        lab.json(10, "restore", place, "--to=new.db");
        server.delay(5, 1_500);
        server.answer(2, 503, "SlowDown");
        server.cut(1, 9_000_000); // In the middle of a part.
        JsonObject result = lab.json(0, "backup", database, "--to=" + place);
        server.cutAnswers(3, 4_000_000);
        lab.json(0, "restore", place, "--to=new.db");
        assertEquals(
                Lab.query(database, "SELECT sum(length(b)) FROM t"),
                Lab.query(lab.path("new.db"), "SELECT sum(length(b)) FROM t"));
        assertEquals(2, server.keys().size());
        assertEquals(0, server.unfinishedUploads());
        assertEquals(result.get("sha256"), lab.json(0, "verify", place).get("sha256"));
    }

    @Test
    void saysWhichPartIsSafeWhenNothingCanBeSent() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "g");
        String place = "s3://" + S3Server.BUCKET + "/p/";
        server.refusePuts(true);
        JsonObject failed = lab.json(1, "backup", database, "--to=" + place);
        assertTrue(
                failed.get("message").getAsString().contains("is made and verified, but could not be sent"),
                failed.toString());
        String hint = failed.get("hint").getAsString();
        Path unsent = Path.of(hint.substring(hint.indexOf("safe here: ") + "safe here: ".length()));
        lab.json(0, "verify", unsent);
        assertEquals(List.of(), server.keys());
        server.refusePuts(false);
        lab.json(0, "backup", database, "--to=" + place);
        assertFalse(Files.exists(unsent));
    }

    @Test
    void makesTheBackupAndKeepsItWhenTheStoreCannotEvenBeAsked() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "g");
        Lab offline = new Lab(directory)
                .with(server.environment(lab.path("cache")))
                .with(Map.of("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1"));
        String hint = offline.json(1, "backup", database, "--to=s3://backups/p/")
                .get("hint")
                .getAsString();
        lab.json(0, "verify", hint.substring(hint.indexOf("safe here: ") + "safe here: ".length()));
        for (String endpoint : List.of("notaurl", "http://")) {
            Tools.Ended ended = new Lab(directory)
                    .with(server.environment(lab.path("cache")))
                    .with(Map.of("AWS_ENDPOINT_URL_S3", endpoint))
                    .run("list", "s3://backups/p/");
            assertEquals(1, ended.exitCode());
            assertFalse(ended.err().contains("unexpected"), ended.err());
        }
    }

    @Test
    void makesOneObjectWhenAnAnswerIsLostAndGivesUpWhenEveryNameIsRefused() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "g");
        server.loseAnswerTo("PUT /backups/p/app-");
        JsonObject result = lab.json(0, "backup", database, "--to=s3://backups/p/");
        assertEquals(List.of("p/.app.db.state", key(result)), server.keys());
        assertFalse(key(result).contains("Z-2"), "the object whose answer was lost is ours");

        Lab.sql(database, "INSERT INTO t(generation) VALUES ('more')");
        server.requests();
        server.answerTo("PUT /backups/p/app-", 409, "OperationAborted");
        lab.json(1, "backup", database, "--to=s3://backups/p/");
        assertTrue(count(server.requests(), "PUT") < 10, "a conflict is no taken name");
        server.answerTo(null, "");
        lab.json(0, "backup", database, "--to=s3://backups/p/");
    }

    @Test
    void sendsToAStoreThatKnowsNoConditions() throws IOException {
        Path database = lab.databaseOfTwoParts();
        String place = "s3://" + S3Server.BUCKET + "/p/";
        server.refuseConditions(true);
        JsonObject result = lab.json(0, "backup", database, "--to=" + place);
        assertEquals(result.get("sha256"), lab.json(0, "verify", place).get("sha256"));
        assertEquals(0, server.unfinishedUploads());
    }

    @Test
    void removesWhatTheStoreHoldsInsteadOfWhatWasSentAndKeepsTheBackup() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "g");
        server.answerInTurn("HEAD /backups/p/app-", S3Server.answer(404, ""));
        server.answerTo(
                "HEAD /backups/p/app-",
                "HTTP/1.1 200 OK\r\nContent-Length: 17\r\nETag: \"another\"\r\nx-amz-checksum-sha256: "
                        + "bm90IHdoYXQgd2FzIHNlbnQ=\r\nConnection: close\r\n\r\n");
        String hint = lab.json(12, "backup", database, "--to=s3://backups/p/")
                .get("hint")
                .getAsString();
        server.answerTo(null, "");
        lab.json(0, "verify", hint.substring(hint.indexOf("safe here: ") + "safe here: ".length()));
        assertEquals(List.of(), server.keys(), "it would be taken for the newest backup");
    }

    @Test
    void readsBackWhatAStoreSaysNothingAbout() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "g");
        server.sayNothingOfContents(true);
        JsonObject result = lab.json(0, "backup", database, "--to=s3://backups/p/");
        assertEquals(1, count(server.requests(), "GET /backups/" + key(result)));
        assertTrue(lab.json(0, "backup", database, "--to=s3://backups/p/")
                .get("unchanged")
                .getAsBoolean());
    }

    @Test
    void takesBackUploadsThatWereForgottenADayAgoAndNoneThatMayBeUnderWay() throws IOException {
        Path database = lab.databaseOfTwoParts();
        String uploads = Stream.of(
                        Map.entry("OLD", Instant.now().minusSeconds(90_000)),
                        Map.entry("YOUNG", Instant.now().minusSeconds(3_600)))
                .map(upload ->
                        "<Upload><Key>p/large-x.db.gz</Key><UploadId>" + upload.getKey() + "</UploadId><Initiated>"
                                + upload.getValue().truncatedTo(ChronoUnit.SECONDS) + "</Initiated></Upload>")
                .collect(Collectors.joining());
        String body =
                "<?xml version=\"1.0\"?><ListMultipartUploadsResult><Bucket>backups</Bucket><IsTruncated>false</IsTruncated>"
                        + uploads + "</ListMultipartUploadsResult>";
        server.answerTo(
                "GET /backups\\?.*uploads",
                "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: " + body.length()
                        + "\r\nConnection: close\r\n\r\n" + body);
        lab.json(0, "backup", database, "--to=s3://backups/p/");
        List<String> deletions = server.requests().stream()
                .filter(request -> request.startsWith("DELETE"))
                .toList();
        assertEquals(List.of("DELETE /backups/p/large-x.db.gz?uploadId=OLD"), deletions);
    }

    @Test
    void aSignalEndsAnUploadThatHangsAndTakesItBack() throws Exception {
        Path database = lab.databaseOfTwoParts();
        server.block("PUT /backups/p/large-");
        Tools.Started backup = lab.start("backup", database, "--to=s3://backups/p/", "--json");
        long started = System.nanoTime();
        while (count(server.peek(), "PUT /backups/p/large-") == 0) {
            assertTrue(backup.process().isAlive() && System.nanoTime() - started < 120_000_000_000L, "no upload began");
            Thread.onSpinWait();
        }
        Tools.sh("kill -TERM \"$1\"", backup.process().pid()).ok();
        Tools.Ended ended = Tools.await(backup);
        assertEquals(130, ended.exitCode(), ended.err());
        assertEquals(0, server.unfinishedUploads());
        assertEquals(List.of(), server.keys());
        assertEquals(List.of(), lab.litter());
        server.block(null);
        assertEquals(
                List.of(),
                cached().stream()
                        .filter(file -> file.toString().endsWith(".unsent.gz"))
                        .toList());
    }

    @Test
    void aCacheThatCannotBeWrittenCostsTimeOnly() throws IOException {
        Path database = lab.database("app.db", "delete", 100, "g");
        lab.json(0, "backup", database, "--to=s3://backups/p/");
        Path note = cached().stream()
                .filter(file -> file.toString().endsWith(".last.json"))
                .findFirst()
                .orElseThrow();
        Files.delete(note);
        Files.createDirectories(note.resolve("in the way"));
        Lab.sql(database, "INSERT INTO t(generation) VALUES ('more')");
        lab.json(0, "backup", database, "--to=s3://backups/p/");
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(note.getParent())));
        String longName = "a".repeat(240) + ".db";
        Files.move(database, lab.path(longName));
        lab.json(0, "backup", longName, "--to=s3://backups/p/");
        assertEquals(2, lab.run("backup", longName, "--to=s3://backups/p//q/").exitCode());
        assertEquals(2, lab.run("backup", longName, "--to=s3://backups/../q/").exitCode());
    }

    @Test
    void explainsWhatIsWrongWithTheStoreAndPrintsNoSecret() throws IOException {
        Path database = lab.database("app.db", "delete", 10, "g");
        lab.json(10, "list", "s3://no-such-bucket/p/");
        assertTrue(lab.json(10, "backup", database, "--to=s3://no-such-bucket/p/")
                .get("message")
                .getAsString()
                .contains("there is no bucket no-such-bucket"));
        assertTrue(lab.json(14, "status", database, "--to=s3://no-such-bucket/b.gz")
                .get("message")
                .getAsString()
                .contains("no bucket"));
        assertEquals(
                2, lab.run("backup", database, "--to=s3://backups/not-a-prefix").exitCode());

        Lab wrong = new Lab(directory)
                .with(server.environment(lab.path("cache")))
                .with(Map.of("AWS_SECRET_ACCESS_KEY", "another-secret-never-printed"));
        Tools.Ended denied = wrong.run("backup", database, "--to=s3://backups/p/", "-v");
        assertEquals(1, denied.exitCode());
        assertTrue(denied.err().contains("AWS_SECRET_ACCESS_KEY"), denied.err());
        assertFalse((denied.out() + denied.err()).contains("never-printed"));
        Tools.Ended verbose =
                lab.run("backup", database, "--to=s3://backups/p/", "-v").ok();
        assertFalse(
                (verbose.out() + verbose.err()).contains("never-printed")
                        || verbose.err().contains("Signature="),
                verbose.err());

        server.answer(1000, 403, "RequestTimeTooSkewed");
        assertTrue(
                lab.json(1, "list", "s3://backups/p/").get("hint").getAsString().contains("clock"));
        server.answer(0, 200, "");
        Lab none = new Lab(directory)
                .with(server.environment(lab.path("cache")))
                .with(Map.of("AWS_ACCESS_KEY_ID", "", "AWS_SECRET_ACCESS_KEY", ""));
        JsonObject anonymous = none.json(1, "list", "s3://backups/p/");
        assertTrue(anonymous.get("hint").getAsString().contains("AWS_ACCESS_KEY_ID"), anonymous.toString());
        Lab nobody = new Lab(directory)
                .with(server.environment(lab.path("cache")))
                .with(Map.of("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1"));
        assertEquals(1, nobody.run("list", "s3://backups/p/").exitCode());
    }

    /** It refuses what it does not know; the backup is then where all are that could not be sent. */
    @Test
    void aStoreThatRefusesLocksGetsNothing() {
        Path database = lab.database("app.db", "delete", 100, "g");
        JsonObject refused = lab.json(1, "backup", database, "--to=s3://backups/p/", "--object-lock=1d");
        assertTrue(refused.get("message").getAsString().contains("could not be sent"), refused.toString());
        assertTrue(refused.get("hint").getAsString().contains("safe here: "), refused.toString());
        assertEquals(List.of(), server.keys());
    }

    /** As where a store keeps everything for its first weeks: the increment is younger than what it builds on. */
    @Test
    void whatMayNotBeDeletedKeepsWhatItBuildsOn() {
        Path database = lab.database("app.db", "delete", 3000, "g");
        String place = "s3://backups/p/";
        JsonObject full = lab.json(0, "backup", database, "--to=" + place);
        Lab.sql(database, "UPDATE t SET generation = 'more' WHERE id < 10");
        JsonObject increment = lab.json(0, "backup", database, "--to=" + place);
        assertEquals("increment", increment.get("kind").getAsString());
        lab.json(0, "backup", database, "--to=" + place, "--full");
        List<String> keys = server.keys();
        server.requests();
        server.answerTo(
                "POST /backups\\?delete",
                S3Server.answer(
                        200,
                        "<DeleteResult><Error><Key>" + key(increment)
                                + "</Key><Code>AccessDenied</Code></Error></DeleteResult>"));
        JsonObject pruned = lab.json(1, "prune", place, "--keep-last=1");
        assertTrue(pruned.get("message").getAsString().startsWith("1 of 2 backups in "), pruned.toString());
        assertEquals(0, pruned.get("deleted").getAsJsonArray().size());
        assertTrue(
                pruned.get("kept")
                        .toString()
                        .contains("[\"needed by " + key(increment).replaceAll(".*app-|-since-.*", "") + "\"]"),
                pruned.toString());
        assertEquals(1, count(server.requests(), "POST /backups?delete"), "the full one is not even asked for");
        server.answerTo(null, "");
        assertEquals(keys, server.keys());
        assertEquals(
                2,
                lab.json(0, "prune", place, "--keep-last=1")
                        .get("deleted")
                        .getAsJsonArray()
                        .size());
        assertEquals(
                full.get("kind"),
                lab.json(0, "list", place)
                        .get("backups")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("kind"));
    }

    /** What has to be brought back from an archive first counts neither as good nor as bad. */
    @Test
    void aPruneLeavesWhatIsArchivedAndDeletesNothingInItsPlace() throws IOException {
        Path database = lab.database("app.db", "delete", 10, "g");
        String place = "s3://backups/p/";
        for (int i = 0; i < 3; i++) {
            lab.json(0, "backup", database, "--to=" + place, "--full");
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('more')");
        }
        List<String> keys = server.keys();
        server.answerTo("GET /backups/" + keys.get(1), 403, "InvalidObjectState");
        assertEquals(
                3, lab.json(0, "list", place).get("backups").getAsJsonArray().size());
        lab.json(0, "prune", place, "--keep-last=3");
        assertEquals(keys, server.keys());
        server.answerTo("GET /backups/p/app", 403, "InvalidObjectState");
        lab.run("prune", place, "--keep-last=1");
        assertEquals(keys, server.keys(), "nothing verifies");
        JsonObject archived = lab.json(1, "verify", "s3://backups/" + keys.get(1));
        assertTrue(archived.get("hint").getAsString().contains("restore-object"), archived.toString());
    }

    @Test
    void noticesAnObjectThatWasChangedBehindItsBack() throws IOException {
        Path database = lab.database("app.db", "delete", 3000, "g");
        String place = "s3://" + S3Server.BUCKET + "/app.db.gz";
        JsonObject made = lab.json(0, "backup", database, "--to=" + place);
        try (S3Client client = server.client()) {
            byte[] content = client.getObjectAsBytes(
                            request -> request.bucket(S3Server.BUCKET).key("app.db.gz"))
                    .asByteArray();
            client.putObject(
                    request -> request.bucket(S3Server.BUCKET).key("app.db.gz"),
                    RequestBody.fromBytes(Arrays.copyOf(content, content.length / 2)));
        }
        lab.json(12, "verify", place);
        lab.json(12, "restore", place, "--to=new.db");
        assertFalse(Files.exists(lab.path("new.db")));
        JsonObject again = lab.json(0, "backup", database, "--to=" + place);
        assertFalse(again.get("unchanged").getAsBoolean(), "the object is not the one that was sent");
        assertEquals(made.get("sha256"), lab.json(0, "verify", place).get("sha256"));
    }

    @Test
    void aStoreThatCutsUploadsLeavesTheLastGoodObjectAndNoFalseFreshness() throws IOException {
        Path database = lab.database("app.db", "delete", 3000, "good");
        String place = "s3://" + S3Server.BUCKET + "/app.db.gz";
        JsonObject good = lab.json(0, "backup", database, "--to=" + place);
        Lab.sql(database, "UPDATE t SET generation = 'newer'");
        server.cutContents(".*gz");
        JsonObject cut = lab.json(12, "backup", database, "--to=" + place);
        assertTrue(cut.get("hint").getAsString().contains("what is in the store is as it was"), cut.toString());
        assertEquals(List.of(".app.db.gz.state", "app.db.gz"), server.keys());
        assertEquals(
                "stale",
                lab.json(14, "status", database, "--to=" + place, "--max-age=0s")
                        .get("state")
                        .getAsString());
        assertEquals(
                good.get("sha256"), lab.json(0, "restore", place, "--to=new.db").get("sha256"));
        assertEquals("3000", Lab.query(lab.path("new.db"), "SELECT count(*) FROM t WHERE generation = 'good'"));
        server.cutContents(null);
        lab.json(0, "backup", database, "--to=" + place);
        lab.json(0, "status", database, "--to=" + place);
        assertEquals(List.of(".app.db.gz.state", "app.db.gz"), server.keys());
    }

    /** Whether a gzip file that somebody else made is whole, only a download tells. */
    @Test
    void anObjectThatDoesNotEndLikeABackupIsNeverFresh() throws IOException {
        Path database = lab.database("app.db", "delete", 3000, "g");
        String place = "s3://" + S3Server.BUCKET + "/app.db.gz";
        lab.json(0, "backup", database, "--to=" + place);
        Path foreign = lab.path("foreign.gz");
        Tools.sh("gzip -c \"$1\" > \"$2\"", database, foreign).ok();
        try (S3Client client = server.client()) {
            byte[] content = client.getObjectAsBytes(
                            request -> request.bucket(S3Server.BUCKET).key("app.db.gz"))
                    .asByteArray();
            for (byte[] other : List.of(
                    Arrays.copyOf(content, content.length / 2),
                    Arrays.copyOf(content, content.length - 1),
                    Files.readAllBytes(foreign))) {
                client.putObject(
                        request -> request.bucket(S3Server.BUCKET).key("app.db.gz"), RequestBody.fromBytes(other));
                JsonObject status = lab.json(14, "status", database, "--to=" + place);
                assertEquals("missing", status.get("state").getAsString());
                assertTrue(
                        status.get("message").getAsString().contains("is not a whole backup of this program"),
                        status.toString());
            }
        }
        lab.json(0, "restore", place, "--to=new.db");
        assertEquals("3000", Lab.query(lab.path("new.db"), "SELECT count(*) FROM t"));
    }

    /** It may have deleted some by then. */
    @Test
    void aPruneThatIsInterruptedDoesNotSayThatNothingWasChanged() throws Exception {
        Path database = lab.database("app.db", "delete", 10, "g");
        String place = "s3://backups/p/";
        for (int i = 0; i < 3; i++) {
            lab.json(0, "backup", database, "--to=" + place, "--full");
            Lab.sql(database, "INSERT INTO t(generation) VALUES ('more')");
        }
        server.block("POST /backups?delete");
        Tools.Started prune = lab.start("prune", place, "--keep-last=1", "--json");
        while (count(server.peek(), "POST /backups?delete") == 0) {
            assertTrue(prune.process().isAlive(), "nothing was deleted");
            Thread.onSpinWait();
        }
        Tools.sh("kill -TERM \"$1\"", prune.process().pid()).ok();
        Tools.Ended ended = Tools.await(prune);
        assertEquals(130, ended.exitCode(), ended.err());
        assertTrue(
                ended.out().contains("interrupted while deleting 2 backups, of which some may be gone"), ended.out());
        server.block(null);
    }

    /** The new object is there by then, under its name aside; what the key holds is whole at any moment. */
    @ParameterizedTest
    @ValueSource(strings = {"KILL", "TERM"})
    void endedWhileTheStoreIsToCopyLeavesTheLastGoodObjectAndTheNextRunCleansUp(String signal) {
        Path database = lab.database("app.db", "delete", 100, "g");
        String place = "s3://" + S3Server.BUCKET + "/k/app.db.gz";
        JsonObject lastGood = lab.json(0, "backup", database, "--to=" + place);
        Lab.sql(database, "UPDATE t SET generation = hex(randomblob(500))");
        server.requests();
        server.block("PUT /backups/k/app.db.gz");
        Tools.Started backup = lab.start("backup", database, "--to=" + place);
        while (count(server.peek(), "PUT /backups/k/app.db.gz") == 0) {
            assertTrue(backup.process().isAlive(), "it never copied");
            Thread.onSpinWait();
        }
        Tools.sh("kill -" + signal + " \"$1\"", backup.process().pid()).ok();
        assertEquals(signal.equals("KILL") ? 137 : 130, Tools.await(backup).exitCode());
        try (S3Client client = server.client()) { // Not by the line, which would pass on what waits there.
            assertEquals(
                    lastGood.get("backupBytes").getAsLong(),
                    client.headObject(request -> request.bucket(S3Server.BUCKET).key("k/app.db.gz"))
                            .contentLength());
        }
        server.block(null);
        lab.json(0, "verify", place);

        JsonObject next = lab.json(0, "backup", database, "--to=" + place);
        assertEquals(next.get("sha256"), lab.json(0, "verify", place).get("sha256"));
        assertEquals(List.of("k/.app.db.gz.state", "k/app.db.gz"), server.keys());
        assertEquals(0, server.unfinishedUploads());
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void needsFewRequestsForTwoThousandObjects() throws IOException {
        Path database = lab.database("app.db", "delete", 10, "g");
        String place = "s3://" + S3Server.BUCKET + "/p/";
        JsonObject older = lab.json(0, "backup", database, "--to=" + place);
        Lab.sql(database, "UPDATE t SET generation = 'h'");
        JsonObject newest = lab.json(0, "backup", database, "--to=" + place);
        DateTimeFormatter format =
                DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
        Instant end = Instant.parse("2026-01-01T00:00:00Z");
        try (S3Client client = server.client()) {
            byte[] content = client.getObjectAsBytes(
                            request -> request.bucket(S3Server.BUCKET).key(key(newest)))
                    .asByteArray();
            IntStream.range(0, 2_000)
                    .parallel()
                    .forEach(i -> client.putObject(
                            request -> request.bucket(S3Server.BUCKET)
                                    .key("p/app-" + format.format(end.minusSeconds(3600L * i)) + ".db.gz"),
                            RequestBody.fromBytes(content)));
        }
        server.requests();
        assertEquals(
                2_002,
                lab.json(0, "list", place).get("backups").getAsJsonArray().size());
        assertRequests(3, "list");
        lab.json(0, "status", database, "--to=" + place, "--max-age=9000d");
        assertRequests(5, "status: the list, the end of the newest, the state");
        lab.json(0, "restore", place, "--to=new.db");
        assertRequests(7, "restore: the list, the end of the newest, the state, its size, its content");
        JsonObject pruned = lab.json(0, "prune", place, "--keep-last=2");
        assertEquals(2_000, pruned.get("deleted").getAsJsonArray().size());
        assertRequests(
                15, "prune: the list twice, the ends of the two that stay, the newest, twice a thousand deleted");
        assertEquals(
                List.of(newest.get("backup"), older.get("backup")).toString(),
                lab.json(0, "list", place).get("backups").getAsJsonArray().asList().stream()
                        .map(backup -> backup.getAsJsonObject().get("backup"))
                        .toList()
                        .toString());
        assertEquals(
                2, lab.json(0, "list", place).get("backups").getAsJsonArray().size());
    }

    private void assertRequests(int most, String what) {
        List<String> requests = server.requests();
        assertTrue(requests.size() <= most, what + ": " + requests.size() + " " + requests);
    }

    @Test
    void loadsNothingOfItForOtherDestinations() {
        Path database = lab.database("app.db", "delete", 10, "g");
        Tools.Ended local = Tools.run(Stream.of(
                                Lab.JAVA,
                                "-Xlog:class+load",
                                "-jar",
                                Lab.JAR,
                                "backup",
                                database,
                                "--to=" + lab.path("b.gz"),
                                "--tmp-dir=" + lab.temporary())
                        .map(Object::toString)
                        .toList())
                .ok();
        assertNotEquals(
                0,
                local.out()
                        .lines()
                        .filter(line -> line.contains("dev.sqlitebackup"))
                        .count());
        assertEquals(
                List.of(),
                local.out()
                        .lines()
                        .filter(line -> line.contains("software.amazon"))
                        .toList());
    }

    private List<Path> cached() throws IOException {
        try (Stream<Path> files = Files.walk(lab.path("cache"))) {
            return files.filter(Files::isRegularFile).toList();
        }
    }
}
