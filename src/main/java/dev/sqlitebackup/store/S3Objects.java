package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What is under a prefix of an object store, looked at and not changed. A name is a key without the prefix. */
final class S3Objects {
    private static final int NOT_FOUND = 404;
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes \\d+-(\\d+)/(\\d+)");

    private final String bucket;
    private final String prefix;
    private S3Client client;

    /** @param prefix empty, or ending with a slash */
    S3Objects(String bucket, String prefix) {
        this.bucket = bucket;
        this.prefix = prefix;
    }

    /** Made when it is needed first. */
    S3Client client() {
        if (client == null) {
            client = S3Clients.create();
        }
        return client;
    }

    String location(String name) {
        return "s3://" + bucket + "/" + prefix + name;
    }

    private Failure explain(String doing, SdkException e) {
        return S3Clients.explain(doing, bucket, e);
    }

    List<Store.StoredFile> list(Predicate<String> wanted) {
        List<Store.StoredFile> found = new ArrayList<>();
        try {
            String[] next = {null};
            do {
                ListObjectsV2Response page = client().listObjectsV2(request ->
                        request.bucket(bucket).prefix(prefix).delimiter("/").continuationToken(next[0]));
                for (S3Object object : page.contents()) {
                    String name = object.key().startsWith(prefix) ? object.key().substring(prefix.length()) : "";
                    if (!name.isEmpty() && wanted.test(name)) {
                        found.add(new Store.StoredFile(name, object.size(), object.lastModified()));
                    }
                }
                next[0] = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
            } while (next[0] != null);
            return found;
        } catch (SdkException e) {
            throw explain("cannot list " + location(""), e);
        }
    }

    /** @return null if there is no such object */
    HeadObjectResponse head(String name) {
        try {
            return client().headObject(
                            request -> request.bucket(bucket).key(prefix + name).checksumMode(ChecksumMode.ENABLED));
        } catch (S3Exception e) {
            if (isMissing(e)) {
                requireBucket(); // The answer to this request has no body, so it does not say what is missing.
                return null;
            }
            throw explain("cannot look at " + location(name), e);
        } catch (SdkException e) {
            throw explain("cannot look at " + location(name), e);
        }
    }

    private void requireBucket() {
        try {
            client().headBucket(request -> request.bucket(bucket));
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                throw new Failure(
                        Failure.Kind.NOT_FOUND,
                        "there is no bucket " + bucket,
                        "make it first, or see whether AWS_ENDPOINT_URL_S3 and AWS_REGION lead to the right store",
                        e);
            }
            // Whoever may use objects need not be allowed to look at buckets.
        } catch (SdkException e) {
            throw explain("cannot look at the bucket " + bucket, e);
        }
    }

    private static boolean isMissing(S3Exception e) {
        return e.statusCode() == NOT_FOUND
                && (e.awsErrorDetails() == null
                        || !"NoSuchBucket".equals(e.awsErrorDetails().errorCode()));
    }

    /**
     * Whether an object is seen to have this name: some stores do not know the condition under which a new one is sent,
     * and overwrite.
     */
    boolean isTaken(String name) {
        try {
            client().headObject(request -> request.bucket(bucket).key(prefix + name));
            return true;
        } catch (S3Exception e) {
            return false; // Nothing is there, or the store will not say: then it says more to who sends.
        }
    }

    /** @return all of it, null if there is no such object */
    byte[] read(String name) {
        ResponseBytes<GetObjectResponse> answer = get(name, null);
        return answer == null ? null : answer.asByteArray();
    }

    /** @return fewer than {@code maxBytes} if it is shorter, null if there is no such object */
    byte[] readStart(String name, int maxBytes) {
        ResponseBytes<GetObjectResponse> answer = get(name, "bytes=0-" + (maxBytes - 1));
        return answer == null ? null : answer.asByteArray();
    }

    /**
     * Some stores take a range without a start for one from the beginning, and say so, with the size: then they are
     * asked once more, by that.
     *
     * @return fewer than {@code maxBytes} if it is shorter, null if there is no such object
     */
    byte[] readTail(String name, int maxBytes) {
        ResponseBytes<GetObjectResponse> answer = get(name, "bytes=-" + maxBytes);
        Matcher range = CONTENT_RANGE.matcher(
                answer == null || answer.response().contentRange() == null
                        ? ""
                        : answer.response().contentRange());
        if (range.matches()) {
            long lastByte = Long.parseLong(range.group(2)) - 1;
            if (Long.parseLong(range.group(1)) < lastByte) {
                answer = get(name, "bytes=" + Math.max(0, lastByte + 1 - maxBytes) + "-" + lastByte);
            }
        }
        if (answer == null) {
            return null;
        }
        byte[] bytes = answer.asByteArray();
        return Arrays.copyOfRange(bytes, Math.max(0, bytes.length - maxBytes), bytes.length);
    }

    /** @return null if there is no such object; without any content where the range lies behind it */
    private ResponseBytes<GetObjectResponse> get(String name, String range) {
        try {
            return client().getObjectAsBytes(
                            request -> request.bucket(bucket).key(prefix + name).range(range));
        } catch (S3Exception e) {
            if (isMissing(e)) {
                return null;
            }
            if (e.statusCode() == RANGE_NOT_SATISFIABLE) {
                return ResponseBytes.fromByteArray(GetObjectResponse.builder().build(), new byte[0]);
            }
            throw explain("cannot read " + location(name), e);
        } catch (SdkException e) {
            throw explain("cannot read " + location(name), e);
        }
    }
}
