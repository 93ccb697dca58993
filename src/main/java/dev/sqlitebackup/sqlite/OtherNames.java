package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.files.Mounts;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Whether a file goes by other names too, as far as that shows: SQLite looks for a log beside the name under which it
 * opened the database, and so does not see one that lies beside another name.
 *
 * @param links how many names it has on its file system, 1 where the system does not say
 * @param isMountPoint whether the file itself, and not a directory above it, is mounted here: a container that was
 *     given the file alone
 */
public record OtherNames(int links, boolean isMountPoint) {
    private static final String SAFETY_NAME = ".pre-restore-";

    /** @param file the resolved path of a file that exists */
    public static OtherNames of(Path file) throws IOException {
        return new OtherNames(links(file), isMountPoint(file));
    }

    public boolean any() {
        return links > 1 || isMountPoint;
    }

    /**
     * @param file the resolved path of a file that exists
     * @return another name of it in its own directory beside which a log lies, null if there is none
     */
    static Path withLog(Path file) throws IOException {
        // Not what a replacement that was killed has left of this very file (Replacement): a second name for it and for
        // its sidecars.
        Object key = Files.getAttribute(file, "basic:fileKey");
        try (DirectoryStream<Path> siblings = Files.newDirectoryStream(
                file.getParent(),
                name -> !name.equals(file)
                        && !name.toString().contains(SAFETY_NAME)
                        && Files.isRegularFile(name, LinkOption.NOFOLLOW_LINKS))) {
            for (Path sibling : siblings) {
                DatabaseFiles files = DatabaseFiles.of(sibling);
                if (key.equals(Files.getAttribute(sibling, "basic:fileKey"))
                        && (holdsSomething(files.wal()) || holdsSomething(files.journal()))) {
                    return sibling;
                }
            }
            return null;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    /** Whether a log may be of use: SQLite empties one that is not any more, or clears its beginning. */
    static boolean holdsSomething(Path log) throws IOException {
        try (FileChannel channel = PrivateFiles.open(log, StandardOpenOption.READ)) {
            ByteBuffer first = ByteBuffer.allocate(1);
            return channel.read(first) == 1 && first.get(0) != 0;
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            return true; // Nobody can tell.
        }
    }

    /** To follow the name of a file in a sentence. */
    String describe() {
        return isMountPoint
                ? "is mounted as a single file, and has another path elsewhere"
                : "has " + links + " hard links";
    }

    private static int links(Path file) throws IOException {
        try {
            return ((Number) Files.getAttribute(file, "unix:nlink")).intValue();
        } catch (UnsupportedOperationException | IllegalArgumentException e) {
            return 1;
        }
    }

    private static boolean isMountPoint(Path file) {
        Mounts mounts = Mounts.read();
        return mounts != null && mounts.isMountPoint(file);
    }
}
