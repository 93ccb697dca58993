package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * With parts of 100,000 bytes, and 150,000 at most copied at once: the last good object stays until a better one is
 * proven.
 */
class S3ReplacementTest {
    private static final int PART = 100_000;
    private static final int AT_ONCE = 150_000;
    private static final int THREE_PARTS = 250_001;

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    @TempDir
    Path directory;

    private S3Client direct;
    private S3Client client;
    private UploadNote note;
    private S3Replacement replacement;
    private final List<String> warnings = new ArrayList<>();
    private String key;
    private String aside;

    @BeforeEach
    void begin() {
        s3.set("aws.maxAttempts", "1");
        direct = s3.server().client();
        client = S3Clients.create();
        key = s3.prefix() + "a b.gz";
        aside = s3.prefix() + S3Store.aside("a b.gz");
        note = new UploadNote(directory, "b", warnings::add);
        direct.putObject(request -> request.bucket(S3Server.BUCKET).key(key), RequestBody.fromString("last good"));
    }

    @AfterEach
    void end() {
        client.close();
        direct.close();
    }

    private String replace(String content) throws IOException {
        replacement = new S3Replacement(
                new S3Key(client, S3Server.BUCKET, key),
                aside,
                note,
                warnings::add,
                new S3Replacement.Limits(PART, AT_ONCE));
        return replacement.replace(Files.writeString(directory.resolve("finished"), content));
    }

    private String held(String of) {
        return direct.getObjectAsBytes(
                        request -> request.bucket(S3Server.BUCKET).key(of))
                .asString(StandardCharsets.ISO_8859_1);
    }

    private List<String> keys() {
        return direct.listObjectsV2(request -> request.bucket(S3Server.BUCKET).prefix(s3.prefix())).contents().stream()
                .map(S3Object::key)
                .sorted()
                .toList();
    }

    private void assertNothingUnfinished() {
        assertEquals(
                0,
                direct.listMultipartUploads(
                                request -> request.bucket(S3Server.BUCKET).prefix(s3.prefix()))
                        .uploads()
                        .size());
        assertNull(note.unfinished());
    }

    private static String content(int bytes) {
        return "0123456789abcde".repeat(bytes / 15 + 1).substring(0, bytes);
    }

    /** In one request, in parts that are copied in one, and in parts that are copied so. */
    @ParameterizedTest
    @ValueSource(ints = {10, PART, PART + 1, AT_ONCE, AT_ONCE + 1, THREE_PARTS})
    void copiesWhatIsProvenAsideAndRemovesIt(int bytes) throws IOException {
        String tag = replace(content(bytes));
        assertEquals(content(bytes), held(key));
        assertEquals(
                direct.headObject(request -> request.bucket(S3Server.BUCKET).key(key))
                        .eTag(),
                tag);
        assertEquals(List.of(key), keys());
        assertTrue(replacement.mayBeWritten());
        assertNothingUnfinished();
    }

    @Test
    void leavesTheLastGoodOneWhereUploadsAreCut() throws IOException {
        s3.server().cutContents(".*");
        Failure failure = assertThrows(Failure.class, () -> replace(content(PART)));
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertFalse(replacement.mayBeWritten());
        assertEquals("last good", held(key));
        assertEquals(List.of(key), keys());
    }

    /** Nothing brings the last good one back; so the new one that was proven has to stay, and to be named. */
    @Test
    void keepsWhatIsAsideWhereACopyIsWrong() throws IOException {
        s3.server().copyWrongly(true);
        Failure failure = assertThrows(Failure.class, () -> replace("content"));
        assertEquals(Failure.Kind.CORRUPT, failure.kind());
        assertEquals(
                "do not count on this object; the new backup is whole beside it and stays there until the next "
                        + "run: s3://"
                        + S3Server.BUCKET + "/" + aside,
                failure.hint());
        assertEquals("content", held(aside));
        assertTrue(replacement.mayBeWritten());
        s3.server().copyWrongly(false);
        replace("another");
        assertEquals("another", held(key));
        assertEquals(List.of(key), keys());
    }

    @ParameterizedTest
    @ValueSource(ints = {10, THREE_PARTS})
    void asksWhatTheKeyHoldsWhenTheAnswerOfACopyIsLost(int bytes) throws IOException {
        s3.server()
                .loseAnswerTo((bytes == 10 ? "PUT" : "POST") + " /" + S3Server.BUCKET + "/" + key.replace(" ", "%20")
                        + (bytes == 10 ? "" : "?uploadId"));
        replace(content(bytes));
        assertEquals(content(bytes), held(key));
        assertEquals(List.of(key), keys());
        assertNothingUnfinished();
    }

    /** S3 answers 200 before it has copied, and may say in the body that it did not. */
    @Test
    void takesNoErrorForACopy() throws IOException {
        s3.server().refuseCopies(200);
        assertThrows(SdkException.class, () -> replace("content"));
        assertEquals("last good", held(key));
        assertEquals("content", held(aside));
        s3.server().refuseCopies(0);
        replace("another");
        assertEquals("another", held(key));
        assertEquals(List.of(key), keys());
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 500, 503})
    void leavesTheLastGoodOneWhereACopyIsRefused(int status) {
        s3.server().refuseCopies(status);
        assertThrows(SdkException.class, () -> replace("content"));
        assertEquals("last good", held(key));
    }

    @ParameterizedTest
    @ValueSource(ints = {405, 501})
    void sendsOnceMoreWhereTheStoreCannotCopyAndKeepsTheOneAsideUntilThatIsProven(int status) throws IOException {
        s3.server().refuseCopies(status);
        for (int bytes : new int[] {10, THREE_PARTS}) {
            replace(content(bytes));
            assertEquals(content(bytes), held(key));
            assertEquals(List.of(key), keys());
            assertNothingUnfinished();
        }
        s3.server().cutContents("b\\.gz$");
        Failure failure = assertThrows(Failure.class, () -> replace("content"));
        assertTrue(failure.hint().endsWith("s3://" + S3Server.BUCKET + "/" + aside), failure.hint());
        assertEquals("content", held(aside));
        assertTrue(replacement.mayBeWritten());
    }

    @Test
    void succeedsWhereNothingMayBeDeleted() throws IOException {
        s3.server().answerTo("DELETE ", 403, "AccessDenied");
        replace("one");
        assertEquals("one", held(key));
        replace("two");
        assertEquals("two", held(key));
        assertEquals(List.of(aside, key).stream().sorted().toList(), keys(), "one name, and no more with each run");
        assertEquals(2, warnings.size(), warnings.toString());
        assertTrue(warnings.get(0).contains(aside) && warnings.get(0).contains("s3:DeleteObject"), warnings.toString());
        s3.server().answerTo(null, "");
        replace("three");
        assertEquals(List.of(key), keys());
    }
}
