package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Expect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a path refers to; none of these files is ever opened, so any content will do. */
class DatabasesTest {
    @TempDir
    Path directory;

    private Path file;
    private Path missing;
    private Path link;
    private Path tooLong;

    @BeforeEach
    void makeFiles() throws IOException {
        file = Files.writeString(directory.resolve("app.db"), "content");
        missing = directory.resolve("missing.db");
        tooLong = directory.resolve("x".repeat(300));
        link = Files.createSymbolicLink(directory.resolve("link.db"), file);
    }

    @Test
    void tellsWhatIsMissingFromWhatIsNoFileAndFromWhatCannotBeSeen() {
        assertTrue(Expect.failure(
                        Failure.Kind.NOT_FOUND, "there is no database at " + missing, () -> Databases.existing(missing))
                .hint()
                .contains("SQLITE_BACKUP_DB"));
        Expect.failure(Failure.Kind.FAILURE, "not a regular file: " + directory, () -> Databases.existing(directory));
        Expect.failure(
                Failure.Kind.FAILURE, "not a regular file: " + directory, () -> Databases.existingOrNew(directory));
        Expect.failure(Failure.Kind.FAILURE, "cannot read " + tooLong, () -> Databases.existing(tooLong));
    }

    @Test
    void followsALinkToWhereTheSidecarsLie() throws IOException {
        assertEquals(file, Databases.existing(link));
        assertEquals(file, Databases.existingOrNew(link));
        assertEquals("app.db", Databases.name(link));
        assertEquals("missing.db", Databases.name(missing));
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling.db"), missing);
        Expect.failure(
                Failure.Kind.FAILURE,
                "a symbolic link that leads nowhere: " + dangling,
                () -> Databases.existingOrNew(dangling));
    }

    /** The directory may be a link, or may have to be made. */
    @Test
    void knowsWhereAFileWillBe() throws IOException {
        Path real = Files.createDirectory(directory.resolve("real"));
        Path linked = Files.createSymbolicLink(directory.resolve("linked"), real);
        assertEquals(real.resolve("new.db"), Databases.existingOrNew(linked.resolve("new.db")));
        assertEquals(
                directory.resolve("other/new.db"),
                Databases.existingOrNew(directory.resolve("nowhere/../other/new.db")));
        assertEquals(directory, Databases.existingParent(directory.resolve("a/b/new.db")));
        Expect.failure(Failure.Kind.USAGE, "not a file name: /", () -> Databases.inRealDirectory(Path.of("/")));
        Expect.failure(Failure.Kind.USAGE, "not a file name: /", () -> Databases.name(Path.of("/")));
    }

    @Test
    void takesAFileThatIsNotThereForEmpty() {
        assertEquals(7, Databases.sizeBytes(file));
        assertEquals(0, Databases.sizeBytes(missing));
        Expect.failure(Failure.Kind.FAILURE, "cannot read", () -> Databases.sizeBytes(tooLong));
    }

    @Test
    void knowsAFileByMoreThanItsName() throws IOException {
        assertTrue(Databases.isSameFile(file, link));
        assertTrue(Databases.isSameFile(Files.createLink(directory.resolve("second"), file), file));
        assertFalse(Databases.isSameFile(file, Files.writeString(directory.resolve("equal"), "content")));
        assertFalse(Databases.isSameFile(file, missing));
        assertFalse(Databases.isSameFile(missing, file));
        assertFalse(Databases.isSameFile(missing, missing));
    }
}
