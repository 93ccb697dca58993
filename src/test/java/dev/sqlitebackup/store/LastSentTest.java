package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastSentTest {
    private static final String TAG = "\"tag\"";

    @TempDir
    Path directory;

    private LastSent lastSent;

    @BeforeEach
    void begin() {
        lastSent = new LastSent(directory, "app.db");
    }

    private Path file(String content) throws IOException {
        return Files.writeString(directory.resolve("finished"), content);
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void keepsWhatWasSentAndWhatTheServerSaidOfIt() throws IOException {
        assertEquals(List.of(), lastSent.sent());
        lastSent.keep(file("content"), "p/app.gz", TAG, List.of());
        assertEquals(List.of(new LastSent.Sent("p/app.gz", TAG, 7)), lastSent.sent());
        assertEquals("content", Files.readString(lastSent.file(0)));
        assertEquals(List.of("app.db.last.gz", "app.db.last.json"), names());
        lastSent.keep(file("and more"), "p/next.gz", TAG, List.of());
        assertEquals(List.of(new LastSent.Sent("p/next.gz", TAG, 8)), lastSent.sent());
        assertEquals("and more", Files.readString(lastSent.file(0)));
    }

    @Test
    void isStillTheObjectWhileTagAndSizeAreThoseThatWereNoted() throws IOException {
        lastSent.keep(file("content"), "p/app.gz", TAG, List.of());
        LastSent.Sent sent = lastSent.sent().get(0);
        assertTrue(lastSent.isStill(0, sent, new VersionedStore.Version(TAG, 7)));
        assertFalse(lastSent.isStill(0, sent, new VersionedStore.Version("\"other\"", 7)));
        assertFalse(lastSent.isStill(0, sent, new VersionedStore.Version(null, 7)));
        assertFalse(lastSent.isStill(0, sent, new VersionedStore.Version(TAG, 8)));
        lastSent.keep(file("content"), "app.gz", "", List.of());
        assertFalse(
                lastSent.isStill(0, lastSent.sent().get(0), new VersionedStore.Version("", 7)),
                "a store that says nothing");
        lastSent.keep(file("content"), "app.gz", TAG, List.of());
        Files.writeString(lastSent.file(0), "conten");
        assertFalse(lastSent.isStill(0, sent, new VersionedStore.Version(TAG, 7)), "the file here has been cut");
        Files.delete(lastSent.file(0));
        assertFalse(lastSent.isStill(0, sent, new VersionedStore.Version(TAG, 7)));
    }

    @Test
    void takesNotesThatMakeNoSenseForNone() throws IOException {
        for (String damaged : List.of("", "null", "[", "7", "{}", "{\"name\":\"k\"}", "{\"tag\":\"t\"}")) {
            Files.writeString(directory.resolve("app.db.last.json"), damaged);
            assertEquals(List.of(), lastSent.sent(), damaged);
        }
    }

    /** If the new file cannot take its place, the note of the old one is gone: no note ever speaks of another file. */
    @Test
    void whatCannotBeKeptCostsTimeOnly() throws IOException {
        lastSent.keep(file("content"), "p/app.gz", TAG, List.of());
        lastSent.keep(directory.resolve("missing"), "p/next.gz", TAG, List.of());
        assertEquals(List.of(), lastSent.sent());
        Files.delete(lastSent.file(0));
        Files.createDirectories(lastSent.file(0).resolve("in the way"));
        lastSent.keep(file("content"), "p/app.gz", TAG, List.of());
        assertEquals(List.of(), lastSent.sent());
    }

    @Test
    void keepsABackupThatCouldNotBeSentUntilOneIs() throws IOException {
        Path kept = lastSent.keepUnsent(file("content"));
        assertEquals("content", Files.readString(kept));
        assertEquals(List.of("app.db.unsent.gz"), names());
        lastSent.keep(file("more"), "p/app.gz", TAG, List.of());
        assertFalse(Files.exists(kept));
    }
}
