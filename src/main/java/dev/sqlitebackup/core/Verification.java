package dev.sqlitebackup.core;

import dev.sqlitebackup.sqlite.IntegrityCheck;
import java.util.List;
import java.util.stream.Stream;

/**
 * How much of a database could be proven good.
 *
 * @param full false where something in it can only be checked by the application
 * @param warnings for people, one sentence each
 */
public record Verification(boolean full, List<String> warnings) {
    static Verification of(IntegrityCheck.Result result) {
        return new Verification(result.full(), result.warnings());
    }

    Verification withWarning(String warning) {
        return new Verification(full, Stream.concat(warnings.stream(), Stream.of(warning)).toList());
    }

    Verification withWarnings(List<String> more) {
        return new Verification(full, Stream.concat(warnings.stream(), more.stream()).toList());
    }

    Verification partial(String warning) {
        return new Verification(false, withWarning(warning).warnings);
    }

    /** The word of the contract. */
    public String word() {
        return full ? "full" : "partial";
    }
}
