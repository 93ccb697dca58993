package dev.sqlitebackup.core;

import dev.sqlitebackup.Hints;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.history.OtherBackups;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.Databases;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A database that was backed up on this host, and is not there any more. No backup of it gets old in a way that
 * matters: the alarm is about the database itself.
 *
 * @param message what is gone
 * @param hint what to type
 */
record Gone(String message, String hint) {
    /**
     * @param noted by the last run, null for nothing
     * @return null if the database is there, or it is not known that it should be
     */
    static Gone of(StatusService.Request request, NewestBackup newest, State noted) {
        if (noted == null) {
            return null;
        }
        Path named = request.databaseNamed() ? StatusService.real(request.database()) : null;
        Path gone = Origin.gone(noted.source(), named);
        if (gone == null && named != null) { // In its place is a link that leads nowhere.
            gone = Origin.gone(noted.source(), Databases.inRealDirectory(request.database()));
        }
        if (gone == null) {
            return null;
        }
        String message = gone + " is gone: this host backed it up, and now "
                + (Files.exists(gone)
                        ? "the file is no database any more"
                        : "there is no such file, or the disk on which it lies is not mounted")
                + (newest.missing() == null
                        ? ""
                        : "; and the newest backup cannot be restored, "
                                + newest.backup().location() + ": " + newest.missing());
        return new Gone(message, "if a disk is missing, mount it; else " + remedy(gone, request, newest, noted));
    }

    private static String remedy(Path gone, StatusService.Request request, NewestBackup newest, State noted) {
        String list = "see what there is of it: "
                + Hints.command("list", request.destination().toString());
        if (newest.missing() != null) {
            return list;
        }
        String restore = OtherBackups.ofLost(gone, request.destination(), newest.name(request));
        return noted.shrunk() != null
                ? "bring back the last backup from before it shrank: "
                        + Hints.command(
                                "restore",
                                newest.store().location(noted.shrunk().backup()),
                                "--to=" + gone)
                : restore == null ? list : "bring its newest backup back: " + restore;
    }
}
