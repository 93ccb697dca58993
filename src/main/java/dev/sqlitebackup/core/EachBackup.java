package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Hints;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.Times;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Again;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.DatabaseChoice;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Selection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The backups of one database at a place, the newest first: each is brought into a private file when its turn comes.
 */
final class EachBackup implements AutoCloseable {
    /** Where the backup is that is looked at just now. */
    interface States extends AutoCloseable {
        /**
         * @param chain a whole one
         * @return a private file, which is another one's after the next call
         * @throws Failure CORRUPT, NOT_FOUND or FAILURE if this one cannot be read; others can, all the same
         */
        Path to(Chain chain);

        /** @throws Failure CORRUPT if the file does not hold, to the byte, what the backup says */
        void requireProven();

        @Override
        void close() throws IOException;
    }

    private static final Comparator<Chain> NEWEST_FIRST =
            Comparator.comparing((Chain chain) -> chain.tip().moment()).reversed();

    private final List<Chain> chains;
    private final List<String> warnings;
    private final States states;
    private final Progress progress;
    private long doneBytes;

    private EachBackup(List<Chain> chains, List<String> warnings, States states, Progress progress) {
        this.chains = chains;
        this.warnings = warnings;
        this.states = states;
        this.progress = progress;
        progress.phase(
                "read",
                chains.stream().mapToLong(chain -> chain.tip().backupBytes()).sum());
    }

    /**
     * Looks at what there is.
     *
     * @param request whose question is not looked at
     * @param workspace takes the files
     * @throws Failure NOT_FOUND if there is none, USAGE if the place is a pipe, or it is not clear whose are meant
     */
    static EachBackup of(QueryService.Request request, Instant now, Workspace workspace, Progress progress)
            throws IOException {
        Location place = request.backup();
        if (place.isPipe()) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "--each asks every backup at a place, and standard input is a single one",
                    "leave out --each, or name the directory of the history");
        }
        DatabaseChoice choice = DatabaseChoice.of(request.name(), request.database(), true);
        String name = place.isDirectory() ? place.history().names().choose(choice) : null;
        ListService.Found found = new ListService().find(place, name);
        Instant notAfter = request.notAfter() == null ? Instant.MAX : request.notAfter();
        List<Chain> chains = Stream.concat(found.chains().stream(), broken(found, name))
                .filter(chain -> !chain.createdAt().isAfter(notAfter))
                .sorted(NEWEST_FIRST)
                .toList();
        if (chains.isEmpty()) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no backup" + (request.notAfter() == null ? "" : " as old as " + Times.local(notAfter))
                            + " at " + place,
                    "see what is there: " + Hints.command("list", place.toString()));
        }
        return over(new Place(place, found, now, request.busyTimeout()), chains, workspace, progress);
    }

    /**
     * Where backups lie.
     *
     * @param now the time of the run
     * @param busyTimeout for each lock
     */
    record Place(Location location, ListService.Found found, Instant now, Duration busyTimeout) {
        /** A version in Git, a safety copy, or the one file that is there. */
        private BackupSource source(Backup backup) {
            if (location.kind() == Location.Kind.DATABASE) {
                return BackupSource.of(Path.of(backup.location()));
            }
            return Selection.of(
                    location,
                    new Selection.Wish(
                            DatabaseChoice.of(null, Path.of(backup.name()), true),
                            backup.commit() == null ? null : backup.createdAt(),
                            now,
                            Again.verify(location, null)));
        }
    }

    /**
     * Goes over what was found.
     *
     * @param chains of one database, the newest first
     * @param workspace takes the files
     */
    static EachBackup over(Place place, List<Chain> chains, Workspace workspace, Progress progress) throws IOException {
        States states = place.found.history() != null
                ? new StateWalk(workspace, place.found.history().store())
                : new Staged(workspace, place);
        return new EachBackup(chains, place.found.warnings(), states, progress);
    }

    private static Stream<Chain> broken(ListService.Found found, String name) {
        return found.listing() == null
                ? Stream.of()
                : found.listing().broken().stream()
                        .filter(chain -> chain.tip().database().equals(name));
    }

    /** Newest first; also those of which something is missing. */
    List<Chain> chains() {
        return chains;
    }

    /** About what lies there; each broken chain is among it. */
    List<String> warnings() {
        return warnings;
    }

    /** As {@link States#to}; a broken chain cannot be read either. */
    Path to(Chain chain) {
        doneBytes += chain.tip().backupBytes();
        progress.at(doneBytes);
        return states.to(chain);
    }

    /** As {@link States#requireProven}. */
    void requireProven() {
        states.requireProven();
    }

    @Override
    public void close() throws IOException {
        states.close();
    }

    /** Backups that have nothing in common: each is staged, and thereby proven. */
    private static final class Staged implements States {
        private final Path directory;
        private final Place place;
        private Workspace workspace;

        Staged(Workspace beside, Place place) {
            this.directory = beside.directory().getParent();
            this.place = place;
        }

        @Override
        public Path to(Chain chain) {
            close();
            workspace = Workspace.create(directory);
            return new Staging(workspace, place.busyTimeout, Progress.NONE)
                    .stage(place.source(chain.tip()))
                    .file();
        }

        @Override
        public void requireProven() {
            // It was when it was staged.
        }

        @Override
        public void close() {
            if (workspace != null) {
                workspace.close();
            }
        }
    }
}
