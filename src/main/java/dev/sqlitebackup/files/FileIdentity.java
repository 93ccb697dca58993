package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.Objects;

/**
 * What tells a file from itself at another time, without opening it (to open and close a live database would drop
 * SQLite's locks).
 *
 * @param sizeBytes its length
 * @param inode device and inode as the JDK prints them, null on Windows
 * @param modifiedAt RFC 3339 with all the digits that the file system keeps
 * @param changedAt the inode's own time, which no program can set back; null on Windows
 */
public record FileIdentity(long sizeBytes, String inode, String modifiedAt, String changedAt) {
    /** Of a file that nobody looked at: no file's. */
    public static final FileIdentity UNKNOWN = new FileIdentity(-1, null, Instant.EPOCH.toString(), null);

    /**
     * Whether this is the same file with the same content under perhaps another name; false where the system gives no
     * inode.
     */
    public boolean isSameFileAs(FileIdentity other) {
        return inode != null
                && other != null
                && inode.equals(other.inode)
                && sizeBytes == other.sizeBytes
                && modifiedAt.equals(other.modifiedAt);
    }

    /**
     * Written out: what a record has by itself is put together by the JVM when it is first called, for 20 ms of a run.
     */
    @Override
    public boolean equals(Object other) {
        return other instanceof FileIdentity that
                && sizeBytes == that.sizeBytes
                && Objects.equals(inode, that.inode)
                && Objects.equals(modifiedAt, that.modifiedAt)
                && Objects.equals(changedAt, that.changedAt);
    }

    @Override
    public int hashCode() {
        return Objects.hash(sizeBytes, inode, modifiedAt, changedAt);
    }

    /** Whether it was written, and its inode changed, before that moment by the file system's clock. */
    public boolean isOlderThan(Instant moment) {
        return Instant.parse(modifiedAt).isBefore(moment)
                && (changedAt == null || Instant.parse(changedAt).isBefore(moment));
    }

    /** @return null if there is no such file */
    public static FileIdentity of(Path file) throws IOException {
        try {
            FileIdentity identity =
                    of(Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
            return !PrivateFiles.isPosix()
                    ? identity
                    : new FileIdentity(
                            identity.sizeBytes,
                            identity.inode,
                            identity.modifiedAt,
                            Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS)
                                    .toString());
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** The same without the inode's own time. */
    static FileIdentity of(BasicFileAttributes attributes) {
        return new FileIdentity(
                attributes.size(),
                attributes.fileKey() == null ? null : attributes.fileKey().toString(),
                attributes.lastModifiedTime().toString(),
                null);
    }
}
