package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.store.Store;

/**
 * What a backup may take the place of, and what is somebody else's. Two reads tell them apart, locally and in an object
 * store: a name alone does not, because everybody's archives end in {@code .gz}.
 */
final class Foreign {
    private Foreign() {}

    /**
     * Lets pass what begins and ends as a backup of ours, a gzip file that holds a SQLite database (another program's,
     * or one of ours that lost its end), an empty file, a Git LFS pointer, and a name that nothing has.
     *
     * @throws Failure USAGE for anything else
     */
    static void refuse(Store store, String name) {
        byte[] start = store.readStart(name, FileKind.HEADER_IN_GZIP_BYTES);
        if (start == null
                || start.length == 0
                || FileKind.startsAsLfsPointer(start)
                || FileKind.startsAsDatabase(BackupReader.startOfContent(start, FileKind.START_BYTES))) {
            return;
        }
        byte[] tail = store.readTail(name, Manifest.TAIL_BYTES);
        if (tail != null && !BackupReader.isOurs(start, tail)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the destination exists and is not a backup: " + store.location(name),
                    "choose another name, or move that file away");
        }
    }
}
