package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Layers;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.Chain;
import dev.sqlitebackup.store.Store;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Goes from one backup of a history to another in one private file, and writes only the pages that may differ
 * ({@link Layers}). From the newest to the oldest, it decompresses each file once. For one run.
 */
final class StateWalk implements EachBackup.States {
    private final Workspace workspace;
    private final Store store;
    private final boolean fast;
    private final Path file;
    private final FileChannel database;
    private final FileChannel overwritten;
    private final Layers layers;
    /** What lies there, the full backup first. */
    private final List<Backup> laid = new ArrayList<>();
    /** What was found to be of no use: whatever builds on it is not either. */
    private final Map<Backup, Failure> unreadable = new HashMap<>();

    /**
     * For who asks for the content; of that, the SHA-256 is compared, so ISA-L may decompress it.
     *
     * @param store where the files of the backups are
     */
    StateWalk(Workspace workspace, Store store) throws IOException {
        this(workspace, store, true);
    }

    /** @param fast whether to go to what ISA-L can decompress and gunzip cannot */
    StateWalk(Workspace workspace, Store store, boolean fast) throws IOException {
        this.workspace = workspace;
        this.store = store;
        this.fast = fast;
        this.file = workspace.createFile("state.db");
        this.database = workspace.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            this.overwritten = workspace.scratch("overwritten");
        } catch (IOException e) {
            database.close();
            throw e;
        }
        Staging.Room room = Staging.Room.in(workspace.directory().getParent());
        this.layers = new Layers(
                database, overwritten, Runtime.getRuntime().availableProcessors(), bytes -> room.require(bytes, bytes));
    }

    /** What the backup says of itself that the file holds now. */
    Manifest manifest() {
        return layers.manifest();
    }

    /** How many pages were written to get from one state to the next. */
    long pagesWritten() {
        return layers.pagesWritten();
    }

    /**
     * Makes the file what a backup holds. Every block, frame and page that was read for it has the checksums that are
     * in its file, and every file fits the one that it builds on; what the whole of it is, {@link #requireProven} says.
     *
     * @param chain a whole one
     * @return the file, which must not be open when this is called again
     * @throws Failure CORRUPT, NOT_FOUND or FAILURE if a file of the chain is damaged, gone or cannot be read; others
     *     can be gone to all the same
     */
    @Override
    public Path to(Chain chain) {
        for (Backup member : chain.members()) {
            if (unreadable.containsKey(member)) {
                throw unreadable.get(member);
            }
        }
        try {
            move(chain.members());
            return file;
        } catch (IOException e) {
            forget();
            throw Failure.io("cannot stage the backup in", workspace.directory(), e);
        }
    }

    private void move(List<Backup> members) throws IOException {
        int same = 0;
        while (same < Math.min(laid.size(), members.size()) && laid.get(same).equals(members.get(same))) {
            same++;
        }
        if (same == 0) {
            forget();
        }
        while (laid.size() > same) {
            layers.pop();
            laid.remove(laid.size() - 1);
        }
        for (Backup member : members.subList(same, members.size())) {
            lay(member);
        }
    }

    private void lay(Backup member) throws IOException {
        try {
            Path fetched = store.fetch(member.name(), workspace.directory());
            ChainReader.Member opened = new ChainReader.Member(fetched, member.location());
            if (laid.isEmpty()) {
                layers.begin(opened, fast);
            } else {
                layers.push(opened);
            }
            laid.add(member);
            requireNamedRightly(member);
            if (fetched.startsWith(workspace.directory())) {
                Files.delete(fetched);
            }
        } catch (NoSuchFileException e) {
            throw unreadable(
                    member, new Failure(Failure.Kind.NOT_FOUND, member.location() + " was deleted meanwhile", null, e));
        } catch (Failure e) {
            throw Parent.Damaged.isOne(e) ? unreadable(member, e) : e;
        }
    }

    /** Far away, files are listed by their names alone. */
    private void requireNamedRightly(Backup member) {
        Manifest manifest = layers.manifest();
        if (!manifest.createdAt().equals(member.createdAt())
                || manifest.increment() != null && manifest.increment().second() != member.number()) {
            forget();
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "the backup " + member.location() + " failed verification: it is of "
                            + new BackupName.Moment(manifest.createdAt(), 1)
                            + ", and not of the time in its name");
        }
    }

    private Failure unreadable(Backup member, Failure why) {
        unreadable.put(member, why);
        return why;
    }

    /**
     * Reads back what the file holds now.
     *
     * @throws Failure CORRUPT if that has not the SHA-256 that the backup says
     */
    @Override
    public void requireProven() {
        try {
            layers.requireProven();
        } catch (IOException e) {
            forget();
            throw Failure.io("cannot read", file, e);
        } catch (Failure e) {
            unreadable(laid.get(laid.size() - 1), e);
            forget();
            throw e;
        }
    }

    /** The next state begins with a full backup: what the file holds is not known any more. */
    private void forget() {
        laid.clear();
    }

    @Override
    public void close() throws IOException {
        overwritten.close();
        database.close();
    }
}
