package dev.sqlitebackup.testing;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One object store for all tests of this process, because to start one takes longer than most of them. During a test
 * the SDK's settings lead to it and to nothing else; each test has a prefix to itself, and leaves the line whole.
 */
public final class SharedS3 implements BeforeEachCallback, AfterEachCallback {
    private static final class Lazy {
        static final S3Server SERVER = start();

        private static S3Server start() {
            try {
                return S3Server.startForSmallParts();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }

    private static int tests;
    private final Map<String, String> before = new TreeMap<>();
    private String prefix;

    @Override
    public void beforeEach(ExtensionContext context) {
        prefix = "p" + ++tests + "/";
        Map.of(
                        "aws.endpointUrlS3",
                        server().endpoint(),
                        "aws.region",
                        "us-east-1",
                        "aws.accessKeyId",
                        S3Server.ID,
                        "aws.secretAccessKey",
                        S3Server.SECRET,
                        "aws.disableEc2Metadata",
                        "true",
                        "aws.configFile",
                        "/dev/null",
                        "aws.sharedCredentialsFile",
                        "/dev/null",
                        "aws.maxAttempts",
                        "3")
                .forEach(this::set);
        server().requests();
    }

    /** A setting of the SDK, until the test ends; null for none. */
    public void set(String property, String value) {
        String old = value == null ? System.clearProperty(property) : System.setProperty(property, value);
        before.putIfAbsent(property, old == null ? "" : old);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        before.forEach((property, old) -> {
            if (old.isEmpty()) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, old);
            }
        });
        before.clear();
        server().behave();
    }

    public S3Server server() {
        return Lazy.SERVER;
    }

    /** Of the test that runs, ending with a slash. */
    public String prefix() {
        return prefix;
    }
}
