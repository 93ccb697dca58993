package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.store.Store;
import java.nio.file.AccessDeniedException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether a file of a history is what it is named: it ends as only we end a file that holds what the name says. For one
 * history.
 */
final class Ends {
    /** A Git LFS pointer takes no more. */
    private static final long MOST_POINTER_BYTES = 1024;

    /** A file that has one of our names. */
    record Named(BackupName name, Store.StoredFile file) {}

    private final Store store;
    /** Each look into a file far away is a request. */
    private final Map<Store.StoredFile, byte[]> tailsFarAway = new ConcurrentHashMap<>();

    Ends(Store store) {
        this.store = store;
    }

    /** Believes the name. @return null if the file is too short to be one of ours */
    Backup guess(Named named, List<String> warnings) {
        if (named.file.sizeBytes() < Manifest.LEAST_BYTES) {
            warnings.add(noBackup(named.file));
            return null;
        }
        return backup(named, null);
    }

    /**
     * Looks into the file.
     *
     * @param unreadable takes what a disk cannot read
     * @return null if the file is not one of ours
     */
    Backup describe(Named named, List<String> warnings, List<Failure> unreadable) {
        Store.StoredFile file = named.file;
        byte[] tail;
        try {
            tail = tail(file);
        } catch (Failure e) {
            warnings.add(e.getMessage() + "; it is left alone");
            if (!(e.getCause() instanceof AccessDeniedException)) {
                unreadable.add(e);
            }
            return null;
        }
        if (tail == null) {
            return null; // Deleted since it was listed.
        }
        Manifest manifest = Manifest.parse(tail);
        if (manifest == null) {
            warnings.add(noBackup(file));
            return null;
        }
        if (!agrees(named.name, manifest)) {
            warnings.add(store.location(file.name()) + " holds " + what(manifest)
                    + ", which is not what its name says; it is left alone");
            return null;
        }
        return backup(named, manifest);
    }

    private static boolean agrees(BackupName name, Manifest manifest) {
        Manifest.Increment increment = manifest.increment();
        if (!manifest.createdAt().equals(name.createdAt())) {
            return false;
        }
        return increment == null
                ? name.parent() == null
                : increment.second() == name.number()
                        && new BackupName.Moment(increment.parentCreatedAt(), increment.parentSecond())
                                .equals(name.parent());
    }

    private static String what(Manifest manifest) {
        Manifest.Increment increment = manifest.increment();
        return increment == null
                ? "a backup of " + new BackupName.Moment(manifest.createdAt(), 1)
                : "the increment " + new BackupName.Moment(manifest.createdAt(), increment.second()) + " since "
                        + new BackupName.Moment(increment.parentCreatedAt(), increment.parentSecond());
    }

    private String noBackup(Store.StoredFile file) {
        String location = store.location(file.name());
        return isPointer(file)
                ? location + " is only a Git LFS pointer; it is ignored; " + OtherBackups.ifPointer(location)
                : location + " has the name of a backup and does not end like one: half-copied, damaged, or of another "
                        + "program; it is ignored";
    }

    /** Whether the file is here in Git only. */
    boolean isPointer(Store.StoredFile file) {
        if (store.isRemote() || file.sizeBytes() > MOST_POINTER_BYTES) {
            return false;
        }
        try {
            byte[] start = store.readStart(file.name(), FileKind.START_BYTES);
            return start != null && FileKind.startsAsLfsPointer(start);
        } catch (Failure e) {
            return false; // Then it is that, and said elsewhere.
        }
    }

    private byte[] tail(Store.StoredFile file) {
        byte[] tail = store.isRemote() ? tailsFarAway.get(file) : null;
        if (tail == null) {
            tail = store.isRemote() && file.sizeBytes() < Manifest.LEAST_BYTES
                    ? new byte[0]
                    : store.readTail(file.name(), Manifest.TAIL_BYTES);
            if (tail != null && store.isRemote()) {
                tailsFarAway.put(file, tail);
            }
        }
        return tail;
    }

    /** @param manifest null where nobody has looked */
    private Backup backup(Named named, Manifest manifest) {
        BackupName name = named.name;
        return new Backup(
                store.location(named.file.name()),
                named.file.name(),
                name.database(),
                name.createdAt(),
                name.number(),
                named.file.sizeBytes(),
                manifest == null ? null : manifest.databaseBytes(),
                null,
                name.parent(),
                manifest);
    }
}
