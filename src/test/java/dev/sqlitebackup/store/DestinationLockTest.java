package dev.sqlitebackup.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DestinationLockTest {
    @TempDir Path directory;

    @Test
    void keepsTheStateForTheNextRunAndTakesAnUnreadableOneForNone() throws IOException {
        Path file = DestinationLock.stateFileOf(directory.resolve("b.gz"));
        assertEquals(".b.gz.state", file.getFileName().toString());
        DestinationLock.State state = DestinationLock.confirmed(Instant.EPOCH, FileIdentity.of(directory), null);
        try (DestinationLock lock = DestinationLock.acquire(file, Duration.ZERO)) {
            assertNull(lock.read());
            lock.write(DestinationLock.confirmed(Instant.MAX, FileIdentity.of(directory), FileIdentity.of(directory)));
            lock.write(state);
        }
        try (DestinationLock lock = DestinationLock.acquire(file, Duration.ZERO)) {
            assertEquals(state, lock.read());
        }
        for (String damaged : new String[] {"{\"confirmedAt\":", "[]", "\"x\"", "\0\0\0", "{\"database\":7}"}) {
            Files.writeString(file, damaged);
            try (DestinationLock lock = DestinationLock.acquire(file, Duration.ZERO)) {
                assertNull(lock.read(), damaged);
            }
        }
    }

    @Test
    void isHeldByOneAtATimeAndNotThroughALink() throws IOException {
        Path file = directory.resolve(".b.gz.state");
        try (DestinationLock lock = DestinationLock.acquire(file, Duration.ZERO)) {
            assertEquals(Failure.Kind.BUSY, assertThrows(Failure.class, () -> DestinationLock.acquire(file, Duration.ofMillis(50))).kind());
        }
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThrows(Failure.class, () -> DestinationLock.acquire(link, Duration.ZERO));
    }
}
