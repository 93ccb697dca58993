package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.RegularFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;

/** An open file of a chain: what it says of itself fits what it builds on. */
record ChainFile(ChainReader.Member member, FileChannel file, Manifest manifest) implements AutoCloseable {
    /**
     * Opens one, and compares what its trailer says with that of its parent.
     *
     * @param parent null for the full backup; its file may be closed
     * @throws Failure CORRUPT if it does not belong there
     */
    static ChainFile open(ChainReader.Member member, ChainFile parent) throws IOException {
        FileChannel file = open(member);
        try {
            ChainFile opened = new ChainFile(member, file, Manifest.of(file));
            opened.requireFits(parent);
            return opened;
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** What cannot be read is the backup, and not the place where its pages go. */
    private static FileChannel open(ChainReader.Member member) throws IOException {
        try {
            return RegularFiles.open(member.file(), StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw Failure.io("cannot read the backup", member.backup(), e);
        }
    }

    private void requireFits(ChainFile parent) throws IOException {
        if (manifest == null) {
            throw damaged("it does not end like a backup of this program");
        }
        Manifest.Increment increment = manifest.increment();
        if (parent == null) {
            if (increment != null) {
                throw damaged("it is an increment, which holds only what changed");
            }
            return;
        }
        if (increment != null) {
            requireCanHold(); // Before anybody makes room for it.
        }
        if (increment == null
                || !increment.parentSha256().equals(parent.manifest.sha256())
                || !increment.parentCreatedAt().equals(parent.manifest.createdAt())
                || Manifest.parentOf(increment.number()) != parent.manifest.number()
                || manifest.pageSizeBytes() != parent.manifest.pageSizeBytes()) {
            throw damaged("its name says that it builds on " + parent.member.backup() + ", and its trailer does not");
        }
    }

    /** @throws Failure CORRUPT if no file of its length holds so much */
    void requireCanHold() throws IOException {
        if (manifest.contentBytes() / BackupReader.MOST_COMPRESSION > file.size()) {
            throw damaged("it cannot hold as much as its trailer says");
        }
    }

    private Failure damaged(String why) {
        return BackupReader.damaged(member.backup(), why, null);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
