package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last backup of one database that was sent to a store far away: what incremental work compares with and takes
 * blocks from, without a download. It is a cache: whatever is wrong with it costs time, never correctness. Beside it
 * lies what the server said of the object.
 */
final class LastSent {
    private static final Logger LOG = LoggerFactory.getLogger(LastSent.class);
    private static final Gson GSON = new Gson();

    /** @param name of the stored file that has the same content */
    record Sent(String name, String tag, long sizeBytes) {}

    private final Path file;
    private final Path note;
    private final Path unsent;

    /** @param family of the names that it is for */
    LastSent(Path directory, String family) {
        String name = SmallFiles.shortName(family);
        this.file = directory.resolve(name + ".last.gz");
        this.note = directory.resolve(name + ".last.json");
        this.unsent = directory.resolve(name + ".unsent.gz");
    }

    Path file() {
        return file;
    }

    /** Whether the file here is what was sent as this object, if that still has the tag and size that it had then. */
    boolean isStill(Sent sent, VersionedStore.Version version) {
        try {
            return !sent.tag.isEmpty()
                    && sent.tag.equals(version.tag())
                    && sent.sizeBytes == version.sizeBytes()
                    && Files.size(file) == version.sizeBytes();
        } catch (IOException e) {
            return false;
        }
    }

    /** @return what the server said of the file here, null if nobody noted it */
    Sent sent() {
        try {
            Sent sent = GSON.fromJson(SmallFiles.read(note), Sent.class);
            return sent == null || sent.name == null || sent.tag == null ? null : sent;
        } catch (IOException | JsonParseException e) {
            return null;
        }
    }

    /**
     * Takes over a file that was sent. The note goes before the old file does, and comes after the new one has. If it
     * cannot be kept, the next run has none to compare with.
     */
    void keep(Path sentFile, String name, String tag) {
        try {
            Files.deleteIfExists(note);
            long sizeBytes = Files.size(sentFile);
            DurableFiles.replace(sentFile, file);
            SmallFiles.write(note, GSON.toJson(new Sent(name, tag, sizeBytes)));
            Files.deleteIfExists(unsent);
        } catch (IOException | Failure e) {
            LOG.warn("cannot keep what was sent for the next run: {}", e.getMessage());
        }
    }

    /** Keeps a backup that could not be sent, which may be the only one of its day. @return where */
    Path keepUnsent(Path notSent) {
        DurableFiles.replace(notSent, unsent);
        return unsent;
    }
}
