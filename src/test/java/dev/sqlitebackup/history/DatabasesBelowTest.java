package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabasesBelowTest {
    @TempDir
    Path directory;

    private Path srv;
    private Path database;

    @BeforeEach
    void makeDatabase() throws IOException {
        Lab lab = new Lab(directory);
        srv = Files.createDirectory(directory.toRealPath().resolve("srv"));
        database = lab.database("srv/b.db", "delete", 1, "g");
    }

    private DatabasesBelow.Found found(String destination) {
        return DatabasesBelow.in(directory.resolve("srv"), Location.file(srv.resolve(destination)));
    }

    private Path copy(String name) throws IOException {
        Path copy = srv.resolve(name);
        Files.createDirectories(copy.getParent());
        return Files.copy(database, copy);
    }

    @Test
    void aDatabaseIsToldByItsFirstBytesAlone() throws IOException {
        Path other = copy("a/no suffix");
        Path hidden = copy(".z/photo.jpg");
        Lab.write(srv.resolve("text.db"), "SQLite format 3".repeat(20));
        Lab.write(srv.resolve("short.db"), "SQLite format 3\0");
        DatabasesBelow.Found found = found("backups");
        assertEquals(List.of(hidden, other, database), found.databases());
        assertTrue(found.unreadable().isEmpty() && found.warnings().isEmpty());
    }

    @Test
    void sidecarsSafetyCopiesWorkspacesAndTheDestinationAreLeftOut() throws IOException {
        copy("b.db-wal");
        copy("b.db-journal");
        copy("b.db.pre-restore-20261122T232233");
        copy("b.db.pre-restore-20261122232233");
        copy("b.db.pre-restore-20261122232233-2");
        copy(".sqlite-backup-0123456789abcdef0123456789abcdef/snapshot.db");
        copy("backups/kept.db");
        Path notOurs = srv.resolve("b.db.pre-restore-20261122T232233");
        assertEquals(List.of(database, notOurs), found("backups").databases());
        assertEquals(
                Set.of(srv.resolve("b.db-wal"), srv.resolve("b.db-journal")),
                found("backups").unreadable().keySet(),
                "databases that have the name of a sidecar are not passed over in silence");
        assertEquals(
                List.of(database, notOurs, srv.resolve("backups/kept.db")).stream()
                        .sorted()
                        .toList(),
                DatabasesBelow.in(srv, Location.file(srv)).databases(),
                "it is not below itself");
    }

    @Test
    void noLinkIsFollowedAndWhatHasTwoNamesIsTakenOnce() throws IOException {
        Files.createSymbolicLink(srv.resolve("link.db"), database);
        Files.createSymbolicLink(srv.resolve("round"), srv);
        Files.createLink(srv.resolve("c.db"), database);
        DatabasesBelow.Found found = found("backups");
        assertEquals(List.of(database), found.databases());
        assertEquals(1, found.warnings().size());
        assertTrue(found.warnings().get(0).startsWith(srv.resolve("c.db") + " is the same file as " + database));
    }

    @Test
    void whereThereIsNoDirectoryNothingIsFound() {
        for (String none : List.of("srv/none", "srv/b.db")) {
            Failure failure =
                    assertThrows(Failure.class, () -> DatabasesBelow.in(directory.resolve(none), Location.file(srv)));
            assertEquals(Failure.Kind.NOT_FOUND, failure.kind());
        }
    }
}
