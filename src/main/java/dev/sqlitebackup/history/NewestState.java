package dev.sqlitebackup.history;

import java.time.Instant;
import java.util.ArrayList;

/** Finds the state in which runs note what they find of the newest backup of a database. */
public final class NewestState {
    private NewestState() {}

    /**
     * The state beside a backup, if that is the newest there.
     *
     * @param place where it was chosen
     * @return null if it is not, or came by a pipe or from Git; a plain database has none either. No run need have
     *     written to it
     * @throws dev.sqlitebackup.Failure if the place cannot be asked
     */
    public static StateFile of(Location place, BackupSource source, Instant now) {
        if (source.isPiped() || source.commit() != null) {
            return null;
        }
        if (place.isDirectory()) {
            return of(
                    place.history(),
                    source.location().substring(source.location().lastIndexOf('/') + 1),
                    now);
        }
        if (!place.isNamedAsBackup()) {
            return null;
        }
        SingleFile single = place.single();
        return BackupName.parse(single.name()) == null
                ? single.stateFile()
                : of(new History(single.store()), single.name(), now);
    }

    private static StateFile of(History history, String fileName, Instant now) {
        String database = BackupName.parse(fileName).database();
        return fileName.equals(newest(history, database, now)) ? StateFile.of(history.store(), database) : null;
    }

    /** As {@code status} sees it. @return its file name, null if there is none */
    public static String newest(History history, String database, Instant now) {
        Chain newest = history.newestByNow(database, now, new ArrayList<>());
        return newest == null ? null : newest.tip().name();
    }
}
