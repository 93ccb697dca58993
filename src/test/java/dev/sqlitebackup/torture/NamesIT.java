package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Names;
import dev.sqlitebackup.testing.Tools;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A writer commits under one name, backups run under another: each row that the writer was told of before a backup
 * began is in that backup, or the run has refused. On the packaged program.
 */
class NamesIT {
    private static final int RUNS = Figures.count(20, 1);

    @TempDir
    Path directory;

    private Lab lab;
    private int refused;
    private int complete;

    @BeforeEach
    void makeLab() throws IOException {
        Tools.requireRoot();
        Tools.require("unshare", "mount", "gunzip");
        lab = new Lab(directory.toRealPath());
        Files.createDirectory(lab.path("app"));
    }

    static Stream<Names> names() {
        return Figures.isFull()
                ? Stream.of(Names.values())
                : Stream.of(Names.OWN_ELSEWHERE, Names.LINK_ELSEWHERE, Names.MOUNT_ELSEWHERE);
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyRowThatWasPromisedIsInTheBackupOrTheRunRefuses(Names names) throws IOException {
        Path database = lab.database("app/live.db", "wal", 200, "g");
        Path name = names.of(lab, database);
        Lab there = names.lab(lab, database, name);
        for (String what : List.of("commit", "reopen")) {
            refused = 0;
            complete = 0;
            try (Writer writer = Writer.start(database, what, "wal", 5000)) {
                for (int i = 0; i < RUNS; i++) {
                    run(writer, there, name);
                }
                List<String> said = writer.stop();
                assertEquals(
                        List.of(),
                        said.stream().filter(line -> line.startsWith("error")).toList());
            }
            if (what.equals("commit")) {
                assertEquals(names.isOther() ? RUNS : 0, refused);
            }
            Figures.row(
                    "names",
                    names,
                    what.equals("commit") ? "stays open" : "opens and closes",
                    RUNS,
                    complete,
                    refused,
                    0);
        }
        assertEquals("ok", Lab.query(database, "PRAGMA integrity_check"));
        assertEquals(List.of(), lab.litter());
    }

    private void run(Writer writer, Lab there, Path name) throws IOException {
        int told = writer.told();
        Tools.Ended ended = there.run("backup", name, "--to=b.gz", "--busy-timeout=1s");
        if (ended.exitCode() == 1) {
            assertTrue(ended.err().contains("that is not beside it"), ended.err());
            refused++;
            return;
        }
        assertEquals(0, ended.exitCode(), ended.err());
        complete++;
        Path copy = lab.path("copy.db");
        Tools.sh("gunzip -c \"$1\" > \"$2\"", lab.path("b.gz"), copy).ok();
        assertTrue(
                Integer.parseInt(Lab.query(copy, "SELECT max(amount) FROM debit")) >= told,
                () -> told + " commits were promised: " + ended.err());
        assertEquals(
                Lab.query(copy, "SELECT count(*) || ' ' || sum(amount) FROM debit"),
                Lab.query(copy, "SELECT count(*) || ' ' || sum(amount) FROM credit"));
        Lab.query(copy, "PRAGMA journal_mode=DELETE");
        assertFalse(Files.exists(lab.path("copy.db-wal")));
    }
}
