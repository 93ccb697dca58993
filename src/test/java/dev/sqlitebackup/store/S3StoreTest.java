package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.sqlitebackup.testing.S3Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

class S3StoreTest extends StoreContract {
    private static S3Server server;
    private static int prefixes;
    private Store store;

    @BeforeAll
    static void startServer() throws Exception {
        server = S3Server.start();
        settings().forEach(System::setProperty);
    }

    @AfterAll
    static void stopServer() {
        settings().keySet().forEach(System::clearProperty);
        server.close();
    }

    private static Map<String, String> settings() {
        return Map.of("aws.endpointUrlS3", server.endpoint(), "aws.region", "us-east-1", "aws.accessKeyId", S3Server.ID, "aws.secretAccessKey", S3Server.SECRET,
                "aws.disableEc2Metadata", "true");
    }

    @BeforeEach
    void choosePrefix() throws IOException {
        store = new S3Store(S3Server.BUCKET, "p" + ++prefixes + "/", directory);
        Files.createDirectories(store.workingDirectory());
    }

    @AfterEach
    void letTheLineBeWhole() {
        server.cut(0, 0);
        server.answer(0, 200, "");
        server.requests();
    }

    @Override
    Store store() {
        return store;
    }

    @Test
    void looksNeitherIntoOtherPrefixesNorDeeper() {
        try (S3Client client = server.client()) {
            String prefix = store.place().substring(("s3://" + S3Server.BUCKET + "/").length());
            for (String key : List.of("b0", prefix + "deeper/b0", prefix + "b1")) {
                client.putObject(request -> request.bucket(S3Server.BUCKET).key(key), RequestBody.fromString("x"));
            }
        }
        assertEquals(List.of("b1"), store.list(name -> name.startsWith("b")).stream().map(Store.StoredFile::name).toList());
        assertEquals("s3://" + S3Server.BUCKET + "/p" + prefixes + "/b1", store.location("b1"));
    }

    @Test
    void hasTheLastThatWasSentWithoutADownloadAsLongAsTheObjectIsTheSame() throws IOException {
        Path file = Files.writeString(store.workingDirectory().resolve("f"), "content");
        store.publishNew(file, "b1");
        server.requests();
        assertEquals("content", Files.readString(store.local("b1")));
        assertEquals(0, server.requests().stream().filter(request -> request.startsWith("GET")).count());
        try (S3Client client = server.client()) {
            client.putObject(request -> request.bucket(S3Server.BUCKET).key("p" + prefixes + "/b1"), RequestBody.fromString("CONTENT"));
        }
        assertNull(store.local("b1"));
        assertNull(store.local("b2"));
    }

    @Test
    void deletesThousandsInAFewRequests() {
        store.delete(IntStream.range(0, 2_500).mapToObj(i -> "b" + i).toList());
        assertEquals(3, server.requests().size());
    }

    @Test
    void goesOnAfterABrokenDownload() throws IOException {
        byte[] content = new byte[3_000_000];
        new java.util.Random(1).nextBytes(content);
        Path file = Files.write(store.workingDirectory().resolve("f"), content);
        store.publishNew(file, "b1");
        server.cutAnswers(2, 1_000_000);
        Path fetched = store.fetch("b1", Files.createDirectory(directory.resolve("fetched")));
        assertEquals(-1, Files.mismatch(fetched, Files.write(directory.resolve("expected"), content)));
        assertEquals(3, server.requests().stream().filter(request -> request.startsWith("GET")).count(), "two broken ones, and the rest");
    }
}
