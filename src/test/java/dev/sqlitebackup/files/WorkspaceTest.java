package dev.sqlitebackup.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkspaceTest {
    private static final String DEAD = ".sqlite-backup-" + Host.current().tag() + "00112233445566aa";

    @TempDir
    Path directory;

    @Test
    void isPrivateAndGoneWhenClosed() throws IOException {
        Path path;
        try (Workspace workspace = Workspace.create(directory)) {
            path = workspace.directory();
            Path file = workspace.createFile("x");
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            Files.createDirectories(path.resolve("a/b"));
        }
        assertFalse(Files.exists(path));
    }

    /** Root may work in a directory that is somebody else's, who can rename what lies in it. */
    @Test
    void itsFilesAreItsOwnWhereverItsPathLeads() throws IOException {
        Path foreign = Files.writeString(directory.resolve("foreign"), "somebody's");
        Files.setPosixFilePermissions(foreign, PosixFilePermissions.fromString("rw-------"));
        Workspace workspace = Workspace.create(directory);
        Path file = workspace.createFile("x");
        Path moved = Files.move(workspace.directory(), directory.resolve("moved"));
        Files.createDirectory(workspace.directory());
        Files.createSymbolicLink(file, foreign);
        try (FileChannel channel = workspace.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {'o', 'u', 'r', 's'}));
        }
        workspace.attributes(file).setPermissions(PosixFilePermissions.fromString("rw-r--r--"));
        assertEquals("somebody's", Files.readString(foreign));
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(foreign)));
        assertEquals("ours", Files.readString(moved.resolve("x")));
        assertTrue(workspace.identity(file).isSameFileAs(FileIdentity.of(moved.resolve("x"))));
        Files.delete(file);
        Files.delete(workspace.directory());
        Files.move(moved, workspace.directory());
        workspace.close();
    }

    @Test
    void removesWhatADeadRunLeftAndNothingElse() throws IOException {
        Path dead = Files.createDirectory(directory.resolve(DEAD));
        Files.createFile(dead.resolve("lock"));
        Files.write(dead.resolve("snapshot.db"), new byte[100]);
        Path justMade = Files.createDirectory(directory.resolve(DEAD.replaceFirst("0011", "1111")));
        Path withoutLock = Files.createDirectory(directory.resolve(DEAD.replaceFirst("0011", "2211")));
        Files.createFile(withoutLock.resolve("somebody's"));
        Path otherName = Files.createDirectory(directory.resolve(".sqlite-backup-mine"));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createFile(elsewhere.resolve("lock"));
        Path link = Files.createSymbolicLink(directory.resolve(DEAD.replaceFirst("0011", "3311")), elsewhere);
        try (Workspace living = Workspace.create(directory);
                Workspace second = Workspace.create(directory)) {
            assertTrue(Files.exists(living.directory()) && Files.exists(second.directory()));
            try (Stream<Path> left = Files.list(directory)) {
                assertEquals(
                        Stream.of(withoutLock, otherName, elsewhere, link, living.directory(), second.directory())
                                .sorted()
                                .toList(),
                        left.sorted().toList());
            }
            assertTrue(Files.exists(elsewhere.resolve("lock")));
        }
        assertFalse(Files.exists(dead) || Files.exists(justMade));
    }

    @Test
    void isNotDisturbedByOthersThatComeAndGoBesideIt() throws Exception {
        Callable<Void> runs = () -> {
            for (int i = 0; i < 1000; i++) {
                Workspace.create(directory).close();
            }
            return null;
        };
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (Future<Void> result : threads.invokeAll(Collections.nCopies(4, runs))) {
                result.get();
            }
        } finally {
            threads.shutdown();
        }
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(List.of(), left.toList());
        }
    }

    @Test
    void deletesALinkInItAndNotWhatItLeadsTo() throws IOException {
        Path mine = Files.createFile(directory.resolve("mine"));
        try (Workspace workspace = Workspace.create(directory)) {
            Files.createSymbolicLink(workspace.path("link"), mine);
            Files.createSymbolicLink(workspace.path("links"), Files.createDirectory(directory.resolve("mydir")));
        }
        assertEquals(List.of(true, true), List.of(Files.exists(mine), Files.exists(directory.resolve("mydir"))));
    }

    private Path deadOf(String tag) throws IOException {
        Path dead = Files.createDirectory(directory.resolve(".sqlite-backup-" + tag + "00112233445566aa"));
        Files.createFile(dead.resolve("lock"));
        Files.write(dead.resolve("backup.gz"), new byte[100]);
        return dead;
    }

    /** On a share the locks of another host may not be seen. */
    @Test
    void leavesWhatAnotherHostMayStillUseUntilNothingInItHasChangedForADay() throws IOException {
        Path elsewhere = deadOf(new Host("nas", "7f").tag());
        Path restarted = deadOf(new Host(Host.current().name(), "an earlier start").tag());
        Path container = deadOf(new Host("a container", Host.current().boot()).tag());
        Workspace.create(directory).close();
        assertEquals(
                List.of(true, false, false),
                List.of(Files.exists(elsewhere), Files.exists(restarted), Files.exists(container)));

        FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(25)));
        for (String name : List.of("lock", "")) {
            Files.setLastModifiedTime(elsewhere.resolve(name), old);
        }
        Workspace.create(directory).close();
        assertTrue(Files.exists(elsewhere), "a file in it is still being written");
        Files.setLastModifiedTime(elsewhere.resolve("backup.gz"), old);
        Workspace.create(directory).close();
        assertFalse(Files.exists(elsewhere));
    }
}
