package dev.sqlitebackup.archive;

import dev.sqlitebackup.archive.BackupReader.Sink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Takes the frames out of the WAL file in an increment, as its bytes come. Every byte has to be what
 * {@link IncrementWriter} would have written there: then SQLite, too, takes every frame.
 */
final class WalReader implements Sink {
    private final String backup;
    private final IncrementReader.Pages pages;
    private final Wal wal;
    private final long pageCount;
    private final byte[] header = new byte[Wal.FRAME_HEADER_BYTES];
    private final byte[] page;
    /** What is read at the moment: the file's header, else a frame's, else its page. */
    private byte[] current = new byte[Wal.HEADER_BYTES];

    private int filled;
    private long framesLeft;
    private long frame;
    private long lastNumber;

    /**
     * @param backup what people call it
     * @param manifest of the increment
     */
    WalReader(String backup, Manifest manifest, IncrementReader.Pages pages) {
        this.backup = backup;
        this.pages = pages;
        this.wal = new Wal(manifest);
        this.pageCount = manifest.databaseBytes() / manifest.pageSizeBytes();
        this.page = new byte[manifest.pageSizeBytes()];
        this.framesLeft = Wal.frames(manifest.increment().walBytes(), manifest.pageSizeBytes());
    }

    @Override
    public void write(byte[] bytes, int length) throws IOException {
        for (int taken = 0; taken < length; ) {
            int count = Math.min(length - taken, current.length - filled);
            System.arraycopy(bytes, taken, current, filled, count);
            taken += count;
            filled += count;
            if (filled == current.length) {
                filled = 0;
                current = next();
            }
        }
    }

    /** @return what is filled after what is full now */
    private byte[] next() throws IOException {
        if (current == header) {
            return page;
        }
        if (current == page) {
            frame();
        } else if (!Arrays.equals(current, wal.header())) {
            throw BackupReader.damaged(backup, "its WAL header is not what its trailer says", null);
        }
        return header;
    }

    private void frame() throws IOException {
        long number = Integer.toUnsignedLong(ByteBuffer.wrap(header).getInt());
        framesLeft--;
        frame++;
        boolean follows = lastNumber == 0 ? number == 1 : number > lastNumber && number <= pageCount;
        if (!follows || !Arrays.equals(header, wal.frameHeader(number, framesLeft == 0 ? pageCount : 0, page))) {
            throw BackupReader.damaged(backup, "frame " + frame + " is damaged", null);
        }
        lastNumber = number;
        pages.page(number, page);
    }

    /** @throws dev.sqlitebackup.Failure CORRUPT if frames are missing */
    void finish() {
        if (framesLeft != 0 || filled != 0) {
            throw BackupReader.damaged(
                    backup, framesLeft > 0 ? framesLeft + " frames are missing" : "it ends inside of a frame", null);
        }
    }
}
