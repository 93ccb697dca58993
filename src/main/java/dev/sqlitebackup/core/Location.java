package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a destination or backup on the command line refers to: a file, or a directory with a history in it.
 *
 * @param namedAsDirectory whether it was written with a slash at its end
 */
public record Location(Path path, boolean namedAsDirectory) {
    static final String BACKUP_SUFFIX = ".gz";

    /** What a location can be a list of. */
    enum Kind {
        /** A directory: a history. */
        DIRECTORY,
        /** A backup file. */
        BACKUP,
        /** A database: its safety copies. */
        DATABASE
    }

    public static Location file(Path path) {
        return new Location(path, false);
    }

    /** The contract's {@code -}; a file of that name is {@code ./-}. */
    public boolean isStandardOutput() {
        return path.toString().equals("-") && !namedAsDirectory;
    }

    public boolean isDirectory() {
        return namedAsDirectory || Files.isDirectory(path);
    }

    /** A database may be gone, and its safety copies are then wanted most: so what is no directory and no backup is taken for one. */
    Kind kind() {
        if (isDirectory()) {
            return Kind.DIRECTORY;
        }
        if (Files.isRegularFile(path)) {
            return StagedBackup.isGzip(path) || isNamedAsBackup() && !StagedBackup.isPlainDatabase(path) ? Kind.BACKUP : Kind.DATABASE;
        }
        return isNamedAsBackup() ? Kind.BACKUP : Kind.DATABASE;
    }

    boolean isNamedAsBackup() {
        return path.getFileName() != null && path.getFileName().toString().endsWith(BACKUP_SUFFIX);
    }

    /** @return the directory with its links resolved, where it exists */
    Path directory() {
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new Failure(Failure.Kind.FAILURE, "not a directory: " + path, "a directory is written with / at its end, a file without");
        }
        return Files.exists(path) ? Databases.real(path) : Databases.inRealDirectory(path);
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
