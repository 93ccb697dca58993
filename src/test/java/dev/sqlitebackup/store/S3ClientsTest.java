package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import dev.sqlitebackup.testing.Tools;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.NoSuchBucketException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;

class S3ClientsTest {
    /** Of the word content. */
    private static final String SHA256_HEX = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73";

    private static final String SHA256_BASE64 = "7XACtDnprIRfIjV9giusFERzD722AW0+yUMil7nsn3M=";
    private static final String ENDPOINT = "http://store.example:9000";

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    private static String url(Map<String, String> environment) {
        try (S3Client client = S3Clients.create(environment)) {
            return client.utilities()
                    .getUrl(request -> request.bucket("bucket").key("k"))
                    .toString();
        }
    }

    private static Region region() {
        try (S3Client client = S3Clients.create(Map.of())) {
            return client.serviceClientConfiguration().region();
        }
    }

    @Test
    void namesTheBucketInTheHostAtAmazonAndInThePathElsewhere() {
        s3.set("aws.endpointUrlS3", null);
        String atAmazon = "https://bucket.s3.amazonaws.com/k";
        String byPath = "https://s3.amazonaws.com/bucket/k";
        assertEquals(atAmazon, url(Map.of()));
        assertTrue(assertThrows(Failure.class, () -> url(Map.of("AWS_ENDPOINT_URL_S3", "")))
                .hint()
                .contains("unset it"));
        assertEquals(byPath, url(Map.of("AWS_ENDPOINT_URL_S3", ENDPOINT)));
        assertEquals(byPath, url(Map.of("AWS_ENDPOINT_URL", ENDPOINT)));
        assertEquals(byPath, url(Map.of("SQLITE_BACKUP_S3_PATH_STYLE", "true")));
    }

    /**
     * Not every store decodes chunks, takes a body that is not signed, or deletes without an MD5; over TLS the SDK
     * would leave that to the line.
     */
    @ParameterizedTest
    @ValueSource(strings = {"http", "https"})
    void sendsBodiesAsTheyAreAndSigned(String scheme, @TempDir Path directory) throws Exception {
        List<Headers> heard = new ArrayList<>();
        HttpServer store = server(scheme, directory);
        store.createContext("/", exchange -> {
            assertEquals(
                    "content",
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.US_ASCII)
                            .replaceFirst("<.*", "content"));
            heard.add(exchange.getRequestHeaders());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        store.start();
        s3.set(
                "aws.endpointUrlS3",
                scheme + "://127.0.0.1:" + store.getAddress().getPort());
        try (S3Client client = S3Clients.create(Map.of("AWS_ENDPOINT_URL_S3", ENDPOINT))) {
            client.putObject(
                    request -> request.bucket("b").key("k").checksumSHA256(SHA256_BASE64),
                    RequestBody.fromString("content"));
            client.uploadPart(
                    request -> request.bucket("b")
                            .key("k")
                            .uploadId("u")
                            .partNumber(1)
                            .checksumSHA256(SHA256_BASE64),
                    RequestBody.fromString("content"));
            client.deleteObjects(request -> request.bucket("b")
                    .delete(Delete.builder()
                            .objects(ObjectIdentifier.builder().key("k").build())
                            .build()));
        } finally {
            store.stop(0);
        }
        for (Headers headers : heard.subList(0, 2)) {
            assertEquals(SHA256_HEX, headers.getFirst("x-amz-content-sha256"));
            assertEquals(SHA256_BASE64, headers.getFirst("x-amz-checksum-sha256"));
        }
        for (Headers headers : heard) {
            assertTrue(
                    headers.getFirst("x-amz-content-sha256").matches("[0-9a-f]{64}"),
                    headers.getFirst("x-amz-content-sha256"));
            for (String header :
                    List.of("Content-Encoding", "Transfer-Encoding", "x-amz-trailer", "x-amz-decoded-content-length")) {
                assertNull(headers.getFirst(header), header);
            }
        }
        assertEquals(3, heard.size());
        assertTrue(heard.get(2).containsKey("Content-MD5"));
    }

    private HttpServer server(String scheme, Path directory) throws Exception {
        InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        if (scheme.equals("http")) {
            return HttpServer.create(anyPort, 0);
        }
        Path keys = directory.resolve("keys.p12");
        String password = "changeit";
        Tools.run(List.of(
                        System.getProperty("java.home") + "/bin/keytool",
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=test",
                        "-ext",
                        "SAN=ip:127.0.0.1",
                        "-keystore",
                        keys.toString(),
                        "-storepass",
                        password))
                .ok();
        KeyStore store = KeyStore.getInstance(keys.toFile(), password.toCharArray());
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, password.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        HttpsServer server = HttpsServer.create(anyPort, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        s3.set("javax.net.ssl.trustStore", keys.toString());
        s3.set("javax.net.ssl.trustStorePassword", password);
        return server;
    }

    @ParameterizedTest
    @ValueSource(strings = {"aws.endpointUrlS3", "aws.endpointUrl"})
    void takesAnEndpointAsAPropertyToo(String property) {
        s3.set("aws.endpointUrlS3", null);
        s3.set(property, ENDPOINT);
        assertEquals(ENDPOINT + "/bucket/k", url(Map.of()));
        assertEquals("http://bucket.store.example:9000/k", url(Map.of("SQLITE_BACKUP_S3_PATH_STYLE", "false")));
    }

    @Test
    void needsARegionAtAmazonOnly() {
        s3.set("aws.region", "eu-central-1");
        assertEquals(Region.EU_CENTRAL_1, region());
        s3.set("aws.region", null);
        assertEquals(Region.US_EAST_1, region());
        s3.set("aws.endpointUrlS3", null);
        Failure failure = assertThrows(Failure.class, S3ClientsTest::region);
        assertTrue(
                failure.getMessage().startsWith("cannot reach an object store: ")
                        && failure.hint().contains("AWS_REGION"),
                failure.getMessage());
    }

    @Test
    void saysWhatAnEndpointHasToLookLike() {
        s3.set("aws.endpointUrlS3", "notaurl");
        Failure failure = assertThrows(Failure.class, () -> url(Map.of()));
        assertEquals(Failure.Kind.FAILURE, failure.kind());
        assertEquals("export AWS_ENDPOINT_URL_S3=https://notaurl", failure.hint());
    }

    @Test
    void throwsWhatTheSdkThrows() {
        try (S3Client client = S3Clients.create()) {
            assertThrows(
                    NoSuchBucketException.class, () -> client.headBucket(request -> request.bucket("no-such-bucket")));
            client.headBucket(request -> request.bucket(S3Server.BUCKET));
        }
    }

    private static S3Exception refused(int status, String code, String message) {
        return (S3Exception) S3Exception.builder()
                .statusCode(status)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode(code)
                        .errorMessage(message)
                        .build())
                .build();
    }

    private static Failure explained(SdkException e) {
        Failure failure = S3Clients.explain("cannot list s3://b/p/", "b", e);
        assertSame(e, failure.getCause());
        return failure;
    }

    @Test
    void saysWhatToDoAboutWhatTheStoreRefuses() {
        Failure bucket = explained(refused(404, "NoSuchBucket", "x"));
        assertEquals(Failure.Kind.NOT_FOUND, bucket.kind());
        assertEquals("there is no bucket b", bucket.getMessage());
        Map.of(
                        "RequestTimeTooSkewed",
                        "clock",
                        "InvalidAccessKeyId",
                        "AWS_ACCESS_KEY_ID",
                        "SignatureDoesNotMatch",
                        "AWS_SECRET_ACCESS_KEY",
                        "ExpiredToken",
                        "AWS_ACCESS_KEY_ID",
                        "InvalidToken",
                        "profile",
                        "AccessDenied",
                        "s3:ListBucket")
                .forEach((code, hint) -> {
                    Failure failure = explained(refused(403, code, "in the store's words"));
                    assertEquals("cannot list s3://b/p/: " + code + ", in the store's words", failure.getMessage());
                    assertTrue(failure.hint().contains(hint), failure.hint());
                });
        assertTrue(explained(refused(503, "SlowDown", "x")).hint().contains("try again later"));
        assertNull(explained(refused(409, "OperationAborted", "x")).hint());
        assertEquals(
                "cannot list s3://b/p/: SlowDown",
                explained(refused(503, "SlowDown", null)).getMessage());
    }

    @Test
    void saysTheStatusOfAnAnswerWithoutWords() {
        for (S3Exception silent : new S3Exception[] {
            refused(403, null, null),
            (S3Exception) S3Exception.builder().statusCode(403).build()
        }) {
            Failure failure = explained(silent);
            assertEquals("cannot list s3://b/p/: HTTP status 403", failure.getMessage());
            assertTrue(failure.hint().contains("credentials") && failure.hint().contains("clock"), failure.hint());
        }
        assertNull(explained(refused(400, null, null)).hint());
    }

    @Test
    void saysWhyTheStoreCouldNotBeAsked() {
        Failure none =
                explained(SdkClientException.create("Unable to load credentials from any of the providers in the chain "
                        + "AwsCredentialsProviderChain(a, b) : [a: no, b: no]"));
        assertEquals("cannot list s3://b/p/: Unable to load credentials from any of the providers", none.getMessage());
        assertTrue(none.hint().contains("AWS_ACCESS_KEY_ID"), none.hint());
        Failure refused = explained(SdkClientException.create("Connection refused"));
        assertEquals("cannot list s3://b/p/: Connection refused", refused.getMessage());
        assertTrue(refused.hint().contains("can be reached"), refused.hint());
    }

    @Test
    void doesNotHideAFailureOfOursBehindOneOfTheSdk() {
        Failure ours = new Failure(Failure.Kind.INTERRUPTED, "interrupted");
        assertSame(
                ours,
                S3Clients.explain(
                        "cannot list",
                        "b",
                        SdkClientException.create("wrapped", SdkClientException.create("twice", ours))));
    }
}
