package dev.sqlitebackup.sqlite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Writer;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InPlaceRestoreTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    private Path staged;
    private Path safetyCopy;

    @BeforeEach
    void makeBackup() throws IOException {
        staged = new Lab(directory).database("staged.db", "delete", 300, "new");
        safetyCopy = Files.createFile(directory.resolve("safety"));
    }

    /** SQLite's own waiting keeps PENDING, with which no new reader gets in. */
    @ParameterizedTest
    @ValueSource(strings = {"delete", "wal"})
    void letsReadersInWhileItWaitsAndGoesOnWhenTheLastLongOneHasGone(String journalMode) throws IOException {
        Path target = new Lab(directory).database("t.db", journalMode, 300, "old");
        int reads = 500;
        CompletableFuture<Boolean> restore;
        try (Writer holder = Writer.start(target, "reading", "keep", 0);
                Writer first = Writer.start(target, "measure-reads", "keep", 0, 1);
                Writer second = Writer.start(target, "measure-reads", "keep", 0, 1)) {
            first.latency();
            second.latency();
            restore = CompletableFuture.supplyAsync(() -> restore(target, LONG));
            first.awaitCommits(reads);
            second.awaitCommits(reads);
            assertFalse(restore.isDone(), "it waits for the long reader");
            for (Writer reader : new Writer[] {first, second}) {
                Writer.Latency latency = reader.latency();
                assertTrue(
                        latency.busyErrors() * 10 <= latency.commits(),
                        () -> "refused " + latency.busyErrors() + " times, read " + latency.commits() + " times");
            }
            holder.stop();
            if (journalMode.equals("delete")) {
                assertTrue(restore.join(), "between the reads of the others");
            }
        }
        assertTrue(restore.join()); // In WAL mode every open connection is in the way.
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
    }

    @Test
    void getsTheLockBetweenTheShortTransactionsOfAWriter() throws IOException {
        Path target = new Lab(directory).database("t.db", "delete", 300, "old");
        try (Writer writer = Writer.start(target, "measure", "keep", 5000, 1);
                Writer reader = Writer.start(target, "measure-reads", "keep", 5000, 0)) {
            writer.awaitCommits(100);
            reader.awaitCommits(100);
            assertTrue(restore(target, LONG));
            assertEquals(0, reader.latency().busyErrors());
        }
        assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'new'"));
        assertEquals("300", Lab.query(safetyCopy, "SELECT count(*) FROM t WHERE generation = 'old'"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete", "wal"})
    void givesUpAfterTheBusyTimeoutAndHoldsNothing(String journalMode) throws IOException {
        Path target = new Lab(directory).database("t.db", journalMode, 300, "old");
        try (Writer holder = Writer.start(target, "reading", "keep", 0)) {
            assertTrue(Expect.failure(
                            Failure.Kind.IN_USE, "pid " + holder.pid(), () -> restore(target, Duration.ofMillis(50)))
                    .hint()
                    .contains("--live"));
            assertEquals("300", Lab.query(target, "SELECT count(*) FROM t WHERE generation = 'old'"));
            holder.stop();
        }
        Lab.sql(target, "INSERT INTO t(generation) VALUES ('goes on')");
    }

    private boolean restore(Path target, Duration busyTimeout) {
        try (StagedFile file = new StagedFile(staged, FileChannel.open(staged))) {
            Switched switched = InPlaceRestore.run(target, file, new KeptAs(safetyCopy), busyTimeout, Progress.NONE);
            return switched.outcome() == Switched.Outcome.VERIFIED;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
