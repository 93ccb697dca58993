package dev.sqlitebackup.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegularFilesTest {
    @TempDir
    Path directory;

    private Path fifo() {
        Tools.require("mkfifo");
        Path fifo = directory.resolve("fifo");
        Tools.sh("mkfifo \"$1\"", fifo).ok();
        return fifo;
    }

    @Test
    void opensAFileAndRefusesAFifoThroughALinkToo() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "four");
        try (FileChannel channel = RegularFiles.open(file, StandardOpenOption.READ)) {
            assertEquals(4, channel.size());
        }
        Path link = Files.createSymbolicLink(directory.resolve("link"), fifo());
        FileSystemException refused =
                assertThrows(FileSystemException.class, () -> RegularFiles.open(link, StandardOpenOption.READ));
        assertEquals(RegularFiles.NOT_REGULAR, refused.getReason());
        assertThrows(
                NoSuchFileException.class,
                () -> RegularFiles.open(directory.resolve("nothing"), StandardOpenOption.READ));
    }

    /** What was a file when it was looked at need not be one when it is opened. */
    @Test
    void doesNotWaitForAFifoThatCameBetweenTheLookAndTheOpening() {
        Path fifo = fifo();
        FileSystemException refused = assertThrows(
                FileSystemException.class,
                () -> RegularFiles.bounded(
                        fifo, Duration.ofMillis(100), () -> FileChannel.open(fifo, StandardOpenOption.READ)));
        assertTrue(refused.getReason().startsWith("it could not be opened within"), refused.getReason());
    }

    /** Opened so, a FIFO never blocks: as if its other end had been opened too. */
    @Test
    void refusesAFifoWhoseOtherEndIsOpen() {
        Path fifo = fifo();
        FileSystemException refused = assertThrows(
                FileSystemException.class,
                () -> RegularFiles.bounded(
                        fifo,
                        Duration.ofMinutes(1),
                        () -> FileChannel.open(fifo, StandardOpenOption.READ, StandardOpenOption.WRITE)));
        assertEquals(RegularFiles.NOT_REGULAR, refused.getReason());
    }
}
