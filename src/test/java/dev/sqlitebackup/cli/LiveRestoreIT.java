package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * That applications which have a database open can go on with what was restored under them, on the packaged program.
 */
class LiveRestoreIT {
    @TempDir
    Path directory;

    private Lab lab;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    private Path database(String name, String pragma, String journalMode, String generation) {
        Path file = lab.path(name);
        Lab.sql(file, "PRAGMA " + pragma);
        // In the connection that makes the first table.
        Lab.sql(
                file,
                "PRAGMA " + pragma,
                "PRAGMA journal_mode=" + journalMode,
                "CREATE TABLE t(generation, b)",
                "CREATE TABLE debit(id INTEGER PRIMARY KEY, amount)",
                "CREATE TABLE credit(id INTEGER PRIMARY KEY, amount)",
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT '"
                        + generation + "', printf('é%0600d', i) FROM n");
        return file;
    }

    /** A connection refuses every other encoding than that of the schema which it read first. */
    @ParameterizedTest
    @CsvSource({"UTF-16le, UTF-8, wal", "UTF-16be, UTF-8, delete", "UTF-8, UTF-16le, wal", "UTF-16le, UTF-16be, delete"
    })
    void refusesAnotherTextEncodingLiveAndTakesItInPlace(
            String backupEncoding, String targetEncoding, String journalMode) throws IOException {
        lab.json(
                0,
                "backup",
                database("source.db", "encoding='" + backupEncoding + "'", journalMode, "new"),
                "--to=b.gz");
        Path target = database("t.db", "encoding='" + targetEncoding + "'", journalMode, "old");
        try (Writer application = Writer.start(target, "commit", "keep", 5000)) {
            for (String dryRun : List.of("--dry-run", "--quiet")) {
                JsonObject refused = lab.json(13, "restore", "b.gz", "--to=t.db", "--live", dryRun);
                assertEquals(
                        "the backup's text is encoded in " + backupEncoding + ", that of the open database " + target
                                + " in " + targetEncoding + ", so whoever has it open could not go on with the backup",
                        refused.get("message").getAsString());
                assertEquals(
                        "close the application and restore without --live",
                        refused.get("hint").getAsString());
            }
            assertEquals(
                    List.of(),
                    application.stop().stream()
                            .filter(line -> line.startsWith("error"))
                            .toList());
        }
        assertEquals(List.of(), lab.safetyCopies("t.db"));
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));

        lab.json(0, "restore", "b.gz", "--to=t.db");
        assertEquals(backupEncoding, Lab.query(target, "PRAGMA encoding"));
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new' AND b LIKE 'é%'"));
        try (Writer application = Writer.start(target, "commit", "keep", 5000)) {
            lab.json(13, "undo", "t.db", "--live");
            lab.json(13, "undo", "t.db", "--live", "--dry-run");
            assertEquals(
                    List.of(),
                    application.stop().stream()
                            .filter(line -> line.startsWith("error"))
                            .toList());
        }
        lab.json(0, "undo", "t.db");
        assertEquals(targetEncoding, Lab.query(target, "PRAGMA encoding"));
        assertEquals(List.of(), lab.litter());
    }

    /**
     * Whatever else the header says, an open connection reads it anew: format, auto_vacuum, reserved bytes, page size
     * in rollback mode.
     */
    @ParameterizedTest
    @CsvSource({
        "auto_vacuum=1, wal, auto_vacuum=0, delete", "auto_vacuum=1, delete, auto_vacuum=0, wal",
                "auto_vacuum=0, wal, auto_vacuum=2, delete",
        "page_size=8192, wal, page_size=4096, delete", "page_size=4096, delete, page_size=8192, delete",
                "page_size=512, wal, page_size=65536, delete"
    })
    void letsApplicationsGoOnInTheirOwnJournalModeAndCanBeUndoneLive(
            String backupPragma, String backupMode, String targetPragma, String targetMode) throws IOException {
        lab.json(0, "backup", database("source.db", backupPragma, backupMode, "new"), "--to=b.gz");
        Path target = database("t.db", targetPragma, targetMode, "old");
        try (Writer writer = Writer.start(target, "commit", "keep", 60_000);
                Writer reader = Writer.start(target, "read", "keep", 60_000, 1)) {
            lab.json(0, "restore", "b.gz", "--to=t.db", "--live");
            reader.await("generation new");
            assertEquals(targetMode, Lab.query(target, "PRAGMA journal_mode"));
            lab.json(0, "undo", "t.db", "--live");
            reader.await("generation old");
            assertEquals(
                    List.of(),
                    writer.stop().stream()
                            .filter(line -> line.startsWith("error"))
                            .toList());
            assertEquals(
                    List.of(),
                    reader.stop().stream()
                            .filter(line -> line.startsWith("error"))
                            .toList());
        }
        assertEquals(targetMode, Lab.query(target, "PRAGMA journal_mode"));
        assertEquals(
                targetPragma.substring(targetPragma.indexOf('=') + 1),
                Lab.query(target, "PRAGMA " + targetPragma.substring(0, targetPragma.indexOf('='))));
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));
        assertEquals("ok", Lab.query(target, "PRAGMA integrity_check"));
        assertTrue(targetMode.equals("wal") || !Files.exists(lab.path("t.db-wal")));
        assertEquals(List.of(), lab.litter());
    }
}
