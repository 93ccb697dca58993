package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeDatabaseIT {
    private static final long TWO_GIB = 1L << 31;

    @TempDir
    Path directory;

    @Tag("torture")
    @Test
    void goesThroughOver2GiBInASmallHeap() throws IOException {
        Lab lab = new Lab(directory);
        Tools.require(directory.toFile().getUsableSpace() > 6 * TWO_GIB, "less than 12 GiB free");
        Path database = lab.path("large.db");
        Lab.sql(
                database,
                "PRAGMA page_size=65536",
                "PRAGMA journal_mode=WAL",
                "PRAGMA synchronous=OFF",
                "PRAGMA wal_autocheckpoint=100",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, b)",
                "INSERT INTO t(b) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                        + "SELECT zeroblob(55000000) FROM n",
                "INSERT INTO t(b) VALUES ('the last row')");
        assertTrue(Files.size(database) > TWO_GIB);
        small(lab, "backup", database, "--to=" + lab.path("b.gz"), "--level=1");
        Lab.sql(database, "DELETE FROM t WHERE id > 38");
        small(lab, "restore", lab.path("b.gz"), "--to=" + database);
        assertEquals("41", Lab.query(database, "SELECT count(*) FROM t"));
    }

    private static void small(Lab lab, Object... arguments) {
        String words = String.join(
                " ",
                java.util.stream.IntStream.rangeClosed(4, 3 + arguments.length)
                        .mapToObj(i -> "\"${" + i + "}\"")
                        .toList());
        Object[] all = java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(lab.temporary(), Lab.JAVA, Lab.JAR),
                        java.util.stream.Stream.of(arguments))
                .toArray();
        Tools.sh("TMPDIR=\"$1\" \"$2\" -Xmx32m -jar \"$3\" " + words, all).ok();
    }
}
