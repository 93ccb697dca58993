package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From one backup of a history to the next, in one file: each state is the one that was backed up then. */
class StateWalkTest {
    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;
    /** The SHA-256 of each snapshot, by where its backup is. */
    private final Map<String, String> snapshots = new HashMap<>();

    private void start(int pageSizeBytes, int rows) {
        lab = new Lab(directory);
        Lab.sql(
                lab.path("app.db"),
                "PRAGMA page_size=" + pageSizeBytes,
                "CREATE TABLE t(id INTEGER PRIMARY KEY, b, c)",
                "CREATE INDEX t_b ON t(b)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + rows
                        + ") INSERT INTO t(b) SELECT hex(randomblob(300)) FROM n");
        runs = Runs.of(lab);
    }

    private void backUp(int minute, String... statements) {
        BackupService.Result result = runs.change(NOON.plus(Duration.ofMinutes(minute)), statements);
        snapshots.put(result.backup(), result.manifest().sha256());
    }

    private void smallChange(int minute) {
        backUp(minute, "UPDATE t SET c = " + minute + " WHERE id = " + (minute + 1));
    }

    private ListService.Found found() {
        return new ListService().find(runs.history(), null);
    }

    private void assertIsSnapshot(StateWalk walk, Chain chain) {
        String location = chain.tip().location();
        Path state = walk.to(chain);
        walk.requireProven();
        assertEquals(snapshots.get(location), Lab.sha256(state), location);
    }

    /** Forwards, back, and in any order. */
    @ParameterizedTest
    @CsvSource({"512, 120", "4096, 100", "65536, 30"})
    void everyStateOfARandomHistoryIsTheSnapshotOfThen(int pageSizeBytes, int runsMade) throws IOException {
        Random random = new Random(pageSizeBytes);
        start(pageSizeBytes, pageSizeBytes == 65536 ? 4000 : 500);
        for (int minute = 0; minute < runsMade; minute++) {
            int id = random.nextInt(400);
            String change = "UPDATE t SET b = hex(randomblob(300)) WHERE id BETWEEN " + id + " AND " + (id + 2);
            switch (random.nextInt(12)) {
                case 0 -> backUp(minute, "DELETE FROM t WHERE id > (SELECT max(id) FROM t) - 40", change, "VACUUM");
                case 1 -> backUp(minute, "DELETE FROM t WHERE id = " + id, "PRAGMA incremental_vacuum", change);
                case 2, 3, 4 ->
                    backUp(
                            minute,
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                                    + "INSERT INTO t(b) SELECT hex(randomblob(300)) FROM n");
                default -> backUp(minute, change);
            }
        }
        ListService.Found found = found();
        List<Chain> chains = new ArrayList<>(found.chains());
        long increments =
                chains.stream().filter(chain -> chain.tip().isIncrement()).count();
        assertEquals(snapshots.size(), chains.size());
        assertTrue(increments > runsMade / 2, increments + " increments");
        try (Workspace workspace = Workspace.create(lab.temporary());
                StateWalk walk = new StateWalk(workspace, found.history().store())) {
            chains.forEach(chain -> assertIsSnapshot(walk, chain));
            Collections.reverse(chains);
            chains.forEach(chain -> assertIsSnapshot(walk, chain));
            Collections.shuffle(chains, random);
            chains.forEach(chain -> assertIsSnapshot(walk, chain));
        }
        assertEquals(List.of(), lab.litter());
    }

    /** The full backup and each increment once, whatever the walk has read is not needed any more. */
    @Test
    void aWalkFromTheNewestOnReadsEachFileOnceAndWritesEachOfItsPagesTwice() throws IOException {
        start(4096, 1000);
        for (int minute = 0; minute <= 180; minute++) {
            smallChange(minute);
        }
        ListService.Found found = found();
        List<Backup> read = new ArrayList<>();
        long frames = 0;
        try (Workspace workspace = Workspace.create(lab.temporary());
                StateWalk walk = new StateWalk(workspace, found.history().store())) {
            for (Chain chain : found.chains()) {
                assertEquals(found.chains().get(0).full(), chain.full(), "all are of one chain");
                for (Backup member : chain.members()) {
                    if (!read.contains(member)) {
                        read.add(member);
                        Manifest manifest = member.manifest();
                        frames += member.isIncrement()
                                ? (manifest.increment().walBytes() - 32) / (24 + manifest.pageSizeBytes())
                                : 0;
                    }
                }
                assertIsSnapshot(walk, chain);
                for (Backup member : chain.members()) {
                    Files.deleteIfExists(Path.of(member.location()));
                }
            }
            assertEquals(181, read.size());
            assertTrue(walk.pagesWritten() <= 2 * frames, walk.pagesWritten() + " pages of " + frames + " frames");
        }
    }

    @Test
    void whatBuildsOnADamagedOneCannotBeGoneToAndAllOthersCan() throws IOException {
        start(4096, 300);
        for (int minute = 0; minute < 16; minute++) {
            smallChange(minute);
        }
        List<Chain> chains = found().chains();
        Backup eighth = chains.get(15 - 8).tip();
        assertEquals(8, eighth.manifest().number());
        Path file = Path.of(eighth.location());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        ListService.Found found = found();
        int damaged = 0;
        try (Workspace workspace = Workspace.create(lab.temporary());
                StateWalk walk = new StateWalk(workspace, found.history().store())) {
            for (Chain chain : found.chains()) {
                if (chain.members().stream()
                        .anyMatch(member -> member.location().equals(eighth.location()))) {
                    Expect.failure(Failure.Kind.CORRUPT, eighth.location(), () -> walk.to(chain));
                    damaged++;
                } else {
                    assertIsSnapshot(walk, chain);
                }
            }
        }
        assertEquals(8, damaged);
    }

    /** Whatever a name says: what the file says decides. */
    @Test
    void anIncrementOfAnotherStateIsNotLaidOver() throws IOException {
        start(4096, 300);
        smallChange(0);
        smallChange(1);
        smallChange(2);
        ListService.Found found = found();
        Chain second = found.chains().get(0);
        Chain first = found.chains().get(1);
        try (Workspace workspace = Workspace.create(lab.temporary());
                StateWalk walk = new StateWalk(workspace, found.history().store())) {
            assertIsSnapshot(walk, first);
            Chain wrong = new Chain(List.of(first.full(), first.tip(), second.tip()));
            Expect.failure(Failure.Kind.CORRUPT, "and its trailer does not", () -> walk.to(wrong));
            assertIsSnapshot(walk, first);
            Backup tip = first.tip();
            Chain renamed = new Chain(List.of(
                    first.full(),
                    new Backup(
                            tip.location(),
                            tip.name(),
                            tip.database(),
                            tip.createdAt().plusSeconds(1),
                            tip.number(),
                            tip.backupBytes(),
                            null,
                            null,
                            tip.parent(),
                            null)));
            Expect.failure(Failure.Kind.CORRUPT, "not of the time in its name", () -> walk.to(renamed));
            assertIsSnapshot(walk, first);
        }
    }

    /** Whatever has happened to it: an answer from it is none of the backup's. */
    @Test
    void aStateThatIsNotItsBackupsIsFoundOutAndMadeAnew() throws IOException {
        start(4096, 300);
        for (int minute = 0; minute < 4; minute++) {
            smallChange(minute);
        }
        ListService.Found found = found();
        List<Chain> chains = found.chains();
        try (Workspace workspace = Workspace.create(lab.temporary());
                StateWalk walk = new StateWalk(workspace, found.history().store())) {
            Path state = walk.to(chains.get(0));
            byte[] bytes = Files.readAllBytes(state);
            bytes[bytes.length - 1] ^= 1;
            Files.write(state, bytes);
            Expect.failure(Failure.Kind.CORRUPT, "expected SHA-256", walk::requireProven);
            for (Chain chain : chains.subList(1, 4)) {
                assertIsSnapshot(walk, chain);
            }
        }
    }
}
