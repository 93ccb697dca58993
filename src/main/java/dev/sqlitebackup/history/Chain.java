package dev.sqlitebackup.history;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * What leads to the content of a database at one moment: a full backup, and the increments that build on it, one on the
 * other. It is what is chosen, brought back, verified, kept and deleted; a full backup is a chain of one, and today
 * every chain is.
 *
 * @param members oldest first: the full backup first, the backup of that moment last
 */
public record Chain(List<Backup> members) {
    /** As {@link Backup#NEWEST_FIRST} orders the backups that they lead to. */
    static final Comparator<Chain> NEWEST_FIRST = Comparator.comparing(Chain::tip, Backup.NEWEST_FIRST);

    public Chain {
        members = List.copyOf(members);
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a chain has at least one member");
        }
    }

    /** A full backup, or a safety copy: all that is needed is in it. */
    public static Chain of(Backup full) {
        return new Chain(List.of(full));
    }

    /** The backup that it leads to. */
    public Backup tip() {
        return members.get(members.size() - 1);
    }

    /** When the snapshot was taken that it leads to, to the second. */
    public Instant createdAt() {
        return tip().createdAt();
    }

    /** How much has to be read to bring it back. */
    public long backupBytes() {
        return members.stream().mapToLong(Backup::backupBytes).sum();
    }
}
