package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.sqlite.SQLiteLimits;

/**
 * A database that others may have open, and a backup of it in a private file, on one connection. It can write to the
 * one, and only read the other. Neither's schema may call a function that does more than compute.
 */
final class LiveAndBackup implements AutoCloseable {
    static final String LIVE = "main";
    static final String BACKUP = "backup";
    /** Where {@link SelectedRows} are. */
    static final String SELECTED = "selected";

    /** 64 MiB of pages of the usual size. */
    private static final int MOST_DIRTY_PAGES = 16_384;

    private static final String PRIVATE = "mode=ro&immutable=1";

    private final SqliteConnection connection;

    private LiveAndBackup(SqliteConnection connection) {
        this.connection = connection;
    }

    /**
     * @param selected a private database of what was selected in the backup, null for all
     * @param temporaryDirectory private; what does not fit in memory goes there, to files without a name
     */
    static LiveAndBackup open(Path live, Path backup, Path selected, Path temporaryDirectory, Duration busyTimeout)
            throws SQLException {
        SqliteConnection connection = SqliteConnection.open(live, "mode=rw", busyTimeout);
        try {
            connection.driver().getDatabase().enable_load_extension(false);
            connection.driver().setLimit(SQLiteLimits.SQLITE_LIMIT_COLUMN, TwoDatabases.MOST_COLUMNS);
            connection.execute("PRAGMA trusted_schema=OFF");
            connection.execute("PRAGMA synchronous=EXTRA"); // The end of a rollback journal is forced too.
            connection.execute("PRAGMA temp_store_directory=" + Sql.text(temporaryDirectory.toString()));
            // What is written before its commit locks readers out in rollback mode.
            connection.execute("PRAGMA main.cache_spill=" + MOST_DIRTY_PAGES);
            connection.query("SELECT count(*) FROM main.sqlite_schema");
            attach(connection, backup, BACKUP);
            if (selected != null) {
                attach(connection, selected, SELECTED);
            }
            return new LiveAndBackup(connection);
        } catch (SQLException e) {
            new LiveAndBackup(connection).close();
            throw e;
        }
    }

    private static void attach(SqliteConnection connection, Path file, String name) throws SQLException {
        connection.execute("ATTACH " + Sql.text(DatabaseFiles.uri(file, PRIVATE)) + " AS " + name);
    }

    /**
     * SQLite attaches no database of another encoding.
     *
     * @throws Failure FAILURE if they differ
     */
    static void refuseOtherEncoding(Path live, Path backup) throws IOException {
        DatabaseHeader ofLive = DatabaseHeader.of(live);
        DatabaseHeader ofBackup = DatabaseHeader.of(backup);
        if (ofLive != null && ofLive.textEncoding() != 0 && ofLive.textEncoding() != ofBackup.textEncoding()) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "the backup's text is encoded in " + ofBackup.encodingName() + ", and that of " + live + " in "
                            + ofLive.encodingName() + ", so no row can go from one to the other",
                    "restore the backup to a new file with --to, and copy there what is wanted");
        }
    }

    SqliteConnection connection() {
        return connection;
    }

    /** What was not committed is rolled back. */
    @Override
    public void close() {
        try (connection) {
            connection.execute("PRAGMA temp_store_directory=''"); // It is the whole process's.
        } catch (SQLException e) {
            // All that was to be done is done, or was said to have failed.
        }
    }
}
