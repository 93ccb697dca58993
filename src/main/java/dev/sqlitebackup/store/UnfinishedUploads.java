package dev.sqlitebackup.store;

import java.time.Duration;
import java.time.Instant;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Uploads in parts that did not come to their end: nobody sees them, and they cost money until they are taken back. */
final class UnfinishedUploads {
    /** No upload takes so long. */
    private static final Duration FORGOTTEN = Duration.ofDays(1);

    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;

    private final S3Client client;
    private final String bucket;
    private final String family;
    private final UploadNote note;

    /** @param family what the keys of all backups of this database begin with */
    UnfinishedUploads(S3Key family, UploadNote note) {
        this.client = family.client();
        this.bucket = family.bucket();
        this.family = family.key();
        this.note = note;
    }

    /** What a killed run has begun costs money until it is taken back. */
    void abortNoted() {
        UploadNote.Upload noted = note.unfinished();
        if (noted != null) {
            abort(noted.key(), noted.uploadId());
        }
    }

    /** Where the note was lost with the cache, as in a container, age tells. */
    void abortForgotten() {
        try {
            for (MultipartUpload upload : client.listMultipartUploads(
                            request -> request.bucket(bucket).prefix(family))
                    .uploads()) {
                if (upload.initiated() != null
                        && upload.initiated().isBefore(Instant.now().minus(FORGOTTEN))) {
                    abort(upload.key(), upload.uploadId());
                }
            }
        } catch (SdkException e) {
            // Not every store can list them, and not everybody may; the backup does not depend on it.
        }
    }

    /** With a client of its own: a signal ends all calls of the other one. */
    void abort(String key, String uploadId) {
        try (S3Client last = S3Clients.createForCleaningUp()) {
            last.abortMultipartUpload(request -> request.bucket(bucket).key(key).uploadId(uploadId));
            note.end();
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                note.end(); // It is gone already.
            } else if (e.statusCode() == FORBIDDEN) {
                note.warn("an unfinished upload to s3://" + bucket + "/" + key + " stays, and costs room: these "
                        + "credentials may not take it back; let them (s3:AbortMultipartUpload), or let the bucket do "
                        + "it (a lifecycle rule AbortIncompleteMultipartUpload)");
            }
        } catch (SdkException e) {
            // The note of it stays, and the next run tries again.
        }
    }
}
