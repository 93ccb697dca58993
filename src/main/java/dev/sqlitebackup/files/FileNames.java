package dev.sqlitebackup.files;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** How long a file name may be, and how a longer one is cut: always in the same way, so that it is found again. */
public final class FileNames {
    /** NAME_MAX of every common file system (pathconf(3)); a few, such as eCryptfs, allow less. */
    public static final int MAX_BYTES = 255;

    private static final int DIGEST_LETTERS = 16;

    private FileNames() {}

    public static int sizeBytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8).length;
    }

    /**
     * @param maxBytes 32 or more
     * @return the name itself where it fits; else its beginning, {@code ~} and a digest of the whole
     */
    public static String cut(String name, int maxBytes) {
        if (sizeBytes(name) <= maxBytes) {
            return name;
        }
        MessageDigest digest = Digests.sha256();
        digest.update(name.getBytes(StandardCharsets.UTF_8));
        StringBuilder beginning = new StringBuilder();
        int left = maxBytes - DIGEST_LETTERS - 1;
        for (int character : name.codePoints().toArray()) {
            left -= sizeBytes(Character.toString(character));
            if (left < 0) {
                break;
            }
            beginning.appendCodePoint(character);
        }
        return beginning + "~" + Digests.hex(digest).substring(0, DIGEST_LETTERS);
    }
}
