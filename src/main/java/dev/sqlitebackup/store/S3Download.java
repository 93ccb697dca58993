package dev.sqlitebackup.store;

import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Brings an object onto this machine, and goes on where a broken connection left off: as long as the object stays the
 * same, and something arrives.
 */
final class S3Download {
    private static final int TRIES_WITHOUT_PROGRESS = 5;
    private static final long PAUSE_MILLIS = 200;
    private static final int BUFFER_BYTES = 1 << 16;

    private final S3Client client;
    private final String bucket;
    private final String key;
    private final String eTag;
    private final long sizeBytes;

    S3Download(S3Key at, String eTag, long sizeBytes) {
        this.client = at.client();
        this.bucket = at.bucket();
        this.key = at.key();
        this.eTag = eTag;
        this.sizeBytes = sizeBytes;
    }

    /** @param file that does not exist yet */
    void to(Path file) throws IOException {
        try (FileChannel out = PrivateFiles.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            int triesLeft = TRIES_WITHOUT_PROGRESS;
            while (out.position() < sizeBytes) {
                long before = out.position();
                try {
                    Interruptible.run(() -> copyFrom(before, out));
                } catch (IOException | SdkException e) {
                    // What the store refuses once, it refuses again.
                    if (triesLeft == 1 && out.position() == before
                            || e instanceof S3Exception s3 && s3.statusCode() / 100 == 4) {
                        throw e;
                    }
                    Interruption.pause(PAUSE_MILLIS);
                }
                triesLeft = out.position() > before ? TRIES_WITHOUT_PROGRESS : triesLeft - 1;
                if (triesLeft == 0) {
                    throw new EOFException("nothing arrives");
                }
            }
        }
    }

    private void copyFrom(long position, FileChannel out) throws IOException {
        GetObjectRequest request = GetObjectRequest.builder()
                .bucket(bucket)
                .key(key)
                .range("bytes=" + position + "-")
                .ifMatch(eTag)
                .build();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = client.getObject(request)) {
            for (int length; (length = in.read(buffer)) != -1; ) {
                Interruption.check();
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, length);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
            }
        }
    }
}
