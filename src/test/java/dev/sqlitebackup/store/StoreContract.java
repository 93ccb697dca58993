package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every {@link Store} promises. A subclass says which. */
abstract class StoreContract {
    @TempDir
    Path directory;

    /** An empty store. */
    abstract Store store();

    private Path finished(String content) throws IOException {
        Files.createDirectories(store().workingDirectory());
        Path file = Files.createTempFile(store().workingDirectory(), "finished", "");
        Files.delete(file);
        PrivateFiles.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
                .close();
        return Files.writeString(file, content);
    }

    private String read(String name) throws IOException {
        return Files.readString(store().fetch(name, Files.createTempDirectory(directory, "fetched")));
    }

    private List<String> names() {
        return store().list(name -> name.startsWith("b")).stream()
                .map(Store.StoredFile::name)
                .sorted()
                .toList();
    }

    @Test
    void holdsNothingAtFirst() {
        assertEquals(List.of(), names());
        assertNull(store().find("b1"));
        assertNull(store().readTail("b1", 10));
        assertNull(store().readStart("b1", 10));
        assertThrows(Failure.class, () -> store().fetch("b1", directory));
        store().delete(List.of("b1"));
    }

    @Test
    void publishesUnderANewNameAndNeverOverAnother() throws IOException {
        assertTrue(store().publishNew(finished("one"), "b1"));
        Path second = finished("two");
        assertFalse(store().publishNew(second, "b1"));
        assertEquals("one", read("b1"));
        assertTrue(store().publishNew(second, "b2"));
        assertEquals("two", read("b2"));
        assertEquals(List.of("b1", "b2"), names());
        assertEquals(3, store().find("b1").sizeBytes());
    }

    @Test
    void replacesWhateverHadTheName() throws IOException {
        store().replace(finished("one"), "b1");
        store().replace(finished("another"), "b1");
        assertEquals("another", read("b1"));
        assertEquals(List.of("b1"), names());
    }

    @Test
    void readsBothEndsOfAFile() throws IOException {
        store().publishNew(finished("0123456789"), "b1");
        assertArrayEquals("789".getBytes(StandardCharsets.US_ASCII), store().readTail("b1", 3));
        assertArrayEquals("0123456789".getBytes(StandardCharsets.US_ASCII), store().readTail("b1", 30));
        assertEquals(0, store().readTail("b1", 0).length);
        assertArrayEquals("012".getBytes(StandardCharsets.US_ASCII), store().readStart("b1", 3));
        assertArrayEquals("0123456789".getBytes(StandardCharsets.US_ASCII), store().readStart("b1", 30));
        store().publishNew(finished(""), "b2");
        assertEquals(0, store().readTail("b2", 3).length);
        assertEquals(0, store().readStart("b2", 3).length);
    }

    @Test
    void deletesWhatIsThere() throws IOException {
        store().publishNew(finished("one"), "b1");
        store().publishNew(finished("two"), "b2");
        store().delete(List.of("b0", "b1"));
        assertEquals(List.of("b2"), names());
    }
}
