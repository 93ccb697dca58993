package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Host;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.store.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Which database the backups of one name at one place are of, as the last run noted it. Two databases of one name would replace each other's backups, and a prune
 * would count both as one.
 */
enum Origin {
    /** Nobody noted another one. */
    SAME,
    /** Another database, that is there on this host as well. */
    ANOTHER,
    /** Another path of this host, where no database is any more. */
    MOVED,
    /** Noted by another host. A container has a new one every time, so that proves nothing. */
    OTHER_HOST;

    /** What a database looks like now, for the state. */
    static State.Source describe(Path database, String name) throws IOException {
        if (!PrivateFiles.isPosix()) {
            return new State.Source(name, database.toString(), Host.id(), null, null, null);
        }
        PosixFileAttributes attributes = Files.readAttributes(database, PosixFileAttributes.class);
        return new State.Source(name, database.toString(), Host.id(), attributes.owner().getName(), attributes.group().getName(), PosixFilePermissions.toString(attributes.permissions()));
    }

    /**
     * @param noted by the last run, null for nothing
     * @param database real, or where it was
     */
    static Origin of(State.Source noted, Path database) {
        if (noted == null || noted.path() == null) {
            return SAME;
        }
        if (noted.host() != null && !noted.host().equals(Host.id())) {
            return OTHER_HOST;
        }
        Path before = Path.of(noted.path());
        if (before.equals(database) || isSameFile(before, database)) {
            return SAME;
        }
        return isDatabase(before) ? ANOTHER : MOVED;
    }

    private static boolean isSameFile(Path a, Path b) {
        try {
            return Databases.isSameFile(a, b);
        } catch (Failure e) {
            return false;   // It cannot be seen, so there is nothing of it here.
        }
    }

    /** What this user may not read may be one. */
    private static boolean isDatabase(Path file) {
        return Files.isRegularFile(file) && (!Files.isReadable(file) || StagedBackup.isPlainDatabase(file));
    }
}
