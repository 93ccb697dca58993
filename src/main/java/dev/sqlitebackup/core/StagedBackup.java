package dev.sqlitebackup.core;

import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.history.BackupSource;
import java.nio.file.Path;

/**
 * A backup that has been decompressed into a private file and verified to the last byte ({@link Staging}).
 *
 * @param source where it came from
 * @param manifest of what the file holds; its time is always known
 * @param backupBytes how much was read for it
 */
record StagedBackup(BackupSource source, Path file, Manifest manifest, long backupBytes, Verification verification) {}
