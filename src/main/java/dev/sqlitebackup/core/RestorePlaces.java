package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.sqlite.StagedFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The private directories in which a restore makes what is to get a name later. A name can only be given within a file
 * system, so each lies where its files go: what the database's own name gets beside the database, a safety copy where
 * safety copies are kept.
 *
 * @param staging where the backup is decompressed
 * @param beside beside the database; often the same as {@code staging}
 * @param safety where the safety copy is made; often the same as {@code beside}
 */
record RestorePlaces(Workspace staging, Workspace beside, Workspace safety) implements AutoCloseable {
    /**
     * @param staging what the caller made, and closes
     * @param safetyDirectory null for beside the database
     */
    static RestorePlaces of(Workspace staging, Path target, Path safetyDirectory) {
        Path directory = target.getParent();
        Workspace beside = staging.directory().getParent().equals(directory) ? staging : Workspace.create(directory);
        try {
            return new RestorePlaces(
                    staging,
                    beside,
                    safetyDirectory == null || safetyDirectory.equals(directory)
                            ? beside
                            : Workspace.create(safetyDirectory));
        } catch (Failure e) {
            if (beside != staging) {
                beside.close();
            }
            throw e;
        }
    }

    /** The staged database for a switch in place. */
    StagedFile open(StagedBackup staged) throws IOException {
        return new StagedFile(staged.file(), staging.open(staged.file(), StandardOpenOption.READ));
    }

    /**
     * The staged database as a file that can get the target's name: itself, or a copy beside the target, forced and
     * read back.
     *
     * @throws Failure CORRUPT if what was read back is something else
     */
    Path stagedBeside(StagedBackup staged) {
        if (beside == staging) {
            return staged.file();
        }
        Path copy = beside.path("restored.db");
        try (FileChannel in = staging.open(staged.file(), StandardOpenOption.READ);
                FileChannel out = beside.open(
                        copy, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (long done = 0; done < in.size(); ) {
                done += in.transferTo(done, in.size() - done, out);
            }
            out.force(true);
            if (!Digests.sha256(out).equals(staged.manifest().sha256())) {
                throw new Failure(
                        Failure.Kind.CORRUPT,
                        "what was read back from " + copy + " is not what was written",
                        "the disk or the memory of this machine is failing");
            }
            return copy;
        } catch (IOException e) {
            throw Failure.io("cannot write", copy, e);
        }
    }

    @Override
    public void close() {
        if (safety != beside) {
            safety.close();
        }
        if (beside != staging) {
            beside.close();
        }
    }
}
