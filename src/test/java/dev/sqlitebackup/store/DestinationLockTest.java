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
        Path file = directory.resolve(".b.gz.state");
        State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        try (DestinationLock lock = DestinationLock.acquire(file, Duration.ZERO)) {
            assertNull(DestinationLock.read(file));
            lock.write(State.confirmed(Instant.MAX, Instant.MAX, FileIdentity.of(directory), FileIdentity.of(directory)));
            lock.write(state);
            assertEquals(state, DestinationLock.read(file), "the lock keeps nobody from reading");
        }
        assertEquals(state, DestinationLock.read(file));
        for (String damaged : new String[] {"", "\n", "{\"confirmedAt\":", "[]\n", "\"x\"\n", "null\n", "\0\0\0\n", "{\"database\":7}\n",
            "{\"confirmedAt\":\"never\",\"database\":{}}\n", Files.readString(file).strip()}) {
            Files.writeString(file, damaged);
            assertNull(DestinationLock.read(file), damaged);
        }
        Files.delete(file);
        assertNull(DestinationLock.read(file));
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
