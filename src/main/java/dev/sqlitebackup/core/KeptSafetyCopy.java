package dev.sqlitebackup.core;

import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.sqlite.SafetyCopy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;

/** A safety copy that is readable for its owner alone, who is the database's owner, so that he can undo. */
final class KeptSafetyCopy implements SafetyCopy {
    private final Workspace workspace;
    private final Path target;
    private final Path directory;
    private final Clock clock;
    private final String undo;
    private final Path file;

    /**
     * @param workspace on the file system on which it is kept
     * @param directory where it is kept, null for beside the target
     * @param undo what to type to bring it back
     */
    KeptSafetyCopy(Workspace workspace, Path target, Path directory, Clock clock, String undo) {
        this.workspace = workspace;
        this.target = target;
        this.directory = directory;
        this.clock = clock;
        this.undo = undo;
        this.file = workspace.createFile("safety.db");
    }

    @Override
    public Path file() {
        return file;
    }

    @Override
    public Kept keep() {
        try {
            PrivateFiles.copyOwner(target, workspace.attributes(file));
        } catch (IOException e) {
            // Only root can give files away. Ours then, and still safe.
        }
        return new Kept(SafetyCopies.keep(file, SafetyCopies.in(directory, target), clock.instant()), undo);
    }
}
