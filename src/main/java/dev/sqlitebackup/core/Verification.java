package dev.sqlitebackup.core;

import dev.sqlitebackup.sqlite.IntegrityCheck;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How much of a database could be proven good.
 *
 * @param full false where something in it can only be checked by the application
 * @param leftOut what that is; of the same database, it is the same each time
 * @param isKnown whether the backup before left out the same, so that it is no news to anybody
 * @param others warnings for people, one sentence each
 */
public record Verification(boolean full, Set<String> leftOut, boolean isKnown, List<String> others) {
    Verification(boolean full, List<String> others) {
        this(full, Set.of(), false, others);
    }

    static Verification of(IntegrityCheck.Result result) {
        return new Verification(result.leftOut().isEmpty(), result.leftOut(), false, result.warnings());
    }

    Verification withWarning(String warning) {
        return new Verification(
                full,
                leftOut,
                isKnown,
                Stream.concat(others.stream(), Stream.of(warning)).toList());
    }

    Verification withWarnings(List<String> more) {
        return new Verification(
                full,
                leftOut,
                isKnown,
                Stream.concat(others.stream(), more.stream()).toList());
    }

    Verification partial(String warning) {
        return new Verification(false, leftOut, isKnown, withWarning(warning).others);
    }

    /** @param before what the backup before left out, null where nobody knows */
    Verification after(Collection<String> before) {
        return new Verification(full, leftOut, before != null && leftOut.equals(Set.copyOf(before)), others);
    }

    /** One sentence each. */
    public List<String> warnings() {
        return Stream.concat(ofLeftOut().stream(), others.stream()).toList();
    }

    private List<String> ofLeftOut() {
        return leftOut.stream()
                .map(part -> "not checked in full, because only the application can: " + part)
                .toList();
    }

    /** What has to be read: the same warning on every run is one that nobody reads any more. */
    public List<String> news() {
        return isKnown ? others : warnings();
    }

    /** What has been read before. */
    public List<String> known() {
        return isKnown ? ofLeftOut() : List.of();
    }

    /** The word of the contract. */
    public String word() {
        return full ? "full" : "partial";
    }
}
