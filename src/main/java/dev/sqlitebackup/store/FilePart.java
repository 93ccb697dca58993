package dev.sqlitebackup.store;

import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;

/**
 * A part of a file, or all of it, as it is sent: read from its beginning as often as it has to be sent again. A signal
 * ends each reading.
 */
record FilePart(FileChannel content, long position, long length) {
    private static final int BUFFER_BYTES = 1 << 16;

    /** What the server has to say of a part, or of all of them. */
    record Sums(byte[] sha256, byte[] md5) {
        String sha256Base64() {
            return Base64.getEncoder().encodeToString(sha256);
        }

        String md5Base64() {
            return Base64.getEncoder().encodeToString(md5);
        }
    }

    Sums sums() throws IOException {
        MessageDigest sha256 = Digests.sha256();
        MessageDigest md5 = md5();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        for (long done = 0; done < length; ) {
            Interruption.check();
            buffer.clear().limit((int) Math.min(BUFFER_BYTES, length - done));
            int read = content.read(buffer, position + done);
            if (read == -1) {
                throw new IOException("it has become shorter");
            }
            sha256.update(buffer.array(), 0, read);
            md5.update(buffer.array(), 0, read);
            done += read;
        }
        return new Sums(sha256.digest(), md5.digest());
    }

    /** Only compared with what a store says that has nothing better. */
    static MessageDigest md5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has MD5", e);
        }
    }

    RequestBody body() {
        return RequestBody.fromContentProvider(
                ContentStreamProvider.fromInputStreamSupplier(this::stream), length, "application/gzip");
    }

    /** Ends early where the file does. */
    InputStream stream() {
        return new InputStream() {
            private long done;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) == -1 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] bytes, int offset, int wanted) throws IOException {
                Interruption.check();
                if (done >= length) {
                    return -1;
                }
                int read = content.read(
                        ByteBuffer.wrap(bytes, offset, (int) Math.min(wanted, length - done)), position + done);
                done += Math.max(0, read);
                return read;
            }
        };
    }
}
