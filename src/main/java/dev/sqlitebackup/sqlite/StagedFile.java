package dev.sqlitebackup.sqlite;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A verified database that nobody else has open, and that is to replace another one.
 *
 * @param path for SQLite, which opens by name: somebody whose directory this lies in could lead that elsewhere
 * @param content the same file, held open by who made it: what was switched is compared with this
 */
public record StagedFile(Path path, FileChannel content) implements AutoCloseable {
    @Override
    public void close() throws IOException {
        content.close();
    }
}
