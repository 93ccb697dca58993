package dev.sqlitebackup.store;

import java.time.Instant;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;

/**
 * The name of an object in a bucket, and who reaches it.
 *
 * @param retention how what is sent there is locked, null for not at all
 */
record S3Key(S3Client client, String bucket, String key, S3Retention retention) {
    /** Where nothing is locked. */
    S3Key(S3Client client, String bucket, String key) {
        this(client, bucket, key, null);
    }

    /** Another one in the same bucket, where nothing is locked. */
    S3Key other(String otherKey) {
        return new S3Key(client, bucket, otherKey);
    }

    /** For a request that makes the object; null for none. */
    ObjectLockMode lockMode() {
        return retention == null ? null : retention.mode();
    }

    /** Likewise. */
    Instant lockedUntil() {
        return retention == null ? null : retention.until();
    }
}
