package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.HexFormat;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/**
 * What a store holds under one key, compared with a file. The server is asked for its checksum, which has to be the one
 * that was computed here (of parts, the one over their checksums); a store that keeps no such checksums answers with
 * its tag, which mostly is the MD5. Where it says nothing of the content (tags of encrypted objects are arbitrary), the
 * object is read back.
 */
final class HeldObject {
    private static final int BUFFER_BYTES = 1 << 16;

    private final S3Client client;
    private final String bucket;
    private final String key;

    HeldObject(S3Key at) {
        this.client = at.client();
        this.bucket = at.bucket();
        this.key = at.key();
    }

    /**
     * @param suffix of a checksum over the checksums of parts
     * @return the tag of the object, empty if it has none
     * @throws Failure of kind CORRUPT if it is not what the file holds
     */
    String confirm(FileChannel content, FilePart.Sums sums, String suffix) throws IOException {
        long sizeBytes = content.size();
        HeadObjectResponse head =
                client.headObject(request -> request.bucket(bucket).key(key).checksumMode(ChecksumMode.ENABLED));
        String eTag = head.eTag() == null ? "" : head.eTag();
        String tag = eTag.replace("\"", "");
        // A store may make another kind of sum when it copies: one over parts cannot be compared with one over
        // everything.
        boolean comparable =
                head.checksumSHA256() != null && head.checksumSHA256().contains("-") == !suffix.isEmpty();
        boolean same = head.contentLength() == sizeBytes
                && (comparable
                        ? head.checksumSHA256().equals(sums.sha256Base64() + suffix)
                        : tag.equals(HexFormat.of().formatHex(sums.md5()) + suffix) || holds(content));
        if (!same) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "what the store holds as s3://" + bucket + "/" + key + " is not what was sent: expected "
                            + sizeBytes + " bytes with SHA-256 " + sums.sha256Base64() + suffix + ", found "
                            + head.contentLength() + " with "
                            + (head.checksumSHA256() == null ? "tag " + tag : head.checksumSHA256()),
                    "see whether something else writes there; do not count on this object");
        }
        return eTag;
    }

    /** Reads the object back. */
    private boolean holds(FileChannel content) throws IOException {
        try (InputStream held =
                        client.getObject(request -> request.bucket(bucket).key(key));
                InputStream wanted = new FilePart(content, 0, content.size()).stream()) {
            byte[] a = new byte[BUFFER_BYTES];
            byte[] b = new byte[BUFFER_BYTES];
            int length;
            boolean same;
            do {
                Interruption.check();
                length = wanted.readNBytes(a, 0, BUFFER_BYTES);
                same = read(held, b) == length && Arrays.equals(a, 0, length, b, 0, length);
            } while (same && length > 0);
            return same;
        }
    }

    /** A line that breaks is one more way in which a store does not answer. */
    private static int read(InputStream held, byte[] buffer) {
        try {
            return held.readNBytes(buffer, 0, buffer.length);
        } catch (IOException e) {
            throw SdkClientException.create("it cannot be read back: " + e.getMessage(), e);
        }
    }
}
