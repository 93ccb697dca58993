package dev.sqlitebackup.files;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The workspaces that dead runs have left: how they are told from those in use, and removed.
 *
 * <p>On a share, the lock of a process on another host may look free. So the name says on which host it was made, from
 * the first moment on, and one of another host goes only when nothing in it has changed for a day. In an append-only
 * directory the empty directory stays, and is used again.
 */
final class DeadWorkspaces {
    private static final String PREFIX = ".sqlite-backup-";
    private static final Pattern NAME = Pattern.compile(Pattern.quote(PREFIX) + "[0-9a-f]{32}");
    private static final int TAG_START = PREFIX.length();
    private static final Duration DEAD_ELSEWHERE = Duration.ofDays(1);
    private static final Host HOST = Host.current();
    private static final SecureRandom RANDOM = new SecureRandom();

    private DeadWorkspaces() {}

    /** Of this host, and for nobody to guess. */
    static String newName() {
        return PREFIX + HOST.tag() + randomHex();
    }

    static boolean isName(String fileName) {
        return NAME.matcher(fileName).matches();
    }

    private static String randomHex() {
        byte[] random = new byte[8];
        RANDOM.nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** @return an empty one that cannot be removed, null if there is none */
    static Path remove(Path parent) {
        Path left = null;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path directory : found) {
                if (isName(directory.getFileName().toString())
                        && !Workspace.isOpen(directory)
                        && isOurDirectory(directory)
                        && (isOfThisHost(directory) || isUnchangedForADay(directory))
                        && !removeIfDead(directory)) {
                    left = directory;
                }
            }
            return left;
        } catch (IOException e) {
            throw Failure.io("cannot read the directory", parent, e);
        } catch (DirectoryIteratorException e) {
            throw Failure.io("cannot read the directory", parent, e.getCause());
        }
    }

    private static boolean isOurDirectory(Path directory) {
        try {
            return Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS) && PrivateFiles.isOurs(directory);
        } catch (IOException e) {
            return false; // Its run has just ended and removed it.
        }
    }

    private static boolean isOfThisHost(Path directory) {
        return HOST.isIn(directory.getFileName().toString().substring(TAG_START));
    }

    private static boolean isUnchangedForADay(Path directory) {
        FileTime limit = FileTime.from(Instant.now().minus(DEAD_ELSEWHERE));
        try (Stream<Path> all = Files.walk(directory, 1)) {
            for (Path file : all.toList()) {
                if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).compareTo(limit) > 0) {
                    return false;
                }
            }
            return true;
        } catch (IOException | UncheckedIOException e) {
            return false; // It is in use, or has gone.
        }
    }

    /** @return false if it is empty, and cannot be removed */
    private static boolean removeIfDead(Path directory) {
        try (FileChannel channel = PrivateFiles.open(directory.resolve(Workspace.LOCK), StandardOpenOption.WRITE)) {
            FileLock lock = channel.tryLock();
            return lock == null || Workspace.deleteTree(directory, channel);
        } catch (OverlappingFileLockException e) {
            return true; // In use by another thread of this process.
        } catch (NoSuchFileException e) {
            return deleteIfEmpty(directory);
        } catch (IOException e) {
            return true; // Somebody else's business, or gone by now. Litter never stops a backup.
        }
    }

    /** Killed between making the directory and its lock: only an empty directory can be left, and only that goes. */
    private static boolean deleteIfEmpty(Path directory) {
        try (Stream<Path> content = Files.list(directory)) {
            return content.findAny().isPresent() || Workspace.deletedEmpty(() -> Files.deleteIfExists(directory));
        } catch (IOException | UncheckedIOException e) {
            return true; // As above: litter never stops a backup.
        }
    }
}
