package dev.sqlitebackup.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A transaction of {@code sqlite3} over {@code app.db} and the attached {@code other.db}, both with a row {@code old}
 * that becomes {@code new}.
 */
public final class SeveralDatabases {
    /**
     * What SQLite deletes at the end of it, in this order; the first makes it committed. Killed before one of them, it
     * leaves that and the rest.
     */
    public enum Deleted {
        SUPER_JOURNAL,
        JOURNAL_OF_APP,
        JOURNAL_OF_OTHER
    }

    private static final String TRANSACTION =
            "ATTACH '%s' AS other; BEGIN; UPDATE main.t SET state = 'new'; UPDATE other.t SET state = 'new'; COMMIT;";

    private SeveralDatabases() {}

    public static void make(Path directory) {
        Lab.sql(directory.resolve("app.db"), "CREATE TABLE t(state)", "INSERT INTO t VALUES ('old')");
        Lab.sql(directory.resolve("other.db"), "CREATE TABLE t(state)", "INSERT INTO t VALUES ('old')");
    }

    /**
     * Kills it with -9 when it is about to delete something.
     *
     * @param seenAs the directory as the application sees it: {@code directory} is mounted there, for the application
     *     alone
     */
    public static void crash(Path directory, Path seenAs, Deleted next) throws IOException {
        Tools.require("sqlite3", "strace", "unshare", "mount");
        Tools.Ended ended = Tools.run(java.util.List.of(
                "unshare",
                "-m",
                "bash",
                "-euc",
                "mount --bind \"$1\" \"$2\"; shift 2; exec \"$@\"",
                "sh",
                directory.toString(),
                seenAs.toString(),
                "strace",
                "-o",
                "/dev/null",
                "-e",
                "trace=unlink",
                "-e",
                "inject=unlink:error=EIO:signal=KILL:when=" + (next.ordinal() + 1),
                "sqlite3",
                seenAs.resolve("app.db").toString(),
                TRANSACTION.formatted(seenAs.resolve("other.db"))));
        if (ended.exitCode() != 128 + 9 || Files.size(directory.resolve("other.db-journal")) == 0) {
            throw new AssertionError("not killed: " + ended);
        }
    }
}
