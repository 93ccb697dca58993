package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class LocalStoreTest extends StoreContract {
    @Override
    Store store() {
        return new LocalStore(directory);
    }

    @Test
    void seesRegularFilesOnly() throws IOException {
        Files.createDirectory(directory.resolve("b-directory"));
        Files.writeString(directory.resolve("target"), "secret");
        Files.createSymbolicLink(directory.resolve("b-link"), directory.resolve("target"));
        assertEquals(List.of(), store().list(name -> name.startsWith("b")));
        assertNull(store().find("b-link"));
        assertThrows(Failure.class, () -> store().readTail("b-link", 6));
    }

    @Test
    void aDirectoryThatDoesNotExistHoldsNothing() {
        Store missing = new LocalStore(directory.resolve("missing"));
        assertEquals(List.of(), missing.list(name -> true));
        assertNull(missing.find("b1"));
    }

    @Test
    void namesFilesByTheirPath() {
        assertEquals(Path.of("/d/b 1.gz").toString(), new LocalStore(Path.of("/d")).location("b 1.gz"));
    }
}
