package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.util.function.Supplier;

/**
 * Where a WAL database has no sidecars, SQLite makes them for us, and whoever opens it meanwhile gets ours. An
 * application that may not write those can write nothing until it opens the database again.
 */
final class OwnersSidecars {
    private OwnersSidecars() {}

    /**
     * @param sample a file that this run has made beside the database
     * @param hint what to do
     * @throws Failure FAILURE if SQLite would make sidecars that the database's owner may not write
     */
    static void refuseOthers(Path target, Supplier<PosixFileAttributeView> sample, String hint) {
        try {
            DatabaseFiles.Present present = DatabaseFiles.of(target).present();
            DatabaseHeader header = DatabaseHeader.of(target);
            boolean makesSidecars =
                    (present.wal() || header != null && header.isWal()) && !(present.wal() && present.shm());
            if (makesSidecars && !PrivateFiles.ownerMayWrite(target, sample.get())) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "this user's sidecars of " + target
                                + " could not be written by its owner, who may open it at any moment",
                        hint);
            }
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        }
    }
}
