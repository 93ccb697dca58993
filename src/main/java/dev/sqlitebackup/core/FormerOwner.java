package dev.sqlitebackup.core;

import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.run.State;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.ArrayList;
import java.util.List;

/**
 * Whose a database was, for one that is made anew where it lay: another user's application has to be able to open it.
 */
final class FormerOwner {
    private FormerOwner() {}

    /**
     * Gives a file that is about to take the database's name the owner, group and mode that were noted. In this order,
     * so that nobody but the owner ever has more of it than he had of the old one.
     *
     * @param noted what is known of the database at the place that the backup is from, null for nothing
     * @param file as its workspace has it
     * @return what to say of what could not be given; null where nothing is known of a database that lay there
     */
    static List<String> give(State.Source noted, Path target, PosixFileAttributeView file) {
        if (noted == null
                || !target.toString().equals(noted.path())
                || noted.owner() == null
                || noted.group() == null
                || noted.mode() == null
                || !PrivateFiles.isPosix()) {
            return null;
        }
        String owners = noted.owner() + ":" + noted.group();
        boolean group = succeeds(() -> PrivateFiles.setGroup(file, noted.group()));
        if (group && succeeds(() -> PrivateFiles.setModeAndOwner(file, noted.mode(), noted.owner()))) {
            return List.of();
        }
        List<String> commands = new ArrayList<>();
        boolean owner = succeeds(() -> PrivateFiles.setOwner(file, noted.owner()));
        if (!group || !owner) {
            commands.add("chown " + Hints.quoted(owners) + " " + Hints.quoted(target.toString()));
        }
        commands.add("chmod " + PrivateFiles.octal(noted.mode()) + " " + Hints.quoted(target.toString()));
        return List.of(target + " belonged to " + owners + " (" + noted.mode()
                + "), and this user may not give it back: " + String.join(" && ", commands));
    }

    private interface Change {
        void make() throws IOException;
    }

    private static boolean succeeds(Change change) {
        try {
            change.make();
            return true;
        } catch (IOException | IllegalArgumentException e) {
            return false; // Only root can give files away; a group is the owner's to choose among his own.
        }
    }
}
