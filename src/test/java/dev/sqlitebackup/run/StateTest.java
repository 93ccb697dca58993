package dev.sqlitebackup.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.files.FileIdentity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateTest {
    @TempDir
    Path directory;

    @Test
    void speaksOfOneBackupOnly() throws IOException {
        Instant createdAt = Instant.parse("2026-11-22T23:22:33Z");
        State state = State.confirmed(createdAt.plusSeconds(60), createdAt, FileIdentity.of(directory), null);
        assertTrue(state.isOf(createdAt, 1));
        assertFalse(state.isOf(createdAt.plusSeconds(1), 1));
        assertFalse(state.isOf(createdAt, 2), "another of the same second");
        State second = State.decode(state.numbered(2).encode());
        assertTrue(second.isOf(createdAt, 2));
        assertFalse(second.isOf(createdAt, 1));
        assertEquals(createdAt.plusSeconds(60), state.confirmedInstant());
    }

    /** Two writes within one step of a file system's clock bear the same times. */
    @Test
    void takesNoTimeForAProofThatIsNotOlderThanItselfByMoreThanTheCoarsestStep() {
        Instant at = Instant.parse("2026-11-22T23:22:33Z");
        FileIdentity old = written(at.minusMillis(2001), at.minusMillis(2001));
        assertEquals(Boolean.FALSE, State.confirmed(at, at, old, null).hasChanged(old, null));
        assertEquals(Boolean.FALSE, State.confirmed(at, at, old, old).hasChanged(old, old));
        assertEquals(Boolean.TRUE, State.confirmed(at, at, old, null).hasChanged(old, old));
        assertEquals(Boolean.TRUE, State.confirmed(at, at, old, old).hasChanged(old, null));
        assertEquals(Boolean.TRUE, State.confirmed(at, at, old, null).hasChanged(null, null));
        for (FileIdentity young : List.of(
                written(at.minusMillis(2000), at.minusMillis(2001)),
                written(at.minusMillis(2001), at.minusMillis(2000)),
                written(at, null),
                written(at.plusSeconds(86_400), at.plusSeconds(86_400)))) {
            assertNull(State.confirmed(at, at, young, null).hasChanged(young, null));
            assertNull(State.confirmed(at, at, old, young).hasChanged(old, young));
            assertEquals(
                    Boolean.TRUE,
                    State.confirmed(at, at, young, null).hasChanged(old, null),
                    "that it is another one is a proof at any time");
        }
    }

    private static FileIdentity written(Instant modifiedAt, Instant changedAt) {
        return new FileIdentity(
                4096, "(dev=1,ino=1)", modifiedAt.toString(), changedAt == null ? null : changedAt.toString());
    }

    /** Whoever notes anything else leaves it as it is. */
    @Test
    void keepsWhenABackupWasProvenWhateverElseIsNoted() throws IOException {
        Instant at = Instant.parse("2026-11-22T23:22:33Z");
        State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        assertNull(state.verifiedInstant());
        State noted = state.verified(at)
                .numbered(2)
                .from(null)
                .leavingOut(List.of("x"))
                .shrunkFrom(null)
                .comparedBy(null)
                .madeOf(null)
                .confirmedAgain(at.plusSeconds(1));
        assertEquals(at, State.decode(noted.encode()).verifiedInstant());
        assertNull(noted.verified(null).verifiedInstant());
        String line = new String(noted.encode(), StandardCharsets.UTF_8);
        assertNull(State.decode(line.replace(at.toString(), "never").getBytes(StandardCharsets.UTF_8)));
        State large = state.verified(at).leavingOut(Collections.nCopies(State.MAX_BYTES, "x"));
        assertEquals(at, State.decode(large.encode()).verifiedInstant());
    }

    @Test
    void isTheFirstLineWhateverALongerStateLeftBehindIt() throws IOException {
        State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        String line = new String(state.encode(), StandardCharsets.UTF_8);
        assertEquals(state, State.decode((line + "rest of a longer one\n").getBytes(StandardCharsets.UTF_8)));
        assertNull(
                State.decode(line.strip().getBytes(StandardCharsets.UTF_8)),
                "a line without its end may be half a line");
    }

    /** A state lies where others may write. */
    @Test
    void isNoneWhereItsPartsHaveNotTheirForm() throws IOException {
        State good = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null)
                .from(new State.Source("app.db", "/srv/app.db", "host/01234567", "app", "1000", "rw-r--r--"))
                .shrunkFrom(new State.Shrunk("a.gz", Instant.EPOCH.toString(), 40_960));
        String line = new String(good.encode(), StandardCharsets.UTF_8);
        assertEquals(good, State.decode(good.encode()));
        for (String[] change : new String[][] {
            {"a.gz", "../a.gz"},
            {"40960", "-1"},
            {"1970-01-01T00:00:00Z\",\"contentBytes", "never\",\"contentBytes"}
        }) {
            assertTrue(line.contains(change[0]), change[0]);
            assertNull(State.decode(line.replace(change[0], change[1]).getBytes(StandardCharsets.UTF_8)), change[1]);
        }
    }

    /** That says nothing of where the database lies then, and everything else goes on to count. */
    @Test
    void losesNothingButTheSourceWhereThatHasNotItsForm() throws IOException {
        State good = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null)
                .leavingOut(List.of("x"))
                .shrunkFrom(new State.Shrunk("a.gz", Instant.EPOCH.toString(), 40_960));
        String line = new String(
                good.from(new State.Source("app.db", "/srv/app.db", "host/01234567", "app", "1000", "rw-r--r--"))
                        .encode(),
                StandardCharsets.UTF_8);
        for (String[] change : new String[][] {
            {"/srv/app.db", "app.db"},
            {"/srv/app.db", "/srv/\\u0000"},
            {"host/01234567", "host"},
            {"rw-r--r--", "rw-r--r-"},
            {"rw-r--r--", "rwsr-xr-x"}
        }) {
            assertTrue(line.contains(change[0]), change[0]);
            assertEquals(
                    good, State.decode(line.replace(change[0], change[1]).getBytes(StandardCharsets.UTF_8)), change[1]);
        }
    }

    /** Where the system has no name for itself, and on other systems than this one. */
    @Test
    void keepsWhatAnySystemNotes() throws IOException {
        for (String[] place : new String[][] {
            {"/srv/app.db", "/01234567"}, {"C:\\data\\app.db", "host/01234567"}, {"/srv/\u00e9.db", "/01234567"}
        }) {
            State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null)
                    .from(new State.Source("app.db", place[0], place[1], null, null, null));
            assertEquals(state, State.decode(state.encode()), place[0]);
        }
    }

    @Test
    void isNeverLongerThanWhatIsRead() throws IOException {
        State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        assertNull(State.decode(state.leavingOut(Collections.nCopies(State.MAX_BYTES, "x"))
                        .encode())
                .leftOut());
        assertEquals(
                List.of("x"),
                State.decode(state.leavingOut(List.of("x")).encode()).leftOut());
    }
}
