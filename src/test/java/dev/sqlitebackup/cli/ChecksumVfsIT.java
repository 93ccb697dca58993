package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Databases of SQLite's checksum VFS, whose applications cannot read a page with a wrong checksum. */
class ChecksumVfsIT {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"wal, wal", "wal, delete", "delete, wal", "delete, delete"})
    void everyPageCarriesItsChecksumInBackupRestoredDatabaseAndSafetyCopy(String backupMode, String targetMode)
            throws IOException {
        Tools.require("sqlite3", "gunzip");
        Lab lab = new Lab(directory);
        Path source = database(lab.path("source.db"), backupMode, "new");
        lab.json(0, "backup", source, "--to=b.gz");
        assertTrue(lab.json(0, "backup", source, "--to=b.gz").get("unchanged").getAsBoolean());
        Tools.sh("cd \"$1\"; gunzip -c b.gz > copy.db", directory).ok();
        assertEquals(List.of(), wrongPages(lab.path("copy.db")));
        lab.json(0, "restore", "b.gz", "--to=created.db");
        assertEquals(List.of(), wrongPages(lab.path("created.db")));

        Path target = database(lab.path("t.db"), targetMode, "old");
        JsonObject restored = lab.json(0, "restore", "b.gz", "--to=t.db");
        assertEquals(List.of(), wrongPages(target));
        assertEquals(List.of(), wrongPages(Path.of(restored.get("safetyCopy").getAsString())));
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
        lab.json(0, "undo", "t.db");
        assertEquals(List.of(), wrongPages(target));
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));
        assertEquals(
                13,
                lab.run("restore", "b.gz", "--to=t.db", "--live", "--dry-run").exitCode());
        assertTrue(lab.json(13, "restore", "b.gz", "--to=t.db", "--live")
                .get("message")
                .getAsString()
                .contains("checksum"));
        assertEquals(List.of(), wrongPages(target));
    }

    /** Others may use the same eight bytes. */
    @Test
    void leavesEightBytesAloneThatAreNoChecksums() throws IOException {
        Tools.require("sqlite3", "gunzip");
        Lab lab = new Lab(directory);
        Path source = database(lab.path("source.db"), "delete", "new");
        byte[] bytes = Files.readAllBytes(source);
        bytes[4095] = 7;
        bytes[5 * 4096 - 1]++;
        Files.write(source, bytes);
        lab.json(0, "backup", source, "--to=b.gz");
        Tools.sh("cd \"$1\"; gunzip -c b.gz > copy.db", directory).ok();
        byte[] copy = Files.readAllBytes(lab.path("copy.db"));
        assertEquals(ByteBuffer.wrap(bytes, 4088, 8), ByteBuffer.wrap(copy, 4088, 8));
        assertNotEquals(List.of(), wrongPages(lab.path("copy.db")));
        database(lab.path("t.db"), "wal", "old");
        lab.json(0, "restore", "b.gz", "--to=t.db", "--live");
    }

    /** SQLite reserves the bytes, and this fills in what the VFS would have. */
    private static Path database(Path file, String journalMode, String generation) throws IOException {
        Tools.sh("sqlite3 \"$1\" '.filectrl reserve_bytes 8' 'CREATE TABLE t(generation, b)' >/dev/null", file)
                .ok();
        Lab.sql(
                file,
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT '"
                        + generation + "', printf('%0600d', i) FROM n",
                "PRAGMA journal_mode=" + journalMode);
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(8, bytes.get(20));
        for (int page = 0; page < bytes.capacity(); page += 4096) {
            bytes.putInt(page + 4088, sums(bytes, page)[0]).putInt(page + 4092, sums(bytes, page)[1]);
        }
        Files.write(file, bytes.array());
        return file;
    }

    private static List<Integer> wrongPages(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        List<Integer> wrong = new ArrayList<>();
        for (int page = 0; page < bytes.capacity(); page += 4096) {
            if (bytes.getInt(page + 4088) != sums(bytes, page)[0]
                    || bytes.getInt(page + 4092) != sums(bytes, page)[1]) {
                wrong.add(page / 4096 + 1);
            }
        }
        return wrong;
    }

    private static int[] sums(ByteBuffer bytes, int page) {
        int[] sums = {0, 0};
        for (int i = page; i < page + 4088; i += 8) {
            sums[0] += bytes.getInt(i) + sums[1];
            sums[1] += bytes.getInt(i + 4) + sums[0];
        }
        return sums;
    }
}
