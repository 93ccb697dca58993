package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Heard;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.SmallDisk;
import dev.sqlitebackup.testing.Writer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamServiceTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00.7Z");

    @TempDir
    Path directory;

    private final ByteArrayOutputStream pipe = new ByteArrayOutputStream();
    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    private BackupService.Result stream(
            Path database, WritableByteChannel out, Path temporaryDirectory, Progress progress) {
        return new StreamService(Clock.fixed(NOW, ZoneOffset.UTC), progress)
                .backup(
                        Runs.request(
                                database,
                                Location.file(Path.of("-")),
                                null,
                                false,
                                false,
                                new Compression(6, 2),
                                temporaryDirectory,
                                Duration.ZERO,
                                RetentionRules.NONE,
                                false),
                        out);
    }

    @Test
    void writesTheWholeBackupAndSaysWhatItIs() throws IOException {
        Path database = lab.database("app.db", "wal", 300, "g");
        Heard heard = new Heard();
        BackupService.Result result = stream(database, Channels.newChannel(pipe), lab.temporary(), heard);
        Path backup = Files.write(lab.path("piped.gz"), pipe.toByteArray());
        Path copy = lab.path("copy.db");
        try (OutputStream out = Files.newOutputStream(copy)) {
            assertEquals(
                    result.manifest().sha256(),
                    BackupReader.read(backup, 1, true, (bytes, length) -> out.write(bytes, 0, length))
                            .sha256());
        }
        long sizeBytes = Files.size(copy);
        assertEquals("300", Lab.query(copy, "SELECT count(*) FROM t"));
        assertEquals(
                new BackupService.Result(
                        database,
                        "-",
                        new Manifest(
                                Instant.parse("2026-11-22T12:00:00Z"),
                                sizeBytes,
                                result.manifest().pageSizeBytes(),
                                result.manifest().sha256()),
                        pipe.size(),
                        false,
                        null,
                        new Verification(true, List.of()),
                        List.of(),
                        null,
                        null,
                        Instant.parse("2026-11-22T12:00:00Z"),
                        0),
                result);
        assertEquals(
                List.of("snapshot", "check", "compress"),
                heard.phases().stream().map(Heard.Phase::name).toList());
        assertEquals(
                new Heard.Phase("compress", sizeBytes, sizeBytes),
                heard.phases().get(2));
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void writesNoByteOfADatabaseThatFails() throws IOException {
        Path database = lab.database("app.db", "delete", 300, "g");
        byte[] bytes = Files.readAllBytes(database);
        java.util.Arrays.fill(bytes, 20 * 4096, 24 * 4096, (byte) 0);
        Files.write(database, bytes);
        assertEquals(
                Failure.Kind.CORRUPT,
                assertThrows(
                                Failure.class,
                                () -> stream(database, Channels.newChannel(pipe), lab.temporary(), Progress.NONE))
                        .kind());
        assertEquals(0, pipe.size());
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void saysThatWhatABrokenPipeGotIsNoBackup() {
        Path database = lab.database("app.db", "wal", 300, "g");
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        Failure failure = assertThrows(
                Failure.class, () -> stream(database, Channels.newChannel(broken), lab.temporary(), Progress.NONE));
        assertTrue(failure.getMessage().contains("standard output: Broken pipe"), failure.getMessage());
        assertEquals("what was written so far is no backup", failure.hint());
    }

    /** What is only in the log needs room as well. */
    @Test
    void refusesBeforeItBeginsWhereThereIsNoRoom() throws IOException {
        Path database = lab.database("app.db", "wal", 2000, "g");
        Writer.start(database, "crash", "wal", 0).close();
        long mainBytes = Files.size(database);
        long walBytes = Files.size(lab.path("app.db-wal"));
        assertTrue(walBytes > 12_000, "a log");
        try (SmallDisk disk = SmallDisk.mount(lab.path("small"), 16 << 20)) {
            disk.leave(mainBytes + walBytes - 4096);
            Failure failure = assertThrows(
                    Failure.class, () -> stream(database, Channels.newChannel(pipe), disk.path(""), Progress.NONE));
            assertEquals(Failure.Kind.NO_SPACE, failure.kind());
            assertTrue(failure.getMessage().startsWith("not enough room in"), failure.getMessage());
            disk.leave(12 << 20);
            stream(database, Channels.newChannel(pipe), disk.path(""), Progress.NONE);
        }
    }
}
