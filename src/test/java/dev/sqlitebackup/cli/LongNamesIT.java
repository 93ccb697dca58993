package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file name has 255 bytes: what a database of a long name needs beside it is cut, and found again. */
class LongNamesIT {
    @TempDir
    Path directory;

    /** SQLite itself wants 8 more for {@code -journal}, so 247 is the longest name that a database can have. */
    @ParameterizedTest
    @CsvSource({
        "a, 200, true",
        "a, 231, true",
        "a, 235, false",
        "a, 247, false",
        "\u00e9, 246, false",
        "\ud83d\ude00, 244, false"
    })
    void aDatabaseOfALongNameIsBackedUpRestoredAndUndone(String letter, int sizeBytes, boolean fitsAHistory)
            throws Exception {
        Lab lab = new Lab(directory);
        int letterBytes = letter.getBytes(StandardCharsets.UTF_8).length;
        String name = letter.repeat((sizeBytes - 3) / letterBytes) + ".db";
        Path database = lab.database(name, "wal", 5, "old");
        lab.json(0, "backup", database, "--to=b.gz");
        lab.json(0, "backup", database, "--to=" + name + ".gz");
        lab.json(0, "status", database, "--to=" + name + ".gz");
        JsonObject history = lab.json(fitsAHistory ? 0 : 2, "backup", database, "--to=h/");
        assertTrue(fitsAHistory || history.get("hint").getAsString().contains("h/app.db.gz"), history.toString());

        Lab.sql(database, "UPDATE t SET generation = 'new'");
        Path copy = Path.of(lab.json(0, "restore", "b.gz", "--to=" + database)
                .get("safetyCopy")
                .getAsString());
        assertTrue(Files.exists(copy) && copy.getFileName().toString().contains(".pre-restore-"), copy.toString());
        assertEquals("old", Lab.query(database, "SELECT min(generation) FROM t"));
        assertEquals(
                copy.toString(),
                lab.json(0, "list", database)
                        .get("backups")
                        .getAsJsonArray()
                        .get(0)
                        .getAsJsonObject()
                        .get("backup")
                        .getAsString());
        lab.json(0, "undo", database);
        assertEquals("new", Lab.query(database, "SELECT min(generation) FROM t"));
        lab.json(0, "restore", "b.gz", "--to=" + database, "--live");
        assertEquals(
                2,
                lab.json(0, "prune", database, "--keep-last=1")
                        .get("deleted")
                        .getAsJsonArray()
                        .size());
    }

    @ParameterizedTest
    @ValueSource(ints = {235, 247})
    void anUnreadableOneIsKeptWithItsSidecars(int sizeBytes) throws Exception {
        Lab lab = new Lab(directory);
        lab.json(0, "backup", lab.database("app.db", "delete", 5, "g"), "--to=b.gz");
        Path database = lab.path("u".repeat(sizeBytes - 3) + ".db");
        String unreadable = "no database".repeat(512);
        Lab.write(database, unreadable);
        Lab.write(lab.path(database.getFileName() + "-wal"), "log");
        JsonObject restored = lab.json(0, "restore", "b.gz", "--to=" + database);
        Path copy = Path.of(restored.get("safetyCopy").getAsString());
        assertEquals(unreadable, Files.readString(copy));
        assertEquals("log", Files.readString(copy.resolveSibling(copy.getFileName() + "-wal")));
    }
}
