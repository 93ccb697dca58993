package dev.sqlitebackup.sqlite;

/**
 * A version of SQLite.
 *
 * @param number as {@code SQLITE_VERSION_NUMBER} has it: 3045001 for 3.45.1
 */
public record SqliteVersion(int number) {
    private static final int MAJOR = 1_000_000;
    private static final int MINOR = 1_000;

    /**
     * Whether this version has the <a href="https://www.sqlite.org/wal.html#walresetbug">WAL-reset bug</a>: where a
     * checkpoint meets a writer that begins the log anew, committed data can be lost. It came with the log in 3.7.0,
     * and was mended in 3.51.3 and in two older branches.
     */
    public boolean hasWalResetBug() {
        return isIn(3_007_000, 3_044_005) || isIn(3_045_000, 3_050_006) || isIn(3_051_000, 3_051_002);
    }

    private boolean isIn(int first, int last) {
        return first <= number && number <= last;
    }

    @Override
    public String toString() {
        return number / MAJOR + "." + number % MAJOR / MINOR + "." + number % MINOR;
    }
}
