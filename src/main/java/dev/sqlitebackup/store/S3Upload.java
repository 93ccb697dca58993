package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Sends a file as one object, in one request or in parts, each with its SHA-256, which the server checks before it
 * accepts it. Afterwards the server is asked what it holds ({@link HeldObject}).
 */
final class S3Upload {
    /**
     * Above this, an upload goes in parts, which a broken connection costs only one of. S3 wants at least 5 MiB a part.
     */
    static final long PART_BYTES = 16L << 20;
    /** S3 takes 10,000. */
    private static final long MOST_PARTS = 9_000;

    private static final int PRECONDITION_FAILED = 412;
    private static final int NOT_FOUND = 404;
    private static final int NOT_IMPLEMENTED = 501;
    private static final int BUFFER_BYTES = 1 << 16;

    private final S3Client client;
    private final S3Key at;
    private final String bucket;
    private final String key;
    private final UploadNote note;
    private final UnfinishedUploads unfinished;
    private final HeldObject held;
    private final long leastPartBytes;
    private boolean mayBeWritten;

    /** @param family what the keys of all backups of this database begin with */
    S3Upload(S3Key at, String family, UploadNote note) {
        this(at, family, note, PART_BYTES);
    }

    S3Upload(S3Key at, String family, UploadNote note, long leastPartBytes) {
        this.at = at;
        this.client = at.client();
        this.bucket = at.bucket();
        this.key = at.key();
        this.note = note;
        this.unfinished = new UnfinishedUploads(at.other(family), note);
        this.held = new HeldObject(at);
        this.leastPartBytes = leastPartBytes;
    }

    /** Whether the object may be in the store: the last request of the upload has succeeded, or its answer got lost. */
    boolean mayBeWritten() {
        return mayBeWritten;
    }

    /**
     * @param onlyIfNew whether an object that has the key already stays
     * @return the tag of the object that was sent and found there, null if the key is taken
     */
    String send(Path file, boolean onlyIfNew) throws IOException {
        unfinished.abortNoted();
        try (FileChannel content = FileChannel.open(file, StandardOpenOption.READ)) {
            long sizeBytes = content.size();
            return sizeBytes <= leastPartBytes
                    ? sendWhole(content, sizeBytes, onlyIfNew)
                    : sendParts(content, sizeBytes, onlyIfNew);
        }
    }

    private String sendWhole(FileChannel content, long sizeBytes, boolean onlyIfNew) throws IOException {
        FilePart whole = new FilePart(content, 0, sizeBytes);
        FilePart.Sums sums = whole.sums();
        return publish(
                onlyIfNew,
                content,
                sums,
                "",
                condition -> client.putObject(
                        request -> {
                            request.bucket(bucket)
                                    .key(key)
                                    .checksumSHA256(sums.sha256Base64())
                                    // Without one, a store that knows no SHA-256 locks nothing.
                                    .contentMD5(at.retention() == null ? null : sums.md5Base64())
                                    .objectLockMode(at.lockMode())
                                    .objectLockRetainUntilDate(at.lockedUntil());
                            if (condition) {
                                request.ifNoneMatch("*");
                            }
                        },
                        whole.body()));
    }

    /** The request that makes the object appear. */
    private interface Publishing {
        /** @param onlyIfNew whether to ask the store for that condition */
        void request(boolean onlyIfNew);
    }

    /** Whatever the answer was, or if it got lost: what counts is what the store holds afterwards. */
    private String publish(
            boolean onlyIfNew, FileChannel content, FilePart.Sums sums, String suffix, Publishing publishing)
            throws IOException {
        try {
            try {
                publishing.request(onlyIfNew);
            } catch (S3Exception e) {
                if (!onlyIfNew || e.statusCode() != NOT_IMPLEMENTED) {
                    throw e;
                }
                refuseIfTaken(e);
                publishing.request(false);
            }
            mayBeWritten = true;
        } catch (SdkException e) {
            mayBeWritten = mayHaveArrived(e);
            String eTag = isHeld(content, sums, suffix);
            boolean taken = onlyIfNew && e instanceof S3Exception s3 && s3.statusCode() == PRECONDITION_FAILED;
            if (eTag == null && !taken) {
                throw e;
            }
            mayBeWritten |= eTag != null;
            return eTag;
        }
        return held.confirm(content, sums, suffix);
    }

    /** Of a refusal, and where there was no connection, it is known that nothing did. */
    static boolean mayHaveArrived(SdkException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException || cause instanceof UnknownHostException) {
                return false;
            }
        }
        return !(e instanceof S3Exception s3 && s3.statusCode() / 100 == 4);
    }

    /** @return the tag of the object if it is what was to be sent, else null, also if nobody can tell */
    private String isHeld(FileChannel content, FilePart.Sums sums, String suffix) throws IOException {
        try {
            return held.confirm(content, sums, suffix);
        } catch (SdkException e) {
            mayBeWritten &= !(e instanceof S3Exception s3 && s3.statusCode() == NOT_FOUND);
            return null;
        } catch (Failure e) {
            if (e.kind() != Failure.Kind.CORRUPT) {
                throw e;
            }
            return null;
        }
    }

    /**
     * For a store without conditional writes. Within a second, nobody but another machine could have taken the name in
     * between.
     */
    private void refuseIfTaken(S3Exception otherwise) {
        try {
            client.headObject(request -> request.bucket(bucket).key(key));
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                return;
            }
            throw e;
        }
        throw S3Exception.builder()
                .statusCode(PRECONDITION_FAILED)
                .message("the key is taken")
                .cause(otherwise)
                .build();
    }

    private String sendParts(FileChannel content, long sizeBytes, boolean onlyIfNew) throws IOException {
        unfinished.abortForgotten();
        S3Parts parts = S3Parts.begin(at, note);
        try {
            parts.make(
                    content,
                    partBytes(sizeBytes, leastPartBytes),
                    (number, part, sums) -> client.uploadPart(
                                    request -> request.bucket(bucket)
                                            .key(key)
                                            .uploadId(parts.uploadId())
                                            .partNumber(number)
                                            .checksumSHA256(sums.sha256Base64()),
                                    part.body())
                            .eTag());
            String eTag = publish(onlyIfNew, content, parts.sums(), parts.suffix(), parts::complete);
            if (eTag != null) {
                note.end();
            }
            return eTag;
        } finally {
            if (!mayBeWritten) {
                unfinished.abort(key, parts.uploadId());
            }
        }
    }

    /** The least that makes no more parts than S3 takes. */
    static long partBytes(long sizeBytes, long leastPartBytes) {
        return Math.max(leastPartBytes, (sizeBytes / MOST_PARTS / BUFFER_BYTES + 1) * BUFFER_BYTES);
    }
}
