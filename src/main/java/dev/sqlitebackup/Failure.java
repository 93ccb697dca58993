package dev.sqlitebackup;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Locale;

/**
 * The one way in which anything here fails: a kind that decides the exit code, a message that says what and where, and,
 * where there is something to do, a hint that says what.
 */
public final class Failure extends RuntimeException {
    /** What went wrong, in the words of the contract; {@code code} is the name in {@code --json}. */
    public enum Kind {
        FAILURE("failure"),
        USAGE("usage"),
        NOT_FOUND("not-found"),
        BUSY("busy"),
        CORRUPT("corrupt"),
        IN_USE("in-use"),
        STALE("stale"),
        NO_SPACE("no-space"),
        SHRUNK("shrunk"),
        INTERRUPTED("interrupted");

        private final String code;

        Kind(String code) {
            this.code = code;
        }

        public String code() {
            return code;
        }
    }

    private final transient Kind kind;
    private final String hint;

    public Failure(Kind kind, String message) {
        this(kind, message, null, null);
    }

    public Failure(Kind kind, String message, String hint) {
        this(kind, message, hint, null);
    }

    public Failure(Kind kind, String message, String hint, Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.hint = hint;
    }

    public Kind kind() {
        return kind;
    }

    /** What to do about it, or null. */
    public String hint() {
        return hint;
    }

    /** The same failure, with a hint that the place which caught it knows better. */
    public Failure withHint(String betterHint) {
        return new Failure(kind, getMessage(), betterHint, this);
    }

    /**
     * Says an I/O error in our words. A full disk or an exceeded quota is told from every other error, because the user
     * can do something about it.
     *
     * @param doing what was tried, as in "cannot write the backup"
     * @param where the file or directory that it was tried on
     */
    public static Failure io(String doing, Object where, IOException e) {
        String reason = reason(e);
        if (isNoSpace(e)) {
            return new Failure(
                    Kind.NO_SPACE,
                    doing + " " + where + ": no space left",
                    "free some space on the file system of " + where,
                    e);
        }
        String hint = reason.equals("not a regular file")
                ? "it is a FIFO, socket, device or directory: move it away"
                : e instanceof AccessDeniedException || reason.contains("ermission denied")
                        ? "run it as the user who owns it, or give this user access"
                        : null;
        return new Failure(Kind.FAILURE, doing + " " + where + ": " + reason, hint, e);
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "it exists already";
        }
        if (e instanceof NotDirectoryException) {
            return "not a directory";
        }
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    /** ENOSPC and EDQUOT as strerror says them; the launcher and cron run in a C locale, so it says them in English. */
    public static boolean isNoSpace(IOException e) {
        String lower = reason(e).toLowerCase(Locale.ROOT);
        return lower.contains("no space left")
                || lower.contains("quota exceeded")
                || lower.contains("not enough space on the disk");
    }
}
