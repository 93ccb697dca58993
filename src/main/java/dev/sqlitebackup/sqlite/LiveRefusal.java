package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What no open database can be switched to: whoever has it open could not go on. */
public final class LiveRefusal {
    private LiveRefusal() {}

    /** Refuses what a live restore would refuse, as far as it shows without SQLite. */
    public static void check(Path target, Path staged) {
        try {
            DatabaseHeader header = DatabaseHeader.of(target);
            boolean wal = DatabaseFiles.of(target).present().wal() || header != null && header.isWal();
            check(target, header, DatabaseHeader.of(staged), Files.size(staged), wal);
            checkChecksums(staged);
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        }
    }

    static void check(Path target, DatabaseHeader header, DatabaseHeader backup, long backupBytes, boolean wal) {
        if (header == null) {
            throw because(Failure.Kind.FAILURE, "the database is empty: " + target);
        }
        if (wal && header.pageSizeBytes() != backup.pageSizeBytes()) {
            throw because(
                    Failure.Kind.FAILURE,
                    "the backup has pages of " + backup.pageSizeBytes() + " bytes, the open database " + target + " of "
                            + header.pageSizeBytes());
        }
        if (backupBytes < 2L * backup.pageSizeBytes()) {
            throw because(
                    Failure.Kind.FAILURE, "the backup holds no table, and is too small to be restored with --live");
        }
        checkEncoding(target, header, backup);
    }

    /**
     * A connection takes the encoding from the first schema that it reads, and refuses every other one until it is
     * closed.
     */
    static void checkEncoding(Path target, DatabaseHeader header, DatabaseHeader backup) {
        if (header.textEncoding() != 0 && header.textEncoding() != backup.textEncoding()) {
            throw because(
                    Failure.Kind.IN_USE,
                    "the backup's text is encoded in " + backup.encodingName() + ", that of the open database " + target
                            + " in " + header.encodingName()
                            + ", so whoever has it open could not go on with the backup");
        }
    }

    /** Whether pages of a private copy carry checksums, which whoever has the database open looks at. */
    public static boolean haveChecksums(Path copy) throws IOException {
        return PageChecksums.areIn(copy);
    }

    /** SQLite changes page 1 on its way in, and what it will be is known only under the lock. */
    static void checkChecksums(Path staged) throws IOException {
        if (PageChecksums.areIn(staged)) {
            throw because(
                    Failure.Kind.IN_USE,
                    "the backup's pages carry checksums (SQLite's checksum VFS), of which a live restore would "
                            + "leave a wrong one,"
                            + " so whoever has the database open could not go on with it");
        }
    }

    static Failure because(Failure.Kind kind, String why) {
        return new Failure(kind, why, "close the application and restore without --live");
    }
}
