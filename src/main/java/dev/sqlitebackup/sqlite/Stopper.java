package dev.sqlitebackup.sqlite;

/**
 * Ends from outside what a connection runs. A statement that is just about to begin is not seen, so {@link #stop} is
 * called until the work has ended.
 */
public final class Stopper {
    private volatile SqliteConnection running;
    private volatile boolean stopped;

    /** Ends what is under way. */
    public void stop() {
        stopped = true;
        SqliteConnection connection = running;
        if (connection != null) {
            connection.interrupt();
        }
    }

    /** Whether somebody has told it to end. */
    public boolean isStopped() {
        return stopped;
    }

    /** @param connection whose statements can be ended from now on, null for none */
    void watch(SqliteConnection connection) {
        running = connection;
    }
}
