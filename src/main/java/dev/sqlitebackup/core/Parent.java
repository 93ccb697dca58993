package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.ChainReader;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.archive.PageDigests;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.history.Next;
import dev.sqlitebackup.run.State;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What the next increment builds on: which pages it holds. That takes no snapshot, so it is read while one is taken,
 * which leaves all processors but one to spare. For one run.
 */
final class Parent implements AutoCloseable {
    /** What an increment was to build on is not good any more. */
    static final class Damaged extends Exception {
        private static final long serialVersionUID = 1;

        Damaged(Failure why) {
            super(why.getMessage(), why);
        }

        /** What is wrong with a backup that is there already, and not with this run: such a run goes on without it. */
        static boolean isOne(Failure e) {
            return e.kind() == Failure.Kind.CORRUPT
                    || e.kind() == Failure.Kind.NOT_FOUND
                    || e.kind() == Failure.Kind.FAILURE;
        }
    }

    /**
     * The newest backup, as far as it is known without reading it.
     *
     * @param manifest null if it is not of this program
     * @param files what it is made of, as that was before it was read
     * @param isProven whether these are, to the byte, the files that a run has proven
     */
    record Newest(Manifest manifest, List<State.BackupFile> files, boolean isProven) {}

    /**
     * What was read early.
     *
     * @param newest null if its files cannot be read
     * @param next null where the newest backup has to be proven first
     * @param damage why there are no pages to build upon, null if nothing is wrong
     */
    private record Early(Newest newest, Next next, PageDigests pages, Damaged damage) {}

    private final BackupService.Request request;
    private final BackupPlan plan;
    private final Workspace workspace;
    private final List<ChainReader.Member> chain;
    /** To close it ends the reading. */
    private final FileChannel digests;
    /** Null where nothing is read before it is needed. */
    private final Background<Early> early;

    /**
     * Begins to read, where an increment is to be expected.
     *
     * @param workspace takes what is read
     */
    Parent(BackupService.Request request, BackupPlan plan, Workspace workspace) throws IOException {
        this.request = request;
        this.plan = plan;
        this.workspace = workspace;
        this.chain = plan.there().previousChain();
        this.digests = workspace.scratch("digests");
        this.early = isIncrementExpected() ? new Background<>(this::readEarly) : null;
    }

    private boolean isIncrementExpected() throws IOException {
        return plan.destination().keepsOlder()
                && !request.full()
                && !chain.isEmpty()
                && plan.hasRoomForChain()
                && plan.mayHaveChanged();
    }

    private Early readEarly() {
        try {
            Newest newest = look();
            if (!newest.isProven) {
                return new Early(newest, null, null, null);
            }
            Next next = ask(newest);
            try {
                return new Early(newest, next, next.isFull() ? null : read(next, newest), null);
            } catch (Damaged e) {
                return new Early(newest, next, null, e);
            }
        } catch (Damaged e) {
            return new Early(null, null, null, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Early early() throws IOException {
        try {
            return early.await();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /**
     * @throws NoSuchFileException if a file of it is gone
     * @throws Damaged if one cannot be read
     */
    Newest newest() throws IOException, Damaged {
        if (early == null) {
            return look();
        }
        if (early().newest == null) {
            throw early().damage;
        }
        return early().newest;
    }

    /** What comes after it. */
    Next next(Newest newest) throws IOException {
        return early == null || early().next == null ? ask(newest) : early().next;
    }

    /** @throws Damaged if it cannot be built upon */
    PageDigests pages(Next next, Newest newest) throws IOException, Damaged {
        if (early == null || early().next == null) {
            return read(next, newest);
        }
        if (early().damage != null) {
            throw early().damage;
        }
        return early().pages;
    }

    /** Of the backup that an increment builds on. @throws Damaged if it has no end */
    Manifest manifest(Next next) throws IOException, Damaged {
        ChainReader.Member tip = chain.get(next.parent().members().size() - 1);
        Manifest manifest = manifest(tip);
        if (manifest == null) {
            throw new Damaged(new Failure(Failure.Kind.CORRUPT, tip.backup() + " is cut short or damaged"));
        }
        return manifest;
    }

    private Next ask(Newest newest) {
        return plan.destination().next(plan.there().previous(), newest.manifest.number(), plan.at());
    }

    private Newest look() throws IOException, Damaged {
        List<State.BackupFile> files = new ArrayList<>();
        Manifest manifest = null;
        for (ChainReader.Member member : chain) {
            try {
                // First: a file that changes while it is read must not count as what was read.
                FileIdentity identity = FileIdentity.of(member.file());
                files.add(new State.BackupFile(identity, Digests.sha256(member.file())));
                manifest = manifest(member);
            } catch (NoSuchFileException e) {
                throw e;
            } catch (IOException e) {
                throw new Damaged(Failure.io("cannot read the backup", member.backup(), e));
            }
        }
        State before = plan.there().before();
        boolean isProven = manifest != null
                && before != null
                && before.backups() != null
                && sha256s(before.backups()).equals(sha256s(files));
        return new Newest(manifest, files, isProven);
    }

    private static List<String> sha256s(List<State.BackupFile> files) {
        return files.stream().map(State.BackupFile::sha256).toList();
    }

    /** Whether files of the newest backup are still what was read, as far as the file system tells. */
    boolean areUntouched(List<State.BackupFile> files) throws IOException {
        for (int i = 0; i < files.size(); i++) {
            if (!files.get(i).identity().equals(FileIdentity.of(chain.get(i).file()))) {
                return false;
            }
        }
        return true;
    }

    private static Manifest manifest(ChainReader.Member member) throws IOException {
        try (FileChannel file = RegularFiles.open(member.file(), StandardOpenOption.READ)) {
            return Manifest.of(file);
        }
    }

    /**
     * What is in files that are known to the byte was compared with its SHA-256 when they were proven; what comes out
     * of them now has the CRC of each block.
     */
    private PageDigests read(Next next, Newest newest) throws IOException, Damaged {
        List<ChainReader.Member> members =
                chain.subList(0, next.parent().members().size());
        try (ChainReader reader = newest.isProven ? ChainReader.open(members).allowFast() : ChainReader.open(members);
                FileChannel pages = workspace.scratch("pages")) {
            PageDigests read =
                    PageDigests.of(reader, pages, request.compression().threads(), !newest.isProven, digests);
            if (!areUntouched(newest.files)) {
                throw new Damaged(new Failure(
                        Failure.Kind.CORRUPT, plan.previousLocation() + ", or what it builds on, is being written"));
            }
            return read;
        } catch (NoSuchFileException e) {
            throw new Damaged(new Failure(Failure.Kind.NOT_FOUND, e.getMessage() + " was deleted meanwhile", null, e));
        } catch (Failure e) {
            if (Damaged.isOne(e)) {
                throw new Damaged(e);
            }
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        digests.close();
        if (early != null) {
            early.close();
        }
    }
}
