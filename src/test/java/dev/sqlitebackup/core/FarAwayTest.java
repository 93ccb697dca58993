package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.RetentionRules;
import dev.sqlitebackup.history.S3Location;
import dev.sqlitebackup.history.Selection;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Heard;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.SharedS3;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * The same decisions about places in an object store. How those keep what they are given is in the tests of the store.
 */
class FarAwayTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Instant LATER = NOON.plus(Duration.ofDays(1));
    private static final Again AGAIN = new Again(List.of("verify", "/b"));
    private static final RetentionRules ONE = new RetentionRules(1, 0, 0, 0, 0, 0, Duration.ZERO);

    @RegisterExtension
    final SharedS3 s3 = new SharedS3();

    @TempDir
    Path directory;

    private S3Server server;
    private Lab lab;
    private Path database;
    private Location history;
    private Location file;

    @BeforeEach
    void makeDatabase() {
        server = s3.server();
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 3, "g");
        history = new S3Location(S3Server.BUCKET, s3.prefix(), lab.path("cache"));
        file = new S3Location(S3Server.BUCKET, s3.prefix() + "b.gz", lab.path("cache"));
    }

    private BackupService.Result backUp(Location destination, Instant now) {
        Lab.sql(database, "UPDATE t SET generation = generation || 'x'");
        return new BackupService(Clock.fixed(now, ZoneOffset.UTC), Progress.NONE)
                .backup(request(destination, RetentionRules.NONE));
    }

    @Test
    void keepsABackupThatCannotBeSentHere() {
        s3.set("aws.endpointUrlS3", "http://127.0.0.1:1");
        Failure failure = assertThrows(Failure.class, () -> backUp(history, NOON));
        assertEquals(Failure.Kind.FAILURE, failure.kind());
        String kept = failure.hint().substring(failure.hint().lastIndexOf(": ") + 2);
        assertTrue(Files.isRegularFile(Path.of(kept)), failure.hint());
    }

    /**
     * What is not known is not nothing: a reading that fails for a moment must not let an emptied database replace the
     * only backup.
     */
    @Test
    void asksAgainWhatIsThereBeforeAnythingGivesWay() throws IOException {
        Lab.sql(database, "CREATE TABLE big(b)", "INSERT INTO big VALUES (zeroblob(200000))");
        for (Location place : List.of(file, history)) {
            String before = backUp(place, NOON).backup();
            byte[] good = object(before);
            Path kept = lab.path("kept.db");
            Files.move(database, kept);
            Lab.sql(database, "CREATE TABLE t(generation)");
            server.answerTo("GET ", 403, "AccessDenied");
            Failure unknown = assertThrows(Failure.class, () -> backUp(place, NOON.plusSeconds(5)));
            assertEquals(Failure.Kind.FAILURE, unknown.kind());
            assertTrue(
                    unknown.getMessage().contains("already could not be asked: ")
                            && unknown.hint().contains("the new backup is safe here: "),
                    unknown.getMessage() + unknown.hint());
            server.behave();
            server.answerTo("GET ", 403, "AccessDenied");
            BackupService service =
                    new BackupService(Clock.fixed(NOON.plusSeconds(9), ZoneOffset.UTC), healingAtTheSnapshot());
            Failure shrunk = assertThrows(Failure.class, () -> {
                // A history has a new backup all the same, and prunes nothing.
                throw service.backup(request(place, place == history ? ONE : RetentionRules.NONE))
                        .failure();
            });
            assertEquals(Failure.Kind.SHRUNK, shrunk.kind(), shrunk.getMessage());
            assertArrayEquals(good, object(before));
            Files.move(kept, database, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** An outage beside a damaged database must neither call that verified nor cost the backup that is kept here. */
    @Test
    void keepsNothingHereOfADamagedDatabase() throws IOException {
        Lab.sql(database, "CREATE TABLE big(b)", "INSERT INTO big SELECT zeroblob(900) FROM t, t, t, t");
        server.answerTo("GET ", 403, "AccessDenied");
        Failure unsent = assertThrows(Failure.class, () -> backUp(file, NOON));
        Path kept = Path.of(unsent.hint().substring(unsent.hint().lastIndexOf(": ") + 2));
        byte[] good = Files.readAllBytes(kept);
        byte[] bytes = Files.readAllBytes(database);
        Arrays.fill(bytes, bytes.length - 3 * 4096, bytes.length, (byte) 0);
        Files.write(database, bytes);
        BackupService service = new BackupService(Clock.fixed(NOON, ZoneOffset.UTC), Progress.NONE);
        Failure damaged = assertThrows(Failure.class, () -> service.backup(request(file, RetentionRules.NONE)));
        assertEquals(Failure.Kind.CORRUPT, damaged.kind(), damaged.getMessage());
        assertArrayEquals(good, Files.readAllBytes(kept));
    }

    private BackupService.Request request(Location place, RetentionRules rules) {
        return Runs.request(
                database,
                place,
                null,
                false,
                false,
                new Compression(6, 2),
                lab.temporary(),
                Duration.ZERO,
                rules,
                false);
    }

    private Progress healingAtTheSnapshot() {
        return new Progress() {
            @Override
            public void phase(String name, long totalBytes) {
                server.behave();
            }

            @Override
            public void at(long doneBytes) {}
        };
    }

    /** What a run hears late it says all the same. */
    @Test
    void saysWhatItWouldHaveSaidAtOnce() throws IOException {
        backUp(history, NOON.plus(Duration.ofDays(400)));
        backUp(history, NOON);
        String state = s3.prefix() + ".app.db.state";
        try (S3Client client = server.client()) {
            String noted = client.getObjectAsBytes(
                            get -> get.bucket(S3Server.BUCKET).key(state))
                    .asUtf8String();
            client.putObject(
                    put -> put.bucket(S3Server.BUCKET).key(state),
                    RequestBody.fromString(noted.replaceFirst("\"host\":\"[^\"]*\"", "\"host\":\"other/00000000\"")));
        }
        Lab.sql(database, "UPDATE t SET generation = 'later'");
        server.answerTo("GET ", 403, "AccessDenied");
        String warnings = new BackupService(Clock.fixed(NOON.plusSeconds(9), ZoneOffset.UTC), healingAtTheSnapshot())
                .backup(request(history, RetentionRules.NONE))
                .verification()
                .warnings()
                .toString();
        assertTrue(warnings.contains("on the host other, and are continued with"), warnings);
        assertTrue(warnings.contains("is dated after now"), warnings);
    }

    /** In an emergency a note that cannot be read is no reason to fail. */
    @Test
    void aBackupIsFoundWithoutItsState() throws IOException {
        String only = backUp(history, NOON).backup();
        server.answerTo("GET .*\\.state", 403, "AccessDenied");
        BackupSource source =
                Selection.of(history, new Selection.Wish(new DatabaseChoice(null, database, true), null, LATER, AGAIN));
        assertEquals(only, source.location());
        assertArrayEquals(object(only), content(source));
    }

    private static BackupSource select(Location location, Instant notAfter) {
        return Selection.of(
                location,
                new Selection.Wish(new DatabaseChoice(null, Path.of("app.db"), true), notAfter, LATER, AGAIN));
    }

    private byte[] content(BackupSource source) throws IOException {
        try (Workspace workspace = Workspace.create(lab.temporary())) {
            return Files.readAllBytes(source.content().in(workspace).get(0).file());
        }
    }

    private byte[] object(String location) throws IOException {
        try (S3Client client = server.client()) {
            return client.getObject(request -> request.bucket(S3Server.BUCKET)
                            .key(location.substring(("s3://" + S3Server.BUCKET + "/").length())))
                    .readAllBytes();
        }
    }

    /** It is found by its name, and read when it is wanted. */
    @Test
    void aHistoryIsListedChosenFromAndPrunedByNames() throws IOException {
        String first = backUp(history, NOON).backup();
        String second = backUp(history, NOON.plusSeconds(1)).backup();
        assertEquals(history + "app-20261122T120001Z.db.gz", second);
        server.requests();
        List<Backup> listed = new ListService().list(history, null).backups();
        assertEquals(1, server.requests().size(), "a look into each would cost a request");
        assertEquals(
                List.of(second, first), listed.stream().map(Backup::location).toList());
        assertEquals(
                new Backup(
                        second,
                        "app-20261122T120001Z.db.gz",
                        "app.db",
                        NOON.plusSeconds(1),
                        1,
                        object(second).length,
                        null,
                        null),
                listed.get(0));
        assertArrayEquals(object(first), content(select(history, NOON)));
        assertEquals(
                NOON.plusSeconds(1),
                new StatusService(Clock.fixed(LATER, ZoneOffset.UTC))
                        .status(new StatusService.Request(database, true, history, null, Duration.ofDays(1)))
                        .confirmedAt());

        Heard heard = new Heard();
        PruneService.Pruned pruned = new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), heard)
                .prune(new PruneService.Request(history, null, ONE, lab.temporary(), Duration.ZERO));
        assertEquals(
                List.of(first),
                pruned.deleted().stream()
                        .map(decision -> decision.backup().location())
                        .toList());
        assertEquals(
                List.of(second),
                new ListService()
                        .list(history, null).backups().stream()
                                .map(Backup::location)
                                .toList());
        assertEquals(
                List.of(new Heard.Phase("verify", -1, Files.size(database))),
                heard.phases(),
                "a name does not say how much there is to do");
    }

    /** A half-synced copy, an empty object, another backup under a wrong name: each would displace a real one. */
    @Test
    void whatIsNotOursCountsForNoRuleAndIsLeftAlone() throws IOException {
        List<String> real = new ArrayList<>();
        for (int hour = 0; hour < 4; hour++) {
            real.add(backUp(history, NOON.plusSeconds(3_600L * hour)).backup());
        }
        byte[] whole = object(real.get(0));
        Map<String, byte[]> foreign = Map.of(
                "app-20261122T130500Z.db.gz",
                new byte[0],
                "app-20261122T140500Z.db.gz",
                Arrays.copyOf(whole, whole.length / 2),
                "app-20261122T150500Z.db.gz",
                whole,
                "app-20261122T150600Z.db.gz",
                new byte[5_000]);
        try (S3Client client = server.client()) {
            foreign.forEach((name, content) -> client.putObject(
                    request -> request.bucket(S3Server.BUCKET).key(((S3Location) history).key() + name),
                    RequestBody.fromBytes(content)));
        }
        StatusService.Result status = new StatusService(Clock.fixed(LATER, ZoneOffset.UTC))
                .status(new StatusService.Request(database, true, history, null, Duration.ofDays(1)));
        assertEquals(real.get(3), status.backup().location());
        assertEquals(2, status.warnings().size(), status.warnings().toString());
        assertArrayEquals(object(real.get(3)), content(select(history, null)));

        RetentionRules three = new RetentionRules(3, 0, 0, 0, 0, 0, Duration.ZERO);
        PruneService.Pruned pruned = new PruneService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE)
                .prune(new PruneService.Request(history, null, three, lab.temporary(), Duration.ZERO));
        assertEquals(
                List.of(real.get(3), real.get(2), real.get(1)),
                pruned.kept().stream()
                        .map(decision -> decision.backup().location())
                        .toList());
        assertEquals(
                List.of(real.get(0)),
                pruned.deleted().stream()
                        .map(decision -> decision.backup().location())
                        .toList());
        assertEquals(4, pruned.warnings().size(), pruned.warnings().toString());
        for (String name : foreign.keySet()) {
            assertArrayEquals(foreign.get(name), object(history + name), "it is left alone: " + name);
        }

        Lab.sql(database, "UPDATE t SET generation = 'new'");
        BackupService.Result next = new BackupService(Clock.fixed(LATER, ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        database,
                        history,
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        three,
                        false));
        assertEquals(
                List.of(real.get(1)),
                next.pruned().stream()
                        .map(decision -> decision.backup().location())
                        .toList());
    }

    /** Half of a state, or anybody's text under its name, is no state: the age of the backup itself decides. */
    @Test
    void aStateThatMakesNoSenseCountsAsNone() throws IOException {
        backUp(history, NOON);
        String key = ((S3Location) history).key() + ".app.db.state";
        try (S3Client client = server.client()) {
            byte[] whole = client.getObject(
                            request -> request.bucket(S3Server.BUCKET).key(key))
                    .readAllBytes();
            for (byte[] content : List.of(
                    new byte[0],
                    Arrays.copyOf(whole, whole.length / 2),
                    "null\n".getBytes(StandardCharsets.UTF_8),
                    new byte[1 << 20])) {
                client.putObject(request -> request.bucket(S3Server.BUCKET).key(key), RequestBody.fromBytes(content));
                StatusService.Result status = new StatusService(Clock.fixed(LATER, ZoneOffset.UTC))
                        .status(new StatusService.Request(database, true, history, null, Duration.ofHours(1)));
                assertNull(status.confirmedAt());
                assertEquals(StatusService.Freshness.STALE, status.freshness());
            }
        }
        assertFalse(backUp(history, LATER).unchanged());
        assertEquals(
                LATER,
                new StatusService(Clock.fixed(LATER, ZoneOffset.UTC))
                        .status(new StatusService.Request(database, true, history, null, Duration.ofHours(1)))
                        .confirmedAt());
    }

    /** The lock holds on one machine. */
    @Test
    void anUnchangedBackupThatSomebodyRemovesMeanwhileIsMadeAnew() throws IOException {
        String first = backUp(history, NOON).backup();
        Progress removing = new Progress() {
            @Override
            public void phase(String name, long totalBytes) {
                if (name.equals("snapshot")) {
                    try (S3Client client = server.client()) {
                        client.deleteObject(request -> request.bucket(S3Server.BUCKET)
                                .key(first.substring(("s3://" + S3Server.BUCKET + "/").length())));
                    }
                }
            }

            @Override
            public void at(long doneBytes) {}
        };
        BackupService.Result second = new BackupService(Clock.fixed(LATER, ZoneOffset.UTC), removing)
                .backup(Runs.request(
                        database,
                        history,
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
        assertFalse(second.unchanged());
        assertEquals(
                List.of(second.backup()),
                new ListService()
                        .list(history, null).backups().stream()
                                .map(Backup::location)
                                .toList());
    }

    @Test
    void aFileIsTheOnlyBackupAndSaysWhatIsInIt() throws IOException {
        Expect.failure(
                Failure.Kind.NOT_FOUND, "there is no backup at " + file, () -> new ListService().list(file, null));
        assertTrue(Expect.failure(Failure.Kind.NOT_FOUND, "there is no backup at " + file, () -> select(file, null))
                .hint()
                .contains("see what there is: "));
        assertEquals(file.toString(), backUp(file, NOON).backup());
        byte[] object = object(file.toString());
        assertEquals(
                List.of(new Backup(file.toString(), "b.gz", null, NOON, 1, object.length, Files.size(database), null)),
                new ListService().list(file, null).backups());
        assertEquals(NOON, select(file, null).createdAt());
        assertNull(select(file, null).commit());
        assertArrayEquals(object, content(select(file, NOON)));
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup as old as " + Times.local(NOON.minusSeconds(1)) + ": " + file + " is of "
                        + Times.local(NOON),
                () -> select(file, NOON.minusSeconds(1)));
    }

    /** Only its beginning is looked at: whether it is whole, a restore finds out. */
    @Test
    void anObjectThatSomebodyElsePutThereIsABackupIfItBeginsLikeOne() throws IOException {
        try (S3Client client = server.client()) {
            String key = ((S3Location) file).key();
            Tools.sh("gzip -c \"$1\" > \"$1.gz\"", database).ok();
            byte[] gzip = Files.readAllBytes(Path.of(database + ".gz"));
            client.putObject(
                    request -> request.bucket(S3Server.BUCKET).key(key),
                    RequestBody.fromBytes(Arrays.copyOf(gzip, 200)));
            assertEquals(
                    200, new ListService().list(file, null).backups().get(0).backupBytes());
            client.putObject(request -> request.bucket(S3Server.BUCKET).key(key), RequestBody.fromString("no backup"));
        }
        Expect.failure(
                Failure.Kind.CORRUPT,
                "the backup " + file + " failed verification",
                () -> new ListService().list(file, null));
    }
}
