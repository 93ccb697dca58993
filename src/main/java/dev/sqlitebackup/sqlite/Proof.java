package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.files.FileIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** That a copy is of one moment; asked while the source is still locked. */
interface Proof {
    /** SQLite's own lock was held throughout. */
    Proof ALWAYS = () -> true;

    /** SQLite's read transaction has begun. */
    default void begun() throws IOException {}

    /** Whether the copy is proven. */
    boolean holds() throws IOException;

    /**
     * In rollback mode nobody writes the main file while we hold SHARED. If somebody did, he does not see our lock: an
     * application that uses none (nolock=1, another VFS), or a share where it does not count.
     */
    final class Locked implements Proof {
        private final Path main;
        private FileIdentity before;
        private boolean broken;

        Locked(Path main) {
            this.main = main;
        }

        @Override
        public void begun() throws IOException {
            before = FileIdentity.of(main);
        }

        @Override
        public boolean holds() throws IOException {
            boolean holds = before == null || before.equals(FileIdentity.of(main));
            broken |= !holds;
            return holds;
        }

        /** Whether it did not hold once. */
        boolean wasBroken() {
            return broken;
        }
    }

    /** What must stay as it is while the file is read without SQLite's own locks. */
    final class Watch implements Proof {
        private final DatabaseFiles source;
        private final DatabaseFiles.Present present;
        private final List<FileIdentity> before;

        Watch(DatabaseFiles source, DatabaseFiles.Present present) throws IOException {
            this.source = source;
            this.present = present;
            this.before = identities();
        }

        @Override
        public boolean holds() throws IOException {
            return source.present().equals(present) && identities().equals(before);
        }

        private List<FileIdentity> identities() throws IOException {
            return Arrays.asList(
                    FileIdentity.of(source.main()), FileIdentity.of(source.wal()), FileIdentity.of(source.journal()));
        }
    }
}
