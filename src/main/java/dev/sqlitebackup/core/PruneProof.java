package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupSource;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.history.StateFile;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * How a prune proves that a backup is good before others may go.
 *
 * @param damaged takes the files that turn out to be damaged, and why
 */
record PruneProof(Path temporaryDirectory, Progress progress, Map<Backup, Failure> damaged) {
    PruneProof(Path temporaryDirectory, Progress progress) {
        this(temporaryDirectory, progress, new HashMap<>());
    }

    PrunePlan.Proof ofHistory(Store store) {
        return chain -> ofHistory(store, chain);
    }

    PrunePlan.Proof ofSafetyCopies(Duration busyTimeout) {
        return copy -> {
            try (Workspace workspace = Workspace.create(temporaryDirectory)) {
                return new Staging(workspace, busyTimeout, progress)
                        .stage(BackupSource.of(Path.of(copy.tip().location())))
                        .verification()
                        .leftOut();
            }
        };
    }

    /** The newest of a history: where the last run noted what it could not check, its bytes are enough. */
    private Set<String> ofHistory(Store store, Chain chain) {
        Backup backup = chain.tip();
        for (Backup member : chain.members()) {
            if (damaged.containsKey(member)) {
                throw damaged.get(member); // Hundreds may build on one.
            }
        }
        Set<String> noted = LeftOut.noted(StateFile.of(store, backup.database()), backup);
        if (noted == null) {
            return found(store, chain);
        }
        verify(store, chain);
        return noted;
    }

    private Set<String> found(Store store, Chain chain) {
        int[] which = {-1};
        BackupSource source = BackupSource.of(store, chain, member -> {
            which[0] = member;
            return null;
        });
        try {
            return LeftOut.found(source, temporaryDirectory, progress);
        } catch (Failure e) {
            if (which[0] >= 0) {
                damaged.put(chain.members().get(which[0]), e);
            }
            throw e;
        }
    }

    /**
     * Its bytes are the ones that were verified when it was made: a backup is published after its structure was
     * checked, and says their checksum. All that it builds on is read with it.
     */
    private void verify(Store store, Chain chain) {
        Backup backup = chain.tip();
        progress.phase("verify", backup.databaseBytes() == null ? -1 : backup.databaseBytes());
        try (Workspace workspace = Workspace.create(temporaryDirectory);
                ChainReader reader =
                        ChainReader.open(BackupSource.of(store, chain).content().in(workspace));
                FileChannel pages = workspace.scratch("pages")) {
            read(reader, pages, chain);
        } catch (NoSuchFileException e) {
            throw new Failure(Failure.Kind.NOT_FOUND, "the backup " + backup.location() + " is gone", null, e);
        } catch (IOException e) {
            throw Failure.io("cannot read the backup, so nothing was deleted:", backup.location(), e);
        }
    }

    private void read(ChainReader reader, FileChannel pages, Chain chain) throws IOException {
        long[] done = {0};
        try {
            reader.read(pages, Runtime.getRuntime().availableProcessors(), true, (bytes, length) -> {
                done[0] += length;
                progress.at(done[0]);
            });
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT) {
                damaged.put(chain.members().get(reader.reading()), e);
            }
            throw e;
        }
    }
}
