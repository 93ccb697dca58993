package dev.sqlitebackup.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.testing.Descriptors;
import dev.sqlitebackup.testing.Tools;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLockTest {
    @TempDir
    Path directory;

    @Test
    void keepsTheStateForTheNextRunAndTakesAnUnreadableOneForNone() throws IOException {
        Path file = directory.resolve(".b.gz.state");
        State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        try (RunLock lock = RunLock.acquire(file, Duration.ZERO)) {
            assertNull(RunLock.read(file));
            lock.write(
                    State.confirmed(Instant.MAX, Instant.MAX, FileIdentity.of(directory), FileIdentity.of(directory)));
            lock.write(state);
            assertEquals(state, RunLock.read(file), "the lock keeps nobody from reading");
        }
        assertEquals(state, RunLock.read(file));
        for (String damaged : new String[] {
            "",
            "\n",
            "{\"confirmedAt\":",
            "[]\n",
            "\"x\"\n",
            "null\n",
            "\0\0\0\n",
            "{\"database\":7}\n",
            "{\"confirmedAt\":\"never\",\"database\":{}}\n",
            Files.readString(file).strip()
        }) {
            Files.writeString(file, damaged);
            assertNull(RunLock.read(file), damaged);
        }
        Files.delete(file);
        assertNull(RunLock.read(file));
    }

    @Test
    void isHeldByOneAtATimeAndNotThroughALink() throws IOException {
        Path file = directory.resolve(".b.gz.state");
        try (RunLock lock = RunLock.acquire(file, Duration.ZERO)) {
            assertEquals(
                    Failure.Kind.BUSY,
                    assertThrows(Failure.class, () -> RunLock.acquire(file, Duration.ofMillis(50)))
                            .kind());
            assertEquals(1, Descriptors.of(file), "the one that holds it");
        }
        assertEquals(0, Descriptors.of(file));
        Path link = Files.createSymbolicLink(directory.resolve("link"), file);
        assertThrows(Failure.class, () -> RunLock.acquire(link, Duration.ZERO));
    }

    @Test
    void isWaitedForWithoutWorkUntilTheOtherRunEnds() throws Exception {
        Path file = directory.resolve(".b.gz.state");
        RunLock first = RunLock.acquire(file, Duration.ZERO);
        FutureTask<State> second = new FutureTask<>(() -> {
            try (RunLock lock = RunLock.acquire(file, Duration.ofSeconds(30))) {
                return RunLock.read(file);
            }
        });
        Thread waiting = new Thread(second);
        waiting.start();
        while (waiting.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(waiting.isAlive(), "it does not wait");
            Thread.onSpinWait();
        }
        State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        first.write(state);
        first.close();
        assertEquals(state, second.get());
    }

    /**
     * The operating system knows of no threads: what another thread holds is told by Java, what another process holds
     * by the system.
     */
    @Test
    void isHeldAgainstOtherProcesses() throws IOException {
        Tools.require("python3");
        Path file = Files.createFile(directory.resolve(".b.gz.state"));
        Process other = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import fcntl,sys; f=open(sys.argv[1],'r+'); fcntl.lockf(f,fcntl.LOCK_EX,1,2**63-2); "
                                + "print('held',flush=True); sys.stdin.read()",
                        file.toString())
                .start();
        try (BufferedReader said = other.inputReader()) {
            assertEquals("held", said.readLine());
            Failure busy = assertThrows(Failure.class, () -> RunLock.acquire(file, Duration.ofMillis(1)));
            assertEquals(Failure.Kind.BUSY, busy.kind());
            assertTrue(
                    busy.getMessage().contains(file.toString()) && busy.hint().contains("--busy-timeout"),
                    busy.getMessage());
        } finally {
            other.destroy();
        }
    }

    /** To close any descriptor of a file lets go of the process's locks on it. */
    @Test
    void isStillHeldWhenThisProcessHasReadTheState() throws Exception {
        Tools.require("python3");
        Path file = directory.resolve(".b.gz.state");
        State state = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        try (RunLock lock = RunLock.acquire(file, Duration.ZERO)) {
            lock.write(state);
            Path otherName = Files.createLink(directory.resolve(".other"), file);
            assertEquals(state, RunLock.read(file));
            assertEquals(state, RunLock.read(otherName));
            Tools.Ended other = Tools.sh(
                    "python3 -c \"import fcntl,sys; "
                            + "fcntl.lockf(open(sys.argv[1],'r+'),fcntl.LOCK_EX|fcntl.LOCK_NB,1,2**63-2)\" \"$1\"",
                    file);
            assertTrue(other.exitCode() != 0 && other.err().contains("BlockingIOError"), other.err());
        }
        assertEquals(state, RunLock.read(file));
    }

    /** Whoever reads while a longer line is written sees the old one or the new one. */
    @Test
    void isReadWholeWhileItGrows() throws Exception {
        Path file = directory.resolve(".b.gz.state");
        State shorter = State.confirmed(Instant.EPOCH, Instant.EPOCH, FileIdentity.of(directory), null);
        State longer = shorter.leavingOut(java.util.Collections.nCopies(300, "x"));
        try (RunLock lock = RunLock.acquire(file, Duration.ZERO)) {
            lock.write(shorter);
            FutureTask<Integer> reader = new FutureTask<>(() -> {
                int none = 0;
                for (int i = 0; i < 20_000; i++) {
                    none += RunLock.read(file) == null ? 1 : 0;
                }
                return none;
            });
            new Thread(reader).start();
            while (!reader.isDone()) {
                lock.write(longer);
                lock.write(shorter);
            }
            assertEquals(0, reader.get());
        }
    }
}
