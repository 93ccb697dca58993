package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A history at the price of the change: what each run makes of what is there, whatever has happened to that. */
class IncrementTest {
    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");
    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;
    private int changes;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        lab.database("app.db", "wal", 300, "g");
        runs = Runs.of(lab);
    }

    private static Instant at(int hour) {
        return NOON.plus(HOUR.multipliedBy(hour));
    }

    /** A little. */
    private BackupService.Result change(int hour) {
        return runs.change(at(hour), "UPDATE t SET generation = 'c" + ++changes + "' WHERE id = " + changes);
    }

    private static String name(BackupService.Result result) {
        return Path.of(result.backup()).getFileName().toString();
    }

    private static boolean isIncrement(BackupService.Result result) {
        return result.manifest().increment() != null;
    }

    private void assertGivesBack(BackupService.Result result) {
        assertEquals(result.manifest().sha256(), Lab.sha256(runs.restored(result.backup(), null)), result.backup());
    }

    private List<String> kinds() {
        return runs.list().backups().stream()
                .map(backup -> backup.createdAt() + (backup.isIncrement() ? " since " + backup.since() : ""))
                .toList();
    }

    // ---- which parent

    /** The number with its lowest set bit cleared. */
    @Test
    void eachBuildsOnTheOneWithTheLowestBitOfItsNumberCleared() {
        for (int hour = 0; hour <= 8; hour++) {
            BackupService.Result result = change(hour);
            assertEquals(hour, result.manifest().number());
            assertGivesBack(result);
        }
        assertEquals(
                Stream.of("8 0", "7 6", "6 4", "5 4", "4 0", "3 2", "2 0", "1 0", "0")
                        .map(pair -> pair.split(" "))
                        .map(pair -> at(Integer.parseInt(pair[0]))
                                + (pair.length == 1 ? "" : " since " + at(Integer.parseInt(pair[1]))))
                        .toList(),
                kinds());
    }

    @Test
    void anUnchangedDatabaseGetsNoOther() {
        for (int hour = 0; hour < 4; hour++) {
            change(hour);
            BackupService.Result again = runs.backUp(at(hour).plusSeconds(60));
            assertTrue(again.unchanged());
            assertEquals(at(hour), again.manifest().createdAt());
        }
        assertEquals(4, kinds().size());
    }

    /** One of the same content as the newest, but one is between: that is a change, of one page perhaps. */
    @Test
    void whatChangedBackIsAnIncrement() throws IOException {
        BackupService.Result first = change(0);
        byte[] content = Files.readAllBytes(lab.path("app.db"));
        change(1);
        change(2);
        Files.write(lab.path("app.db"), content);
        BackupService.Result back = runs.backUp(at(3));
        assertFalse(back.unchanged());
        assertTrue(isIncrement(back));
        assertEquals(first.manifest().sha256(), back.manifest().sha256());
        assertGivesBack(back);
    }

    // ---- when a full one

    @Test
    void aFullOneIsMadeWhereSomebodyWantsIt() {
        change(0);
        Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'x' WHERE id = 1");
        BackupService.Result full = runs.backUp(at(1), false, true, RetentionRules.NONE);
        assertFalse(isIncrement(full));
        assertEquals("--full was given", full.whyFull());
        assertTrue(runs.backUp(at(2), false, true, RetentionRules.NONE).unchanged(), "the newest is a full one");
        assertTrue(isIncrement(change(3)));
        assertFalse(isIncrement(runs.backUp(at(4), false, true, RetentionRules.NONE)), "of the same content");
    }

    @Test
    void aFullOneIsMadeWhereAnIncrementWouldBeLargerThanHalfOfIt() {
        change(0);
        BackupService.Result full =
                runs.change(at(1), "UPDATE t SET b = hex(randomblob(200)) || printf('%0600d', id) WHERE id % 2");
        assertFalse(isIncrement(full));
        assertEquals("an increment would be more than half as large as the last full one", full.whyFull());
        assertGivesBack(full);
    }

    @Test
    void aFullOneIsMadeWhereTheLastIsOlderThanAMonth() {
        change(0);
        assertTrue(isIncrement(change(31 * 24)));
        BackupService.Result full = change(31 * 24 + 1);
        assertEquals("the last full one is older than 31 days", full.whyFull());
        assertEquals(
                at(31 * 24 + 1),
                kinds().stream().findFirst().map(Instant::parse).orElseThrow());
    }

    @Test
    void aFullOneIsMadeWhereTheIncrementsOutweighTwo() {
        change(0);
        long fullBytes = runs.list().backups().get(0).backupBytes();
        long incrementBytes = 0;
        for (int hour = 1; ; hour++) {
            BackupService.Result result = runs.change(
                    at(hour),
                    "UPDATE t SET b = hex(randomblob(200)) || printf('%0600d', id) WHERE id / 60 = " + hour % 5);
            assertGivesBack(result);
            if (!isIncrement(result)) {
                assertTrue(incrementBytes > fullBytes && incrementBytes <= 2 * fullBytes, incrementBytes + " bytes");
                return;
            }
            incrementBytes += result.backupBytes();
        }
    }

    @Test
    void aFullOneIsMadeOfAnotherPageSizeEachTime() {
        change(0);
        for (int hour = 1; hour <= 4; hour++) {
            BackupService.Result full = runs.change(
                    at(hour),
                    "PRAGMA journal_mode=DELETE",
                    "PRAGMA page_size=" + (hour % 2 == 1 ? 1024 : 4096),
                    "VACUUM");
            assertEquals("the page size has changed", full.whyFull());
            assertGivesBack(full);
        }
    }

    // ---- what may have happened meanwhile

    @Test
    void aBaseThatWasDeletedIsNamedAndNotBuiltUpon() throws IOException {
        change(0);
        BackupService.Result increment = change(1);
        change(2);
        Files.delete(runs.file("app-20261101T120000Z.db.gz"));
        StatusService.Result status = runs.status(at(2));
        assertEquals(StatusService.Freshness.BROKEN, status.freshness());
        assertEquals(
                "the backup of 20261101T120000Z, on which it builds, is missing (app-20261101T120000Z.db.gz, or an increment of that time)",
                status.missing());
        assertEquals(List.of(), kinds());
        assertEquals(
                List.of(runs.file("app-20261101T140000Z-since-20261101T120000Z.db-wal.gz")
                        + " and 1 older cannot be restored, and are left alone: " + status.missing()
                        + "; put that back, or remove what cannot be restored"),
                runs.list().warnings());
        Failure refused =
                Expect.failure(Failure.Kind.NOT_FOUND, status.missing(), () -> runs.restored(increment.backup(), null));
        String hint = "no older one can be restored; make a new one that builds on nothing: sqlite-backup backup "
                + runs.database() + " --to=" + lab.path("history") + " --full";
        assertEquals("nothing was changed; " + hint, refused.hint());
        Failure bad = Expect.failure(Failure.Kind.NOT_FOUND, status.missing(), () -> runs.verify(runs.history()));
        assertEquals(hint, bad.hint(), "of what never changes anything");
        Expect.failure(Failure.Kind.NOT_FOUND, status.missing(), () -> runs.restored(runs.history(), null));

        BackupService.Result full = change(3);
        assertFalse(isIncrement(full));
        assertTrue(full.verification().warnings().get(0).endsWith(status.missing()), full.verification()::toString);
        assertEquals(StatusService.Freshness.FRESH, runs.status(at(3)).freshness());
        assertGivesBack(full);
        assertTrue(isIncrement(change(4)));
    }

    /** The newest that is whole is named, and comes back. */
    @Test
    void whereAParentIsMissingTheHintNamesTheNewestThatIsWhole() throws IOException {
        for (int hour = 0; hour <= 6; hour++) {
            change(hour);
        }
        Files.delete(runs.file("app-20261101T160000Z-since-20261101T120000Z.db-wal.gz"));
        Failure refused = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "the backup of 20261101T160000Z, on which it builds, is missing",
                () -> runs.restored(runs.history(), null));
        assertTrue(
                refused.hint()
                        .endsWith("the newest older one that can be restored: sqlite-backup restore "
                                + lab.path("history") + " --to=" + lab.path("restored.db")
                                + " --name=app.db --at=2026-11-01T15:00:00Z"),
                refused.hint());
        assertNotNull(runs.restored(runs.history(), at(3)));
    }

    @Test
    void ofABaseOnlyThePointerIsHere() throws IOException {
        change(0);
        BackupService.Result increment = change(1);
        Path base = runs.file("app-20261101T120000Z.db.gz");
        byte[] good = Files.readAllBytes(base);
        Lab.write(
                base,
                "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize " + good.length
                        + "\n");
        Failure refused = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "of " + base + ", on which it builds, only the Git LFS pointer is here",
                () -> runs.restored(increment.backup(), null));
        assertTrue(refused.hint().startsWith("nothing was changed; fetch it: git -C "), refused.hint());
        assertEquals(StatusService.Freshness.BROKEN, runs.status(at(1)).freshness());
        BackupService.Result full = change(2);
        assertFalse(isIncrement(full));
        assertTrue(full.verification().warnings().toString().contains("Git LFS pointer"), full::toString);
        Files.write(base, good);
        assertGivesBack(increment);
        assertGivesBack(full);
    }

    @Test
    void ofAParentOnlyThePointerIsHere() throws IOException {
        for (int hour = 0; hour <= 3; hour++) {
            change(hour);
        }
        Path parent = runs.file("app-20261101T140000Z-since-20261101T120000Z.db-wal.gz");
        Lab.write(parent, "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 12\n");
        Expect.failure(
                Failure.Kind.NOT_FOUND, "only the Git LFS pointer is here", () -> runs.restored(runs.history(), null));
        Expect.failure(Failure.Kind.NOT_FOUND, "only a Git LFS pointer is at", () -> runs.restored(parent, null));
        assertFalse(isIncrement(change(4)));
    }

    /** Its name and its time are right, and its content is not what the increments were made of. */
    @Test
    void aBaseThatWasReplacedByAnotherOfThatNameIsNotBuiltUpon() throws IOException {
        change(0);
        BackupService.Result increment = change(1);
        Path base = runs.file("app-20261101T120000Z.db.gz");
        Lab other = new Lab(Files.createDirectories(lab.path("other")));
        other.database("app.db", "wal", 300, "other");
        Files.copy(
                Path.of(Runs.of(other).backUp(NOON).backup()), base, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                base + " is not the backup of that name on which it was built: another has its place",
                () -> runs.restored(increment.backup(), null));
        BackupService.Result full = change(2);
        assertFalse(isIncrement(full));
        assertTrue(full.verification().warnings().get(0).contains("another has its place"), full::toString);
        assertGivesBack(full);
    }

    /** Does something when a run begins a phase. */
    private static Progress at(String phase, Runnable then) {
        return new Progress() {
            @Override
            public void phase(String name, long totalBytes) {
                if (name.equals(phase)) {
                    then.run();
                }
            }

            @Override
            public void at(long doneBytes) {}
        };
    }

    private static void damage(Path backup) {
        try {
            byte[] bytes = Files.readAllBytes(backup);
            bytes[bytes.length / 2] ^= 1;
            Files.write(backup, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** After it was read, and before success is said. */
    @Test
    void noIncrementIsLeftToAParentThatIsDamagedMeanwhile() {
        Path parent = Path.of(change(0).backup());
        Lab.sql(runs.database(), "UPDATE t SET generation = 'meanwhile' WHERE id = 1");
        BackupService.Result full = runs.backUp(at(1), at("publish", () -> damage(parent)));
        assertFalse(isIncrement(full), full::toString);
        assertGivesBack(full);
    }

    @Test
    void whatIsDamagedMeanwhileIsNotCalledUnchanged() {
        Path newest = Path.of(change(0).backup());
        BackupService.Result full = runs.backUp(at(1), at("check", () -> damage(newest)));
        assertFalse(full.unchanged(), full::toString);
        assertGivesBack(full);
        assertTrue(runs.backUp(at(2)).unchanged(), "and the state speaks of the good one");
    }

    /** Each block of which is whole: only the SHA-256 of all of them tells. */
    private static void exchangeTwoBlocks(Path backup) throws IOException {
        byte[] bytes = Files.readAllBytes(backup);
        int[] starts = new int[4];
        for (int i = 1; i < starts.length; i++) {
            int bsize = starts[i - 1] + 16; // BGZF: the length less one, after the twelve bytes of gzip and XLEN's tag.
            starts[i] = starts[i - 1] + (bytes[bsize] & 0xff) + ((bytes[bsize + 1] & 0xff) << 8) + 1;
        }
        ByteArrayOutputStream exchanged = new ByteArrayOutputStream();
        exchanged.write(bytes, 0, starts[1]);
        exchanged.write(bytes, starts[2], starts[3] - starts[2]);
        exchanged.write(bytes, starts[1], starts[2] - starts[1]);
        exchanged.write(bytes, starts[3], bytes.length - starts[3]);
        Files.write(backup, exchanged.toByteArray());
    }

    @Test
    void aParentThatNoRunHasProvenNeedsItsSha256() throws IOException {
        Path parent = Path.of(change(0).backup());
        Files.delete(runs.file(".app.db.state"));
        exchangeTwoBlocks(parent);
        // Of another size, so that the newest is not compared with it first.
        BackupService.Result full =
                runs.change(at(1), "CREATE TABLE more(b)", "INSERT INTO more VALUES (randomblob(20000))");
        assertFalse(isIncrement(full), full::toString);
        assertTrue(full.verification().warnings().toString().contains("SHA-256"), full::toString);
        assertGivesBack(full);
    }

    /** It was what a run had proven when it was looked at, and may be something else when it is read. */
    @Test
    void whatIsWrittenMeanwhileIsNotBuiltUpon() throws IOException {
        Path parent = Path.of(change(0).backup());
        Lab.sql(runs.database(), "UPDATE t SET generation = 'meanwhile' WHERE id = 1");
        // As if nothing had changed, so that nothing is read before the snapshot.
        Path stateFile = runs.file(".app.db.state");
        JsonObject state = JsonParser.parseString(Files.readString(stateFile)).getAsJsonObject();
        state.add("database", new Gson().toJsonTree(FileIdentity.of(runs.database())));
        Files.writeString(stateFile, state + "\n");
        BackupService.Result full = runs.backUp(
                at(1), at("compare", () -> assertTrue(parent.toFile().setLastModified(0))));
        assertFalse(isIncrement(full), full::toString);
        assertTrue(full.verification().warnings().toString().contains("is being written"), full::toString);
        assertGivesBack(full);
    }

    /** What is damaged is said, what needs it is not offered, and the next run begins anew. */
    @Test
    void aDamagedBaseIsNamedAndNotBuiltUpon() throws IOException {
        change(0);
        Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'x' WHERE id = 200");
        Path base = Path.of(runs.backUp(at(0).plusSeconds(5), false, true, RetentionRules.NONE)
                .backup());
        change(1);
        BackupService.Result increment = change(2);
        byte[] bytes = Files.readAllBytes(base);
        bytes[bytes.length / 2] ^= 1;
        Files.write(base, bytes);
        Failure refused = Expect.failure(
                Failure.Kind.CORRUPT,
                "the backup " + base + " failed verification",
                () -> runs.restored(increment.backup(), null));
        assertTrue(
                refused.hint()
                        .endsWith("the newest older one that does not need it: sqlite-backup restore "
                                + lab.path("history") + " --to=" + lab.path("restored.db") + " --name=app.db --at="
                                + at(0)),
                refused.hint());
        BackupService.Result full = change(3);
        assertFalse(isIncrement(full));
        assertTrue(full.verification().warnings().get(0).contains(base + " failed verification"), full::toString);
        assertTrue(isIncrement(change(4)));
    }

    /** What comes with `git lfs pull` shall find what it needs; and nothing older is taken for the newest meanwhile. */
    @Test
    void whatAPointerBuildsOnIsNotPruned() throws IOException {
        for (int hour = 0; hour <= 3; hour++) {
            change(hour);
        }
        Path newest = runs.file("app-20261101T150000Z-since-20261101T140000Z.db-wal.gz");
        byte[] good = Files.readAllBytes(newest);
        Lab.write(newest, "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 12\n");
        Failure refused = Expect.failure(
                Failure.Kind.NOT_FOUND,
                "cannot be restored: of " + newest + " only the Git LFS pointer is here",
                () -> runs.restored(runs.history(), null));
        assertTrue(refused.hint().contains("; fetch it: git -C "), refused.hint());
        assertEquals(StatusService.Freshness.BROKEN, runs.status(at(3)).freshness());
        assertFalse(isIncrement(change(4)));
        PruneService.Pruned pruned = runs.prune(at(5), new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO));
        assertEquals(
                List.of("app-20261101T130000Z-since-20261101T120000Z.db-wal.gz"),
                pruned.deleted().stream()
                        .map(decision -> decision.backup().name())
                        .toList());
        assertEquals(
                List.of("needed by " + newest.getFileName() + ", which is left alone"),
                pruned.kept().get(1).reasons());
        Files.write(newest, good);
        assertNotNull(runs.restored(newest, null));
    }

    /** Two hosts, or a copy from elsewhere: what a name says is not enough to tell which of two was built upon. */
    @Test
    void anotherBackupOfTheMomentOfAParentChangesNothing() throws IOException {
        for (int hour = 0; hour <= 2; hour++) {
            change(hour);
        }
        BackupService.Result tip = change(3);
        Lab other = new Lab(Files.createDirectories(lab.path("other")));
        other.database("app.db", "wal", 300, "other");
        Path foreign = runs.file("app-20261101T140000Z.db.gz");
        Files.copy(Path.of(Runs.of(other).backUp(at(2)).backup()), foreign);
        assertGivesBack(tip);
        runs.prune(at(4), new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO));
        assertGivesBack(tip);
        assertTrue(Files.exists(foreign), "a name alone does not tell which of them is needed");
        assertGivesBack(change(5));
        Files.delete(foreign);
        assertGivesBack(tip);
        assertEquals(StatusService.Freshness.FRESH, runs.status(at(5)).freshness());
    }

    /** The ends that are read tell it. */
    @Test
    void aBaseThatWasExchangedRings() throws IOException {
        change(0);
        change(1);
        Lab other = new Lab(Files.createDirectories(lab.path("other")));
        other.database("app.db", "wal", 300, "other");
        Files.copy(
                Path.of(Runs.of(other).backUp(NOON).backup()),
                runs.file("app-20261101T120000Z.db.gz"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertEquals(StatusService.Freshness.BROKEN, runs.status(at(1)).freshness());
        assertTrue(runs.list().warnings().get(0).contains("another has its place"), runs.list()::toString);
    }

    /** By somebody who does not know the lock, while it was read. */
    @Test
    void aBaseThatIsRemovedDuringTheRunGivesAFullBackup() throws IOException {
        change(0);
        Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'x' WHERE id = 9");
        Path base = runs.file("app-20261101T120000Z.db.gz");
        BackupService.Result result = new BackupService(
                        java.time.Clock.fixed(at(1), java.time.ZoneOffset.UTC), new dev.sqlitebackup.Progress() {
                            private boolean compares;

                            @Override
                            public void phase(String name, long total) {
                                compares = name.equals("compare");
                            }

                            @Override
                            public void at(long done) {
                                if (compares) {
                                    base.toFile().delete();
                                }
                            }
                        })
                .backup(Runs.request(
                        runs.database(),
                        runs.history(),
                        null,
                        false,
                        false,
                        new dev.sqlitebackup.archive.Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        true));
        assertFalse(Files.exists(base));
        assertFalse(isIncrement(result), result::toString);
        assertGivesBack(result);
    }

    @Test
    void aNameThatHasRoomForAFullBackupAloneGetsThose() throws IOException {
        Path database = Files.move(lab.path("app.db"), lab.path("n".repeat(228) + ".db"));
        Runs long1 = new Runs(lab, database, runs.history());
        long1.backUp(NOON);
        BackupService.Result second = long1.change(at(1), "UPDATE t SET generation = 'x' WHERE id = 9");
        assertEquals("the name of an increment would be too long", second.whyFull());
    }

    /** What says that it holds terabytes is damaged, and nobody makes room for it. */
    @Test
    void anIncrementThatCannotHoldWhatItSaysIsNotBuiltUpon() throws IOException {
        change(0);
        BackupService.Result increment = change(1);
        Path file = Path.of(increment.backup());
        byte[] bytes = Files.readAllBytes(file);
        java.nio.ByteBuffer tail = java.nio.ByteBuffer.wrap(bytes, bytes.length - 178, 178)
                .slice()
                .order(java.nio.ByteOrder.LITTLE_ENDIAN);
        tail.putLong(128, 32 + 4120L * 60_000_000);
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(bytes, bytes.length - 178 + 22, 114);
        tail.putInt(136, (int) crc.getValue());
        Files.write(file, bytes);
        Expect.failure(
                Failure.Kind.CORRUPT, "it cannot hold as much as its trailer says", () -> runs.restored(file, null));
        BackupService.Result full = change(2);
        assertFalse(isIncrement(full));
        assertTrue(full.verification().warnings().toString().contains("cannot hold as much"), full::toString);
    }

    @Test
    void anIncrementMayBeOfTheSecondOfItsParent() {
        for (int i = 0; i < 5; i++) {
            assertGivesBack(change(0));
        }
        assertEquals(
                List.of(
                        "app-20261101T120000Z-5-since-20261101T120000Z.db-wal.gz",
                        "app-20261101T120000Z-4-since-20261101T120000Z-3.db-wal.gz",
                        "app-20261101T120000Z-3-since-20261101T120000Z.db-wal.gz",
                        "app-20261101T120000Z-2-since-20261101T120000Z.db-wal.gz",
                        "app-20261101T120000Z.db.gz"),
                runs.list().backups().stream().map(Backup::name).toList());
    }

    /** Two of one second and one parent, exchanged, would otherwise pass for each other. */
    @Test
    void twoOfOneSecondThatWereExchangedAreRefused() throws IOException {
        for (int i = 0; i < 3; i++) {
            change(0);
        }
        Path second = runs.file("app-20261101T120000Z-2-since-20261101T120000Z.db-wal.gz");
        Path third = runs.file("app-20261101T120000Z-3-since-20261101T120000Z.db-wal.gz");
        Path kept = Files.move(second, lab.path("kept"));
        Files.move(third, second);
        Files.move(kept, third);
        Expect.failure(
                Failure.Kind.CORRUPT,
                second + " holds the increment 20261101T120000Z-3 since 20261101T120000Z, which is not what its name "
                        + "says",
                () -> runs.restored(second, null));
        assertEquals(
                List.of("app-20261101T120000Z.db.gz"),
                runs.list().backups().stream().map(Backup::name).toList());
    }

    /** What is dated after now is passed over: nothing builds on what comes after it. */
    @Test
    void aClockThatJumpedBackBetweenParentAndChild() {
        change(0);
        change(48);
        BackupService.Result behind = change(1);
        assertEquals("app-20261101T130000Z-since-20261101T120000Z.db-wal.gz", name(behind));
        assertGivesBack(behind);
        BackupService.Result before = change(-1);
        assertEquals("the newest backup is dated after now", before.whyFull());
        assertGivesBack(before);
        assertGivesBack(change(2));
        assertGivesBack(change(49));
    }

    @Test
    void twoRunsAtOnceMakeOneChain() throws Exception {
        change(0);
        ExecutorService both = Executors.newFixedThreadPool(2);
        try {
            Callable<BackupService.Result> run =
                    () -> new BackupService(java.time.Clock.systemUTC(), dev.sqlitebackup.Progress.NONE)
                            .backup(Runs.request(
                                    runs.database(),
                                    runs.history(),
                                    null,
                                    false,
                                    false,
                                    new dev.sqlitebackup.archive.Compression(6, 2),
                                    lab.temporary(),
                                    Duration.ofMinutes(1),
                                    RetentionRules.NONE,
                                    false));
            Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'both' WHERE id = 1");
            Future<BackupService.Result> one = both.submit(run);
            Future<BackupService.Result> other = both.submit(run);
            assertTrue(one.get().unchanged() != other.get().unchanged(), "who comes second finds it unchanged");
            assertGivesBack(one.get());
            assertGivesBack(other.get());
        } finally {
            both.shutdown();
        }
    }

    /** What it leaves is built upon: the numbers go on. */
    @Test
    void aPruneBetweenLeavesWhatTheNextBuildsOn() {
        for (int hour = 0; hour <= 5; hour++) {
            change(hour);
        }
        runs.prune(at(5), new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO));
        assertEquals(List.of(at(5) + " since " + at(4), at(4) + " since " + at(0), at(0).toString()), kinds());
        BackupService.Result next = change(6);
        assertEquals(6, next.manifest().number());
        assertEquals(at(4), next.manifest().increment().parentCreatedAt());
        assertGivesBack(next);
    }

    // ---- what a database may do

    @Test
    void aDatabaseThatGrowsAHundredThousandfoldAndShrinksAgain() {
        Path database = lab.path("app.db");
        Lab.sql(
                database,
                "DROP INDEX t_b",
                "DROP TABLE t",
                "PRAGMA journal_mode=DELETE",
                "PRAGMA page_size=512",
                "VACUUM");
        BackupService.Result one = runs.backUp(NOON);
        assertEquals(512, one.manifest().databaseBytes());
        BackupService.Result large =
                runs.change(at(1), "CREATE TABLE z(b)", "INSERT INTO z VALUES (zeroblob(51200000))");
        assertTrue(large.manifest().databaseBytes() > 100_000 * 512L, large::toString);
        assertGivesBack(large);
        assertGivesBack(runs.change(at(2), "UPDATE z SET rowid = 2"));
        BackupService.Result small = runs.change(at(3), "DROP TABLE z", "VACUUM");
        assertEquals(512, small.manifest().databaseBytes());
        assertGivesBack(small);
        assertGivesBack(runs.change(at(4), "CREATE TABLE z(b)", "INSERT INTO z VALUES (zeroblob(51200000))"));
        assertGivesBack(one);
        assertGivesBack(large);
    }

    @Test
    void aDatabaseThatIsVacuumedEveryTime() {
        for (int hour = 0; hour < 9; hour++) {
            Lab.sql(lab.path("app.db"), "DELETE FROM t WHERE id % 40 = " + hour, "INSERT INTO t(b) VALUES ('x')");
            assertGivesBack(runs.change(at(hour), "VACUUM"));
        }
    }

    @Test
    void pagesOf64KiB() throws IOException {
        Path database = lab.path("app.db");
        Files.delete(database);
        Lab.sql(
                database,
                "PRAGMA page_size=65536",
                "PRAGMA journal_mode=WAL",
                "CREATE TABLE t(id INTEGER PRIMARY KEY, generation, b)",
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
                        + "INSERT INTO t(b) SELECT hex(randomblob(500)) FROM n");
        for (int hour = 0; hour < 9; hour++) {
            BackupService.Result result = change(hour);
            assertEquals(hour > 0, isIncrement(result), result::toString);
            assertGivesBack(result);
        }
    }

    /** The schema's cookie is in page 1 alone. */
    @Test
    void aChangeOfNothingButTheHeader() {
        change(0);
        BackupService.Result result = runs.change(at(1), "PRAGMA user_version = 7");
        assertEquals(
                Manifests.walBytes(1, 4096), result.manifest().increment().walBytes(), "one frame, that of page 1");
        assertGivesBack(result);
    }

    /** VACUUM INTO writes the same pages for the same rows, so what is only added to costs little. */
    @Test
    void compactWorksWithIncrementsWhereItCanAndSaysWhereItCannot() {
        runs.backUp(NOON, true, false, RetentionRules.NONE);
        Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'h' WHERE id = 250");
        BackupService.Result increment = runs.backUp(at(1), true, false, RetentionRules.NONE);
        assertTrue(isIncrement(increment), increment::toString);
        assertGivesBack(increment);
        Lab.sql(lab.path("app.db"), "DELETE FROM t WHERE id < 20");
        BackupService.Result full = runs.backUp(at(2), true, false, RetentionRules.NONE);
        assertEquals(
                "with what --compact has moved, an increment would be more than half as large as the last full one",
                full.whyFull());
        assertGivesBack(full);
    }

    // ---- what was there before

    /** A month of backups that were made before there were increments. */
    @Test
    void fullBackupsOfBeforeAreReadAndBuiltUpon() {
        for (int day = 0; day < 30; day++) {
            Lab.sql(lab.path("app.db"), "UPDATE t SET generation = 'd" + day + "' WHERE id = 1");
            runs.backUp(at(24 * day), false, true, RetentionRules.NONE);
        }
        BackupService.Result increment = change(24 * 30);
        assertEquals(at(24 * 29), increment.manifest().increment().parentCreatedAt());
        assertGivesBack(increment);
        assertEquals(31, kinds().size());
        assertNull(runs.status(at(24 * 30)).missing());
    }

    /** Sizes in a manifest, for tests. */
    private static final class Manifests {
        private Manifests() {}

        static long walBytes(int frames, int pageSizeBytes) {
            return 32 + frames * (24L + pageSizeBytes);
        }
    }
}
