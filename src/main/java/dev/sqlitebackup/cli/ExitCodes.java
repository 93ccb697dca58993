package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import java.util.Collection;
import java.util.List;

/** The stable exit codes. A new kind of failure does not compile until it has one. */
public final class ExitCodes {
    public static final int OK = 0;

    /** Of several results one counts: what is lost comes before what has to be done, and that before what passes. */
    private static final List<Failure.Kind> WORST_FIRST = List.of(
            Failure.Kind.INTERRUPTED,
            Failure.Kind.CORRUPT,
            Failure.Kind.NOT_FOUND,
            Failure.Kind.NO_SPACE,
            Failure.Kind.SHRUNK,
            Failure.Kind.STALE,
            Failure.Kind.IN_USE,
            Failure.Kind.BUSY,
            Failure.Kind.USAGE);

    private ExitCodes() {}

    /** @return null if none of the exit codes is that of a failure; FAILURE where it is none with a name */
    static Failure.Kind worst(Collection<Integer> exitCodes) {
        return WORST_FIRST.stream()
                .filter(kind -> exitCodes.contains(of(kind)))
                .findFirst()
                .orElse(exitCodes.stream().allMatch(code -> code == OK) ? null : Failure.Kind.FAILURE);
    }

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
