package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.store.LocalStore;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** A file that is always the newest backup. */
public record SingleFile(Store store, String name) implements Destination {
    /**
     * The file that a destination refers to. A link is followed only if the user who runs us, or root, made it: in a
     * directory that others can write, a planted one would send the backup over another file of ours.
     */
    static SingleFile of(Path given, Path database) {
        Path destination = Databases.inRealDirectory(given);
        refuseOneOfAHistory(destination.getFileName().toString(), destination.getParent() + "/", database);
        if (Files.isSymbolicLink(destination)) {
            destination = followOwnLink(destination);
            refuseOneOfAHistory(destination.getFileName().toString(), destination.getParent() + "/", database);
        }
        if (Files.exists(destination) && !Files.isRegularFile(destination)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the destination is not a regular file: " + destination,
                    "name a file ending in .gz");
        }
        if (Databases.isSameFile(database, destination)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the database and the destination are the same file: " + destination,
                    elsewhere(database, destination));
        }
        if (Files.exists(destination) && FileKind.isPlainDatabase(destination)) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the destination is itself a SQLite database, and no backup: " + destination,
                    elsewhere(database, destination) + "; or move that file away");
        }
        SingleFile file = in(destination);
        Foreign.refuse(file.store, file.name);
        return file;
    }

    private static String elsewhere(Path database, Path destination) {
        return "choose another destination, such as: "
                + Hints.command(
                        "backup",
                        database.toString(),
                        "--to=" + Destination.elsewhere(destination.toString()) + database.getFileName()
                                + Location.BACKUP_SUFFIX);
    }

    /** The same of one in a store far away. */
    static SingleFile remote(SingleFile file, Path database) {
        refuseOneOfAHistory(file.name, file.store.place(), database);
        return file;
    }

    private static void refuseOneOfAHistory(String name, String place, Path database) {
        if (BackupName.parse(name) != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the destination is named like one backup of a history, and such a file is never overwritten: "
                            + name,
                    "to add one, name the directory: " + Hints.command("backup", database.toString(), "--to=" + place));
        }
    }

    static SingleFile in(Path file) {
        return new SingleFile(
                new LocalStore(file.getParent()), file.getFileName().toString());
    }

    private static Path followOwnLink(Path link) {
        try {
            if (!PrivateFiles.isOurs(link)
                    && !Files.getOwner(link, LinkOption.NOFOLLOW_LINKS)
                            .getName()
                            .equals("root")) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "the destination is a symbolic link that somebody else made: " + link,
                        "name the file itself");
            }
            if (!Files.exists(link)) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "the destination is a symbolic link that leads nowhere: " + link,
                        "name the file itself, or remove the link");
            }
            return link.toRealPath();
        } catch (IOException e) {
            throw Failure.io("cannot resolve", link, e);
        }
    }

    @Override
    public boolean keepsOlder() {
        return false;
    }

    @Override
    public Backup replaced() {
        return find();
    }

    @Override
    public StateFile stateFile() {
        return StateFile.of(store, name);
    }

    @Override
    public Chain previous(Instant now) {
        Store.StoredFile file = store.find(name);
        if (file == null) {
            return null;
        }
        Foreign.refuse(store, name);
        return Chain.of(
                new Backup(store.location(name), name, null, file.modifiedAt(), 1, file.sizeBytes(), null, null));
    }

    @Override
    public int count(Chain previous) {
        return previous == null ? 0 : 1;
    }

    @Override
    public Next next(Chain previous, int number, Instant createdAt) {
        return Next.full("a single file always holds a full backup");
    }

    @Override
    public String publish(Path finished, Next next) {
        throw new IllegalArgumentException("a single file holds no increment");
    }

    @Override
    public String datedAfter(Instant now) {
        return null; // There is no other that it could hide.
    }

    @Override
    public String name(Instant createdAt) {
        return name;
    }

    @Override
    public String publish(Path finished, Instant createdAt) {
        Foreign.refuse(store, name); // Somebody may have put another file there since.
        store.replace(finished, name);
        return name;
    }

    private void requireWholeGzip() {
        byte[] start = store.readStart(name, FileKind.HEADER_IN_GZIP_BYTES);
        if (start == null) {
            throw Store.missing(store.location(name));
        }
        FileKind.requireGzipOfDatabase(start, store.location(name));
        Path file = !store.isRemote() ? store.local(name) : null;
        try {
            if (file != null) {
                BackupReader.refuseIfCutOff(file);
            }
        } catch (IOException e) {
            throw Failure.io("cannot read the backup", file, e);
        }
    }

    /**
     * The backup as its end describes it, or, of a gzip file that somebody else made, as the file system does.
     *
     * @return null if there is none
     * @throws Failure NOT_FOUND for a Git LFS pointer, CORRUPT for what is no backup, or only the beginning of one
     */
    public Backup find() {
        Store.StoredFile file = store.find(name);
        byte[] tail = file == null ? null : store.readTail(name, Manifest.TAIL_BYTES);
        if (tail == null) {
            return null; // Or deleted since it was found.
        }
        Manifest manifest = Manifest.parse(tail);
        if (manifest == null) {
            requireWholeGzip();
        }
        return new Backup(
                store.location(name),
                name,
                null,
                manifest == null ? file.modifiedAt().truncatedTo(ChronoUnit.SECONDS) : manifest.createdAt(),
                manifest == null ? Backup.NO_NUMBER : 1,
                file.sizeBytes(),
                manifest == null ? null : manifest.databaseBytes(),
                null,
                manifest == null || manifest.increment() == null
                        ? null
                        : new BackupName.Moment(
                                manifest.increment().parentCreatedAt(),
                                manifest.increment().parentSecond()),
                null);
    }

    /**
     * The same where there has to be one.
     *
     * @param named what people call the file
     * @throws Failure NOT_FOUND too if there is none
     */
    public Backup existing(Location named) {
        Backup only = find();
        if (only == null) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no backup at " + named,
                    Selection.hintIfMissing(named.toString()));
        }
        return only;
    }
}
