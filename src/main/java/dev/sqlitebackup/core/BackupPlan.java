package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.PageDigests;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Destination;
import dev.sqlitebackup.history.Origin;
import dev.sqlitebackup.run.State;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.Databases;
import dev.sqlitebackup.sqlite.Fingerprint;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * What a run is about to back up, to where, and what it found there: decided under the destination's lock, before the
 * snapshot is taken, and never changed.
 *
 * @param database the real path
 * @param source where the database lies and whose it is
 * @param at when, to the second
 * @param hasRoomForChain whether what the newest backup is made of can be unpacked beside the snapshot
 * @param warnings where the backups there may be another database's
 */
record BackupPlan(
        Path database,
        State.Source source,
        Destination destination,
        AtDestination there,
        Instant at,
        boolean hasRoomForChain,
        List<String> warnings) {
    /** A guess, on the low side: if there is too little room after all, writing fails with the same exit code. */
    private static final int GUESSED_COMPRESSION = 20;

    /**
     * Plans a backup.
     *
     * @param database the real path
     * @throws Failure NO_SPACE if there is no room
     */
    static BackupPlan of(
            BackupService.Request request,
            Path database,
            Destination destination,
            AtDestination there,
            Instant at,
            List<String> warnings)
            throws IOException {
        boolean hasRoomForChain = requireRoom(database, destination, there, request.temporaryDirectory());
        return new BackupPlan(
                database,
                Origin.describe(database, request.nameOf(database)),
                destination,
                there,
                at,
                hasRoomForChain,
                warnings);
    }

    /** @return whether there is room for the pages of the newest backup's chain, too, which a full one does without */
    private static boolean requireRoom(
            Path database, Destination destination, AtDestination there, Path temporaryDirectory) {
        Store store = destination.store();
        long databaseBytes = Databases.sizeBytes(database)
                + Databases.sizeBytes(DatabaseFiles.of(database).wal());
        long previousBytes = there.previousFile() == null ? 0 : Databases.sizeBytes(there.previousFile());
        long backupBytes = Math.max(previousBytes, databaseBytes / GUESSED_COMPRESSION);
        new Space()
                .need(temporaryDirectory, databaseBytes)
                .need(store.workingDirectory(), backupBytes)
                .check("free some space there, or choose another place with --to or --tmp-dir");
        long chainBytes = chainBytes(destination, there.previousChain());
        return chainBytes == 0
                || new Space()
                        .need(temporaryDirectory, databaseBytes + chainBytes)
                        .need(store.workingDirectory(), backupBytes)
                        .isThere();
    }

    /** The pages of a chain lie beside the snapshot while that is compared with it, and their digests. */
    private static long chainBytes(Destination destination, List<ChainReader.Member> members) {
        if (members.isEmpty() || !destination.keepsOlder()) {
            return 0;
        }
        try (ChainReader chain = ChainReader.open(members)) {
            return chain.pagesBytes() + PageDigests.sizeBytes(chain.manifest());
        } catch (IOException | Failure e) {
            return 0; // What cannot be read is not unpacked.
        }
    }

    /**
     * The state that confirms a backup of it.
     *
     * @param before the database before the snapshot, so that {@code status} sees what is written after it
     */
    State confirming(Instant createdAt, String name, Fingerprint before, Set<String> leftOut, State.Shrunk shrunk) {
        return State.confirmed(at, createdAt, before.main(), before.wal())
                .numbered(destination.keepsOlder() ? BackupName.parse(name).number() : 1)
                .from(source)
                .leavingOut(leftOut)
                .shrunkFrom(shrunk);
    }

    /** Whether the newest backup is likely not to hold the snapshot: a guess, by which work is begun early. */
    boolean mayHaveChanged() throws IOException {
        State before = there.before();
        return before == null
                || Boolean.TRUE.equals(before.hasChanged(
                        FileIdentity.of(database),
                        Fingerprint.ofWal(DatabaseFiles.of(database).wal())));
    }

    /** Where the backup to compare with is, null for none. */
    String previousLocation() {
        return there.previous() == null ? null : there.previous().tip().location();
    }

    /** For the debug log. */
    @Override
    public String toString() {
        String previous = there.unknown() != null
                ? "what is there is not known yet: " + there.unknown().getMessage()
                : previousLocation() == null ? "there is none yet" : "the newest there: " + previousLocation();
        return "plan: back up " + database + " as " + destination.store().location(destination.name(at)) + "; "
                + previous;
    }
}
