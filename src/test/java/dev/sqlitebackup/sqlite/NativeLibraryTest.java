package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
    @TempDir
    Path directory;

    @Test
    void bringsASqliteWithoutTheWalResetBug() {
        int[] version = Arrays.stream(Lab.query(directory.resolve("v.db"), "SELECT sqlite_version()")
                        .split("\\."))
                .mapToInt(Integer::parseInt)
                .toArray();
        assertTrue(Arrays.compare(version, new int[] {3, 51, 3}) >= 0, Arrays.toString(version));
    }
}
