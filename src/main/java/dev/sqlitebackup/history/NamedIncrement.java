package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.store.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** An increment that a user named by its file: what it builds on lies beside it. */
final class NamedIncrement {
    private NamedIncrement() {}

    /** A file of a history never changes, so all that it builds on is in the commit that has it. */
    static Failure inGit(Path file, GitHistory.Version version) {
        return new Failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup at " + file + " any more, and it is an increment, which needs others",
                "Git has them all, as of " + Times.local(version.committedAt())
                        + "; this puts back what is missing: git -C "
                        + Hints.quoted(file.toAbsolutePath().getParent().toString()) + " checkout " + version.commit()
                        + " -- .");
    }

    static boolean isOne(String fileName) {
        BackupName name = BackupName.parse(fileName);
        return name != null && name.parent() != null;
    }

    /** A file of a history that somebody named: what it builds on lies beside it. */
    static BackupSource of(SingleFile file, Selection.Wish wish) {
        if (wish.notAfter() != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--at chooses one of several backups, and this is one of them: "
                            + file.store().location(file.name()),
                    "leave --at out, or name the directory: " + file.store().place());
        }
        History history = new History(file.store());
        List<String> warnings = new ArrayList<>();
        Chain chain = history.named(file.name(), warnings);
        if (chain == null) {
            throw noIncrement(file, warnings);
        }
        Again ofHistory = wish.again().in(file.store().place(), chain.tip().database());
        return Selection.published(history, Selection.requireWhole(history, chain, ofHistory), List.of(), ofHistory);
    }

    private static Failure noIncrement(SingleFile file, List<String> warnings) {
        String location = file.store().location(file.name());
        byte[] start = file.store().readStart(file.name(), FileKind.START_BYTES);
        if (start == null) {
            return Store.missing(location);
        }
        return FileKind.startsAsLfsPointer(start)
                ? FileKind.notABackup(location, start)
                : new Failure(
                        Failure.Kind.CORRUPT,
                        "the backup " + location + " failed verification: "
                                + (warnings.isEmpty() ? "it was deleted meanwhile" : warnings.get(0)),
                        OtherBackups.ifDamaged(location));
    }
}
