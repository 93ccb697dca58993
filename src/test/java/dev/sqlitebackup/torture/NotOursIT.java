package dev.sqlitebackup.torture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.S3Server;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** What is somebody else's stays as it is, on the packaged program. */
class NotOursIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "wal", 50, "g");
    }

    private Path archive(String name) {
        Tools.sh(
                        "cd \"$1\"; mkdir -p photos \"$(dirname \"$2\")\"; head -c 20000 /dev/urandom > "
                                + "photos/1.jpg; tar czf \"$2\" photos",
                        directory,
                        lab.path(name))
                .ok();
        return lab.path(name);
    }

    @Test
    void aBackupTakesTheNameOfNoArchive() throws IOException {
        archive("there/photos.tar.gz");
        Map<String, String> before = lab.contents("there");
        JsonObject refused = lab.json(2, "backup", database, "--to=there/photos.tar.gz");
        assertEquals("usage", refused.get("error").getAsString());
        assertTrue(
                refused.get("message").getAsString().startsWith("the destination exists and is not a backup"),
                refused.toString());
        assertEquals(before, lab.contents("there"), "nothing was written, not even a state file");
        Files.createSymbolicLink(lab.path("there/link.gz"), lab.path("there/photos.tar.gz"));
        lab.json(2, "backup", database, "--to=there/link.gz");
        Files.delete(lab.path("there/link.gz"));
        assertEquals(before, lab.contents("there"));
        Figures.row(
                "not-ours",
                "an archive at the destination, named itself and through a link",
                2,
                "refused (2), nothing written");
    }

    /** How something can be mounted, and taken away again. */
    private static final Map<String, String> MOUNTS = Map.of(
            "tmpfs",
            "mount -t tmpfs none nas",
            "disk",
            "[ -e disk.img ] || { truncate -s 20M disk.img; mkfs.ext4 -q disk.img; }; mount -o loop disk.img nas",
            "bind",
            "mkdir -p real; mount --bind real nas");

    private void mount(String kind) {
        Tools.require("mount", "mkfs.ext4");
        Tools.requireRoot();
        Tools.sh("cd \"$1\"; mkdir -p nas; " + MOUNTS.get(kind), directory).ok();
    }

    private void unmount() {
        Tools.sh("umount \"$1\"", lab.path("nas")).ok();
    }

    private JsonObject refusedAsNotMounted(Object... arguments) {
        JsonObject refused = lab.json(1, arguments);
        assertTrue(
                refused.get("message").getAsString().startsWith(lab.path("nas").toString())
                        && refused.get("message")
                                .getAsString()
                                .endsWith("nothing is mounted at " + lab.path("nas") + " now: is it mounted?"),
                refused.toString());
        return refused;
    }

    /** All was lost with it, and the next backup alone would not say so. */
    @Test
    void anotherDiskInThePlaceOfTheOneWithTheBackupsIsNoticed() {
        mount("tmpfs");
        try {
            lab.json(0, "backup", database, "--to=nas/backups/");
        } finally {
            unmount();
        }
        mount("tmpfs");
        try {
            assertTrue(lab.json(0, "backup", database, "--to=nas/backups/")
                    .get("warnings")
                    .toString()
                    .contains("is it the right disk?"));
            assertFalse(lab.json(0, "backup", database, "--to=nas/backups/").has("warnings"), "said once");
        } finally {
            unmount();
        }
    }

    @ParameterizedTest
    @CsvSource({"tmpfs, nas/app.db.gz", "disk, nas/deep/backups/", "bind, nas/backups/"})
    void anEmptyMountPointIsNotTakenForWhatWasMountedThere(String kind, String to) throws IOException {
        mount(kind);
        try {
            lab.json(0, "backup", database, "--to=" + to);
            lab.json(0, "status", database, "--to=" + to);
        } finally {
            unmount();
        }
        Map<String, String> record = lab.contents("state");
        assertEquals(1, record.size());
        refusedAsNotMounted("backup", database, "--to=" + to);
        refusedAsNotMounted("status", database, "--to=" + to);
        refusedAsNotMounted("status", database, "--to=" + to.replaceFirst("/$", ""));
        assertTrue(lab.json(10, "verify", to).get("hint").getAsString().endsWith("is it mounted?"));
        if (to.endsWith("/")) {
            refusedAsNotMounted("prune", to, "--keep-last=1");
            assertTrue(lab.json(10, "list", to).get("hint").getAsString().endsWith("is it mounted?"));
        }
        // Nor another directory below it, nor the same by another path.
        Files.createSymbolicLink(lab.path("link"), lab.path("nas"));
        refusedAsNotMounted("backup", database, "--to=nas/of another/");
        assertEquals(
                1,
                lab.run("backup", database, "--to=link/" + to.substring("nas/".length()))
                        .exitCode());
        assertEquals(Map.of(), lab.contents("nas"));
        Files.delete(lab.path("nas")); // As automatic mounting does.
        refusedAsNotMounted("backup", database, "--to=" + to);
        assertFalse(Files.exists(lab.path("nas")));

        mount(kind);
        try {
            lab.json(0, "backup", database, "--to=" + to);
            lab.json(0, "status", database, "--to=" + to);
        } finally {
            unmount();
        }
        if (kind.equals("tmpfs") || Figures.isFull()) { // Who means it, types what the hint says.
            String hint = refusedAsNotMounted("backup", database, "--to=" + to)
                    .get("hint")
                    .getAsString();
            Tools.sh(hint.substring(hint.indexOf("rm '"))).ok();
            lab.json(0, "backup", database, "--to=" + to);
            lab.json(0, "status", database, "--to=" + to);
        }
        Figures.row(
                "not-ours",
                "a destination on a file system that is not mounted: " + kind + ", " + to,
                to.endsWith("/") ? 6 : 5,
                "refused (1), nothing made below the mount point; 0 as soon as it is mounted");
    }

    /** What an accident left below the mount point is older than what lies on the mounted file system. */
    @Test
    void aBackupBelowTheMountPointIsNotTakenForTheNewest() throws IOException {
        lab.json(0, "backup", database, "--to=nas/");
        assertFalse(Files.exists(lab.path("state")), "the root file system is always there");
        mount("tmpfs");
        try {
            lab.json(0, "backup", database, "--to=nas/");
        } finally {
            unmount();
        }
        refusedAsNotMounted("status", database, "--to=nas");
        for (JsonObject said : List.of(
                lab.json(0, "list", "nas"),
                lab.json(0, "restore", "nas", "--to=new.db"),
                lab.json(0, "verify", "nas"))) {
            assertTrue(said.get("warnings").toString().contains("is it mounted?"), said.toString());
        }
    }

    @Test
    void whatIsKnownOfMountsIsPrivateAndNeverCostsABackup() throws IOException {
        mount("tmpfs");
        try {
            Tools.Started other = lab.start("backup", database, "--to=nas/one.gz");
            lab.json(0, "backup", database, "--to=nas/two.gz");
            assertEquals(0, Tools.await(other).exitCode());
            List<Path> records;
            try (var files = Files.walk(lab.path("state/sqlite-backup"))) {
                records = files.toList();
            }
            assertEquals(2, records.size(), "one directory, one record: " + records);
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(records.get(0))));
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(records.get(1))));
            Lab.write(records.get(1), "{\"place\":17");
            lab.json(0, "backup", database, "--to=nas/two.gz");
            assertTrue(Files.readString(records.get(1)).contains("tmpfs"));

            lab.json(0, "backup", database, "--to=nas/three.gz");
            Lab none = new Lab(directory).with(Map.of("XDG_STATE_HOME", "/proc/none"));
            assertEquals(0, none.run("backup", database, "--to=nas/three.gz").exitCode());
            Tools.Ended homeless = Tools.sh(
                    "cd \"$1\"; env -i PATH=\"$PATH\" TMPDIR=\"$1/tmp\" setpriv --reuid=54321 --regid=54321 "
                            + "--clear-groups \"$2\" -jar \"$3\" --version",
                    directory,
                    Lab.JAVA,
                    Lab.JAR);
            assertEquals(0, homeless.exitCode(), homeless.err());
            Tools.sh(
                            "cd \"$1\"; env -i PATH=\"$PATH\" TMPDIR=\"$1/tmp\" \"$2\" -Duser.home='?' -jar "
                                    + "\"$3\" backup app.db --to=nas/four.gz",
                            directory,
                            Lab.JAVA,
                            Lab.JAR)
                    .ok();
        } finally {
            unmount();
        }
    }

    /**
     * Somebody tries a backup out, and has named no target: what he works with every day must not become something
     * else.
     */
    @Test
    void theDefaultDatabaseGetsNoBackupOfAnother() throws Exception {
        lab.with(Map.of("XDG_DATA_HOME", directory.toString()));
        Files.createDirectory(lab.path("opencode"));
        Path opencode = lab.database("opencode/opencode.db", "wal", 20, "mine");
        Tools.sh(
                        "cd \"$1\"; mkdir names plain; gzip -c app.db > names/app.db.gz; cp app.db "
                                + "plain/app.db.pre-restore-20260101000000; gzip -c opencode/opencode.db > "
                                + "names/opencode.db.gz;"
                                + " cp opencode/opencode.db plain/opencode.db.pre-restore-20260101000000-2",
                        directory)
                .ok();
        lab.json(
                0,
                "backup",
                database,
                "--to=noted/opencode.db.gz"); // Named as one of the default database, which the state knows better.
        lab.json(0, "backup", opencode, "--to=noted/latest.gz");
        String one =
                lab.json(0, "backup", database, "--to=history/").get("backup").getAsString();
        Map<String, String> before = lab.contents("opencode");
        for (String backup :
                List.of("noted/opencode.db.gz", "names/app.db.gz", "plain/app.db.pre-restore-20260101000000", one)) {
            JsonObject refused = lab.json(2, "restore", backup);
            assertEquals(
                    backup + " is "
                            + (backup.startsWith("noted")
                                    ? "a backup of " + database.toRealPath()
                                    : "by its name a backup of app.db")
                            + ", not of " + opencode + ", which is the default",
                    refused.get("message").getAsString());
            String target = backup.startsWith("noted") ? database.toRealPath().toString() : "app.db";
            assertEquals(
                    "say where it goes: " + Lab.PROGRAM + " restore " + lab.path(backup) + " --to=" + lab.path(target),
                    refused.get("hint").getAsString());
            lab.json(2, "restore", backup, "--dry-run");
        }
        assertEquals(2, lab.run("restore", "history").exitCode());
        assertEquals(before, lab.contents("opencode"));

        lab.json(0, "restore", "names/app.db.gz", "--to=opencode/named.db");
        for (String backup :
                List.of("noted/latest.gz", "names/opencode.db.gz", "plain/opencode.db.pre-restore-20260101000000-2")) {
            lab.json(0, "restore", backup);
        }
        Lab named = new Lab(directory)
                .with(Map.of("XDG_DATA_HOME", directory.toString(), "SQLITE_BACKUP_DB", opencode.toString()));
        assertEquals(0, named.run("restore", "names/app.db.gz", "--dry-run").exitCode());

        // The state speaks of another backup than the one that came from elsewhere.
        Files.copy(
                lab.path("names/opencode.db.gz"),
                lab.path("noted/opencode.db.gz"),
                StandardCopyOption.REPLACE_EXISTING);
        lab.json(0, "restore", "noted/opencode.db.gz");
        Figures.row(
                "not-ours",
                "another database's backup, restored without a target",
                9,
                "refused (2), the default database unchanged");
    }

    @Test
    void theDefaultDatabaseGetsNoBackupOfAnotherFromAfar() throws Exception {
        try (S3Server server = S3Server.start()) {
            lab.with(server.environment(lab.path("cache"))).with(Map.of("XDG_DATA_HOME", directory.toString()));
            String place = "s3://" + S3Server.BUCKET + "/opencode.db.gz";
            lab.json(0, "backup", database, "--to=" + place);
            JsonObject refused = lab.json(2, "restore", place);
            assertEquals(
                    "say where it goes: " + Lab.PROGRAM + " restore " + place + " --to=" + database.toRealPath(),
                    refused.get("hint").getAsString());
            assertFalse(Files.exists(lab.path("opencode")));
            lab.json(0, "restore", place, "--to=new.db");
        }
    }

    @Test
    void theDefaultDatabaseGetsNoBackupOfAnotherFromGit() {
        Tools.require("git");
        lab.with(Map.of("XDG_DATA_HOME", directory.toString()));
        Tools.sh(
                        "cd \"$1\"; mkdir repo; cd repo; git init -q; gzip -c ../app.db > app.db.gz; cp "
                                + "app.db.gz opencode.db.gz; git add .; git -c user.name=u -c "
                                + "user.email=u@example.org commit -q -m one",
                        directory)
                .ok();
        JsonObject refused = lab.json(2, "restore", "repo/app.db.gz", "--at=2999-01-01T00:00:00Z");
        assertEquals(
                "say where it goes: " + Lab.PROGRAM + " restore " + lab.path("repo/app.db.gz")
                        + " --at=2999-01-01T00:00:00Z --to=" + lab.path("app.db"),
                refused.get("hint").getAsString());
        assertFalse(Files.exists(lab.path("opencode")));
        lab.json(0, "restore", "repo/opencode.db.gz", "--at=2999-01-01T00:00:00Z");
    }

    @Test
    void aBackupTakesTheNameOfNoArchiveFarAway() throws Exception {
        byte[] archive = Files.readAllBytes(archive("photos.tar.gz"));
        try (S3Server server = S3Server.start();
                S3Client client = server.client()) {
            lab.with(server.environment(lab.path("cache")));
            client.putObject(
                    request -> request.bucket(S3Server.BUCKET).key("p/photos.tar.gz"), RequestBody.fromBytes(archive));
            String place = "s3://" + S3Server.BUCKET + "/p/photos.tar.gz";
            JsonObject refused = lab.json(2, "backup", database, "--to=" + place);
            assertEquals(
                    "the destination exists and is not a backup: " + place,
                    refused.get("message").getAsString());
            assertArrayEquals(
                    archive,
                    client.getObjectAsBytes(
                                    request -> request.bucket(S3Server.BUCKET).key("p/photos.tar.gz"))
                            .asByteArray());
            assertFalse(server.requests().stream().anyMatch(request -> request.startsWith("PUT")), "nothing was sent");

            Tools.sh("gzip -c \"$1\" > \"$2\"", database, lab.path("theirs.gz")).ok();
            client.putObject(
                    request -> request.bucket(S3Server.BUCKET).key("p/photos.tar.gz"),
                    RequestBody.fromFile(lab.path("theirs.gz")));
            lab.json(0, "backup", database, "--to=" + place);
            lab.json(0, "verify", place);
        }
        Figures.row(
                "not-ours",
                "an archive at the destination, in an object store",
                1,
                "refused (2), nothing sent; a gzip file of a database is replaced");
    }
}
