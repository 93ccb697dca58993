package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import org.sqlite.SQLiteLimits;

/**
 * Two private files that nobody else has open, on one connection, which can read them and write neither. What SQLite
 * sorts goes to files without a name in a private directory: those of a killed run are gone with it.
 */
final class TwoDatabases implements AutoCloseable {
    static final String OLD = "main";
    static final String NEW = "newer";

    /** Not to be waited for: nobody else has the files. */
    private static final Duration NO_WAIT = Duration.ZERO;

    /** As much as SQLite is built for: a table of 2000 columns is compared with several values for each. */
    static final int MOST_COLUMNS = 32_767;

    private static final String PRIVATE = "mode=ro&immutable=1";

    private final SqliteConnection connection;

    private TwoDatabases(SqliteConnection connection) {
        this.connection = connection;
    }

    /**
     * @param temporaryDirectory private
     * @throws Failure FAILURE where their text encodings differ, CORRUPT where one cannot be read
     */
    static TwoDatabases open(DatabaseDiff.Side old, DatabaseDiff.Side newer, Path temporaryDirectory)
            throws IOException {
        refuseOtherEncoding(old, newer);
        SqliteConnection connection = null;
        DatabaseDiff.Side reading = old;
        try {
            connection = SqliteConnection.open(old.file(), PRIVATE, NO_WAIT);
            connection.driver().setLimit(SQLiteLimits.SQLITE_LIMIT_COLUMN, MOST_COLUMNS);
            connection.execute("PRAGMA trusted_schema=OFF");
            connection.execute("PRAGMA temp_store_directory=" + Sql.text(temporaryDirectory.toString()));
            connection.query("SELECT count(*) FROM " + OLD + ".sqlite_schema");
            reading = newer;
            connection.execute("ATTACH " + Sql.text(DatabaseFiles.uri(newer.file(), PRIVATE)) + " AS " + NEW);
            return new TwoDatabases(connection);
        } catch (SQLException e) {
            if (connection != null) {
                new TwoDatabases(connection).close();
            }
            throw ResultCode.failure("cannot read", reading.what(), e);
        }
    }

    /** SQLite attaches no other; 0 is of one that never had a table. */
    private static void refuseOtherEncoding(DatabaseDiff.Side old, DatabaseDiff.Side newer) throws IOException {
        DatabaseHeader one = DatabaseHeader.of(old.file());
        DatabaseHeader other = DatabaseHeader.of(newer.file());
        if (!one.encodingName().equals(other.encodingName()) && other.textEncoding() != 0) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "databases of different text encodings cannot be compared: " + old.what() + " is in "
                            + one.encodingName() + ", and " + newer.what() + " in " + other.encodingName());
        }
    }

    SqliteConnection connection() {
        return connection;
    }

    @Override
    public void close() {
        try (connection) {
            connection.execute("PRAGMA temp_store_directory=''"); // It is the whole process's.
        } catch (SQLException e) {
            // All that was to be known is known.
        }
    }
}
