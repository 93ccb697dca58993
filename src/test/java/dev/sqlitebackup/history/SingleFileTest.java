package dev.sqlitebackup.history;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.Compression;
import dev.sqlitebackup.core.BackupService;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import dev.sqlitebackup.testing.Tools;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A destination that is always the newest backup: what may become one, and what is there. */
class SingleFileTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");

    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 3, "g");
    }

    private Path backUp(String name) {
        new BackupService(Clock.fixed(NOON, ZoneOffset.UTC), Progress.NONE)
                .backup(Runs.request(
                        database,
                        Location.file(lab.path(name)),
                        null,
                        false,
                        false,
                        new Compression(6, 2),
                        lab.temporary(),
                        Duration.ZERO,
                        RetentionRules.NONE,
                        false));
        return lab.path(name);
    }

    private SingleFile destination(String name) {
        return SingleFile.of(lab.path(name), database);
    }

    private Path link(String name, Path target) throws IOException {
        return Files.createSymbolicLink(lab.path(name), target);
    }

    private Backup find(String name) {
        return Location.file(lab.path(name)).single().find();
    }

    @Test
    void isPublishedUnderItsOwnNameWhateverTheTime() throws IOException {
        SingleFile file = destination("b.gz");
        assertEquals(".b.gz.state", file.stateFile().name());
        assertNull(file.previous(NOON));
        Path finished = Files.move(backUp("other.gz"), lab.path("finished"));
        assertEquals("b.gz", file.publish(finished, NOON));
        assertEquals("b.gz", file.previous(NOON).tip().name());
        assertNull(file.datedAfter(Instant.EPOCH), "there is no other that it could hide");
    }

    /** In a directory that others can write, a planted link would send the backup over another file of ours. */
    @Test
    void followsALinkOnlyIfWeOrRootMadeIt() throws IOException {
        Path real = backUp("real.gz");
        Path link = link("link.gz", real);
        assertEquals("real.gz", destination("link.gz").name());
        Path dangling = link("dangling.gz", lab.path("nowhere.gz"));
        Expect.failure(
                Failure.Kind.FAILURE,
                "a symbolic link that leads nowhere: " + dangling,
                () -> destination("dangling.gz"));
        Tools.requireRoot();
        Files.setAttribute(link, "unix:uid", 12345, LinkOption.NOFOLLOW_LINKS);
        Expect.failure(
                Failure.Kind.FAILURE, "a symbolic link that somebody else made: " + link, () -> destination("link.gz"));
    }

    @Test
    void isNeverADirectoryOrADatabase() throws IOException {
        Files.createDirectory(lab.path("d.gz"));
        Expect.failure(Failure.Kind.FAILURE, "the destination is not a regular file", () -> destination("d.gz"));
        link("same.gz", database);
        Expect.failure(
                Failure.Kind.USAGE, "the database and the destination are the same file", () -> destination("same.gz"));
        Files.copy(database, lab.path("other.gz"));
        Expect.failure(
                Failure.Kind.FAILURE, "the destination is itself a SQLite database", () -> destination("other.gz"));
    }

    /** What two reads say of it: its name says nothing. */
    @Test
    void takesThePlaceOfNothingThatIsSomebodyElses() throws IOException {
        byte[] ours = Files.readAllBytes(backUp("b.gz"));
        byte[] startDamaged = ours.clone();
        Arrays.fill(startDamaged, 30, 60, (byte) 0);
        byte[] endDamaged = ours.clone();
        endDamaged[ours.length - 60] ^= 1;
        Map<String, byte[]> replaceable = Map.of(
                "whole",
                ours,
                "its start damaged",
                startDamaged,
                "its trailer damaged",
                endDamaged,
                "cut",
                Arrays.copyOf(ours, ours.length / 2),
                "hardly begun",
                Arrays.copyOf(ours, 300),
                "their own",
                gzip(Files.readAllBytes(database)),
                "empty",
                new byte[0],
                "pointer",
                "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n".getBytes(StandardCharsets.UTF_8));
        for (Map.Entry<String, byte[]> file : replaceable.entrySet()) {
            Files.write(lab.path("d.gz"), file.getValue());
            assertEquals("d.gz", destination("d.gz").name(), file.getKey());
        }
        byte[] archive = gzip("photos/1.jpg".repeat(1000).getBytes(StandardCharsets.UTF_8));
        Map<String, byte[]> foreign = Map.of(
                "archive",
                archive,
                "text",
                "notes".getBytes(StandardCharsets.UTF_8),
                "age",
                "age-encryption.org/v1\n-> X25519 ".getBytes(StandardCharsets.UTF_8),
                "one byte",
                new byte[1],
                "cut",
                Arrays.copyOf(archive, 20),
                "ours behind",
                concatenate(archive, ours),
                "zeros",
                new byte[5000],
                "ours ends it",
                concatenate("notes".getBytes(StandardCharsets.UTF_8), ours),
                "empty gzip",
                gzip(new byte[0]));
        for (Map.Entry<String, byte[]> file : foreign.entrySet()) {
            Files.write(lab.path("d.gz"), file.getValue());
            Failure failure = Expect.failure(
                    Failure.Kind.USAGE,
                    "the destination exists and is not a backup: " + lab.path("d.gz"),
                    () -> destination("d.gz"));
            assertEquals("choose another name, or move that file away", failure.hint());
        }
        // One that came after the first look.
        Files.delete(lab.path("d.gz"));
        SingleFile file = destination("d.gz");
        Files.write(lab.path("d.gz"), archive);
        Path finished = lab.path("b.gz");
        Expect.failure(Failure.Kind.USAGE, "the destination exists and is not a backup", () -> file.previous(NOON));
        Expect.failure(
                Failure.Kind.USAGE, "the destination exists and is not a backup", () -> file.publish(finished, NOON));
        assertArrayEquals(archive, Files.readAllBytes(lab.path("d.gz")));
        assertTrue(Files.exists(finished));
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(content);
        }
        return compressed.toByteArray();
    }

    private static byte[] concatenate(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    /** Not by way of a link either, such as one that somebody keeps on the newest. */
    @Test
    void isNeverOneBackupOfAHistory() throws IOException {
        Files.createDirectory(lab.path("my history"));
        Path one = Files.move(backUp("b.gz"), lab.path("my history/app-20261122T120000Z.db.gz"));
        link("newest.gz", one);
        for (String name : new String[] {"my history/app-20261122T120000Z.db.gz", "newest.gz"}) {
            Failure failure = Expect.failure(
                    Failure.Kind.USAGE,
                    "such a file is never overwritten: app-20261122T120000Z.db.gz",
                    () -> destination(name));
            assertEquals(
                    "to add one, name the directory: sqlite-backup backup " + database + " '--to="
                            + lab.path("my history") + "/'",
                    failure.hint());
        }
        S3Location far = new S3Location("bucket", "p/app-20261122T120000Z.db.gz", lab.temporary());
        assertTrue(Expect.failure(Failure.Kind.USAGE, "such a file is never overwritten", () -> far.singleFor(database))
                .hint()
                .endsWith(" --to=s3://bucket/p/"));
        assertEquals(
                ".b.gz.state",
                new S3Location("bucket", "p/b.gz", lab.temporary())
                        .singleFor(database)
                        .stateFile()
                        .name());
    }

    @Test
    void isDescribedByItsEnd() throws IOException {
        Path file = backUp("b.gz");
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        link("link.gz", file);
        Backup expected =
                new Backup(file.toString(), "b.gz", null, NOON, 1, Files.size(file), Files.size(database), null);
        assertEquals(expected, find("b.gz"));
        assertEquals(expected, find("link.gz"));
        assertNull(find("missing.gz"));
        assertNull(find("nowhere/missing.gz"));
        Location missing = Location.file(lab.path("missing.gz"));
        assertTrue(Expect.failure(
                        Failure.Kind.NOT_FOUND,
                        "there is no backup at " + missing,
                        () -> missing.single().existing(missing))
                .hint()
                .contains("see what there is: "));
    }

    /** Such as gzip's own: what is in it would have to be decompressed. */
    @Test
    void isDescribedByTheFileSystemIfSomebodyElseMadeIt() throws IOException {
        Path file = lab.path("theirs.gz");
        try (OutputStream gzip = new GZIPOutputStream(Files.newOutputStream(file))) {
            Files.copy(database, gzip);
        }
        Files.setLastModifiedTime(file, FileTime.from(NOON.plusMillis(750)));
        Backup theirs = find("theirs.gz");
        assertEquals(
                new Backup(file.toString(), "theirs.gz", null, NOON, Backup.NO_NUMBER, Files.size(file), null, null),
                theirs);
        assertFalse(
                theirs.isConfirmedBy(State.confirmed(NOON, NOON, null, null)),
                "a state speaks of our own backup of the same second");
    }

    @Test
    void isRefusedWhereItIsNoBackup() throws IOException {
        Lab.write(lab.path("pointer.gz"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
        assertTrue(Expect.failure(
                        Failure.Kind.NOT_FOUND,
                        "only a Git LFS pointer is at " + lab.path("pointer.gz"),
                        () -> find("pointer.gz"))
                .hint()
                .contains(" lfs pull"));
        Lab.write(lab.path("notes.gz"), "notes, and more of them than a trailer is long ".repeat(9));
        Expect.failure(Failure.Kind.CORRUPT, "neither a gzip file nor a SQLite database", () -> find("notes.gz"));
        byte[] whole = Files.readAllBytes(backUp("b.gz"));
        Files.write(lab.path("cut.gz"), Arrays.copyOf(whole, whole.length / 2));
        Expect.failure(Failure.Kind.CORRUPT, "it is cut short", () -> find("cut.gz"));
    }
}
