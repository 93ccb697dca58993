package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nothing that somebody puts under a name that the program opens, and no file system that does not answer, makes it
 * wait for ever. A run here ends by itself, or fails the test.
 */
class HangsIT {
    @TempDir
    Path directory;

    private Lab lab;
    private Path database;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        database = lab.database("app.db", "delete", 20, "g");
    }

    /** Takes the place of what is there. */
    private void put(String kind, Path name) throws IOException {
        Files.deleteIfExists(name);
        switch (kind) {
            case "fifo" -> Tools.sh("mkfifo \"$1\"", name).ok();
            case "socket" ->
                Tools.sh(
                                "cd \"$(dirname \"$1\")\"; python3 -c 'import socket, sys; "
                                        + "socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \"$(basename \"$1\")\"",
                                name)
                        .ok();
            default -> Tools.sh("mknod \"$1\" c 1 5", name).ok(); // /dev/zero, which has no end.
        }
    }

    private String message(int exitCode, Object... arguments) {
        return lab.json(exitCode, arguments).get("message").getAsString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fifo", "socket", "device"})
    void noSpecialFileUnderANameThatIsOpenedIsWaitedFor(String kind) throws IOException {
        Tools.requireRoot();
        Tools.require("mkfifo", "mknod", "python3");
        lab.json(0, "backup", database, "--to=b.gz");
        lab.json(0, "backup", database, "--to=history/");
        lab.json(0, "restore", "b.gz", "--to=app.db");
        // The state, whose place others may write: no state for whoever reads, and no lock for whoever writes.
        Path state = lab.path(".b.gz.state");
        put(kind, state);
        put(kind, lab.path("history/.app.db.state"));
        for (String place : List.of("b.gz", "history")) {
            JsonObject status = lab.json(0, "status", database, "--to=" + place);
            assertTrue(status.get("confirmedAt").isJsonNull(), status.toString());
        }
        JsonObject refused = lab.json(1, "backup", database, "--to=b.gz");
        assertEquals(
                "cannot lock the state file " + state + ": not a regular file",
                refused.get("message").getAsString());
        assertEquals(
                "it is a FIFO, socket, device or directory: move it away",
                refused.get("hint").getAsString());
        assertTrue(message(1, "backup", database, "--to=history").endsWith("not a regular file"));
        assertTrue(message(1, "prune", "history", "--keep-last=1").endsWith("not a regular file"));
        Files.delete(state);
        Files.delete(lab.path("history/.app.db.state"));

        lab.json(0, "list", "history");
        lab.json(0, "verify", "b.gz");

        // A workspace's lock, a backup of a history, a safety copy: none of ours.
        Path workspace = Files.createDirectory(lab.path(".sqlite-backup-" + "0".repeat(32)));
        put(kind, workspace.resolve("lock"));
        Tools.sh("touch -h -c -d '-2 days' \"$1/lock\" \"$1\"", workspace)
                .ok(); // Of another host, and old enough to be looked at.
        put(kind, lab.path("history/app-20991231T235959Z.db.gz"));
        put(kind, lab.path("app.db.pre-restore-20251231235959"));
        lab.json(0, "backup", database, "--to=b.gz");
        lab.json(0, "backup", database, "--to=history", "--keep-last=1", "--full");
        assertEquals(
                1,
                lab.json(0, "list", "history").get("backups").getAsJsonArray().size());
        lab.json(0, "restore", "history", "--to=app.db");
        lab.json(0, "undo", "app.db");
        assertEquals(
                3, lab.json(0, "list", "app.db").get("backups").getAsJsonArray().size());

        // The sidecars, which SQLite would open; and the backup itself.
        for (String sidecar : kind.equals("fifo")
                ? List.of("app.db-wal", "app.db-journal", "app.db-shm")
                : List.of("app.db-journal")) {
            put(kind, lab.path(sidecar));
            assertEquals("not a regular file: " + lab.path(sidecar), message(1, "backup", database, "--to=b.gz"));
            assertEquals(
                    "not a regular file: " + lab.path(sidecar), message(1, "restore", "b.gz", "--to=app.db", "--live"));
            Files.delete(lab.path(sidecar));
        }
        put(kind, lab.path("b.gz"));
        assertTrue(message(1, "backup", database, "--to=b.gz").contains("not a regular file"));
        for (String[] command : new String[][] {{"restore", "b.gz", "--to=app.db"}, {"verify", "b.gz"}}) {
            assertEquals(
                    "not a regular file: b.gz", message(1, (Object[]) command).replace(directory + "/", ""));
        }
        assertEquals(
                "missing",
                lab.json(14, "status", database, "--to=b.gz").get("state").getAsString());
        lab.json(10, "list", "b.gz");
    }

    /**
     * Another application has a file open on a server that has gone. Its inode number may be that of the database,
     * which each file system has; the kernel still tells the two file systems apart, unless the other was unmounted
     * under its user.
     */
    @ParameterizedTest
    @ValueSource(strings = {"another inode", "same inode", "same inode, unmounted"})
    void aDescriptorOnAFileSystemThatDoesNotAnswerStopsNoRestore(String situation) throws IOException {
        Tools.requireRoot();
        Tools.require("python3", "umount");
        lab.json(0, "backup", database, "--to=b.gz");
        Path mount = Files.createDirectory(lab.path("hung"));
        long inode = (long) Files.getAttribute(database, "unix:ino");
        Tools.Started server = Tools.start(
                List.of(
                        "python3",
                        Path.of("src/test/resources/hung_mount.py")
                                .toAbsolutePath()
                                .toString(),
                        mount.toString(),
                        "" + (situation.startsWith("same") ? inode : inode + 1)),
                java.util.Map.of(),
                null);
        Tools.Started holder = null;
        try {
            await(server, "mounted");
            holder = Tools.start(
                    List.of(
                            "bash",
                            "-c",
                            "exec 7< \"$1\"; exec sleep 1000",
                            "sh",
                            mount.resolve("f").toString()),
                    java.util.Map.of(),
                    null);
            await(server, "hung");
            if (situation.endsWith("unmounted")) {
                Tools.sh("umount -l \"$1\"", mount).ok();
            }
            String warning =
                    "it could not be seen whether pid " + holder.process().pid()
                            + " \\(.*\\) has the database open, because a file system that it uses does not "
                            + "answer; make sure that it has not: "
                            + database;
            for (String command : List.of(
                    "restore b.gz --to=app.db --dry-run",
                    "restore b.gz --to=app.db",
                    "undo app.db",
                    "restore b.gz --to=app.db --live")) {
                JsonObject result = lab.json(0, (Object[]) command.split(" "));
                boolean told = result.has("warnings")
                        && result.get("warnings")
                                .getAsJsonArray()
                                .get(0)
                                .getAsString()
                                .matches(warning);
                assertEquals(situation.endsWith("unmounted") && !command.contains("--live"), told, result.toString());
            }
            lab.json(0, "status", database, "--to=b.gz");
            // Who has it open is seen all the same.
            Tools.Started user = Tools.start(
                    List.of("bash", "-c", "exec 7< \"$1\"; exec sleep 1000", "sh", database.toString()),
                    java.util.Map.of(),
                    null);
            try {
                Path open = Path.of("/proc/" + user.process().pid() + "/fd/7");
                while (!Files.exists(open)) {
                    Thread.onSpinWait();
                }
                assertTrue(message(13, "restore", "b.gz", "--to=app.db")
                        .contains("pid " + user.process().pid()));
            } finally {
                user.kill9();
            }
        } finally {
            server.kill9();
            if (holder != null) {
                holder.kill9();
            }
            Tools.sh("umount -l \"$1\" || true", mount).ok();
        }
    }

    private static void await(Tools.Started server, String word) throws IOException {
        while (!Files.readString(server.out()).contains(word)) {
            assertTrue(server.process().isAlive(), Files.readString(server.err()));
            Thread.onSpinWait();
        }
    }

    /** A clock that once was wrong left a safety copy of the future, which is not what a user wants back. */
    @Test
    void undoSaysWhichCopyItTakesAndPassesOverThoseFromTheFuture() throws IOException {
        lab.json(0, "backup", database, "--to=b.gz");
        Path copy = Path.of(
                lab.json(0, "restore", "b.gz", "--to=app.db").get("safetyCopy").getAsString());
        Path future = Files.copy(copy, lab.path("app.db.pre-restore-29991231235959"));
        JsonObject undone = lab.json(0, "undo", "app.db", "--dry-run");
        assertEquals(copy.toString(), undone.get("backup").getAsString());
        assertTrue(
                undone.get("warnings")
                        .getAsJsonArray()
                        .get(0)
                        .getAsString()
                        .matches(future
                                + " is dated after now \\(.*\\): a clock is or was wrong; it was passed over .*"),
                undone.toString());
        Files.delete(copy);
        Tools.Ended only = lab.run("undo", "app.db").ok();
        assertTrue(only.out().contains(" from " + future + " to "), only.out());
        assertTrue(only.err().contains("there is no other safety copy"), only.err());
    }
}
