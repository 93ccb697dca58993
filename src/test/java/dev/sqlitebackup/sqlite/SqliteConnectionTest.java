package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.sqlitebackup.testing.Lab;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SqliteConnectionTest {
    @TempDir
    Path directory;

    /** A signal in the switch of a live restore: what was switched shall not stay in the WAL. */
    @Test
    void theLastConnectionCheckpointsAlsoWhenAnInterruptCameThatNoStatementHeard() throws IOException, SQLException {
        Path database = new Lab(directory).database("app.db", "wal", 300, "g");
        try (SqliteConnection connection = SqliteConnection.open(database, "mode=rw", Duration.ZERO)) {
            connection.execute("INSERT INTO t(generation) VALUES ('in the WAL')");
            connection.interrupt();
        }
        assertFalse(Files.exists(DatabaseFiles.of(database).wal()));
        assertEquals("301", Lab.query(database, "SELECT count(*) FROM t"));
    }
}
