package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Descriptors;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

class S3DownloadTest {
    private static final String NOTHING = S3Server.answer(206, "");

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    @TempDir
    Path directory;

    private String put(String content) {
        try (S3Client client = s3.server().client()) {
            return client.putObject(
                            request -> request.bucket(S3Server.BUCKET).key(s3.prefix() + "o"),
                            RequestBody.fromString(content))
                    .eTag();
        }
    }

    private Path download(String eTag, long sizeBytes) throws IOException {
        Path file = directory.resolve("download.gz");
        try (S3Client client = S3Clients.create()) {
            new S3Download(new S3Key(client, S3Server.BUCKET, s3.prefix() + "o"), eTag, sizeBytes).to(file);
        } finally {
            assertEquals(0, Descriptors.of(file));
        }
        return file;
    }

    private String request() {
        return "GET /backups/" + s3.prefix() + "o";
    }

    private long requests() {
        return s3.server().requests().stream()
                .filter(request -> request.equals(request()))
                .count();
    }

    @Test
    void bringsAnObjectIntoANewPrivateFile() throws IOException {
        String content = "content ".repeat(20_000);
        String tag = put(content);
        Path file = download(tag, content.length());
        assertEquals(content, Files.readString(file));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals(1, requests());
        assertThrows(FileAlreadyExistsException.class, () -> download(tag, content.length()));
    }

    @Test
    void asksForNothingOfAnEmptyObject() throws IOException {
        assertEquals(0, Files.size(download("\"tag\"", 0)));
        assertEquals(0, requests());
    }

    @Test
    void goesOnForAsLongAsSomethingArrives() throws IOException {
        String tag = put("0123456789");
        s3.server()
                .answerInTurn(
                        request(),
                        NOTHING,
                        NOTHING,
                        NOTHING,
                        NOTHING,
                        S3Server.answer(206, "012"),
                        NOTHING,
                        NOTHING,
                        NOTHING,
                        NOTHING);
        assertEquals("0123456789", Files.readString(download(tag, 10)));
        assertEquals(10, requests());
    }

    @Test
    void givesUpWhenNothingArrives() {
        s3.server().answerTo(request(), NOTHING);
        assertEquals(
                "nothing arrives",
                assertThrows(EOFException.class, () -> download("\"tag\"", 10)).getMessage());
        assertEquals(5, requests());
    }

    /** With a pause before each further try, and the last error in the end. */
    @Test
    void givesUpWhenItFailsAgainAndAgain() {
        s3.set("aws.maxAttempts", "1");
        s3.server().answerTo(request(), 503, "SlowDown");
        long started = System.nanoTime();
        assertEquals(
                503,
                assertThrows(S3Exception.class, () -> download("\"tag\"", 10)).statusCode());
        assertEquals(5, requests());
        assertTrue(System.nanoTime() - started >= 4 * 200_000_000L);
    }

    @Test
    void asksAgainWhereTheStoreHasAProblemAndNotWhereItRefuses() throws IOException {
        String tag = put("content");
        s3.set("aws.maxAttempts", "1");
        s3.server().answerInTurn(request(), S3Server.answer(503, "<Error><Code>SlowDown</Code></Error>"));
        assertEquals("content", Files.readString(download(tag, 7)));
        Files.delete(directory.resolve("download.gz"));
        assertEquals(2, requests());
        put("another");
        assertEquals(
                412, assertThrows(S3Exception.class, () -> download(tag, 7)).statusCode());
        assertEquals(1, requests());
    }
}
