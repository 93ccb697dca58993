package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, which the contract and the backup format speak of. */
public final class Digests {
    private static final int BUFFER_BYTES = 1 << 16;

    private Digests() {}

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** @return the SHA-256 of a file, in hexadecimal */
    public static String sha256(Path file) throws IOException {
        try (FileChannel channel = RegularFiles.open(file, StandardOpenOption.READ)) {
            return sha256(channel);
        }
    }

    /** @return the SHA-256 of a whole open file, in hexadecimal */
    public static String sha256(FileChannel file) throws IOException {
        MessageDigest digest = sha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        long position = 0;
        for (int length; (length = file.read(ByteBuffer.wrap(buffer), position)) >= 0; position += length) {
            digest.update(buffer, 0, length);
        }
        return hex(digest);
    }

    public static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
