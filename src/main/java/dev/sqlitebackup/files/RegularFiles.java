package dev.sqlitebackup.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeoutException;

/**
 * Opens what others may have put there by its name: a FIFO, a socket or a device is refused and never waited for. Java
 * cannot open without blocking (O_NONBLOCK), so the type is asked first; should somebody put a FIFO there between that
 * look and the opening, the opening has a time; and should he open its other end too, it shows in that it has no
 * position.
 */
public final class RegularFiles {
    /** The reason of the exception, as {@code Failure.io} says it. */
    public static final String NOT_REGULAR = "not a regular file";
    /** A server that is restarted may take its time. */
    private static final Duration MOST = Duration.ofSeconds(30);

    private RegularFiles() {}

    /** As {@link FileChannel#open}. @throws FileSystemException for the reason {@link #NOT_REGULAR} if that is so */
    public static FileChannel open(Path file, OpenOption... options) throws IOException {
        return open(file, Set.of(options));
    }

    static FileChannel open(Path file, Set<OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        if (options.contains(StandardOpenOption.CREATE_NEW)) {
            return FileChannel.open(file, options, attributes); // Opens nothing that is there.
        }
        return bounded(file, MOST, () -> {
            refuseIfOther(
                    file,
                    options.contains(LinkOption.NOFOLLOW_LINKS)
                            ? new LinkOption[] {LinkOption.NOFOLLOW_LINKS}
                            : new LinkOption[0]);
            return FileChannel.open(file, options, attributes);
        });
    }

    private static void refuseIfOther(Path file, LinkOption... links) throws IOException {
        try {
            if (Files.readAttributes(file, BasicFileAttributes.class, links).isOther()) {
                throw notRegular(file);
            }
        } catch (NoSuchFileException e) {
            // The opening says so, or makes it.
        }
    }

    static FileChannel bounded(Path file, Duration most, Bounded.Work<FileChannel> opening) throws IOException {
        FileChannel channel;
        try {
            channel = Bounded.call(opening, most, RegularFiles::closeQuietly);
        } catch (TimeoutException e) {
            throw new FileSystemException(
                    file.toString(),
                    null,
                    "it could not be opened within " + most.toSeconds()
                            + " s: its file system does not answer, or it is no regular file");
        }
        try {
            channel.position();
            return channel;
        } catch (IOException e) {
            closeQuietly(channel);
            throw notRegular(file);
        }
    }

    private static FileSystemException notRegular(Path file) {
        return new FileSystemException(file.toString(), null, NOT_REGULAR);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was written to it.
        }
    }
}
