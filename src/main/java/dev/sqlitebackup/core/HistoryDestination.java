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

    /** Not one that is dated after now, if there is another: a clock that was wrong once would make it the newest for a long time. */
    @Override
    public String previous(Instant now) {
        Backup newest = history.newest(database, now, new ArrayList<>());
        if (newest == null) {
            newest = history.newest(database, Instant.MAX, new ArrayList<>());
        }
        return newest == null ? null : newest.name();
    }

    @Override
    public String publish(Path finished, Instant createdAt) {
        BackupName name = new BackupName(database, createdAt, 1);
        while (!store().publishNew(finished, name.fileName())) {
            name = name.next();
        }
        return name.fileName();
    }
}
