package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.testing.BreakingChannel;
import dev.sqlitebackup.testing.Descriptors;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** With parts of 100,000 bytes. */
class S3UploadTest {
    private static final int PART = 100_000;
    private static final int THREE_PARTS = 250_001;
    private static final String REFUSED = "<Error><Code>AccessDenied</Code></Error>";

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    @TempDir
    Path directory;

    private S3Client direct;
    private S3Client client;
    private UploadNote note;
    private final List<String> warnings = new ArrayList<>();
    private S3Upload upload;
    private String key;

    @BeforeEach
    void begin() {
        direct = s3.server().client();
        client = S3Clients.create();
        key = s3.prefix() + "app-1.gz";
        note = new UploadNote(directory, "app", warnings::add);
        next();
    }

    @AfterEach
    void end() {
        client.close();
        direct.close();
    }

    /** Without the SDK's own retries. */
    private void askOnce() {
        s3.set("aws.maxAttempts", "1");
        client.close();
        client = S3Clients.create();
        next();
    }

    private void next() {
        upload = new S3Upload(new S3Key(client, S3Server.BUCKET, key), s3.prefix() + "app-", note, PART);
    }

    /** Of letters, so that a test can answer with it. */
    private static String content(int bytes) {
        StringBuilder content = new StringBuilder();
        for (int i = 0; content.length() < bytes; i++) {
            content.append(i).append(' ');
        }
        return content.substring(0, bytes);
    }

    private Path file(String content) throws IOException {
        return Files.writeString(directory.resolve("finished"), content);
    }

    private String send(String content, boolean onlyIfNew) throws IOException {
        Path file = file(content);
        try {
            return upload.send(file, onlyIfNew);
        } finally {
            assertEquals(0, Descriptors.of(file));
        }
    }

    private String held() {
        return direct.getObjectAsBytes(
                        request -> request.bucket(S3Server.BUCKET).key(key))
                .asString(StandardCharsets.ISO_8859_1);
    }

    private String tag() {
        return direct.headObject(request -> request.bucket(S3Server.BUCKET).key(key))
                .eTag();
    }

    private void put(String content) {
        direct.putObject(request -> request.bucket(S3Server.BUCKET).key(key), RequestBody.fromString(content));
    }

    private long unfinished() {
        return direct.listMultipartUploads(
                        request -> request.bucket(S3Server.BUCKET).prefix(s3.prefix()))
                .uploads()
                .size();
    }

    /** Requests since the last call whose method and path match. */
    private List<String> heard(String request) {
        Pattern pattern = Pattern.compile(request);
        return s3.server().requests().stream()
                .filter(heard -> pattern.matcher(heard).lookingAt())
                .toList();
    }

    @Test
    void sendsAFileOfOnePartInOneRequest() throws IOException {
        String tag = send(content(PART), true);
        assertEquals(2, heard("(PUT|POST|HEAD|GET|DELETE) ").size(), "the content, and what the store says of it");
        assertEquals(tag(), tag);
        assertEquals(content(PART), held());
        assertTrue(upload.mayBeWritten());
    }

    @ParameterizedTest
    @ValueSource(ints = {PART + 1, 2 * PART, THREE_PARTS})
    void sendsALargerOneInParts(int bytes) throws IOException {
        String tag = send(content(bytes), true);
        List<String> parts = heard("PUT |DELETE ");
        assertEquals((bytes + PART - 1) / PART, parts.size(), parts.toString());
        assertEquals(tag(), tag);
        assertEquals(content(bytes), held());
        assertNull(note.unfinished());
        assertEquals(0, unfinished());
    }

    @ParameterizedTest
    @ValueSource(ints = {10, THREE_PARTS})
    void leavesAnObjectThatHasTheKeyAlreadyOrReplacesIt(int bytes) throws IOException {
        put("another");
        assertNull(send(content(bytes), true));
        assertFalse(upload.mayBeWritten());
        assertEquals("another", held());
        assertNull(note.unfinished());
        assertEquals(0, unfinished());
        next();
        assertNotNull(send(content(bytes), false));
        assertEquals(content(bytes), held());
    }

    @ParameterizedTest
    @ValueSource(ints = {10, THREE_PARTS})
    void looksBeforeItSendsWhereTheStoreKnowsNoConditions(int bytes) throws IOException {
        s3.server().refuseConditions(true);
        assertNotNull(send(content(bytes), true));
        assertEquals(content(bytes), held());
        put("another");
        next();
        assertNull(send(content(bytes), true));
        assertEquals("another", held());
        assertEquals(0, unfinished());
        s3.server().answerTo("HEAD ", 403, "AccessDenied");
        next();
        assertEquals(
                403,
                assertThrows(S3Exception.class, () -> send(content(bytes), true))
                        .statusCode(),
                "who cannot look does not send");
        assertEquals("another", held());
    }

    @Test
    void takesNoOtherRefusalForATakenKey() throws IOException {
        put("another");
        s3.server().answerTo("PUT ", 501, "NotImplemented");
        assertEquals(
                501,
                assertThrows(S3Exception.class, () -> send("content", false)).statusCode());
        s3.server().answerTo("PUT ", 412, "PreconditionFailed");
        assertEquals(
                412,
                assertThrows(S3Exception.class, () -> send("content", false)).statusCode());
        s3.server().answerTo("PUT ", 409, "OperationAborted");
        assertEquals(
                409,
                assertThrows(S3Exception.class, () -> send("content", true)).statusCode());
        assertFalse(upload.mayBeWritten());
    }

    /** The SDK asks again, and is told that the key is taken, or that there is no such upload: by what was sent. */
    @ParameterizedTest
    @ValueSource(ints = {10, THREE_PARTS})
    void knowsItsOwnObjectWhenTheAnswerGotLost(int bytes) throws IOException {
        s3.server().loseAnswerTo(bytes == 10 ? "PUT /backups/" + key : "POST /backups/" + key + "?uploadId");
        String tag = send(content(bytes), true);
        assertEquals(tag(), tag);
        assertTrue(upload.mayBeWritten());
        assertNull(note.unfinished());
        assertEquals(content(bytes), held());
        assertEquals(List.of(), heard("DELETE "));
    }

    @Test
    void saysWhetherAnythingMayHaveArrived() throws IOException {
        String put = "PUT /backups/" + key;
        askOnce();
        record Case(String put, String head, boolean mayBeWritten) {}
        String problem = S3Server.answer(500, "<Error><Code>InternalError</Code></Error>");
        String refused = S3Server.answer(403, REFUSED);
        for (Case tried : List.of(
                new Case(problem, problem, true),
                new Case(problem, "", true),
                new Case("", "", true),
                new Case(refused, problem, false),
                new Case(refused, "", false))) {
            next();
            s3.server().answerInTurn(put, tried.put);
            s3.server().answerTo("HEAD /backups/" + key, tried.head);
            assertThrows(SdkException.class, () -> send("content", true));
            assertEquals(tried.mayBeWritten, upload.mayBeWritten(), tried.toString());
        }
        s3.server().answerTo(null, "");
        next();
        s3.server().answerInTurn(put, problem);
        assertEquals(
                500,
                assertThrows(S3Exception.class, () -> send("content", true)).statusCode());
        assertFalse(upload.mayBeWritten(), "the store says that there is none");
        put("another");
        next();
        s3.server().answerInTurn(put, problem);
        assertEquals(
                500,
                assertThrows(S3Exception.class, () -> send("content", true)).statusCode(),
                "that another is there is no damage");
    }

    @Test
    void nothingArrivesWithoutAConnection() {
        assertFalse(S3Upload.mayHaveArrived(SdkClientException.create("x", new IOException(new ConnectException()))));
        assertFalse(S3Upload.mayHaveArrived(SdkClientException.create("x", new UnknownHostException())));
        assertTrue(S3Upload.mayHaveArrived(SdkClientException.create("x", new IOException())));
        assertFalse(S3Upload.mayHaveArrived(
                (SdkException) S3Exception.builder().statusCode(400).build()));
        assertTrue(S3Upload.mayHaveArrived(
                (SdkException) S3Exception.builder().statusCode(500).build()));
    }

    private static String head(int bytes, String more) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + bytes + "\r\n" + more + "Connection: close\r\n\r\n";
    }

    private void answerHead(String answer) {
        s3.server().answerTo("HEAD /backups/" + key, answer);
    }

    private static byte[] md5(byte[] content) {
        try {
            return MessageDigest.getInstance("MD5").digest(content);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void believesTheTagOfAStoreThatKeepsNoSums() throws IOException {
        String tag = "\"" + HexFormat.of().formatHex(md5("content".getBytes(StandardCharsets.US_ASCII))) + "\"";
        answerHead(head(7, "ETag: " + tag + "\r\n"));
        assertEquals(tag, send("content", true));
        assertEquals(List.of(), heard("GET "), "no need to read it back");
    }

    /** The tag of parts is the MD5 of their MD5s, and their number. */
    @Test
    void believesTheTagOfParts() throws IOException {
        byte[] bytes = content(PART + 1).getBytes(StandardCharsets.US_ASCII);
        byte[] both = Arrays.copyOf(md5(Arrays.copyOf(bytes, PART)), 32);
        System.arraycopy(md5(Arrays.copyOfRange(bytes, PART, PART + 1)), 0, both, 16, 16);
        String tag = "\"" + HexFormat.of().formatHex(md5(both)) + "-2\"";
        answerHead(head(PART + 1, "ETag: " + tag + "\r\n"));
        assertEquals(tag, send(content(PART + 1), true));
        assertEquals(List.of(), heard("GET /backups/" + key));
    }

    @Test
    void readsBackWhatTheStoreSaysNothingOf() throws IOException {
        answerHead(head(PART, "ETag: \"arbitrary\"\r\n"));
        assertEquals("\"arbitrary\"", send(content(PART), true));
        assertEquals(1, heard("GET /backups/" + key).size());
        answerHead(head(PART, ""));
        assertEquals("", send(content(PART), false), "an object without a tag is there nevertheless");
    }

    @Test
    void doesNotBelieveAnotherObject() throws IOException {
        String content = content(PART);
        answerHead(head(PART, "ETag: \"arbitrary\"\r\n"));
        for (String other : List.of(
                content.substring(0, PART - 1) + "x",
                content + "x",
                content.substring(0, PART - 1),
                content.substring(0, 1 << 16))) {
            s3.server().answerInTurn("GET /backups/" + key, S3Server.answer(200, other));
            Failure failure = assertThrows(Failure.class, () -> send(content, false));
            assertEquals(Failure.Kind.CORRUPT, failure.kind());
            assertTrue(failure.getMessage().endsWith(", found " + PART + " with tag arbitrary"), failure.getMessage());
        }
        answerHead(head(PART, "ETag: \"t\"\r\nx-amz-checksum-sha256: bm90IHdoYXQgd2FzIHNlbnQ=\r\n"));
        Failure failure = assertThrows(Failure.class, () -> send(content, false));
        assertTrue(
                failure.getMessage()
                        .startsWith("what the store holds as s3://backups/" + key + " is not what was sent: expected "
                                + PART + " bytes with SHA-256 "),
                failure.getMessage());
        assertTrue(
                failure.getMessage().endsWith(", found " + PART + " with bm90IHdoYXQgd2FzIHNlbnQ="),
                failure.getMessage());
        assertTrue(upload.mayBeWritten());
        answerHead(head(
                PART - 1,
                "ETag: \"" + HexFormat.of().formatHex(md5(content.getBytes(StandardCharsets.US_ASCII))) + "\"\r\n"));
        assertTrue(
                assertThrows(Failure.class, () -> send(content, false))
                        .getMessage()
                        .contains(", found " + (PART - 1) + " with tag "),
                "of another size");
    }

    @Test
    void cannotTellWhatAStoreHoldsThatBreaksOffWhileItIsReadBack() throws IOException {
        s3.server().sayNothingOfContents(true);
        s3.server().cutAnswers(9, 20_000);
        String message = assertThrows(SdkException.class, () -> send(content(PART), true))
                .getMessage();
        assertTrue(message.startsWith("it cannot be read back: "), message);
        assertTrue(upload.mayBeWritten());
        assertEquals(content(PART), held());
    }

    private String beginUpload() {
        String id = direct.createMultipartUpload(
                        request -> request.bucket(S3Server.BUCKET).key(key))
                .uploadId();
        note.begin(key, id);
        return id;
    }

    @Test
    void takesBackTheUploadThatAKilledRunHasBegun() throws IOException {
        beginUpload();
        assertNotNull(send("content", true));
        assertEquals(0, unfinished());
        assertNull(note.unfinished());
    }

    @Test
    void takesTheTimeThatAStoreNeedsToTakeAnUploadBack() throws IOException {
        beginUpload();
        s3.server().delay(1, 1500);
        assertNotNull(send("content", true));
        assertNull(note.unfinished());
    }

    @Test
    void forgetsAnUploadThatTheStoreDoesNotKnow() throws IOException {
        note.begin(key, "gone");
        s3.server().answerTo("DELETE ", 404, "NoSuchUpload");
        assertNotNull(send("content", true));
        assertNull(note.unfinished());
    }

    @Test
    void remembersAnUploadThatCouldNotBeTakenBack() throws IOException {
        String id = beginUpload();
        for (String answer : List.of(S3Server.answer(403, REFUSED), "")) {
            s3.server().answerTo("DELETE ", answer);
            assertNotNull(send("content", false), "that keeps nothing from being sent");
            assertEquals(1, warnings.size(), "a refusal is for who gives rights: " + warnings);
            assertTrue(warnings.get(0).contains("s3:AbortMultipartUpload"), warnings.get(0));
            assertEquals(new UploadNote.Upload(key, id), note.unfinished());
        }
        s3.server().answerTo(null, "");
        send("content", false);
        assertEquals(0, unfinished());
    }

    @Test
    void takesBackItsOwnUploadWhenAPartIsRefused() throws IOException {
        s3.server().answerTo("PUT .*partNumber=2", 403, "AccessDenied");
        assertThrows(S3Exception.class, () -> send(content(THREE_PARTS), true));
        assertFalse(upload.mayBeWritten());
        assertEquals(0, unfinished());
        assertNull(note.unfinished());
        s3.server().answerTo("PUT .*partNumber=2|DELETE ", 403, "AccessDenied");
        assertThrows(S3Exception.class, () -> send(content(THREE_PARTS), true));
        assertEquals(key, note.unfinished().key(), "the next run takes it back");
        s3.server().answerTo(null, "");
        send(content(THREE_PARTS), true);
        assertEquals(0, unfinished());
    }

    /**
     * Whether it was the last request that arrived is known only later: what may have become an object is left alone.
     */
    @Test
    void doesNotTakeBackAnUploadThatMayHaveEnded() throws IOException {
        askOnce();
        s3.server().answerTo("(POST .*uploadId=|HEAD )", 500, "InternalError");
        assertThrows(S3Exception.class, () -> send(content(THREE_PARTS), true));
        assertTrue(upload.mayBeWritten());
        assertEquals(List.of(), heard("DELETE "));
        assertEquals(key, note.unfinished().key());
    }

    @Test
    void takesBackWhatWasForgottenADayAgo() throws IOException {
        Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        String uploads = "<Upload><Key>k1</Key><UploadId>OLD</UploadId><Initiated>" + now.minusSeconds(90_000)
                + "</Initiated></Upload>" + "<Upload><Key>k2</Key><UploadId>YOUNG</UploadId><Initiated>"
                + now.minusSeconds(80_000)
                + "</Initiated></Upload><Upload><Key>k3</Key><UploadId>UNDATED</UploadId></Upload>";
        s3.server()
                .answerInTurn(
                        "GET /backups\\?",
                        S3Server.answer(
                                200, "<ListMultipartUploadsResult>" + uploads + "</ListMultipartUploadsResult>"));
        assertNotNull(send(content(PART + 1), true));
        List<String> heard = heard("DELETE |GET ");
        assertEquals(2, heard.size(), heard.toString());
        assertTrue(
                heard.get(0).contains("prefix=" + s3.prefix().replace("/", "%2F") + "app-"),
                "of this database only: " + heard);
        assertEquals("DELETE /backups/k1?uploadId=OLD", heard.get(1));
    }

    @Test
    void sendsAlsoWhereUploadsCannotBeListed() throws IOException {
        s3.server().answerTo("GET /backups\\?", 403, "AccessDenied");
        assertNotNull(send(content(PART + 1), true));
    }

    @Test
    void makesNoMorePartsThanS3Takes() {
        long mebibyte = 1 << 20;
        assertEquals(16 * mebibyte, S3Upload.partBytes(9_000 * 16 * mebibyte - 1, 16 * mebibyte));
        for (long sizeBytes : new long[] {9_000 * 16 * mebibyte, 9_000 * 16 * mebibyte + 1, 1L << 38, 5L << 40}) {
            long partBytes = S3Upload.partBytes(sizeBytes, 16 * mebibyte);
            long parts = (sizeBytes + partBytes - 1) / partBytes;
            assertTrue(parts > 8_950 && parts <= 9_000, sizeBytes + " bytes in " + parts + " parts");
            assertEquals(0, partBytes % (1 << 16));
        }
    }

    @Test
    void readsAPartOfAFileHoweverSlowlyTheDiskGivesIt() throws IOException {
        byte[] bytes = new byte[256 * 3];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        Path file = Files.write(directory.resolve("finished"), bytes);
        try (FileChannel slow = new BreakingChannel(file, 7, Long.MAX_VALUE)) {
            byte[] part = Arrays.copyOfRange(bytes, 100, 400);
            assertArrayEquals(part, new FilePart(slow, 100, 300).stream().readAllBytes());
            InputStream one = new FilePart(slow, 100, 300).stream();
            for (byte expected : part) {
                assertEquals(expected & 0xff, one.read());
            }
            assertEquals(-1, one.read());
            assertEquals(-1, one.read(new byte[1], 0, 1));
            assertArrayEquals(md5(part), new FilePart(slow, 100, 300).sums().md5());
            assertArrayEquals(
                    Digests.sha256().digest(part),
                    new FilePart(slow, 100, 300).sums().sha256());
            assertEquals(
                    "it has become shorter",
                    assertThrows(IOException.class, () -> new FilePart(slow, 100, bytes.length).sums())
                            .getMessage());
            assertArrayEquals(
                    Arrays.copyOfRange(bytes, 700, bytes.length),
                    new FilePart(slow, 700, 1000).stream().readAllBytes());
        }
    }
}
