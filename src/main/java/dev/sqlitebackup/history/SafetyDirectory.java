package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.Fingerprint;
import dev.sqlitebackup.store.LocalStore;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * A directory for safety copies that is not the database's own. Databases of one file name would mix their copies
 * there, and an undo would bring back another one's content, so a note says of which database they are.
 */
public final class SafetyDirectory {
    private SafetyDirectory() {}

    private static StateFile note(Path directory, Path database) {
        return StateFile.of(new LocalStore(directory), database.getFileName() + ".pre-restore");
    }

    /**
     * Looks only.
     *
     * @param directory null for the database's own
     * @throws Failure USAGE if the copies there are another database's
     */
    public static void refuseOfAnother(Path directory, Path database) {
        if (directory != null) {
            refuseOfAnother(note(Databases.real(directory), database), directory, database);
        }
    }

    private static void refuseOfAnother(StateFile file, Path directory, Path database) {
        State note = file.read();
        if (note != null && Origin.of(note.source(), database) == Origin.ANOTHER) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    directory + " holds the safety copies of another " + database.getFileName() + ": "
                            + note.source().path() + ", and this one is " + database,
                    "choose another directory with --safety-dir, one for each database");
        }
    }

    /**
     * Notes, before there is a copy, of which database it will be. The note has the database's owner, group and mode:
     * whoever may write that may keep its copies, and undo.
     *
     * @param database that exists
     * @return what to say of a note that is another user's
     */
    public static List<String> claim(Path directory, Path database, Instant now, Duration busyTimeout) {
        if (directory == null) {
            return List.of();
        }
        Path real = Databases.real(directory);
        StateFile file = note(real, database);
        try (StateFile.Turn turn = file.lock(busyTimeout)) {
            refuseOfAnother(file, directory, database);
            Instant second = now.truncatedTo(ChronoUnit.SECONDS);
            turn.write(State.confirmed(
                            second,
                            second,
                            FileIdentity.of(database),
                            Fingerprint.ofWal(DatabaseFiles.of(database).wal()))
                    .from(Origin.describe(database, database.getFileName().toString())));
            giveToOwnerOf(database, real.resolve(file.name()));
            return List.of();
        } catch (IOException e) {
            throw Failure.io("cannot read", database, e);
        } catch (Failure e) {
            if (!(e.getCause() instanceof AccessDeniedException)) {
                throw e;
            }
            return List.of("whose safety copies " + directory + " holds cannot be told: the note is another user's: "
                    + real.resolve(file.name()) + "; an undo may bring back another " + database.getFileName());
        }
    }

    private static void giveToOwnerOf(Path database, Path note) {
        PosixFileAttributeView view =
                Files.getFileAttributeView(note, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        try {
            PrivateFiles.copyOwnerAndMode(database, view);
        } catch (IOException e) {
            // Only root can give files away, and only to groups of his own can a user give what is his. Ours then.
        }
    }
}
