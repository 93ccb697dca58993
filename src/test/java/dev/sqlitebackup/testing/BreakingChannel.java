package dev.sqlitebackup.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is read a few bytes at a time, as a slow disk may give them, and of which one place cannot be read at
 * all.
 */
public final class BreakingChannel extends FileChannel {
    public static final String ERROR = "Input/output error";

    private final FileChannel file;
    private final int bytesAtOnce;
    private final long unreadableFrom;

    /** @param unreadableFrom the first position that cannot be read; {@code Long.MAX_VALUE} for none */
    public BreakingChannel(Path file, int bytesAtOnce, long unreadableFrom) throws IOException {
        this.file = FileChannel.open(file, StandardOpenOption.READ);
        this.bytesAtOnce = bytesAtOnce;
        this.unreadableFrom = unreadableFrom;
    }

    @Override
    public int read(ByteBuffer into, long position) throws IOException {
        if (position >= unreadableFrom) {
            throw new IOException(ERROR);
        }
        int wholeLimit = into.limit();
        into.limit(Math.min(wholeLimit, into.position() + bytesAtOnce));
        try {
            return file.read(into, position);
        } finally {
            into.limit(wholeLimit);
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        int length = read(into, position());
        position(position() + Math.max(0, length));
        return length;
    }

    @Override
    public long position() throws IOException {
        return file.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
        file.position(position);
        return this;
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    protected void implCloseChannel() throws IOException {
        file.close();
    }

    @Override
    public long read(ByteBuffer[] into, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer from) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] from, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer from, long position) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel truncate(long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void force(boolean metaData) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }
}
