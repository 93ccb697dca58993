package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.spi.scheme.AuthSchemeOption;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.LegacyMd5Plugin;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeParams;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * How the store is reached, and what to say when it is not. Credentials, region, endpoint and retries come from the
 * SDK's own chains (environment, profiles, web identity, instance metadata), as its users expect.
 */
final class S3Clients {
    private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration CLEANING_UP = Duration.ofSeconds(10);
    private static final Duration CLEANING_UP_AFTER_SIGNAL = Duration.ofMillis(700);
    private static final String PATH_STYLE = "SQLITE_BACKUP_S3_PATH_STYLE";

    private static final S3AuthSchemeProvider SCHEMES = S3AuthSchemeProvider.defaultProvider();

    private S3Clients() {}

    /** A client whose calls a signal ends at once. Of what they return, streams are not covered. */
    static S3Client create() {
        return create(System.getenv());
    }

    static S3Client create(Map<String, String> environment) {
        S3Client client = build(
                environment,
                UrlConnectionHttpClient.builder().socketTimeout(SOCKET_TIMEOUT),
                ClientOverrideConfiguration.builder().build());
        return (S3Client) Proxy.newProxyInstance(
                S3Client.class.getClassLoader(), new Class<?>[] {S3Client.class}, (proxy, method, arguments) -> {
                    try {
                        return Interruptible.call(() -> method.invoke(client, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /**
     * One for a last request, which may as well fail: a store that cannot be reached has cost enough time before, and
     * after a signal there is but a moment.
     */
    static S3Client createForCleaningUp() {
        Duration patience = Interruption.isRequested() ? CLEANING_UP_AFTER_SIGNAL : CLEANING_UP;
        return build(
                System.getenv(),
                UrlConnectionHttpClient.builder().connectionTimeout(patience).socketTimeout(patience),
                ClientOverrideConfiguration.builder().apiCallTimeout(patience).build());
    }

    private static S3Client build(
            Map<String, String> environment,
            UrlConnectionHttpClient.Builder http,
            ClientOverrideConfiguration configuration) {
        String endpoint = endpoint(environment);
        boolean ownEndpoint = endpoint != null;
        refuseIfNoAddress(endpoint);
        String pathStyle = environment.get(PATH_STYLE);
        try {
            S3ClientBuilder builder = S3Client.builder()
                    .httpClientBuilder(http)
                    .overrideConfiguration(S3Log.isOn() ? logging(configuration) : configuration)
                    // We send our own SHA-256 and check our own content; many compatible stores refuse what the SDK
                    // would add.
                    .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                    .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                    // Not every store decodes aws-chunked, or reads a sum behind the content: a body is sent as it is,
                    // with its SHA-256 before it.
                    .serviceConfiguration(S3Configuration.builder()
                            .chunkedEncodingEnabled(false)
                            .build())
                    .authSchemeProvider(S3Clients::signingBodies)
                    // Compatible stores seldom have a host name for each bucket.
                    .forcePathStyle(pathStyle == null ? ownEndpoint : Boolean.parseBoolean(pathStyle));
            builder.addPlugin(
                    LegacyMd5Plugin.create()); // Older stores delete several objects only with an MD5 of the list.
            if (ownEndpoint && !hasRegion()) {
                builder.region(Region.US_EAST_1); // Any will do where there are none.
            }
            return builder.build();
        } catch (RuntimeException e) {
            // Whatever the SDK comes upon first where it is told nothing, or something odd in a profile.
            boolean isRegion = !ownEndpoint && !hasRegion();
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "cannot reach an object store: "
                            + (isRegion ? "neither a region nor an endpoint is set" : e.getMessage()),
                    "for Amazon set AWS_REGION; for another store set AWS_ENDPOINT_URL_S3=https://…",
                    e);
        }
    }

    private static ClientOverrideConfiguration logging(ClientOverrideConfiguration configuration) {
        return configuration.toBuilder().addExecutionInterceptor(new S3Log()).build();
    }

    /** Over TLS too, where the SDK would sign only the head. */
    private static List<AuthSchemeOption> signingBodies(S3AuthSchemeParams request) {
        return SCHEMES.resolveAuthScheme(request).stream()
                .map(scheme -> scheme.toBuilder()
                        .putSignerProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, true)
                        .build())
                .toList();
    }

    /** The SDK says of such a one whatever it stumbles over. */
    private static void refuseIfNoAddress(String endpoint) {
        if (endpoint != null && !endpoint.matches("(?i)https?://[^/].*")) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "AWS_ENDPOINT_URL_S3 is '" + endpoint + "', and has to begin with https:// or http://",
                    endpoint.isEmpty()
                            ? "give it the address of the store, or unset it for Amazon's"
                            : "export AWS_ENDPOINT_URL_S3=https://" + endpoint.replaceFirst("^.*://", ""));
        }
    }

    /**
     * In either way in which the SDK itself takes it; as there, the property goes before the variable.
     *
     * @return null where it is not set here; a profile may still set it
     */
    private static String endpoint(Map<String, String> environment) {
        return Stream.of(
                        System.getProperty("aws.endpointUrlS3"),
                        environment.get("AWS_ENDPOINT_URL_S3"),
                        System.getProperty("aws.endpointUrl"),
                        environment.get("AWS_ENDPOINT_URL"))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private static boolean hasRegion() {
        try {
            DefaultAwsRegionProviderChain.builder().build().getRegion();
            return true;
        } catch (SdkClientException e) {
            return false;
        }
    }

    /**
     * Says an error of the store in our words. The SDK's messages name no secrets; of the request only the bucket is
     * added.
     */
    static Failure explain(String doing, String bucket, SdkException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof Failure failure) {
                return failure; // Ours, thrown while a body was read.
            }
        }
        Interruption.check();
        if (e instanceof S3Exception s3) {
            AwsErrorDetails details = s3.awsErrorDetails();
            return details == null || details.errorCode() == null
                    ? withStatus(doing, s3)
                    : withCode(doing, bucket, s3, details);
        }
        boolean credentials = String.valueOf(e.getMessage()).contains("credentials");
        return new Failure(
                Failure.Kind.FAILURE,
                doing + ": " + firstLine(e),
                credentials
                        ? "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (in cron, above the job), or use a profile or "
                                + "role"
                        : "see whether the store can be reached from here, and speaks "
                                + Objects.requireNonNullElse(endpoint(System.getenv()), "https"),
                e);
    }

    private static Failure withStatus(String doing, S3Exception e) {
        return new Failure(
                Failure.Kind.FAILURE,
                doing + ": HTTP status " + e.statusCode(),
                e.statusCode() == 403
                        ? "see whether these credentials may read there, and whether the clock is right"
                        : null,
                e);
    }

    private static Failure withCode(String doing, String bucket, S3Exception e, AwsErrorDetails details) {
        String code = details.errorCode();
        if (code.equals("NoSuchBucket")) {
            return new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no bucket " + bucket,
                    "make it first, or see whether AWS_ENDPOINT_URL_S3 and AWS_REGION lead to the right store",
                    e);
        }
        String hint = switch (code) {
            case "RequestTimeTooSkewed" -> "the clock of this machine is wrong";
            case "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken" ->
                "see AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile";
            case "AccessDenied" ->
                "these credentials need s3:ListBucket, GetObject, PutObject, DeleteObject and "
                        + "AbortMultipartUpload there; for --object-lock PutObjectRetention too";
            case "InvalidObjectState" ->
                "it is archived, and has to be brought back first: aws s3api restore-object --bucket " + bucket
                        + " --key … --restore-request Days=7";
            default -> e.statusCode() / 100 == 5 ? "the store has a problem: try again later" : null;
        };
        String message = details.errorMessage();
        return new Failure(
                Failure.Kind.FAILURE, doing + ": " + code + (message == null ? "" : ", " + message), hint, e);
    }

    /** The SDK tells all it has tried in one line of many sentences. */
    private static String firstLine(SdkException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return "the host " + cause.getMessage() + " is not known";
            }
        }
        return String.valueOf(e.getMessage())
                .replaceFirst("(?s)( in the chain AwsCredentialsProviderChain\\(|: \\[).*", "");
    }
}
