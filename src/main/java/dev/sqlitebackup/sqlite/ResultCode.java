package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Space;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.stream.Stream;

/** SQLite's result codes (https://www.sqlite.org/rescode.html), and what is said of each. */
final class ResultCode {
    static final int OK = 0;
    static final int ERROR = 1;
    static final int BUSY = 5;
    static final int LOCKED = 6;
    static final int NOMEM = 7;
    static final int READONLY = 8;
    static final int INTERRUPT = 9;
    static final int IOERR = 10;
    static final int IOERR_SHORT_READ = IOERR | 2 << 8;
    static final int CORRUPT = 11;
    static final int FULL = 13;
    static final int CANTOPEN = 14;
    static final int CONSTRAINT = 19;
    static final int MISMATCH = 20;
    static final int NOTADB = 26;

    /** As much as SQLite ever writes at once, and a directory's own growth. */
    static final int PROBE_BYTES = 1 << 17;

    private ResultCode() {}

    /** The primary code, without what extends it. */
    static int of(SQLException e) {
        return e.getErrorCode() & 0xff;
    }

    static String describe(int code) {
        return switch (code & 0xff) {
            case BUSY, LOCKED -> "the database is locked";
            case NOMEM -> "out of memory";
            case IOERR -> "disk I/O error";
            case CORRUPT -> "the database is damaged";
            case FULL -> "no space left";
            case CANTOPEN -> "unable to open the database file";
            case NOTADB -> "the file is encrypted or not a SQLite database";
            case READONLY -> "the database is read-only";
            default -> "SQLite result " + code;
        };
    }

    /**
     * Says what SQLite said in our words.
     *
     * @param written directories that were written to: only a try tells an exceeded quota from a broken disk
     */
    static Failure failure(String doing, Object file, SQLException e, Path... written) {
        String message = doing + " " + file + ": " + describe(e);
        return switch (of(e)) {
            case IOERR, CANTOPEN, READONLY -> {
                Path full = Stream.of(written)
                        .filter(directory -> Space.isExhausted(directory, PROBE_BYTES))
                        .findFirst()
                        .orElse(null);
                yield full == null
                        ? new Failure(Failure.Kind.FAILURE, message, null, e)
                        : new Failure(
                                Failure.Kind.NO_SPACE,
                                doing + " " + file + ": no space left",
                                "free some space on the file system of " + full,
                                e);
            }
            case BUSY, LOCKED ->
                new Failure(
                        Failure.Kind.BUSY,
                        message,
                        "another program holds a lock on it: wait, or give it longer with --busy-timeout",
                        e);
            case INTERRUPT -> Interruption.failure(e);
            case CORRUPT, NOTADB -> new Failure(Failure.Kind.CORRUPT, message, null, e);
            case FULL -> new Failure(Failure.Kind.NO_SPACE, message, "free some space on its file system", e);
            default -> new Failure(Failure.Kind.FAILURE, message, null, e);
        };
    }

    /** SQLite's words, without the driver's around them: "[SQLITE_ERROR] SQL error (no such table: t)". */
    static String said(SQLException e) {
        String message = String.valueOf(e.getMessage());
        int from = message.indexOf(" (");
        return message.startsWith("[SQLITE_") && from >= 0
                ? message.substring(from + 2, message.length() - 1)
                : message;
    }

    static String describe(SQLException e) {
        int code = of(e);
        return code == ERROR || code == OK ? String.valueOf(e.getMessage()) : describe(code);
    }
}
