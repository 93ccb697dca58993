package dev.sqlitebackup.store;

import software.amazon.awssdk.services.s3.S3Client;

/** The name of an object in a bucket, and who reaches it. */
record S3Key(S3Client client, String bucket, String key) {
    /** Another one in the same bucket. */
    S3Key other(String otherKey) {
        return new S3Key(client, bucket, otherKey);
    }
}
