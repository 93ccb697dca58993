package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Holder;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Terminal;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A restore that names neither a backup nor a database asks whoever types it, on the packaged program in a pseudo
 * terminal.
 */
class BareRestoreIT {
    private static final String QUESTION = "Restore? [y/N] ";

    @TempDir
    Path directory;

    private Lab lab;
    private Path target;
    private Map<String, String> before;

    @BeforeEach
    void makeDatabaseWithMoreRowsThanItsBackup() {
        Tools.require("script");
        lab = new Lab(directory);
        Path source = lab.database("source.db", "wal", 70, "new");
        lab.json(0, "backup", source, "--to=b.gz");
        target = lab.database("t.db", "wal", 90, "old");
        before = lab.state("t.db");
    }

    private Map<String, String> environment() {
        return Map.of(
                "SQLITE_BACKUP_DB",
                target.toString(),
                "SQLITE_BACKUP_TO",
                lab.path("b.gz").toString(),
                "TMPDIR",
                lab.temporary().toString(),
                "XDG_STATE_HOME",
                lab.path("state").toString(),
                "LC_ALL",
                "C.UTF-8");
    }

    private Terminal terminal(String arguments) throws IOException {
        return new Terminal(
                "'" + Lab.JAVA + "' -XX:-UsePerfData -jar '" + Lab.JAR + "' " + arguments, environment(), directory);
    }

    private String rows() {
        return Lab.query(target, "SELECT count(*) FROM t");
    }

    private void assertNothingChanged() {
        assertEquals(before, lab.state("t.db"));
        assertEquals(List.of(), lab.litter());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "n\n", "yess\n", Terminal.END})
    void changesNothingUnlessTheAnswerIsYes(String answer) throws Exception {
        try (Terminal terminal = terminal("restore")) {
            String shown = terminal.await(QUESTION);
            assertTrue(
                    shown.contains("about to restore ")
                            && shown.contains(" from " + lab.path("b.gz") + " to " + target),
                    shown);
            assertTrue(shown.contains("t: 20 rows would go, 70 would change"), shown);
            terminal.type(answer);
            Tools.Ended ended = terminal.end().endsWith(1);
            assertTrue(ended.out().contains("error: not restored: nothing was changed\n"), ended.out());
        }
        assertNothingChanged();
    }

    @ParameterizedTest
    @ValueSource(strings = {"y\n", " YES \n"})
    void restoresOnYes(String answer) throws Exception {
        try (Terminal terminal = terminal("restore")) {
            terminal.await(QUESTION);
            assertNothingButTheStagingIsThere();
            terminal.type(answer);
            terminal.end().endsWith(0);
        }
        assertEquals("70", rows());
        assertEquals(1, lab.safetyCopies("t.db").size());
    }

    /** Whoever pressed a key while he waited has not read what it would answer. */
    @Test
    void takesNoAnswerThatWasTypedBeforeTheQuestion() throws Exception {
        try (Terminal terminal = terminal("restore")) {
            terminal.type("y\n");
            terminal.await(QUESTION);
            terminal.type("n\n");
            terminal.end().endsWith(1);
        }
        assertNothingChanged();
    }

    private void assertNothingButTheStagingIsThere() {
        assertEquals(before, lab.state("t.db"));
    }

    /** An application must not have to wait for somebody who has gone for lunch, and one that has come is seen. */
    @Test
    void holdsNoLockWhileItWaitsAndLooksAgainAfterTheAnswer() throws Exception {
        try (Terminal terminal = terminal("restore --busy-timeout=0s")) {
            terminal.await(QUESTION);
            Lab.sql(
                    target,
                    "PRAGMA locking_mode=EXCLUSIVE",
                    "PRAGMA journal_mode=DELETE",
                    "BEGIN EXCLUSIVE",
                    "DELETE FROM t WHERE id = 1",
                    "COMMIT");
            try (Holder holder = new Holder(target)) {
                terminal.type("y\n");
                Tools.Ended ended = terminal.end().endsWith(13);
                assertTrue(ended.out().contains(String.valueOf(holder.pid())), ended.out());
            }
        }
        assertEquals("89", rows());
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void endsAtOnceOnAnInterrupt() throws Exception {
        try (Terminal terminal = terminal("restore")) {
            terminal.await(QUESTION);
            long started = System.nanoTime();
            terminal.type(Terminal.INTERRUPT);
            terminal.end().endsWith(130);
            assertTrue(System.nanoTime() - started < 4_000_000_000L, "it waited for the answer");
        }
        assertNothingChanged();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"restore --yes", "restore b.gz --yes", "restore b.gz", "restore --to=t.db", "restore < /dev/null"
            })
    void asksNothingWhereItIsToldOrNobodyCanAnswer(String arguments) throws Exception {
        try (Terminal terminal = terminal(arguments)) {
            Tools.Ended ended = terminal.end().endsWith(0);
            assertFalse(ended.out().contains(QUESTION), ended.out());
        }
        assertEquals("70", rows());
    }

    @Test
    void asksNothingThatChangesNothing() throws Exception {
        try (Terminal terminal = terminal("restore --dry-run")) {
            Tools.Ended ended = terminal.end().endsWith(0);
            assertFalse(ended.out().contains(QUESTION), ended.out());
            assertTrue(ended.out().contains("t: 20 rows would go, 70 would change"), ended.out());
        }
        assertNothingChanged();
    }

    @ParameterizedTest
    @ValueSource(strings = {"restore --json > said", "restore --quiet", "restore 2> said"})
    void showsWhatItAsksWhateverIsPrintedOtherwise(String arguments) throws Exception {
        try (Terminal terminal = terminal(arguments)) {
            assertTrue(terminal.await(QUESTION).contains("t: 20 rows would go, 70 would change"));
            terminal.type("n\n");
            terminal.end().endsWith(1);
        }
        assertNothingChanged();
    }

    /** A pipe asks nothing, as cron needs it. */
    @Test
    void asksNothingInAPipe() {
        lab.with(environment()).json(0, "restore");
        assertEquals("70", rows());
    }
}
