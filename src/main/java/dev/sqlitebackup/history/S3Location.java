package dev.sqlitebackup.history;

import dev.sqlitebackup.store.CachingStore;
import dev.sqlitebackup.store.ObjectLock;
import dev.sqlitebackup.store.S3Store;
import dev.sqlitebackup.store.Store;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A destination or backup in an S3-compatible store.
 *
 * @param key of an object, or a prefix that is empty or ends with a slash
 * @param cache where this machine keeps what spares it downloads
 * @param lock of each backup that is sent, null for none
 */
public record S3Location(String bucket, String key, Path cache, ObjectLock lock) implements Location {
    /** Where nothing is locked. */
    public S3Location(String bucket, String key, Path cache) {
        this(bucket, key, cache, null);
    }

    @Override
    public Location locked(boolean compliance, Duration duration) {
        return new S3Location(bucket, key, cache, new ObjectLock(compliance, duration));
    }

    @Override
    public boolean isDirectory() {
        return key.isEmpty() || key.endsWith("/");
    }

    @Override
    public boolean isNamedAsBackup() {
        return key.endsWith(BACKUP_SUFFIX);
    }

    @Override
    public Location.Kind kind() {
        return isDirectory() ? Location.Kind.DIRECTORY : Location.Kind.BACKUP;
    }

    @Override
    public Store store() {
        return new CachingStore(
                new S3Store(bucket, key.substring(0, key.lastIndexOf('/') + 1), cache, BackupName.FAMILIES, lock),
                BackupName.FAMILIES);
    }

    @Override
    public SingleFile single() {
        return new SingleFile(store(), key.substring(key.lastIndexOf('/') + 1));
    }

    @Override
    public SingleFile singleFor(Path database) {
        return SingleFile.remote(single(), database);
    }

    @Override
    public BackupSource choose(Selection.Wish wish) {
        return Selection.fromSingleFile(this, wish);
    }

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + key;
    }
}
