package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.history.PipedBackup;
import dev.sqlitebackup.sqlite.DatabaseHeader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Writes what is decompressed, but never more than the database's own header announces: a gzip bomb ends here. A header
 * that announces nothing, as before SQLite 3.7.0, gets what room there is but the last of it.
 */
final class StagingSink implements BackupReader.Sink {
    private final String backup;
    private final Path file;
    private final OutputStream out;
    private final Progress progress;
    private final ByteBuffer start = ByteBuffer.allocate(DatabaseHeader.SIZE_BYTES);
    private long written;
    private long expectedBytes = Long.MAX_VALUE;
    private long nextLookBytes = PipedBackup.LOOK_EVERY_BYTES;

    StagingSink(String backup, Path file, OutputStream out, Progress progress) {
        this.backup = backup;
        this.file = file;
        this.out = out;
        this.progress = progress;
    }

    @Override
    public void write(byte[] bytes, int length) throws IOException {
        if (start.hasRemaining()) {
            start.put(bytes, 0, Math.min(length, start.remaining()));
            if (!start.hasRemaining()) {
                readHeader();
            }
        }
        if (written + length > expectedBytes) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "the backup " + backup + " failed verification: it holds more than the " + expectedBytes
                            + " bytes that its database declares");
        }
        if (expectedBytes == Long.MAX_VALUE && written >= nextLookBytes) {
            new Space()
                    .need(directory(), PipedBackup.LEFT_FREE_BYTES)
                    .check("the backup does not say how much it holds; free some space there; nothing was changed");
            nextLookBytes += PipedBackup.LOOK_EVERY_BYTES;
        }
        out.write(bytes, 0, length);
        written += length;
        progress.at(written);
    }

    private Path directory() {
        return file.getParent().getParent();
    }

    private void readHeader() {
        DatabaseHeader header = DatabaseHeader.parse(start.duplicate().flip());
        if (header == null) {
            throw new Failure(
                    Failure.Kind.CORRUPT,
                    "the backup " + backup + " failed verification: what it holds is not a SQLite database");
        }
        if (header.pageCount() > 0) {
            expectedBytes = header.pageCount() * header.pageSizeBytes();
        }
        progress.phase("verify", header.pageCount() > 0 ? expectedBytes : -1);
    }
}
