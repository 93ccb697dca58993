package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What the words of a command line refer to. */
class LocationTest {
    @TempDir
    Path directory;

    private Location.Local local(String name) {
        return new Location.Local(directory.resolve(name), false);
    }

    private S3Location remote(String key) {
        return new S3Location("bucket", key, directory);
    }

    private static byte[] gzip() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(1);
        }
        return bytes.toByteArray();
    }

    /** The content decides, and the name only where the content does not. */
    @Test
    void aFileIsABackupByItsContentFirstAndADatabaseOtherwise() throws IOException {
        Files.write(directory.resolve("archive"), gzip());
        Files.write(directory.resolve("archive.gz"), gzip());
        Lab.write(directory.resolve("damaged.gz"), "not even gzip");
        Lab.sql(directory.resolve("database.gz"), "CREATE TABLE t(a)");
        Lab.write(directory.resolve("notes"), "neither");
        assertEquals(Location.Kind.BACKUP, local("archive").kind());
        assertEquals(Location.Kind.BACKUP, local("archive.gz").kind());
        assertEquals(Location.Kind.BACKUP, local("damaged.gz").kind());
        assertEquals(Location.Kind.DATABASE, local("database.gz").kind());
        assertEquals(Location.Kind.DATABASE, local("notes").kind());
        assertEquals(Location.Kind.BACKUP, local("missing.gz").kind());
        assertEquals(Location.Kind.DATABASE, local("missing.db").kind());
        assertEquals(Location.Kind.DIRECTORY, local("").kind());
        assertEquals(Location.Kind.DIRECTORY, new Location.Local(directory.resolve("missing.gz"), true).kind());
    }

    @Test
    void aPipeIsNoPlaceInWhichBackupsCouldBeLookedFor() {
        Location pipe = new Location.Pipe(InputStream.nullInputStream());
        assertEquals("-", pipe.toString());
        assertFalse(pipe.isDirectory() || pipe.isNamedAsBackup());
        for (Executable look : List.<Executable>of(pipe::kind, pipe::store)) {
            assertEquals(Failure.Kind.USAGE, assertThrows(Failure.class, look).kind());
        }
    }

    @Test
    void onlyANameThatEndsAsABackupsDoesMayBecomeOne() {
        assertTrue(local("b.gz").isNamedAsBackup());
        assertFalse(local("b.db").isNamedAsBackup());
        assertFalse(Location.file(Path.of("/")).isNamedAsBackup());
        assertTrue(remote("p/b.gz").isNamedAsBackup());
        assertFalse(remote("p/b.db").isNamedAsBackup());
    }

    @Test
    void aKeyIsAPrefixIfItIsEmptyOrEndsInASlash() {
        assertEquals(Location.Kind.DIRECTORY, remote("").kind());
        assertEquals(Location.Kind.DIRECTORY, remote("p/q/").kind());
        assertEquals(Location.Kind.BACKUP, remote("p/q.gz").kind());
        assertEquals("q.gz", remote("p/q.gz").single().name());
        assertEquals("q.gz", remote("q.gz").single().name());
        assertEquals("s3://bucket/p/q.gz", remote("p/q.gz").toString());
    }

    @Test
    void aPlaceIsTheDirectoryThatHoldsTheBackups() throws IOException {
        assertEquals("s3://bucket/", remote("q.gz").store().place());
        assertEquals("s3://bucket/p/", remote("p/q.gz").store().place());
        assertEquals("s3://bucket/p/q/", remote("p/q/").store().place());

        Path real = Files.createDirectory(directory.resolve("real"));
        Files.createSymbolicLink(directory.resolve("link"), real);
        assertEquals(real.toString(), local("link").store().place());
        assertEquals(real.resolve("new").toString(), local("link/new").store().place());
        Lab.write(directory.resolve("file"), "");
        assertTrue(Expect.failure(
                        Failure.Kind.FAILURE,
                        "not a directory: " + local("file"),
                        () -> local("file").store())
                .hint()
                .contains("with / at its end"));
    }
}
