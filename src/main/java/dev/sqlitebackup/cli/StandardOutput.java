package dev.sqlitebackup.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * Standard output, which knows whether who read it has gone, as {@code head} does once it has enough. That is no news
 * to who typed it, as a full disk is.
 */
public final class StandardOutput extends OutputStream {
    private static volatile boolean readerIsGone;

    private final FileOutputStream out;

    private StandardOutput(FileOutputStream out) {
        this.out = out;
    }

    public static StandardOutput ofProcess() {
        return new StandardOutput(new FileOutputStream(FileDescriptor.out));
    }

    static boolean isReaderGone() {
        return readerIsGone;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            readerIsGone |= "Broken pipe".equals(e.getMessage()); // EPIPE, as Java says it.
            throw e;
        }
    }
}
