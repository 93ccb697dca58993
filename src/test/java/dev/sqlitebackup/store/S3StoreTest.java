package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.function.Executable;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

class S3StoreTest extends StoreContract {
    private static final String OTHER = "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: \"x\"\r\nx-amz-checksum-sha256: "
            + "bm90IHdoYXQgd2FzIHNlbnQ=\r\nConnection: close\r\n\r\n";

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    private S3Server server;
    private Store store;

    @BeforeEach
    void makePlace() throws IOException {
        server = s3.server();
        store = new CachingStore(
                new S3Store(S3Server.BUCKET, s3.prefix(), directory, BackupName.FAMILIES), BackupName.FAMILIES);
        Files.createDirectories(store.workingDirectory());
    }

    @Override
    Store store() {
        return store;
    }

    @Test
    void looksNeitherIntoOtherPrefixesNorDeeper() {
        try (S3Client client = server.client()) {
            for (String key : List.of("b0", s3.prefix() + "deeper/b0", s3.prefix() + "b1")) {
                client.putObject(request -> request.bucket(S3Server.BUCKET).key(key), RequestBody.fromString("x"));
            }
        }
        assertEquals(
                List.of("b1"),
                store.list(name -> name.startsWith("b")).stream()
                        .map(Store.StoredFile::name)
                        .toList());
        assertEquals("s3://" + S3Server.BUCKET + "/" + s3.prefix() + "b1", store.location("b1"));
    }

    @Test
    void hasTheLastThatWasSentWithoutADownloadAsLongAsTheObjectIsTheSame() throws IOException {
        Path file = Files.writeString(store.workingDirectory().resolve("f"), "content");
        store.publishNew(file, "b1");
        server.requests();
        assertEquals("content", Files.readString(store.local("b1")));
        assertEquals(
                0,
                server.requests().stream()
                        .filter(request -> request.startsWith("GET"))
                        .count());
        try (S3Client client = server.client()) {
            client.putObject(
                    request -> request.bucket(S3Server.BUCKET).key(s3.prefix() + "b1"),
                    RequestBody.fromString("CONTENT"));
        }
        assertNull(store.local("b1"));
        assertNull(store.local("b2"));
    }

    /** As older stores do; the size in their answer tells where the end is. */
    @Test
    void findsTheEndOfAnObjectWhereTheStoreTakesARangeWithoutAStartForTheFirstBytes() throws IOException {
        store.publishNew(Files.writeString(store.workingDirectory().resolve("f"), "0123456789"), "b1");
        String first =
                "HTTP/1.1 206 x\r\nContent-Range: bytes 0-%s/10\r\nContent-Length: %s\r\nConnection: close\r\n\r\n%s";
        server.answerInTurn("GET ", first.formatted(3, 4, "0123"));
        assertEquals("789", new String(store.readTail("b1", 3), StandardCharsets.US_ASCII));
        server.answerInTurn("GET ", first.formatted(9, 10, "0123456789"));
        assertEquals("123456789", new String(store.readTail("b1", 9), StandardCharsets.US_ASCII));
        server.requests();
        assertEquals("789", new String(store.readTail("b1", 3), StandardCharsets.US_ASCII));
        assertEquals(1, server.requests().size(), "where it understands, it is asked once");
    }

    /** And where it does not know the condition, it would overwrite. */
    @Test
    void sendsNothingToANameThatIsTaken() throws IOException {
        store.publishNew(Files.writeString(store.workingDirectory().resolve("f"), "one"), "b1");
        server.requests();
        assertFalse(store.publishNew(Files.writeString(store.workingDirectory().resolve("g"), "two"), "b1"));
        assertEquals(List.of("HEAD /backups/" + s3.prefix() + "b1"), server.requests());
    }

    @Test
    void deletesThousandsInAFewRequests() {
        store.delete(IntStream.range(0, 2_000).mapToObj(i -> "b" + i).toList());
        assertEquals(2, server.requests().size());
        store.delete(List.of());
        assertEquals(List.of(), server.requests());
    }

    @Test
    void saysWhichObjectWasNotDeleted() {
        server.answerTo(
                "POST /backups\\?delete",
                S3Server.answer(
                        200,
                        "<DeleteResult><Error><Key>p/b1</Key><Code>InternalError</Code><Message>not "
                                + "now</Message></Error></DeleteResult>"));
        Failure failure = assertThrows(Failure.class, () -> store.delete(List.of("b1")));
        assertEquals("cannot delete s3://backups/p/b1: InternalError, not now", failure.getMessage());
    }

    /** Nobody can do anything about the one but who gives rights; the others are gone all the same. */
    @Test
    void tellsWhatMayNotBeDeletedFromAStoreThatHasAProblem() {
        server.answerTo(
                "POST /backups\\?delete",
                S3Server.answer(
                        200,
                        "<DeleteResult><Error><Key>" + s3.prefix() + "b1</Key><Code>AccessDenied</Code><Message>not "
                                + "yours</Message></Error></DeleteResult>"));
        assertEquals(Map.of("b1", "may not be deleted: AccessDenied"), store.delete(List.of("b0", "b1")));
        server.answerTo("POST /backups\\?delete", 403, "AccessDenied");
        assertEquals(
                Map.of("b0", "may not be deleted: AccessDenied", "b1", "may not be deleted: AccessDenied"),
                store.delete(List.of("b0", "b1")));
        server.answerTo("POST /backups\\?delete", 403, "SignatureDoesNotMatch");
        assertThrows(Failure.class, () -> store.delete(List.of("b0")));
    }

    /** A thousand names a page; some stores also tell the prefix itself, or what was not asked for. */
    @Test
    void readsAListToItsEnd() {
        String object =
                "<Contents><Key>%s</Key><Size>3</Size><LastModified>2026-11-22T23:22:33.000Z</LastModified></Contents>";
        server.answerInTurn(
                "GET /backups\\?",
                S3Server.answer(
                        200,
                        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>next-one</NextContinuationToken>"
                                + object.formatted(s3.prefix()) + object.formatted(s3.prefix() + "b1")
                                + object.formatted("elsewhere/b") + "</ListBucketResult>"),
                S3Server.answer(
                        200,
                        "<ListBucketResult><IsTruncated>false</IsTruncated><NextContinuationToken>none</NextContinuationToken>"
                                + object.formatted(s3.prefix() + "b2") + "</ListBucketResult>"));
        Instant time = Instant.parse("2026-11-22T23:22:33Z");
        assertEquals(
                List.of(new Store.StoredFile("b1", 3, time), new Store.StoredFile("b2", 3, time)),
                store.list(name -> true));
        List<String> requests = server.requests();
        assertEquals(2, requests.size(), requests.toString());
        assertTrue(requests.get(1).contains("continuation-token=next-one"), requests.toString());
    }

    @Test
    void isFarAwayAndNeedsNoMaking() {
        assertTrue(store.isRemote());
        store.requirePlace();
        assertEquals(List.of(), server.requests());
    }

    /** A refusal is told from a name that is not there, whatever was asked. */
    @Test
    void saysWhatTheStoreRefuses() {
        server.answerTo(" /backups", 403, "AccessDenied");
        String place = store.place();
        Map.<String, Executable>of(
                        "cannot list " + place,
                        () -> store.list(name -> true),
                        "cannot look at " + place + "b1",
                        () -> store.find("b1"),
                        "cannot read " + place + "b1",
                        () -> store.readTail("b1", 3),
                        "cannot write " + place + ".s",
                        () -> store.show(".s", new byte[1]))
                .forEach((doing, request) -> {
                    Failure failure = assertThrows(Failure.class, request);
                    assertEquals(Failure.Kind.FAILURE, failure.kind());
                    assertTrue(failure.getMessage().startsWith(doing + ": "), failure.getMessage());
                });
        server.answerTo(" /backups", "");
        for (Executable request : List.<Executable>of(() -> store.find("b1"), () -> store.readTail("b1", 3))) {
            assertTrue(assertThrows(Failure.class, request).hint().contains("can be reached"));
        }
    }

    @Test
    void tellsAMissingBucketFromAMissingObject() {
        Store nowhere = new CachingStore(
                new S3Store("no-such-bucket", "p/", directory, BackupName.FAMILIES), BackupName.FAMILIES);
        for (Executable request : List.<Executable>of(
                () -> nowhere.find("b1"),
                () -> nowhere.readTail("b1", 3),
                () -> nowhere.readTail("b1", 0),
                () -> nowhere.list(name -> true),
                () -> nowhere.fetch("b1", directory))) {
            Failure failure = assertThrows(Failure.class, request);
            assertEquals(Failure.Kind.NOT_FOUND, failure.kind());
            assertEquals("there is no bucket no-such-bucket", failure.getMessage());
        }
        server.answerTo("HEAD /backups$", 403, "AccessDenied");
        assertNull(store.find("b1"), "who may use objects need not be allowed to look at buckets");
        server.answerTo("HEAD /backups$", "");
        assertTrue(assertThrows(Failure.class, () -> store.find("b1"))
                .getMessage()
                .startsWith("cannot look at the bucket backups: "));
        server.answerTo("GET ", S3Server.answer(404, ""));
        assertNull(store.readTail("b1", 3), "a store that does not say what is missing");
        assertEquals(
                Failure.Kind.NOT_FOUND,
                assertThrows(Failure.class, () -> store.fetch("b1", directory)).kind());
    }

    @Test
    void saysWhyADownloadFailed() throws IOException {
        store.publishNew(Files.writeString(store.workingDirectory().resolve("f"), "content"), "b1");
        server.answerTo("GET ", 403, "AccessDenied");
        assertTrue(assertThrows(Failure.class, () -> store.fetch("b1", directory))
                .getMessage()
                .startsWith("cannot download " + store.location("b1") + ": AccessDenied"));
        server.answerTo(null, "");
        assertTrue(assertThrows(Failure.class, () -> store.fetch("b1", directory.resolve("missing")))
                .getMessage()
                .startsWith("cannot download " + store.location("b1") + ": "));
    }

    private Failure notSent(String name, boolean onlyIfNew) throws IOException {
        Path file = Files.writeString(store.workingDirectory().resolve("f"), "content");
        Failure failure = assertThrows(Failure.class, () -> {
            if (onlyIfNew) {
                store.publishNew(file, name);
            } else {
                store.replace(file, name);
            }
        });
        String hint = failure.hint();
        String safe = "the new backup is safe here: ";
        assertEquals("content", Files.readString(Path.of(hint.substring(hint.indexOf(safe) + safe.length()))));
        return failure;
    }

    @Test
    void keepsWhatCouldNotBeSentAndSaysWhereAndWhatIsInTheStore() throws IOException {
        String made = "the backup is made and verified, but ";
        String asItWas = "what is in the store is as it was; ";
        server.refusePuts(true);
        Failure refused = notSent("b1", true);
        assertTrue(
                refused.getMessage()
                        .startsWith(made + "could not be sent to " + store.location("b1") + ": AccessDenied"),
                refused.getMessage());
        assertTrue(refused.hint().contains("PutObject"), refused.hint());
        assertTrue(refused.hint().contains("; " + asItWas), refused.hint());
        server.refusePuts(false);
        server.answerTo("PUT ", 409, "OperationAborted");
        assertTrue(notSent("b1", true).hint().startsWith(asItWas));
        s3.set("aws.maxAttempts", "1");
        store = new CachingStore(
                new S3Store(S3Server.BUCKET, s3.prefix(), directory, BackupName.FAMILIES), BackupName.FAMILIES);
        server.answerTo("(PUT|HEAD) ", 500, "InternalError");
        Failure unknown = notSent("b1", true);
        assertTrue(
                unknown.getMessage()
                        .startsWith(made + "it could not be confirmed that it arrived at " + store.location("b1")),
                unknown.getMessage());
        assertFalse(unknown.hint().contains(asItWas), unknown.hint());
        assertTrue(assertThrows(Failure.class, () -> store.publishNew(directory.resolve("missing"), "b1"))
                .getMessage()
                .startsWith("cannot send " + directory.resolve("missing")));
    }

    /**
     * Under a new name it would be taken for the newest backup; what had the name before is not there any more in
     * either case.
     */
    @Test
    void removesWhatIsNotWhatWasSentIfTheNameIsNew() throws IOException {
        server.answerInTurn("HEAD ", S3Server.answer(404, ""));
        server.answerTo("HEAD ", OTHER);
        Failure failure = notSent("b1", true);
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertTrue(
                failure.hint()
                        .startsWith(
                                "see whether something else writes there; do not count on this object; the new backup"),
                failure.hint());
        assertEquals(List.of(), store.list(name -> true));
        assertEquals(Failure.Kind.CORRUPT, notSent("b2", false).kind());
        assertEquals(
                List.of(),
                store.list(name -> true).stream().map(Store.StoredFile::name).toList(),
                "the one aside was no good either");
        server.answerInTurn(
                "HEAD |POST /backups\\?delete",
                S3Server.answer(404, ""),
                OTHER,
                S3Server.answer(403, "<Error><Code>AccessDenied</Code></Error>"));
        assertEquals(
                Failure.Kind.CORRUPT, notSent("b3", true).kind(), "that it cannot be removed is not what is wrong");
    }

    @Test
    void keepsACacheOfItsOwnThatNobodyElseMayRead() throws IOException {
        Store made = new CachingStore(
                new S3Store(S3Server.BUCKET, s3.prefix() + "a/", directory, BackupName.FAMILIES), BackupName.FAMILIES);
        Path cache = made.workingDirectory();
        assertTrue(cache.getFileName().toString().matches("[0-9a-f]{32}"), cache.toString());
        assertNotEquals(
                cache,
                new CachingStore(
                                new S3Store(S3Server.BUCKET, s3.prefix() + "b/", directory, BackupName.FAMILIES),
                                BackupName.FAMILIES)
                        .workingDirectory());
        made.create();
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(cache)));
        made.create();
        Failure failure = assertThrows(
                Failure.class,
                () -> new CachingStore(
                                new S3Store(
                                        S3Server.BUCKET,
                                        "",
                                        Files.createFile(directory.resolve("file")),
                                        BackupName.FAMILIES),
                                BackupName.FAMILIES)
                        .create());
        assertTrue(failure.getMessage().startsWith("cannot make the cache directory "), failure.getMessage());
    }

    @Test
    void givesLongNamesShortOnesInTheCache() {
        assertEquals("a".repeat(200), SmallFiles.shortName("a".repeat(200)));
        assertEquals("\u00e9".repeat(100), SmallFiles.shortName("\u00e9".repeat(100)));
        assertTrue(SmallFiles.shortName("\u00e9".repeat(100) + "a").matches("\u00e9{91}~[0-9a-f]{16}"));
        assertNotEquals(SmallFiles.shortName("a".repeat(201)), SmallFiles.shortName("a".repeat(202)));
    }

    /** As a whole: the parts and lines are tried one by one in {@link S3UploadTest} and {@link S3DownloadTest}. */
    @Test
    void sendsAndFetchesALargeOneOverABadLine() throws IOException {
        byte[] content = new byte[(16 << 20) + 1];
        new Random(1).nextBytes(content);
        Path file = Files.write(store.workingDirectory().resolve("f"), content);
        server.cut(1, 9_000_000);
        store.publishNew(file, "app-20261122T232233Z.db.gz");
        assertTrue(
                server.requests().stream()
                        .anyMatch(request -> request.startsWith("GET /backups?")
                                && request.contains("prefix=" + s3.prefix().replace("/", "%2F") + "app-")),
                "forgotten uploads of this database");
        server.cutAnswers(2, 1_000_000);
        Path fetched = store.fetch("app-20261122T232233Z.db.gz", Files.createDirectory(directory.resolve("fetched")));
        assertEquals(-1, Files.mismatch(fetched, store.local("app-20261122T232233Z.db.gz")));
        assertEquals(
                3,
                server.requests().stream()
                        .filter(request -> request.startsWith("GET"))
                        .count(),
                "two broken ones, and the rest");
    }
}
