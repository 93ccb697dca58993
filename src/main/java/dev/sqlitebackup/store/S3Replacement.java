package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Replaces the object of a key, and leaves the last good one until a better one is proven: the file is sent to a name
 * aside and confirmed, copied within the store onto the key, confirmed there, and only then is the one aside removed.
 * That name is always the same for a key, so what a run leaves, the next one replaces.
 *
 * <p>Where the store cannot copy, the file is sent once more, onto the key: the store has just proven that it takes it
 * whole, and the one aside stays until it has done so again.
 */
final class S3Replacement {
    /**
     * S3 copies 5 GiB in one request, but a store that answers only when it has copied is taken for a broken line after
     * a minute.
     */
    private static final long MOST_BYTES_AT_ONCE = 1L << 30;

    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int NOT_IMPLEMENTED = 501;

    private final S3Client client;
    private final S3Key at;
    private final String bucket;
    private final String key;
    private final String asideKey;
    private final UploadNote note;
    private final Consumer<String> warnings;
    private final Limits limits;
    private boolean mayBeWritten;

    /**
     * @param asideKey a name that nobody takes for a backup
     * @param warnings takes what went wrong without any harm to the object
     */
    S3Replacement(S3Key at, String asideKey, UploadNote note, Consumer<String> warnings) {
        this(at, asideKey, note, warnings, new Limits(S3Upload.PART_BYTES, MOST_BYTES_AT_ONCE));
    }

    S3Replacement(S3Key at, String asideKey, UploadNote note, Consumer<String> warnings, Limits limits) {
        this.at = at;
        this.client = at.client();
        this.bucket = at.bucket();
        this.key = at.key();
        this.asideKey = asideKey;
        this.note = note;
        this.warnings = warnings;
        this.limits = limits;
    }

    /**
     * What a store takes.
     *
     * @param leastPartBytes of a part of an upload, but the last
     * @param mostBytesAtOnce of a copy in one request
     */
    record Limits(long leastPartBytes, long mostBytesAtOnce) {}

    /** Whether the key may hold something else than before. */
    boolean mayBeWritten() {
        return mayBeWritten;
    }

    /** @return the tag of the object that the key has now */
    String replace(Path file) throws IOException {
        String asideTag = sendAside(file);
        String eTag;
        try (FileChannel content = FileChannel.open(file, StandardOpenOption.READ)) {
            eTag = content.size() <= limits.mostBytesAtOnce()
                    ? copyWhole(content, asideTag)
                    : copyParts(content, asideTag);
        } catch (S3Exception e) {
            if (e.statusCode() != NOT_IMPLEMENTED && e.statusCode() != METHOD_NOT_ALLOWED) {
                throw e;
            }
            eTag = sendOnceMore(file);
        } catch (Failure e) {
            throw explainIfBroken(e);
        }
        removeAside();
        return eTag;
    }

    private String sendAside(Path file) throws IOException {
        try {
            return upload(at.other(asideKey)).send(file, false);
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT) {
                removeAside();
            }
            throw e;
        }
    }

    private String sendOnceMore(Path file) throws IOException {
        S3Upload upload = upload(at);
        try {
            return upload.send(file, false);
        } catch (Failure e) {
            throw explainIfBroken(e);
        } finally {
            mayBeWritten = upload.mayBeWritten();
        }
    }

    private S3Upload upload(S3Key to) {
        return new S3Upload(to, to.key(), note, limits.leastPartBytes());
    }

    private String copyWhole(FileChannel content, String asideTag) throws IOException {
        FilePart.Sums sums = new FilePart(content, 0, content.size()).sums();
        return publish(
                content,
                sums,
                "",
                () -> client.copyObject(request -> request.sourceBucket(bucket)
                        .sourceKey(asideKey)
                        .copySourceIfMatch(condition(asideTag))
                        .destinationBucket(bucket)
                        .destinationKey(key)
                        .objectLockMode(at.lockMode())
                        .objectLockRetainUntilDate(at.lockedUntil())));
    }

    /** In the parts in which it was sent, so that the sums over them are known. */
    private String copyParts(FileChannel content, String asideTag) throws IOException {
        UnfinishedUploads unfinished = new UnfinishedUploads(at, note);
        unfinished.abortForgotten();
        S3Parts parts = S3Parts.begin(at, note);
        try {
            parts.make(content, S3Upload.partBytes(content.size(), limits.leastPartBytes()), (number, part, sums) -> {
                String range = "bytes=" + part.position() + "-" + (part.position() + part.length() - 1);
                return client.uploadPartCopy(request -> request.sourceBucket(bucket)
                                .sourceKey(asideKey)
                                .copySourceIfMatch(condition(asideTag))
                                .copySourceRange(range)
                                .destinationBucket(bucket)
                                .destinationKey(key)
                                .uploadId(parts.uploadId())
                                .partNumber(number))
                        .copyPartResult()
                        .eTag();
            });
            String eTag = publish(content, parts.sums(), parts.suffix(), () -> parts.complete(false));
            note.end();
            return eTag;
        } finally {
            if (!mayBeWritten) {
                unfinished.abort(key, parts.uploadId());
            }
        }
    }

    /** Another machine may have sent its own there meanwhile. */
    private static String condition(String asideTag) {
        return asideTag.isEmpty() ? null : asideTag;
    }

    /** Whatever the answer was, or if it got lost: what counts is what the key holds afterwards. */
    private String publish(FileChannel content, FilePart.Sums sums, String suffix, Runnable request)
            throws IOException {
        HeldObject held = new HeldObject(at);
        try {
            request.run();
            mayBeWritten = true;
        } catch (SdkException e) {
            mayBeWritten =
                    S3Upload.mayHaveArrived(e) && !(e instanceof S3Exception s3 && s3.statusCode() == NOT_IMPLEMENTED);
            if (!mayBeWritten) {
                throw e;
            }
            try {
                return held.confirm(content, sums, suffix);
            } catch (SdkException | Failure unknown) {
                if (unknown instanceof Failure failure && failure.kind() != Failure.Kind.CORRUPT) {
                    throw failure;
                }
                throw e;
            }
        }
        return held.confirm(content, sums, suffix);
    }

    private Failure explainIfBroken(Failure e) {
        return e.kind() != Failure.Kind.CORRUPT
                ? e
                : e.withHint("do not count on this object; the new backup is whole beside it and stays there until "
                        + "the next run: s3://"
                        + bucket + "/" + asideKey);
    }

    /** What stays costs room and nothing else. */
    private void removeAside() {
        try {
            client.deleteObject(request -> request.bucket(bucket).key(asideKey));
        } catch (SdkException e) {
            warnings.accept(S3Clients.explain(
                                    "cannot remove s3://" + bucket + "/" + asideKey + ", which the next run overwrites",
                                    bucket,
                                    e)
                            .getMessage()
                    + "; let the credentials delete it (s3:DeleteObject)");
        }
    }
}
