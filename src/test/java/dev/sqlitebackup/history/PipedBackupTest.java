package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.testing.SmallDisk;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PipedBackupTest {
    private static final byte[] GZIP = {0x1f, (byte) 0x8b, 8};

    @TempDir
    Path directory;

    private static byte[] backup(int bytes) {
        byte[] content = new byte[bytes];
        new Random(bytes).nextBytes(content);
        System.arraycopy(GZIP, 0, content, 0, GZIP.length);
        return content;
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                3,
                FileKind.START_BYTES - 1,
                FileKind.START_BYTES,
                FileKind.START_BYTES + 1,
                (1 << 16) + FileKind.START_BYTES,
                300_000
            })
    void keepsAllThatComesInAPrivateFile(int bytes) throws IOException {
        try (Workspace workspace = Workspace.create(directory)) {
            Path file = PipedBackup.keep(new Slow(backup(bytes)), workspace);
            assertArrayEquals(backup(bytes), Files.readAllBytes(file));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            assertEquals(workspace.directory(), file.getParent());
        }
    }

    /** Gives one byte, then two, and so on, as a network does. */
    private static final class Slow extends FilterInputStream {
        private int next;

        Slow(byte[] content) {
            super(new ByteArrayInputStream(content));
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return super.read(bytes, offset, Math.min(length, ++next));
        }
    }

    /** Of what begins like no backup, nothing more is read: it may have no end. */
    @Test
    void takesNothingThatBeginsLikeSomethingElse() {
        try (Workspace workspace = Workspace.create(directory)) {
            InputStream endless = new InputStream() {
                private int taken;

                @Override
                public int read() {
                    assertTrue(++taken <= FileKind.START_BYTES, "read on");
                    return 'y';
                }
            };
            Failure failure = assertThrows(Failure.class, () -> PipedBackup.keep(endless, workspace));
            assertEquals(Failure.Kind.CORRUPT, failure.kind());
            assertEquals(
                    "the backup from standard input failed verification: it is neither a gzip file nor a SQLite "
                            + "database",
                    failure.getMessage());
        }
        try (Workspace workspace = Workspace.create(directory)) {
            assertEquals(
                    "the backup from standard input failed verification: it is empty (0 bytes)",
                    assertThrows(Failure.class, () -> PipedBackup.keep(InputStream.nullInputStream(), workspace))
                            .getMessage());
        }
    }

    @Test
    void saysThatItCannotBeRead() {
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Bad file descriptor");
            }
        };
        try (Workspace workspace = Workspace.create(directory)) {
            Failure failure = assertThrows(
                    Failure.class,
                    () -> PipedBackup.keep(
                            new SequenceInputStream(new ByteArrayInputStream(backup(1000)), broken), workspace));
            assertEquals("cannot read standard input: Bad file descriptor", failure.getMessage());
            assertEquals(Failure.Kind.FAILURE, failure.kind());
        }
    }

    /** Else a pipe without an end would take it from everybody on the disk. */
    @Test
    void leavesTheLastOfTheRoomAndWhatIsFullIsSaidSo() throws IOException {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return 'y';
            }

            @Override
            public int read(byte[] bytes, int offset, int length) {
                return length;
            }
        };
        try (SmallDisk disk = SmallDisk.mount(directory.resolve("disk"), 100 << 20)) {
            try (Workspace workspace = Workspace.create(disk.path("."))) {
                Failure failure = assertThrows(
                        Failure.class,
                        () -> PipedBackup.keep(
                                new SequenceInputStream(new ByteArrayInputStream(backup(1000)), endless), workspace));
                assertEquals(Failure.Kind.NO_SPACE, failure.kind());
                assertTrue(failure.getMessage().contains("67,108,864 bytes are needed"), failure.getMessage());
                assertTrue(disk.path(".").toFile().getUsableSpace() > 40 << 20);
            }
            disk.leave(1 << 20);
            try (Workspace workspace = Workspace.create(disk.path("."))) {
                byte[] small = backup(500_000);
                assertArrayEquals(
                        small,
                        Files.readAllBytes(PipedBackup.keep(new ByteArrayInputStream(small), workspace)),
                        "what fits is taken");
            }
            try (Workspace workspace = Workspace.create(disk.path("."))) {
                Failure failure = assertThrows(
                        Failure.class, () -> PipedBackup.keep(new ByteArrayInputStream(backup(2 << 20)), workspace));
                assertEquals(Failure.Kind.NO_SPACE, failure.kind());
                assertTrue(
                        failure.getMessage().startsWith("cannot keep what comes from standard input in "),
                        failure.getMessage());
            }
        }
    }
}
