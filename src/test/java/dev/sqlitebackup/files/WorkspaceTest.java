package dev.sqlitebackup.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
    private static final String DEAD = ".sqlite-backup-00112233445566778899aabbccddeeff";
    @TempDir Path directory;

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

    @Test
    void removesWhatADeadRunLeftAndNothingElse() throws IOException {
        Path dead = Files.createDirectory(directory.resolve(DEAD));
        Files.createFile(dead.resolve("lock"));
        Files.write(dead.resolve("snapshot.db"), new byte[100]);
        Path justMade = Files.createDirectory(directory.resolve(DEAD.replace('0', '1')));
        Path withoutLock = Files.createDirectory(directory.resolve(DEAD.replace('0', '2')));
        Files.createFile(withoutLock.resolve("somebody's"));
        Path otherName = Files.createDirectory(directory.resolve(".sqlite-backup-mine"));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.createFile(elsewhere.resolve("lock"));
        Path link = Files.createSymbolicLink(directory.resolve(DEAD.replace('0', '3')), elsewhere);
        try (Workspace living = Workspace.create(directory); Workspace second = Workspace.create(directory)) {
            assertTrue(Files.exists(living.directory()) && Files.exists(second.directory()));
            try (Stream<Path> left = Files.list(directory)) {
                assertEquals(Stream.of(withoutLock, otherName, elsewhere, link, living.directory(), second.directory()).sorted().toList(), left.sorted().toList());
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
}
