package dev.sqlitebackup.testing;

import java.nio.file.Path;

/** A repository that was set up for backups. */
public final class Installed {
    private Installed() {}

    /**
     * Sets one up, as a user does. The launcher is told that no archive of classes can be made there, which would take
     * longer than all runs of a test together; that it makes one has tests of its own.
     *
     * @param home the user's home directory
     */
    public static Tools.Ended into(Path repository, Path home) {
        return Tools.sh(
                        "HOME=\"$3\" scripts/install-into \"$2\"; cd \"$2/scripts\"; sum=$(cksum <\"$1/release\"); "
                                + "archive=sqlite-backup-${sum%% *}-0.jsa; : >\"$archive\"; "
                                + "touch -r sqlite-backup.jar \"$archive\"",
                        System.getProperty("java.home"), repository, home)
                .ok();
    }
}
