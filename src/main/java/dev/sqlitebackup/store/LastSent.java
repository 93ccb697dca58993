package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last backup of one database that was sent to a store far away: what incremental work compares with and takes blocks from, without a download. It is a cache:
 * whatever is wrong with it costs time, never correctness. Beside it lies what the server said of the object, and, during an upload in parts, its number, so that the
 * next run can take it back if this one is killed.
 */
final class LastSent {
    private static final Logger LOG = LoggerFactory.getLogger(LastSent.class);
    private static final Gson GSON = new Gson();

    /** @param key of the object that has the same content */
    record Sent(String key, String eTag, long sizeBytes) { }

    /** An upload in parts. */
    record Upload(String key, String uploadId) { }

    private final Path file;
    private final Path note;
    private final Path upload;
    private final Path unsent;

    /** @param slot the database, or the name of a single file */
    LastSent(Path directory, String slot) {
        String name = S3Store.shortName(slot);
        this.file = directory.resolve(name + ".last.gz");
        this.note = directory.resolve(name + ".last.json");
        this.upload = directory.resolve(name + ".upload.json");
        this.unsent = directory.resolve(name + ".unsent.gz");
    }

    Path file() {
        return file;
    }

    /** Whether the file here is what was sent as this object, if that still has the tag and size that it had then. */
    boolean isStill(Sent sent, String eTag, long sizeBytes) {
        try {
            return sent.eTag.equals(eTag) && sent.sizeBytes == sizeBytes && Files.size(file) == sizeBytes;
        } catch (IOException e) {
            return false;
        }
    }

    /** @return what the server said of the file here, null if nobody noted it */
    Sent sent() {
        try {
            Sent sent = GSON.fromJson(read(note), Sent.class);
            return sent == null || sent.key == null || sent.eTag == null ? null : sent;
        } catch (IOException | JsonParseException e) {
            return null;
        }
    }

    /** Takes over a file that was sent. The note goes before the old file does, and comes after the new one has. If it cannot be kept, the next run has none to compare with. */
    void keep(Path sentFile, String key, String eTag) {
        try {
            Files.deleteIfExists(note);
            long sizeBytes = Files.size(sentFile);
            DurableFiles.replace(sentFile, file);
            write(note, GSON.toJson(new Sent(key, eTag, sizeBytes)));
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

    /** @return the upload in parts that was begun and not ended, null for none */
    Upload unfinished() {
        try {
            Upload noted = GSON.fromJson(read(upload), Upload.class);
            return noted == null || noted.key == null || noted.uploadId == null ? null : noted;
        } catch (IOException | JsonParseException e) {
            return null;
        }
    }

    void begin(String key, String uploadId) {
        write(upload, GSON.toJson(new Upload(key, uploadId)));
    }

    void end() {
        try {
            Files.deleteIfExists(upload);
        } catch (IOException e) {
            throw Failure.io("cannot remove", upload, e);
        }
    }

    private static String read(Path note) throws IOException {
        try (FileChannel channel = PrivateFiles.open(note, StandardOpenOption.READ)) {
            return new String(Channels.newInputStream(channel).readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private static void write(Path to, String content) {
        try (FileChannel channel = PrivateFiles.open(to, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            throw Failure.io("cannot write", to, e);
        }
    }
}
