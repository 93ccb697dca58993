package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * File systems whose clock ticks slower than an application commits: an update in the tick of the backup changes
 * neither size, inode nor times, and must never count as "not changed". The tick is not waited for: the update is made,
 * and the times are set to what they were.
 */
class CoarseTimesIT {
    private static final int TRIES = 20;

    @TempDir
    Path directory;

    private Lab lab;
    private String device;

    @BeforeEach
    void makeLab() {
        lab = new Lab(directory);
    }

    @ParameterizedTest
    @CsvSource({"ext4, delete", "ext4, wal", "exfat, delete", "exfat, wal"})
    void anUpdateInTheTickOfTheBackupIsNeverCalledUnchanged(String type, String mode) throws IOException {
        Tools.requireRoot();
        Tools.require(
                "losetup", "mount", "umount", "sqlite3", "debugfs", "mkfs.ext4", "mkfs.exfat", "mount.exfat-fuse");
        Path disk = Files.createDirectory(lab.path("disk"));
        Path database = disk.resolve("app.db");
        device = Tools.sh("truncate -s 16M \"$1\"; losetup -f --show \"$1\"", lab.path("image"))
                .ok()
                .out()
                .strip();
        try {
            Tools.sh(type.equals("ext4") ? "mkfs.ext4 -q -I 128 \"$1\"" : "mkfs.exfat \"$1\"", device)
                    .ok();
            mount(type, disk);
            Path other = prepare(database, mode);
            JsonObject state = backUpInTheTickOfAWrite(database, mode);
            String[] before = times(database);
            if (mode.equals("wal")) {
                Tools.sh(
                                "touch -r \"$2-wal\" \"$3\"; cat \"$1\" > \"$2-wal\"; touch -r \"$3\" \"$2-wal\"",
                                other,
                                database,
                                lab.path("then"))
                        .ok();
            } else {
                Lab.sql(database, "UPDATE t SET a = 'six'");
                setTimes(type, disk, database, before);
            }
            assertEquals(
                    String.join(" ", before), String.join(" ", times(database)), "nothing shows that it was written");
            assertEquals(
                    "six",
                    Tools.sh(
                                    "cp \"$1\"* \"$2\"; sqlite3 \"$2/app.db\" 'SELECT a FROM t'",
                                    database,
                                    Files.createDirectory(lab.path("look")))
                            .ok()
                            .out()
                            .strip());

            JsonObject status = lab.json(0, "status", database, "--to=b.gz");
            assertTrue(status.get("changedSince").isJsonNull(), status.toString());
            assertEquals(state.get("confirmedAt"), status.get("confirmedAt"));
            assertEquals(
                    "stale",
                    lab.json(14, "status", database, "--to=b.gz", "--max-age=0s")
                            .get("state")
                            .getAsString(),
                    "by age alone");
            assertFalse(
                    lab.json(0, "backup", database, "--to=b.gz")
                            .get("unchanged")
                            .getAsBoolean(),
                    "a run compares what is in it");
        } finally {
            Tools.sh("umount \"$1\" || true; losetup -d \"$2\"", disk, device).ok();
        }
    }

    /**
     * The next run that finds the same content notes times that are old enough by then; from the future, none ever is.
     */
    @Test
    void anotherRunThatFindsTheSameProvesItUnlessTheTimesAreFromTheFuture() throws IOException {
        Path database = lab.database("app.db", "delete", 10, "g");
        lab.json(0, "backup", database, "--to=b.gz");
        Lab.settle(database);
        assertTrue(lab.json(0, "backup", database, "--to=b.gz").get("unchanged").getAsBoolean());
        assertFalse(lab.json(0, "status", database, "--to=b.gz", "--max-age=0s")
                .get("changedSince")
                .getAsBoolean());
        Tools.sh("touch -d '+1 day' \"$1\"", database).ok();
        Lab.settle(database);
        lab.json(0, "backup", database, "--to=b.gz");
        assertTrue(
                lab.json(0, "status", database, "--to=b.gz").get("changedSince").isJsonNull());
    }

    private void mount(String type, Path disk) {
        Tools.sh(type.equals("ext4") ? "mount \"$1\" \"$2\"" : "mount.exfat-fuse \"$1\" \"$2\"", device, disk)
                .ok();
    }

    /** @return in WAL mode a log of the same length as the database's, with another update in it */
    private Path prepare(Path database, String mode) {
        Tools.sh(
                        "sqlite3 \"$1\" 'PRAGMA journal_mode='\"$2\" \"CREATE TABLE t(a)\" \"INSERT INTO t "
                                + "VALUES ('one')\"",
                        database,
                        mode)
                .ok();
        for (String text : mode.equals("wal") ? new String[] {"two", "six"} : new String[0]) {
            Tools.sh(
                            "cp \"$1\" \"$2.db\"; sqlite3 \"$2.db\" \"UPDATE t SET a = '$3'\" \".shell cp "
                                    + "$2.db-wal $2.wal\"",
                            database,
                            lab.path(text),
                            text)
                    .ok();
        }
        return lab.path("six.wal");
    }

    /**
     * Backs it up so soon after a write that another could still bear the same times, which a slow machine may need
     * more than one try for.
     */
    private JsonObject backUpInTheTickOfAWrite(Path database, String mode) throws IOException {
        for (int tries = 0; tries < TRIES; tries++) {
            if (mode.equals("wal")) {
                Tools.sh("cat \"$1\" > \"$2-wal\"", lab.path("two.wal"), database)
                        .ok();
            } else {
                Lab.sql(database, "UPDATE t SET a = 'two' || " + tries, "UPDATE t SET a = 'two'");
            }
            lab.json(0, "backup", database, "--to=b.gz");
            JsonObject state = lab.json(0, "status", database, "--to=b.gz");
            Instant written = Files.getLastModifiedTime(
                            mode.equals("wal") ? database.resolveSibling("app.db-wal") : database)
                    .toInstant();
            if (Duration.between(written, Instant.parse(state.get("confirmedAt").getAsString()))
                            .compareTo(Duration.ofSeconds(2))
                    <= 0) {
                return state;
            }
        }
        throw new AssertionError("no run began within two seconds");
    }

    private static String[] times(Path database) throws IOException {
        Path wal = database.resolveSibling("app.db-wal");
        return Tools.sh("stat -c '%s %i %Y %Z' \"$1\"; test ! -e \"$2\" || stat -c '%s %i %Y' \"$2\"", database, wal)
                .ok()
                .out()
                .strip()
                .split("\\s");
    }

    private void setTimes(String type, Path disk, Path database, String[] times) {
        if (type.equals("ext4")) {
            Tools.sh(
                            "umount \"$1\"; debugfs -w -R \"set_inode_field /app.db mtime @$3\" \"$2\"; debugfs "
                                    + "-w -R \"set_inode_field /app.db ctime @$4\" \"$2\"",
                            disk,
                            device,
                            times[2],
                            times[3])
                    .ok();
            mount(type, disk);
        } else {
            Tools.sh("touch -d @\"$2\" \"$1\"", database, times[2]).ok();
        }
    }
}
