package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;

/** The stable exit codes. A new kind of failure does not compile until it has one. */
public final class ExitCodes {
    public static final int OK = 0;

    private ExitCodes() {}

    public static int of(Failure.Kind kind) {
        return switch (kind) {
            case FAILURE -> 1;
            case USAGE -> 2;
            case NOT_FOUND -> 10;
            case BUSY -> 11;
            case CORRUPT -> 12;
            case IN_USE -> 13;
            case STALE -> 14;
            case NO_SPACE -> 15;
            case SHRUNK -> 16;
            case INTERRUPTED -> 130;
        };
    }
}
