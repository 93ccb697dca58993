package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.files.FileNames;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.store.Store;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * A directory in which every run leaves a file of its own. Several databases may share it; what is newest goes by the
 * database's name at this place.
 *
 * @param database its name: its whole file name, or what the user calls it
 */
public record HistoryDestination(History history, String database) implements Destination {
    /**
     * Far more than can be made; without an end, a store that calls every name taken would be sent the backup for ever.
     */
    private static final int MOST_IN_A_SECOND = 100;

    /** @param source the database itself */
    static HistoryDestination of(Location location, Path source, String database) {
        if (location.path() != null
                && FileNames.sizeBytes(BackupName.full(database, Instant.EPOCH, MOST_IN_A_SECOND)
                                .fileName())
                        > FileNames.MAX_BYTES) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the name of the database is too long for a history, which adds the time to it: " + database,
                    "use a single file: "
                            + Hints.command("backup", source.toString(), "--to=" + location + "/app.db.gz"));
        }
        BackupName read =
                BackupName.parse(BackupName.full(database, Instant.EPOCH, 1).fileName());
        boolean isSidecar = DatabaseFiles.hasNameOfSidecar(database);
        if (isSidecar
                || read == null
                || read.parent() != null
                || !read.database().equals(database)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    (isSidecar
                                    ? "SQLite calls the sidecars of a database so, and not a database: "
                                    : "a backup of a database of this name would be taken for another's increment: ")
                            + database,
                    "give its backups another name: "
                            + Hints.command(
                                    "backup", source.toString(), "--to=" + location, "--name=" + otherName(source)));
        }
        return new HistoryDestination(location.history(), database);
    }

    private static String otherName(Path source) {
        Path directory = source.getParent().getFileName();
        return (directory == null ? "app" : directory) + ".db";
    }

    @Override
    public Store store() {
        return history.store();
    }

    @Override
    public boolean keepsOlder() {
        return true;
    }

    @Override
    public Backup replaced() {
        return null;
    }

    @Override
    public StateFile stateFile() {
        return StateFile.of(store(), database);
    }

    @Override
    public Chain previous(Instant now) {
        return history.newestByNow(database, now, new ArrayList<>());
    }

    @Override
    public int count(Chain previous) {
        return history.count(database);
    }

    @Override
    public String datedAfter(Instant now) {
        Chain newest = history.newest(database, Instant.MAX, new ArrayList<>());
        return newest != null && newest.createdAt().isAfter(now) ? newest.tip().location() : null;
    }

    @Override
    public String name(Instant createdAt) {
        return BackupName.full(database, createdAt, 1).fileName();
    }

    @Override
    public String publish(Path finished, Instant createdAt) {
        BackupName name = new BackupName(database, history.freeMoment(database, createdAt), null);
        for (; name.number() <= MOST_IN_A_SECOND; name = name.next()) {
            if (store().publishNew(finished, name.fileName())) {
                history.forget();
                return name.fileName();
            }
        }
        throw new Failure(
                Failure.Kind.FAILURE,
                "no name is free for this second in " + store().place(),
                "see what else writes there");
    }

    @Override
    public Next next(Chain previous, int number, Instant createdAt) {
        Next next = Next.after(
                previous, number, history.freeMoment(database, createdAt), history.incrementBytes(previous.full()));
        boolean fits = next.isFull()
                || store().isRemote()
                || FileNames.sizeBytes(name(next).fileName()) <= FileNames.MAX_BYTES;
        return fits ? next : Next.full("the name of an increment would be too long");
    }

    private BackupName name(Next next) {
        return new BackupName(database, next.moment(), next.parent().tip().moment());
    }

    @Override
    public String publish(Path finished, Next next) {
        BackupName name =
                new BackupName(database, next.moment(), next.parent().tip().moment());
        List<String> buildsOn =
                next.parent().members().stream().map(Backup::name).toList();
        boolean isNew = store().publishNew(finished, name.fileName(), buildsOn);
        history.forget();
        return isNew ? name.fileName() : null;
    }
}
