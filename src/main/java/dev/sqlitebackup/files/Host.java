package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * What tells this machine from others that may use the same share. Containers change their name and keep the kernel, a
 * machine that was started again keeps its name.
 *
 * @param name host name and machine-id(5); empty where the system has no /proc
 * @param boot of this start of the kernel; empty likewise
 */
public record Host(String name, String boot) {
    private static final Path PROC = Path.of("/proc/sys/kernel");
    private static final int TAG_LETTERS = 8;

    static Host current() {
        return new Host(
                read(PROC.resolve("hostname")) + read(Path.of("/etc/machine-id")),
                read(PROC.resolve("random/boot_id")));
    }

    /** What this machine is called in a note: its name, and a tag that differs where many are called "fedora". */
    public static String id() {
        return read(PROC.resolve("hostname")) + "/" + tag(current().name);
    }

    /** Whether {@link #id} is that of this machine, and not one that any without a name has. */
    public static boolean isThis(String id) {
        return id.equals(id()) && !current().name.isEmpty();
    }

    /** Tells one start of this machine from another; empty where the system does not say. */
    public static String bootId() {
        return current().boot;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** As a part of a name: of the host, then of the start. */
    String tag() {
        return tag(name) + tag(boot);
    }

    /** Whether a {@link #tag()} is of this host, or of a container on the same kernel. */
    boolean isIn(String tag) {
        return tag.startsWith(tag(name)) || tag.substring(TAG_LETTERS).startsWith(tag(boot));
    }

    private static String tag(String text) {
        MessageDigest digest = Digests.sha256();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return Digests.hex(digest).substring(0, TAG_LETTERS);
    }
}
