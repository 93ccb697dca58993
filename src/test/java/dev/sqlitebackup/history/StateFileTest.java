package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.store.Families;
import dev.sqlitebackup.store.LocalStore;
import dev.sqlitebackup.store.S3Store;
import dev.sqlitebackup.store.Store;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateFileTest {
    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    @TempDir
    Path directory;

    private Store store(String kind) {
        return kind.equals("here")
                ? new LocalStore(directory)
                : new S3Store(S3Server.BUCKET, s3.prefix(), directory, Families.NONE);
    }

    private State state() throws IOException {
        return State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"here", "far away"})
    void takesTurnsAndKeepsTheStateForWhoeverReadsIt(String kind) throws IOException {
        StateFile file = StateFile.of(store(kind), "b.gz");
        assertEquals(".b.gz.state", file.name());
        assertNull(file.read());
        try (StateFile.Turn turn = file.lock(Duration.ZERO)) {
            assertEquals(
                    Failure.Kind.BUSY,
                    assertThrows(Failure.class, () -> file.lock(Duration.ofMillis(30)))
                            .kind());
            StateFile.of(store(kind), "other").lock(Duration.ZERO).close();
            turn.write(state());
            assertEquals(state(), file.read());
        }
        file.lock(Duration.ZERO).close();
        assertEquals(state(), StateFile.of(store(kind), "b.gz").read());
    }

    @ParameterizedTest
    @ValueSource(strings = {"here", "far away"})
    void changesWhatIsThereInItsTurnAndMakesNothing(String kind) throws IOException {
        StateFile file = StateFile.of(store(kind), "b.gz");
        assertFalse(file.update(state -> state.verified(Instant.EPOCH), Duration.ZERO));
        assertFalse(Files.exists(directory.resolve(file.name())));
        try (StateFile.Turn turn = file.lock(Duration.ZERO)) {
            turn.write(state());
            Expect.failure(
                    Failure.Kind.BUSY,
                    "is locked",
                    () -> file.update(state -> state.verified(Instant.EPOCH), Duration.ZERO));
        }
        assertTrue(file.update(state -> state.verified(Instant.EPOCH), Duration.ZERO));
        assertEquals(state().verified(Instant.EPOCH), file.read());
        assertEquals(state().verified(Instant.EPOCH), file.readWithTrust());
        file.lock(Duration.ZERO).close();
    }

    /** What another machine has noted, this one has not proven. */
    @Test
    void aNoteBesideAnothersTrustsNothingOfThat() throws IOException {
        State theirs = state().comparedBy(new State.Compared(Instant.EPOCH.toString(), "boot", "counters"));
        StateFile file = StateFile.of(store("far away"), "b.gz");
        file.store().create();
        file.store().show(file.name(), theirs.encode());
        assertTrue(file.update(state -> state.verified(Instant.EPOCH), Duration.ZERO));
        assertEquals(theirs.verified(Instant.EPOCH), file.read());
        assertNull(file.readWithTrust().compared());
    }

    @Test
    void saysWhatAStoreFarAwayRefuses() throws IOException {
        StateFile file = StateFile.of(store("far away"), "b.gz");
        String place = file.store().place();
        s3.server().answerTo(" /backups", 403, "AccessDenied");
        assertTrue(assertThrows(Failure.class, file::read)
                .getMessage()
                .startsWith("cannot read " + place + ".b.gz.state: "));
        assertNull(file.readIfPossible());
        try (StateFile.Turn turn = file.lock(Duration.ZERO)) {
            State state = state();
            assertTrue(assertThrows(Failure.class, () -> turn.write(state))
                    .getMessage()
                    .startsWith("cannot write " + place + ".b.gz.state: "));
        }
    }
}
