package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadNoteTest {
    @TempDir
    Path directory;

    private UploadNote note;

    @BeforeEach
    void begin() {
        note = new UploadNote(directory, "app.db", warning -> {});
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void takesOneThatMakesNoSenseForNone() throws IOException {
        for (String damaged : List.of("", "null", "[", "7", "{}", "{\"key\":\"k\"}", "{\"uploadId\":\"u\"}")) {
            Files.writeString(directory.resolve("app.db.upload.json"), damaged);
            assertNull(note.unfinished(), damaged);
        }
    }

    @Test
    void remembersAnUploadUntilItEnds() throws IOException {
        assertNull(note.unfinished());
        note.begin("p/app.gz", "a much longer number");
        note.begin("p/app.gz", "number");
        assertEquals(
                new UploadNote.Upload("p/app.gz", "number"),
                new UploadNote(directory, "app.db", warning -> {}).unfinished());
        assertNull(new UploadNote(directory, "other.db", warning -> {}).unfinished());
        note.end();
        assertNull(note.unfinished());
        note.end();
        assertEquals(List.of(), names());
    }
}
