package dev.sqlitebackup.store;

import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/**
 * An object that is made in parts, each with its SHA-256. Its number is noted before the first part, so that one which
 * does not come to its end is taken back.
 */
final class S3Parts {
    private final S3Client client;
    private final String bucket;
    private final String key;
    private final UploadNote note;
    private final String uploadId;
    private final List<CompletedPart> parts = new ArrayList<>();
    private final MessageDigest sha256 = Digests.sha256();
    private final MessageDigest md5 = FilePart.md5();

    private S3Parts(S3Key at, UploadNote note, String uploadId) {
        this.client = at.client();
        this.bucket = at.bucket();
        this.key = at.key();
        this.note = note;
        this.uploadId = uploadId;
    }

    static S3Parts begin(S3Key at, UploadNote note) {
        S3Client client = at.client();
        return new S3Parts(
                at,
                note,
                client.createMultipartUpload(request -> request.bucket(at.bucket())
                                .key(at.key())
                                .checksumAlgorithm(ChecksumAlgorithm.SHA256)
                                .objectLockMode(at.lockMode())
                                .objectLockRetainUntilDate(at.lockedUntil()))
                        .uploadId());
    }

    String uploadId() {
        return uploadId;
    }

    /** The request that makes one. */
    interface Making {
        /** @return its tag */
        String make(int number, FilePart part, FilePart.Sums sums);
    }

    /** All of them, one after the other. */
    void make(FileChannel content, long partBytes, Making making) throws IOException {
        note.begin(key, uploadId);
        long sizeBytes = content.size();
        for (long position = 0; position < sizeBytes; position += partBytes) {
            FilePart part = new FilePart(content, position, Math.min(partBytes, sizeBytes - position));
            FilePart.Sums sums = part.sums();
            int number = parts.size() + 1;
            String eTag = making.make(number, part, sums);
            parts.add(CompletedPart.builder()
                    .partNumber(number)
                    .eTag(eTag)
                    .checksumSHA256(sums.sha256Base64())
                    .build());
            sha256.update(sums.sha256());
            md5.update(sums.md5());
        }
    }

    /** Over those of the parts; asked once, after the last. */
    FilePart.Sums sums() {
        return new FilePart.Sums(sha256.digest(), md5.digest());
    }

    /** What a store writes behind such a sum. */
    String suffix() {
        return "-" + parts.size();
    }

    /** The request that makes the object appear. */
    void complete(boolean onlyIfNew) {
        client.completeMultipartUpload(request -> {
            request.bucket(bucket).key(key).uploadId(uploadId).multipartUpload(upload -> upload.parts(parts));
            if (onlyIfNew) {
                request.ifNoneMatch("*");
            }
        });
    }
}
