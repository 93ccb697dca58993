package dev.sqlitebackup.core;

import dev.sqlitebackup.store.BackupName;
import dev.sqlitebackup.store.Store;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;

/**
 * A directory in which every run leaves a file of its own. Several databases may share it; what is newest goes by the database's whole file name.
 *
 * @param database its file name
 */
record HistoryDestination(History history, String database) implements Destination {
    static HistoryDestination of(Location location, String database) {
        return new HistoryDestination(History.at(location), database);
    }

    @Override
    public Store store() {
        return history.store();
    }

    @Override
    public String stateFile() {
        return stateFile(database);
    }

    static String stateFile(String database) {
        return "." + database + ".state";
    }

    @Override
    public String previous(Instant now) {
        Backup newest = history.newestByNow(database, now, new ArrayList<>());
        return newest == null ? null : newest.name();
    }

    @Override
    public String publish(Path finished, Instant createdAt) {
        BackupName name = new BackupName(database, createdAt, 1);
        while (!store().publishNew(finished, name.fileName())) {
            name = name.next();
        }
        history.forget();
        return name.fileName();
    }
}
