package dev.sqlitebackup.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The ways in which a program comes to see a database under another name than its application does, or in another
 * process namespace.
 */
public enum Names {
    OWN("its own name", false, false, false),
    LINK("hard link", true, false, false),
    LINK_ELSEWHERE("hard link, other PID namespace", true, false, true),
    MOUNT("bind mount of the file", false, true, false),
    MOUNT_ELSEWHERE("bind mount of the file, other PID namespace", false, true, true),
    OWN_ELSEWHERE("its own name, other PID namespace", false, false, true);

    private static final String MOUNT_AND_RUN = "mount --bind \"$1\" \"$2\"; shift 2; exec \"$@\"";
    private static final String MOUNT_READ_ONLY_AND_RUN =
            "mount --bind \"$1\" \"$2\"; mount -o remount,bind,ro \"$2\"; shift 2; exec \"$@\"";

    private final String description;
    private final boolean linked;
    private final boolean mounted;
    private final boolean elsewhere;

    Names(String description, boolean linked, boolean mounted, boolean elsewhere) {
        this.description = description;
        this.linked = linked;
        this.mounted = mounted;
        this.elsewhere = elsewhere;
    }

    /** Whether SQLite looks for the sidecars in another place than the application does. */
    public boolean isOther() {
        return linked || mounted;
    }

    /** Makes the other name. @return the path by which {@link #lab} sees the database */
    public Path of(Lab lab, Path database) throws IOException {
        if (!isOther()) {
            return database;
        }
        Path directory = Files.createDirectories(lab.path("other name"));
        Path name = directory.resolve(database.getFileName());
        if (linked) {
            return Files.createLink(name, database);
        }
        return Files.createFile(name);
    }

    /** A lab whose programs see the database under the name; the mount goes with each of them. */
    public Lab lab(Lab lab, Path database, Path name) {
        return wrapped(lab, database, name, MOUNT_AND_RUN);
    }

    public Lab readOnlyLab(Lab lab, Path database, Path name) {
        return wrapped(lab, database, name, MOUNT_READ_ONLY_AND_RUN);
    }

    private Lab wrapped(Lab lab, Path database, Path name, String script) {
        List<Object> unshare = elsewhere ? List.of("unshare", "-p", "-f", "--mount-proc") : List.of("unshare", "-m");
        List<Object> mount = mounted ? List.of("bash", "-euc", script, "sh", database, name) : List.of();
        return elsewhere || mounted
                ? lab.within(java.util.stream.Stream.concat(unshare.stream(), mount.stream())
                        .toArray())
                : lab;
    }

    @Override
    public String toString() {
        return description;
    }
}
