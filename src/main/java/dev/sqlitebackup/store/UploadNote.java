package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * The number of an upload in parts while it is under way, so that the next run can take it back if this one is killed.
 */
final class UploadNote {
    private static final Gson GSON = new Gson();

    /** An upload in parts. */
    record Upload(String key, String uploadId) {}

    private final Path upload;
    private final Consumer<String> warnings;

    /**
     * @param family of the names that take turns
     * @param warnings takes what is said of uploads that cannot be taken back
     */
    UploadNote(Path directory, String family, Consumer<String> warnings) {
        this.upload = directory.resolve(SmallFiles.shortName(family) + ".upload.json");
        this.warnings = warnings;
    }

    /** Says that an upload stays. */
    void warn(String warning) {
        warnings.accept(warning);
    }

    /** @return the upload in parts that was begun and not ended, null for none */
    Upload unfinished() {
        try {
            Upload noted = GSON.fromJson(SmallFiles.read(upload), Upload.class);
            return noted == null || noted.key == null || noted.uploadId == null ? null : noted;
        } catch (IOException | JsonParseException e) {
            return null;
        }
    }

    void begin(String key, String uploadId) {
        SmallFiles.write(upload, GSON.toJson(new Upload(key, uploadId)));
    }

    void end() {
        try {
            Files.deleteIfExists(upload);
        } catch (IOException e) {
            throw Failure.io("cannot remove", upload, e);
        }
    }
}
