package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.SmallDisk;
import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A restore asks for room once, for all that it takes; and part of that may lie elsewhere. */
class RestoreRoomIT {
    private static final Pattern NEEDED =
            Pattern.compile("not enough room in .*: ([\\d,]+) bytes are needed, [\\d,]+ are free");
    /** For directories, a lock, and what a file system keeps for itself. */
    private static final int MARGIN_BYTES = 200_000;

    private static final int NEW_ROWS = 3000;

    @TempDir
    Path directory;

    private Lab lab;
    private String content;

    @BeforeEach
    void makeBackup() throws IOException {
        lab = new Lab(directory);
        Path source = lab.database("source.db", "wal", NEW_ROWS, "new");
        lab.json(0, "backup", source, "--to=b.gz");
        content = Lab.dump(source);
    }

    private long needed(Object... arguments) {
        String message = lab.json(15, arguments).get("message").getAsString();
        Matcher needed = NEEDED.matcher(message);
        assertTrue(needed.matches(), message);
        return Long.parseLong(needed.group(1).replace(",", ""));
    }

    /** What lies in a directory besides what was there. */
    private static List<String> names(Path place) throws IOException {
        try (Stream<Path> files = Files.list(place)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !name.startsWith("filler"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--live", "where there is none"})
    void theFigureThatIsAskedForIsEnoughAndADryRunSaysTheSame(String how) throws IOException {
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 32 << 20)) {
            Path target = disk.path("app.db");
            if (!how.equals("where there is none")) {
                Files.copy(lab.database("old.db", "delete", 2000, "old"), target);
            }
            String option = how.equals("--live") ? how : "--busy-timeout=5s";
            disk.leave(MARGIN_BYTES);
            List<String> before = names(disk.path(""));
            long needed = needed("restore", "b.gz", "--to=" + target, option);
            assertEquals(before, names(disk.path("")), "not a byte was written");
            assertEquals(needed, needed("restore", "b.gz", "--to=" + target, option, "--dry-run"));
            disk.leave(needed + MARGIN_BYTES);
            lab.json(0, "restore", "b.gz", "--to=" + target, option, "--dry-run");
            lab.json(0, "restore", "b.gz", "--to=" + target, option);
            assertEquals(content, Lab.dump(target));
        }
    }

    /** In-place, where a file is made anew, and where one that SQLite cannot open is replaced. */
    @ParameterizedTest
    @ValueSource(strings = {"database", "nothing", "garbage"})
    void stagingAndSafetyCopyElsewhereTakeTheirRoomThere(String there) throws IOException {
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 32 << 20);
                SmallDisk other = SmallDisk.mount(lab.path("other"), 32 << 20)) {
            Path target = disk.path("app.db");
            String old = null;
            if (there.equals("database")) {
                Files.copy(lab.database("old.db", "delete", 2000, "old"), target);
                old = Lab.dump(target);
            } else if (there.equals("garbage")) {
                Lab.write(target, "no database at all ".repeat(5120));
            }
            Path staging = Files.createDirectory(other.path("staging"));
            Path safety = Files.createDirectory(other.path("safety"));
            Object[] restore = {"restore", "b.gz", "--to=" + target, "--tmp-dir=" + staging, "--safety-dir=" + safety};
            disk.leave(MARGIN_BYTES);
            long neededHere = needed(restore);
            disk.leave(neededHere + MARGIN_BYTES);
            other.leave(MARGIN_BYTES);
            long neededThere = needed(restore);
            other.leave(neededThere + MARGIN_BYTES);
            JsonObject restored = lab.json(0, restore);
            assertEquals(content, Lab.dump(target));
            assertEquals(List.of(), names(staging));
            if (there.equals("database")) {
                Path copy = Path.of(restored.get("safetyCopy").getAsString());
                assertEquals(safety.toRealPath(), copy.getParent());
                assertEquals(old, Lab.dump(copy));
                assertEquals(List.of("app.db"), names(disk.path("")));
                assertTrue(
                        lab.json(10, "undo", target).get("hint").getAsString().contains("--safety-dir"));
                other.leave(16 << 20);
                disk.leave(16 << 20);
                lab.json(0, "undo", target, "--safety-dir=" + safety);
                assertEquals(old, Lab.dump(target));
            } else {
                assertEquals(there.equals("nothing"), restored.get("safetyCopy").isJsonNull());
                assertEquals(
                        there.equals("nothing") ? "600" : "644",
                        Tools.sh("stat -c %a \"$1\"", target).ok().out().strip(),
                        "private, or as the old one was");
                assertEquals(
                        there.equals("garbage"),
                        restored.has("warnings")
                                && restored.get("warnings").toString().contains("and not in " + safety),
                        restored.toString());
            }
        }
    }

    /** The comparison takes none of what the restore needs, and nothing fails by it. */
    @Test
    void withoutRoomToCompareADryRunCounts() throws IOException {
        lab.database("app.db", "delete", 2000, "old");
        try (SmallDisk disk = SmallDisk.mount(lab.path("disk"), 32 << 20)) {
            Object[] dryRun = {"restore", "b.gz", "--to=app.db", "--dry-run", "--tmp-dir=" + disk.path("")};
            disk.leave(MARGIN_BYTES);
            disk.leave(needed(dryRun) + MARGIN_BYTES);
            JsonObject counted = lab.json(0, dryRun);
            assertTrue(counted.get("tables").isJsonNull(), counted::toString);
            assertTrue(
                    counted.get("warnings").toString().contains("not compared row by row: not enough room in "),
                    counted::toString);
            assertEquals(1, counted.getAsJsonArray("changes").size());
            assertEquals(List.of(), names(disk.path("")));
            disk.leave(24 << 20);
            assertEquals(1, lab.json(0, dryRun).getAsJsonArray("tables").size());
        }
    }

    @Test
    void aDirectoryThatIsNotThereIsSaidBeforeAnythingHappens() {
        for (String option : List.of("--tmp-dir", "--safety-dir")) {
            JsonObject refused = lab.json(2, "restore", "b.gz", "--to=new.db", option + "=missing");
            assertEquals(
                    "there is no directory " + lab.path("missing").toAbsolutePath(),
                    refused.get("message").getAsString());
            assertTrue(refused.get("hint").getAsString().endsWith(option));
        }
        assertFalse(Files.exists(lab.path("new.db")));
    }

    @Test
    void killedWhileItCopiesBesideTheTargetItLeavesNothingOrAll() throws Exception {
        Path staging = Files.createDirectory(lab.path("staging"));
        Path target = lab.path("there/app.db");
        for (int delayMillis = 0; delayMillis < 1500; delayMillis += 100) {
            Tools.Started run = lab.start("restore", "b.gz", "--to=" + target, "--tmp-dir=" + staging);
            run.process().waitFor(delayMillis, java.util.concurrent.TimeUnit.MILLISECONDS);
            run.kill9();
            Tools.await(run);
            if (Files.exists(target)) {
                assertEquals(content, Lab.dump(target));
                Files.delete(target);
            }
        }
        lab.json(0, "restore", "b.gz", "--to=" + target, "--tmp-dir=" + staging);
        assertEquals(content, Lab.dump(target));
        assertEquals(List.of(), names(staging));
        assertEquals(List.of("app.db"), names(target.getParent()));
    }
}
