package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Deadline;
import dev.sqlitebackup.Interruption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;

/** The turn to write in a database that others use, waited for so that a signal is heard. */
final class WriteLock {
    private static final long POLL_MILLIS = 2;
    /** In rollback mode SQLite waits for readers as it writes, and lets no new ones in meanwhile: so not for long. */
    private static final int WAIT_FOR_READERS_MILLIS = 2000;

    private WriteLock() {}

    /**
     * Begins a transaction that can write.
     *
     * @throws SQLException BUSY if others write for longer than {@code busyTimeout}
     */
    static void begin(SqliteConnection connection, Path database, Duration busyTimeout) throws SQLException {
        Deadline deadline = Deadline.after(busyTimeout);
        connection.driver().setBusyTimeout(0);
        while (true) {
            try {
                connection.execute("BEGIN IMMEDIATE");
                deadline.sayWaited(database);
                connection.driver().setBusyTimeout((int) Math.min(WAIT_FOR_READERS_MILLIS, busyTimeout.toMillis()));
                return;
            } catch (SQLException e) {
                if (ResultCode.of(e) != ResultCode.BUSY || deadline.hasPassed()) {
                    throw e;
                }
            }
            Interruption.pause(POLL_MILLIS);
        }
    }
}
