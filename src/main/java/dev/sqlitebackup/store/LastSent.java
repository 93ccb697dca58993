package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The last backup of one database that was sent to a store far away: what incremental work compares with and takes blocks from, without a download. It is a cache:
 * whatever is wrong with it costs time, never correctness. Beside it lies what the server said of the object, and, during an upload in parts, its number, so that the
 * next run can take it back if this one is killed.
 */
final class LastSent {
    private static final Gson GSON = new Gson();

    /** @param key of the object that has the same content */
    private record Sent(String key, String eTag, long sizeBytes) { }

    private final Path file;
    private final Path note;
    private final Path upload;
    private final Path unsent;

    /** @param slot the database, or the name of a single file */
    LastSent(Path directory, String slot) {
        this.file = directory.resolve(slot + ".last.gz");
        this.note = directory.resolve(slot + ".last.json");
        this.upload = directory.resolve(slot + ".upload");
        this.unsent = directory.resolve(slot + ".unsent.gz");
    }

    Path file() {
        return file;
    }

    boolean isOf(String key) {
        Sent sent = sent();
        return sent != null && key.equals(sent.key);
    }

    boolean isSameAs(String eTag, long sizeBytes) {
        Sent sent = sent();
        try {
            return sent != null && sent.eTag.equals(eTag) && sent.sizeBytes == sizeBytes && Files.size(file) == sizeBytes;
        } catch (IOException e) {
            return false;
        }
    }

    private Sent sent() {
        try {
            Sent sent = GSON.fromJson(Files.readString(note), Sent.class);
            return sent == null || sent.key == null || sent.eTag == null ? null : sent;
        } catch (IOException | JsonParseException e) {
            return null;
        }
    }

    /** Takes over a file that was sent. The note goes before the old file does, and comes after the new one has. */
    void keep(Path sentFile, String key, String eTag) throws IOException {
        Files.deleteIfExists(note);
        long sizeBytes = Files.size(sentFile);
        DurableFiles.replace(sentFile, file);
        write(note, GSON.toJson(new Sent(key, eTag, sizeBytes)));
        Files.deleteIfExists(unsent);
    }

    /** Keeps a backup that could not be sent, which may be the only one of its day. @return where */
    Path keepUnsent(Path notSent) {
        DurableFiles.replace(notSent, unsent);
        return unsent;
    }

    /** @return the number of an upload in parts that was begun and not ended, null for none */
    String unfinishedUpload() {
        try {
            String[] lines = Files.readString(upload).split("\n");
            return lines.length == 2 ? lines[1] : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** @return the key that it was for */
    String unfinishedKey() {
        try {
            return Files.readString(upload).split("\n")[0];
        } catch (IOException e) {
            return null;
        }
    }

    void begin(String key, String uploadId) {
        write(upload, key + "\n" + uploadId);
    }

    void end() {
        try {
            Files.deleteIfExists(upload);
        } catch (IOException e) {
            throw Failure.io("cannot remove", upload, e);
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
