package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.testing.S3rver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, in a store that ignores most of what newer ones know. */
class S3rverStoreIT extends StoreContract {
    private static final Map<String, String> BEFORE = new TreeMap<>();
    private static S3rver server;
    private static int tests;
    private Store store;

    @BeforeAll
    static void startServer(@TempDir Path content) throws IOException {
        server = S3rver.start(content);
        server.properties().forEach((name, value) -> BEFORE.put(name, System.getProperty(name, "")));
        server.properties().forEach(System::setProperty);
    }

    @AfterAll
    static void stopServer() {
        server.close();
        BEFORE.forEach((name, value) -> {
            if (value.isEmpty()) {
                System.clearProperty(name);
            } else {
                System.setProperty(name, value);
            }
        });
    }

    @BeforeEach
    void makePlace() {
        store = new CachingStore(
                new S3Store(S3rver.BUCKET, "p" + ++tests + "/", directory, BackupName.FAMILIES), BackupName.FAMILIES);
    }

    @Override
    Store store() {
        return store;
    }

    /** But an empty one, of which it promises a byte that never comes. */
    @Override
    @Test
    void readsBothEndsOfAFile() throws IOException {
        Files.createDirectories(store.workingDirectory());
        store.publishNew(Files.writeString(store.workingDirectory().resolve("f"), "0123456789"), "b1");
        assertArrayEquals(ascii("789"), store.readTail("b1", 3));
        assertArrayEquals(ascii("123456789"), store.readTail("b1", 9), "which it takes for the first ten");
        assertArrayEquals(ascii("0123456789"), store.readTail("b1", 30));
        assertArrayEquals(ascii("012"), store.readStart("b1", 3));
        assertArrayEquals(ascii("0123456789"), store.readStart("b1", 30));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
