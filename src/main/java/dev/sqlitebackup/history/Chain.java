package dev.sqlitebackup.history;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/**
 * What leads to the content of a database at one moment: a full backup, and the increments that build on it, one on the
 * other. It is what is chosen, brought back, verified, kept and deleted; a full backup is a chain of one.
 *
 * @param members oldest first: the full backup first, the backup of that moment last. Where something is missing, only
 *     what builds on that
 * @param broken why the backup of that moment cannot be brought back, as far as names and ends of files tell. Null for
 *     a whole chain
 */
public record Chain(List<Backup> members, Broken broken) {
    /**
     * What is missing.
     *
     * @param why a sentence, without the backup itself
     * @param remedy what to type, null where nobody knows
     */
    public record Broken(String why, String remedy) {}

    /** As {@link Backup#NEWEST_FIRST} orders the backups that they lead to. */
    static final Comparator<Chain> NEWEST_FIRST = Comparator.comparing(Chain::tip, Backup.NEWEST_FIRST);

    public Chain {
        members = List.copyOf(members);
        if (members.isEmpty()) {
            throw new IllegalArgumentException("a chain has at least one member");
        }
    }

    /** A whole one. */
    public Chain(List<Backup> members) {
        this(members, null);
    }

    /** A full backup, or a safety copy: all that is needed is in it. */
    public static Chain of(Backup full) {
        return new Chain(List.of(full));
    }

    public boolean isWhole() {
        return broken == null;
    }

    /** Of a whole chain, the full backup. */
    public Backup full() {
        return members.get(0);
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
