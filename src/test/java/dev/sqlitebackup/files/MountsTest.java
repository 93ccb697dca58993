package dev.sqlitebackup.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.testing.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which file system a path lies on, by the lines of a mount table. */
class MountsTest {
    private static final String ROOT = "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw";
    private static final String NAS = "40 25 0:50 / /mnt/nas rw shared:20 master:3 - nfs4 nas:/export rw,addr=10.0.0.1";

    @TempDir
    Path directory;

    private static Mounts.Mount at(String path, String... lines) {
        return Mounts.parse(List.of(lines)).of(Path.of(path));
    }

    @Test
    void theDeepestMountPointAboveIsWhatAPathLiesOn() {
        Mounts.Mount mount = at("/mnt/nas/backups", ROOT, NAS);
        assertEquals(new Mounts.Mount(Path.of("/mnt/nas"), "nfs4 nas:/export", "0:50", Path.of("/")), mount);
        assertEquals(Path.of("/backups"), mount.inside(Path.of("/mnt/nas/backups")));
        assertEquals(mount, at("/mnt/nas", ROOT, NAS));
        assertEquals(Path.of("/"), at("/mnt/nasty", ROOT, NAS).point());
        assertEquals(Path.of("/"), at("/", ROOT, NAS).point());
        assertTrue(Mounts.parse(List.of(ROOT, NAS)).isMountPoint(Path.of("/mnt/nas")));
        assertFalse(Mounts.parse(List.of(ROOT, NAS)).isMountPoint(Path.of("/mnt")));
    }

    @Test
    void theLastOfSeveralAtOnePointCounts() {
        String automount = "39 25 0:49 / /mnt/nas rw - autofs systemd-1 rw,fd=1";
        assertEquals(
                "nfs4 nas:/export",
                at("/mnt/nas", ROOT, automount, NAS.replace("40 25", "40 39")).fileSystem());
    }

    @Test
    void namesAreReadAsTheyAre() {
        assertEquals(
                Path.of("/mnt/my nas\\é"),
                at(
                                "/mnt/my nas\\é/x",
                                ROOT,
                                "40 25 0:50 / /mnt/my\\040nas\\134\u00c3\u00a9 rw - cifs //nas/my\\040share rw")
                        .point());
        assertEquals(
                "cifs //nas/my share",
                at("/mnt/n", ROOT, "40 25 0:50 / /mnt/n rw - cifs //nas/my\\040share rw")
                        .fileSystem());
    }

    /**
     * As a service manager makes to let a service write there: the same directory of the same file system, wherever one
     * looks from.
     */
    @Test
    void aMountThatShowsWhatWouldBeThereWithoutItDoesNotCount() {
        String sandbox = "50 25 8:1 /var/backups /var/backups rw - ext4 /dev/sda1 rw";
        assertEquals(Path.of("/"), at("/var/backups/app", ROOT, sandbox).point());
        assertEquals(
                Path.of("/var/backups/app"),
                at("/var/backups/app", ROOT, sandbox).inside(Path.of("/var/backups/app")));
        assertEquals(
                Path.of("/mnt/nas"),
                at("/mnt/nas/a/b", ROOT, NAS, "51 40 0:50 /a /mnt/nas/a rw - nfs4 nas:/export rw")
                        .point());
        assertEquals(
                Path.of("/var/backups"),
                at("/var/backups", ROOT, sandbox.replace("/var/backups /var", "/elsewhere /var"))
                        .point());
        assertEquals(
                Path.of("/var/backups"),
                at("/var/backups", ROOT, sandbox.replace("8:1", "8:2")).point());
    }

    @Test
    void aTableThatMakesNoSenseSaysNothing() {
        assertNull(at("/mnt"));
        assertEquals(Path.of("/a"), at("/a", "1 1 0:1 / /a rw - tmpfs none rw").point());
    }

    @Test
    void theSystemsOwnTableKnowsWhereWeAre() throws IOException {
        Tools.require(Files.exists(Path.of("/proc/self/mountinfo")), "no /proc");
        assertTrue(directory
                .toRealPath()
                .startsWith(Mounts.read().of(directory.toRealPath()).point()));
    }
}
