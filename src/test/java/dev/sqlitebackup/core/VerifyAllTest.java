package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupWriter;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.archive.ReusableBlocks;
import dev.sqlitebackup.core.VerifyAll.Outcome;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.S3Location;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.OwnFunctions;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import dev.sqlitebackup.testing.UnreadableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Every backup at a place, each file of it once. */
class VerifyAllTest {
    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        lab.database("app.db", "delete", 300, "g");
        runs = Runs.of(lab);
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(List.of(), lab.litter());
    }

    private static Instant at(int hour) {
        return NOON.plus(Duration.ofHours(hour));
    }

    private List<BackupService.Result> hours(Runs of, int count) {
        List<BackupService.Result> made = new ArrayList<>();
        for (int hour = 0; hour < count; hour++) {
            made.add(of.change(at(hour), "UPDATE t SET generation = " + hour + " WHERE id = " + (hour + 1)));
        }
        return made;
    }

    private VerifyAll.Result verify(Location place, Consumer<Outcome> listener) {
        return new VerifyAll(
                        Clock.fixed(at(100), ZoneOffset.UTC),
                        Progress.NONE,
                        new VerifyService.Request(
                                place, lab.path("app.db"), null, null, lab.temporary(), Duration.ZERO),
                        listener)
                .verify();
    }

    private VerifyAll.Result verify() {
        return verify(runs.history(), outcome -> {});
    }

    /** Whatever it has read is not needed any more, and only what is gone before its turn is not spoken of. */
    @Test
    void eachFileIsReadOnce() {
        hours(runs, 12);
        Map<String, Chain> chains = new HashMap<>();
        new ListService()
                .find(runs.history(), null)
                .chains()
                .forEach(chain -> chains.put(chain.tip().location(), chain));
        VerifyAll.Result result = verify(
                runs.history(),
                outcome -> chains.get(outcome.backup()).members().stream()
                        .map(Backup::location)
                        .forEach(VerifyAllTest::delete));
        assertNull(result.failure());
        assertEquals(12, result.outcomes().size());
    }

    private static void delete(String file) {
        try {
            Files.deleteIfExists(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** That is what a prune beside it does; what it leaves behind without its parent is bad. */
    @Test
    void whatIsDeletedMeanwhileIsNotSpokenOf() {
        List<BackupService.Result> made = hours(runs, 4);
        VerifyAll.Result result =
                verify(runs.history(), outcome -> delete(made.get(1).backup()));
        assertNull(result.failure());
        assertEquals(
                List.of(at(3), at(2), at(0)),
                result.outcomes().stream().map(Outcome::createdAt).toList());

        result = verify(runs.history(), outcome -> delete(made.get(0).backup()));
        assertEquals(Failure.Kind.CORRUPT, verify().failure().kind(), "3 and 2 are broken now");
        assertEquals(3, result.outcomes().size(), "what has been read is proven");
    }

    /** All its checksums are right: somebody has backed up what was damaged already. */
    @Test
    void structureIsCheckedOfEach() throws IOException {
        hours(runs, 2);
        Path snapshot = lab.path("snapshot.db");
        Files.copy(lab.path("app.db"), snapshot);
        byte[] bytes = Files.readAllBytes(snapshot);
        Arrays.fill(bytes, 10 * 4096, 12 * 4096, (byte) 7);
        Files.write(snapshot, bytes);
        Path made = runs.file("app-20261101T200000Z.db.gz");
        try (FileChannel out = FileChannel.open(made, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            new BackupWriter(snapshot, 4096, at(8), new Compression(1, 1), Progress.NONE)
                    .write(out, ReusableBlocks.none());
        }
        VerifyAll.Result result = verify();
        Failure damaged = result.outcomes().get(0).failure();
        assertTrue(damaged.getMessage().startsWith("the database in the backup " + made + " failed verification"));
        assertEquals(
                List.of(true, false, false),
                result.outcomes().stream().map(Outcome::isBad).toList());
    }

    /** Also where ISA-L could read what gunzip refuses. */
    @Test
    void anyBitThatIsFlippedIsJudgedAsInOneAlone() throws IOException {
        delete(lab.path("app.db").toString());
        Lab.sql(lab.path("app.db"), "PRAGMA page_size=512", "CREATE TABLE t(a)", "INSERT INTO t VALUES ('one row')");
        Path file = Path.of(runs.backUp(at(0)).backup());
        byte[] good = Files.readAllBytes(file);
        for (int bit = 18 * 8; bit < (good.length - 118) * 8; bit++) { // docs/format.md
            byte[] flipped = good.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            assertEquals(isGoodAlone(file), verify().failure() == null, "bit " + bit);
        }
    }

    private boolean isGoodAlone(Path file) {
        try {
            return runs.verify(file) != null;
        } catch (Failure e) {
            return false;
        }
    }

    /** What nobody can read is not known to be bad, nor is what builds on it. */
    @Test
    void whatADiskCannotReadIsNotCalledBad() throws IOException {
        List<BackupService.Result> made = hours(runs, 4);
        Path second = Path.of(made.get(2).backup());
        Files.delete(second);
        try (UnreadableFile unreadable = new UnreadableFile(second)) {
            VerifyAll.Result result = verify();
            assertEquals(Failure.Kind.FAILURE, result.failure().kind());
            assertTrue(result.failure().getMessage().startsWith("2 of 4 backups could not be read"));
            assertTrue(result.outcomes().stream().noneMatch(Outcome::isBad));
            byte[] bytes = Files.readAllBytes(Path.of(made.get(1).backup()));
            bytes[bytes.length / 2] ^= 1;
            Files.write(Path.of(made.get(1).backup()), bytes);
            assertEquals(Failure.Kind.CORRUPT, verify().failure().kind(), "one that is bad counts more");
        }
    }

    /** An alarm that no verification can end is one that nobody hears any more. */
    @Test
    void whatOnlyTheApplicationCanCheckInFullIsProvenAsFarAsItCanBe() {
        Runs own = new Runs(lab, OwnFunctions.database(lab.path("own.db"), 3), runs.history());
        own.backUp(at(0));
        assertNull(verify().failure());
        assertEquals(at(100), own.status(at(101)).verifiedAt());
    }

    @Test
    void theNewestOfEachDatabaseIsNotedAndNoOther() {
        hours(runs, 2);
        Runs wiki = new Runs(lab, lab.database("wiki.db", "delete", 20, "w"), runs.history());
        List<BackupService.Result> others = hours(wiki, 2);
        delete(others.get(1).backup());
        Lab.write(Path.of(others.get(1).backup()), "half-copied");
        assertNotNull(verify().failure());
        assertEquals(at(100), runs.status(at(101)).verifiedAt());
        assertEquals(Duration.ofHours(1), runs.status(at(101)).verifiedAge());
        assertEquals(at(100), wiki.status(at(101)).verifiedAt(), "the newest that there is");
    }

    /** Of the newest alone, and only where it is known to be bad. */
    @Test
    void whatIsFoundBadIsNotProvenAnyMore() throws IOException {
        List<BackupService.Result> made = hours(runs, 2);
        verify();
        Path newest = Path.of(made.get(1).backup());
        byte[] good = Files.readAllBytes(newest);
        byte[] bad = good.clone();
        bad[bad.length / 3] ^= 1;
        Files.write(newest, bad);
        assertEquals(at(100), runs.status(at(101)).verifiedAt());
        verify();
        assertNull(runs.status(at(101)).verifiedAt());
        Files.write(newest, good);
        verify();
        assertEquals(at(100), runs.status(at(101)).verifiedAt());
        Files.write(newest, bad);
        Expect.failure(Failure.Kind.CORRUPT, "", () -> runs.verify(runs.history()));
        assertNull(runs.status(at(101)).verifiedAt());

        Files.write(newest, good);
        verify();
        VerifyService.Request asserting = new VerifyService.Request(
                runs.history(), lab.path("app.db"), null, null, List.of("SELECT 0"), lab.temporary(), Duration.ZERO);
        VerifyService service = new VerifyService(Clock.fixed(at(100), ZoneOffset.UTC), Progress.NONE);
        Expect.failure(Failure.Kind.CORRUPT, "", () -> service.verify(asserting));
        assertNull(runs.status(at(101)).verifiedAt(), "not as it has to be");

        verify();
        Expect.failure(
                Failure.Kind.CORRUPT,
                "",
                () -> service.verify(new VerifyService.Request(
                        runs.history(),
                        lab.path("app.db"),
                        null,
                        at(0),
                        List.of("SELECT 0"),
                        lab.temporary(),
                        Duration.ZERO)));
        assertEquals(at(100), runs.status(at(101)).verifiedAt(), "an older one");
    }

    @Test
    void aSingleBadOneGetsTheRemedyOfMany() throws IOException {
        List<BackupService.Result> made = hours(runs, 2);
        Files.delete(Path.of(made.get(0).backup()));
        String command = "make a new one that builds on nothing: sqlite-backup backup " + lab.path("app.db") + " --to="
                + lab.path("history") + " --full";
        assertEquals(command, verify().failure().hint());
        Files.delete(lab.path("app.db"));
        assertNull(verify().failure().hint(), "what is not there is backed up by no command");
    }

    @Test
    void aPlaceWithoutABackupIsSaidToHaveNone() throws IOException {
        Files.createDirectory(lab.path("history"));
        Expect.failure(Failure.Kind.NOT_FOUND, "there is no history in", this::verify);
    }

    // ---- far away

    @Test
    void farAwayEachObjectIsFetchedOnceAndTheProofIsNotedThereAlone() throws IOException {
        Location here = new S3Location(S3Server.BUCKET, s3.prefix(), lab.path("cache"));
        Location elsewhere = new S3Location(S3Server.BUCKET, s3.prefix(), lab.path("other-cache"));
        Runs far = new Runs(lab, lab.path("app.db"), here);
        hours(far, 5);
        s3.server().requests();
        assertNull(verify(elsewhere, outcome -> {}).failure());
        List<String> requests = s3.server().requests();
        assertEquals(
                5,
                requests.stream()
                        .filter(request -> request.matches("GET \\S*/app-\\S+"))
                        .distinct()
                        .count(),
                requests::toString);
        assertEquals(at(100), far.status(at(101)).verifiedAt());
        assertEquals(0, Files.size(lab.path("other-cache").resolve(stateBelow("other-cache"))), "it is not this one's");
        assertTrue(Files.size(lab.path("cache").resolve(stateBelow("cache"))) > 0);
    }

    private Path stateBelow(String cache) throws IOException {
        try (var files = Files.walk(lab.path(cache))) {
            return files.filter(file -> file.endsWith(".app.db.state"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
