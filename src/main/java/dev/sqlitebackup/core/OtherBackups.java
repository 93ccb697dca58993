package dev.sqlitebackup.core;

import dev.sqlitebackup.store.BackupName;

/** For hints: where there may be others, when a backup is of no use. */
final class OtherBackups {
    private OtherBackups() { }

    /** A file of a history has them beside it, any other one in Git, if anywhere. */
    static String ifDamaged(String location) {
        boolean ofHistory = BackupName.parse(location.substring(directory(location).length())) != null;
        return "nothing was changed; " + (ofHistory ? "for an older one: " + Hints.command("list", directory(location))
                : isFarAway(location) ? "the store has only this one" : "for an older one, where Git keeps them: " + Hints.command("list", location));
    }

    /** @param backup a file, perhaps of a commit, that is a Git LFS pointer */
    static String ifPointer(String backup) {
        if (isFarAway(backup)) {
            return "somebody sent the pointer there: fetch the backup where the repository is, and send that";
        }
        String git = "git -C " + Hints.quoted(directory(backup));
        return "fetch it: " + git + " lfs pull; for an older version: " + git + " lfs fetch --all";
    }

    private static boolean isFarAway(String location) {
        return location.startsWith("s3://");
    }

    private static String directory(String location) {
        return location.substring(0, location.lastIndexOf('/') + 1);
    }
}
