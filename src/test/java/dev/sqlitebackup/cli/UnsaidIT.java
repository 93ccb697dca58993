package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A result that nobody heard is no success: standard output may be a full disk, or closed. */
class UnsaidIT {
    @TempDir
    Path directory;

    @Test
    void whatCouldNotBeWrittenIsNoSuccess() {
        Lab lab = new Lab(directory);
        Path database = lab.database("app.db", "delete", 5, "g");
        assertEquals(0, lab.run("backup", database, "--to=h/").exitCode());
        assertEquals(0, lab.run("restore", "h/", "--to=app.db").exitCode());
        for (String arguments : List.of(
                "list h/",
                "list --json h/",
                "report h/ --to=r.html",
                "report --json h/ --to=r.html",
                "prune --json h/ --keep-last=1",
                "restore --json h/ --to=app.db",
                "restore h/ --to=app.db",
                "undo --json app.db",
                "verify --json h/",
                "status --json app.db --to=h/",
                "status app.db --to=h/",
                "backup --json app.db --to=h/",
                "--version",
                "backup --help",
                "generate-completion")) {
            Tools.Ended full = unheard(lab, arguments);
            assertEquals(1, full.exitCode(), () -> arguments + ": " + full.err());
            assertTrue(
                    full.err().contains("cannot write the result to standard output"),
                    () -> arguments + ": " + full.err());
        }
    }

    @Test
    void whoReadsOnlyTheBeginningOfAListHearsNoError() {
        Lab lab = new Lab(directory);
        Path database = lab.database("app.db", "delete", 5, "g");
        lab.json(0, "backup", database, "--to=h/");
        for (String arguments : List.of("list h/", "--help", "generate-completion")) {
            Tools.Ended gone = lab.sh(
                    "set +o pipefail; mkfifo p; sb " + arguments + " >p & exec 3<p; exec 3<&-; wait $! || true; rm p");
            assertEquals("", gone.err(), arguments);
        }
        Tools.Ended done = lab.sh("mkfifo p; sb verify h/ >p & exec 3<p; exec 3<&-; wait $! || true; rm p");
        assertTrue(done.err().contains("cannot write the result"), done.err());
    }

    @Test
    void aFailureThatNobodyHeardKeepsItsCode() {
        Map.of("verify --json nowhere.gz", 10, "backup --json nowhere.db", 10, "list --no-such-option --json", 2)
                .forEach((arguments, exitCode) -> assertEquals(
                        exitCode, unheard(new Lab(directory), arguments).exitCode(), arguments));
    }

    /** Descriptors that are closed get other files in Java, and no result may go into one of those. */
    @ParameterizedTest
    @ValueSource(strings = {">&-", ">&- 2>&- <&-"})
    void aClosedStandardOutputHarmsNothing(String closed) {
        Lab lab = new Lab(directory);
        Path database = lab.database("app.db", "delete", 50, "g");
        assertEquals(0, lab.run("backup", database, "--to=b.gz").exitCode());
        Lab.sql(database, "UPDATE t SET generation = 'lost'");
        for (String arguments : new String[] {"restore --json b.gz --to=app.db", "list b.gz"}) {
            Tools.Ended ended = lab.sh("sb " + arguments + " " + closed);
            if (closed.equals(">&-")) {
                assertEquals(1, ended.exitCode());
                assertEquals(
                        arguments.startsWith("restore"),
                        ended.err().contains("the old content is in " + lab.path("app.db.pre-restore-")),
                        ended.err());
            }
        }
        assertEquals("50", Lab.query(database, "SELECT count(*) FROM t WHERE generation = 'g'"));
        assertEquals("ok", Lab.query(database, "PRAGMA integrity_check"));
        lab.json(0, "verify", "b.gz");
    }

    private static Tools.Ended unheard(Lab lab, String arguments) {
        return lab.sh("sb " + arguments + " >/dev/full");
    }
}
