package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.store.KnownPlace;
import dev.sqlitebackup.store.LocalStore;
import dev.sqlitebackup.store.Store;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What a destination or backup on the command line refers to: a file, or a directory with a history in it, here or in
 * an object store; or a pipe.
 */
public sealed interface Location permits Location.Local, S3Location, Location.Pipe {
    String BACKUP_SUFFIX = ".gz";

    /** What a location can be a list of. */
    enum Kind {
        /** A directory or prefix: a history. */
        DIRECTORY,
        /** A backup file. */
        BACKUP,
        /** A database: its safety copies. */
        DATABASE
    }

    static Location file(Path path) {
        return new Local(path, false);
    }

    /** The file or directory on this machine, null where it is none. */
    default Path path() {
        return null;
    }

    /** Whether it is standard input or output. */
    default boolean isPipe() {
        return false;
    }

    /** Whether it is a place for a history. */
    boolean isDirectory();

    /** Whether a new backup may have this name. */
    boolean isNamedAsBackup();

    /** What it can be a list of. */
    default Kind kind() {
        throw noPlace();
    }

    /**
     * How to say that the file system on which backups went there is missing; null if it is there, or nothing is known
     * of it.
     */
    default Failure missingFileSystem() {
        return null;
    }

    /** Refuses to take an empty mount point for the place itself. */
    default void requireFileSystem() {
        Failure missing = missingFileSystem();
        if (missing != null) {
            throw missing;
        }
    }

    /**
     * The same place, where each backup that is sent is locked.
     *
     * @param compliance whether for everybody, also for who may bypass locks
     * @throws Failure USAGE of a place that cannot lock
     */
    default Location locked(boolean compliance, Duration duration) {
        throw new Failure(
                Failure.Kind.USAGE,
                "--object-lock is for an object store, and this is none: " + this,
                "name s3://BUCKET/PREFIX/, or leave --object-lock out");
    }

    /** Notes where the place lies, for {@link #missingFileSystem} of later runs. */
    default void noteFileSystem() {}

    /**
     * The store that is this directory; of a remote file, the one in which it lies.
     *
     * @throws Failure of a local file, which is no store
     */
    default Store store() {
        throw noPlace();
    }

    /** The history in this directory. */
    default History history() {
        return new History(store());
    }

    /** The file, for somebody who only reads, and follows links as everything that reads does. */
    default SingleFile single() {
        throw noPlace();
    }

    /**
     * The file, for backups.
     *
     * @param database the real path of what is backed up
     * @throws Failure if none may be written there
     */
    default SingleFile singleFor(Path database) {
        throw noPlace();
    }

    /**
     * The one backup that this is, for {@link Selection}.
     *
     * @throws Failure NOT_FOUND if there is none
     */
    BackupSource choose(Selection.Wish wish);

    /** What to say to who looks for backups in a pipe. */
    static Failure noPlace() {
        return new Failure(
                Failure.Kind.USAGE,
                "- is standard input or output, where backups cannot be looked for",
                "name a directory, a file or s3://BUCKET/PREFIX/; a file of that name is ./-");
    }

    /**
     * On this machine.
     *
     * @param namedAsDirectory whether it was written with a slash at its end
     * @param stateDirectory where this user keeps what earlier runs found ({@link KnownPlace}), null for nowhere
     */
    record Local(Path path, boolean namedAsDirectory, Path stateDirectory) implements Location {
        /** Of which nothing is known. */
        public Local(Path path, boolean namedAsDirectory) {
            this(path, namedAsDirectory, null);
        }

        @Override
        public boolean isDirectory() {
            return namedAsDirectory || Files.isDirectory(path);
        }

        @Override
        public boolean isNamedAsBackup() {
            return path.getFileName() != null && path.getFileName().toString().endsWith(BACKUP_SUFFIX);
        }

        @Override
        public Failure missingFileSystem() {
            if (stateDirectory == null) {
                return null;
            }
            return KnownPlace.missing(stateDirectory, path.toAbsolutePath().normalize());
        }

        @Override
        public void noteFileSystem() {
            if (stateDirectory != null) {
                KnownPlace.note(stateDirectory, place());
            }
        }

        /**
         * The directory that backups go to, as it was named: with its links resolved it would be another one where the
         * file system is missing.
         */
        private Path place() {
            Path absolute = path.toAbsolutePath().normalize();
            return isDirectory() || absolute.getParent() == null ? absolute : absolute.getParent();
        }

        /**
         * A database may be gone, and its safety copies are then wanted most: so what is no directory and no backup is
         * taken for one.
         */
        @Override
        public Kind kind() {
            if (isDirectory()) {
                return Kind.DIRECTORY;
            }
            if (Files.isRegularFile(path)) {
                return FileKind.isGzip(path) || isNamedAsBackup() && !FileKind.isPlainDatabase(path)
                        ? Kind.BACKUP
                        : Kind.DATABASE;
            }
            return isNamedAsBackup() ? Kind.BACKUP : Kind.DATABASE;
        }

        @Override
        public Store store() {
            if (Files.exists(path) && !Files.isDirectory(path)) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "not a directory: " + path,
                        "a directory is written with / at its end, a file without");
            }
            return new LocalStore(Files.exists(path) ? Databases.real(path) : Databases.inRealDirectory(path));
        }

        @Override
        public SingleFile single() {
            return SingleFile.in(Files.exists(path) ? Databases.real(path) : Databases.inRealDirectory(path));
        }

        @Override
        public SingleFile singleFor(Path database) {
            return SingleFile.of(path, database);
        }

        @Override
        public BackupSource choose(Selection.Wish wish) {
            return Selection.fromFile(this, wish);
        }

        @Override
        public String toString() {
            return path.toString();
        }
    }

    /**
     * The contract's {@code -}: standard output for what writes a backup, standard input for what reads one. A file of
     * that name is {@code ./-}.
     *
     * @param in standard input
     */
    record Pipe(InputStream in) implements Location {
        public static final String NAME = "-";

        @Override
        public boolean isPipe() {
            return true;
        }

        @Override
        public boolean isDirectory() {
            return false;
        }

        @Override
        public boolean isNamedAsBackup() {
            return false;
        }

        @Override
        public BackupSource choose(Selection.Wish wish) {
            return Selection.fromPipe(this, wish.notAfter());
        }

        @Override
        public String toString() {
            return NAME;
        }
    }
}
