package dev.sqlitebackup.core;

import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.archive.Manifest;
import dev.sqlitebackup.history.FileKind;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import dev.sqlitebackup.sqlite.Databases;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** How much room a backup asks for, before it is unpacked. */
final class AnnouncedSize {
    private AnnouncedSize() {}

    /**
     * What a backup says that it holds.
     *
     * @return 0 where it says nothing (a header from before SQLite 3.7.0), and where it says what cannot be: then it is
     *     damaged, and nobody shall make room for it
     */
    static long of(byte[] start, FileChannel backup, Path source) throws IOException {
        if (!BackupReader.isGzip(start)) {
            return FileKind.startsAsDatabase(start)
                    ? Databases.sizeBytes(source)
                            + Databases.sizeBytes(
                                    DatabaseFiles.of(Databases.real(source)).wal())
                    : 0;
        }
        Manifest manifest = Manifest.of(backup);
        DatabaseHeader header = FileKind.headerIn(start);
        long bytes = manifest != null
                ? manifest.databaseBytes()
                : header == null ? 0 : header.pageCount() * header.pageSizeBytes();
        return bytes <= BackupReader.MOST_COMPRESSION * backup.size() ? bytes : 0;
    }
}
