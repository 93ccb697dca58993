package dev.sqlitebackup.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Whether SQLite can open a restore's target, found out without harm to it. A read-write connection would delete the
 * {@code -wal} of a file that is shorter than a page, and fold that of an encrypted or damaged one into it.
 */
final class TargetProbe {
    private TargetProbe() {}

    /**
     * @param file the target, opened before any SQLite connection to it and closed after the last
     * @return false for a file that is no database as far as SQLite can tell; an empty one without sidecars is one
     */
    static boolean isReadable(DatabaseFiles target, FileChannel file, Duration busyTimeout) throws IOException {
        return looksReadable(target, file) && (!target.present().wal() || canBeRead(target, file, busyTimeout));
    }

    /** The same as far as it shows without SQLite. */
    static boolean looksReadable(DatabaseFiles target, FileChannel file) throws IOException {
        if (file.size() == 0) {
            return !target.present().wal() && !target.present().journal();
        }
        DatabaseHeader header = DatabaseHeader.read(file);
        return header != null && file.size() >= header.pageSizeBytes();
    }

    /** Read-only, so that nothing is checkpointed when it closes. */
    private static boolean canBeRead(DatabaseFiles target, FileChannel file, Duration busyTimeout) {
        try (SqliteConnection connection = SqliteConnection.open(target.main(), "mode=ro", busyTimeout)) {
            connection.query("SELECT count(*) FROM sqlite_schema");
            return true;
        } catch (SQLException e) {
            return !isUnreadable(DiskProbe.explain(
                    e, file, target)); // Anything else is said by the connection that is opened in earnest.
        }
    }

    /** Only what SQLite says of the content: an I/O error, or a full quota, says nothing about the database. */
    static boolean isUnreadable(SQLException e) {
        return switch (ResultCode.of(e)) {
            case ResultCode.CORRUPT, ResultCode.NOTADB -> true;
            default -> false;
        };
    }
}
