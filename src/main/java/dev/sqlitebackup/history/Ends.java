package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.store.Store;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Whether a file of a history is what it is named: it ends as only we end a file that holds what the name says. For one
 * history.
 */
final class Ends {
    /** A Git LFS pointer takes no more. */
    private static final long MOST_POINTER_BYTES = 1024;

    /** A file that has one of our names. */
    record Named(BackupName name, Store.StoredFile file) {}

    /** For who has nothing to say of what is left alone. */
    static final Consumer<LeftAlone> UNSAID = left -> {};

    private final Store store;
    /** Each look into a file far away is a request. */
    private final Map<Store.StoredFile, byte[]> tailsFarAway = new ConcurrentHashMap<>();

    Ends(Store store) {
        this.store = store;
    }

    /** Believes the name. @return null if the file is too short to be one of ours */
    Backup guess(Named named, Consumer<LeftAlone> leftAlone) {
        if (named.file.sizeBytes() < Manifest.LEAST_BYTES) {
            leftAlone.accept(noBackup(named));
            return null;
        }
        return named(named);
    }

    /**
     * Looks into the file.
     *
     * @return null if the file is not one of ours
     */
    Backup describe(Named named, Consumer<LeftAlone> leftAlone) {
        Store.StoredFile file = named.file;
        byte[] tail;
        try {
            tail = tail(file);
        } catch (Failure e) {
            leftAlone.accept(new LeftAlone(named(named), e, "it is left alone"));
            return null;
        }
        if (tail == null) {
            return null; // Deleted since it was listed.
        }
        Manifest manifest = Manifest.parse(tail);
        if (manifest == null) {
            leftAlone.accept(noBackup(named));
            return null;
        }
        if (!agrees(named.name, manifest)) {
            Failure why = new Failure(
                    Failure.Kind.CORRUPT,
                    store.location(file.name()) + " holds " + what(manifest) + ", which is not what its name says");
            leftAlone.accept(new LeftAlone(named(named), why, "it is left alone"));
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

    private LeftAlone noBackup(Named named) {
        String location = store.location(named.file.name());
        Failure why = isPointer(named.file)
                ? new Failure(
                        Failure.Kind.NOT_FOUND,
                        location + " is only a Git LFS pointer",
                        OtherBackups.ifPointer(location))
                : new Failure(
                        Failure.Kind.CORRUPT,
                        location + " has the name of a backup and does not end like one: half-copied, damaged, or of "
                                + "another program");
        return new LeftAlone(named(named), why, "it is ignored");
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

    /** What a name says, whatever the file is. */
    Backup named(Named named) {
        return backup(named, null);
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
