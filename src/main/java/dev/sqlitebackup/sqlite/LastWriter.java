package dev.sqlitebackup.sqlite;

import dev.sqlitebackup.files.RegularFiles;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Which SQLite wrote a database's header last. In WAL mode not every transaction writes page 1 (a table or the file has
 * to grow, or the schema to change), and what was written may still be in the log:
 *
 * <pre>
 *   -wal     0  magic, version       8  page size   16  salts of this round   24  checksum
 *   frame    0  page number          4  not 0: the last of a transaction       8  salts        16  checksum
 *            24  the page, which for page 1 begins with the header
 * </pre>
 *
 * It is for a hint, so no checksum is computed.
 *
 * @param version that the header names
 * @param wal whether the database is in WAL mode
 */
public record LastWriter(SqliteVersion version, boolean wal) {
    private static final int WAL_HEADER_BYTES = 32;
    private static final int WAL_SALTS_OFFSET = 16;
    private static final int FRAME_HEADER_BYTES = 24;
    private static final int FRAME_COMMIT_OFFSET = 4;
    private static final int FRAME_SALTS_OFFSET = 8;
    /** Each costs a read. A log of more is one that no checkpoint shortens. */
    private static final int MOST_FRAMES = 1 << 16;

    /**
     * Reads it, without a lock and without SQLite. Not while this process has a connection, whose POSIX locks would go
     * with our descriptors.
     *
     * @param database the real path
     * @return null if it is not named, not by a database, or not for this user to read
     */
    public static LastWriter of(Path database) {
        try (FileChannel main = RegularFiles.open(database, StandardOpenOption.READ)) {
            DatabaseHeader header = DatabaseHeader.read(main);
            DatabaseHeader newest = header == null || !header.isWal()
                    ? header
                    : inLog(DatabaseFiles.of(database).wal(), header);
            return newest == null || newest.sqliteVersion() == null
                    ? null
                    : new LastWriter(newest.sqliteVersion(), header.isWal());
        } catch (IOException e) {
            return null;
        }
    }

    /** @return the header in the newest page 1 that was committed, that of the main file if there is none */
    private static DatabaseHeader inLog(Path wal, DatabaseHeader main) {
        try (FileChannel log = RegularFiles.open(wal, StandardOpenOption.READ)) {
            long salts = read(log, 0, WAL_HEADER_BYTES).getLong(WAL_SALTS_OFFSET);
            long frameBytes = FRAME_HEADER_BYTES + (long) main.pageSizeBytes();
            long last = Math.min(MOST_FRAMES, (log.size() - WAL_HEADER_BYTES) / frameBytes);
            long written = -1;
            long committed = -1;
            for (long frame = 0; frame < last; frame++) {
                long position = WAL_HEADER_BYTES + frame * frameBytes;
                ByteBuffer start = read(log, position, FRAME_HEADER_BYTES);
                if (start.getLong(FRAME_SALTS_OFFSET) != salts) {
                    break; // Of an earlier round.
                }
                written = start.getInt(0) == 1 ? position : written;
                committed = start.getInt(FRAME_COMMIT_OFFSET) == 0 ? committed : written;
            }
            return committed < 0
                    ? main
                    : DatabaseHeader.parse(read(log, committed + FRAME_HEADER_BYTES, DatabaseHeader.SIZE_BYTES));
        } catch (IOException e) {
            return main; // There is none, it is empty, or it was begun anew just now.
        }
    }

    private static ByteBuffer read(FileChannel file, long position, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        while (buffer.hasRemaining()) {
            if (file.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException();
            }
        }
        return buffer.flip();
    }
}
