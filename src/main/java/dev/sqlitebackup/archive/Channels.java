package dev.sqlitebackup.archive;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/** Whole reads and writes at a position, which several threads may do on one channel. */
final class Channels {
    private Channels() {}

    static byte[] read(FileChannel file, long position, int length) throws IOException {
        byte[] bytes = new byte[length];
        read(file, position, bytes, length);
        return bytes;
    }

    /** The last bytes of a file: all of one that is shorter. */
    static byte[] readTail(FileChannel file, int maxBytes) throws IOException {
        int length = (int) Math.min(file.size(), maxBytes);
        return read(file, file.size() - length, length);
    }

    /** @throws EOFException if the file ends before */
    static void read(FileChannel file, long position, byte[] into, int length) throws IOException {
        read(file, position, ByteBuffer.wrap(into, 0, length));
    }

    /** @throws EOFException if the file ends before the buffer is full */
    static void read(FileChannel file, long position, ByteBuffer buffer) throws IOException {
        long next = position;
        while (buffer.hasRemaining()) {
            int count = file.read(buffer, next);
            if (count < 0) {
                throw new EOFException("the file ends at " + next);
            }
            next += count;
        }
    }

    static void write(FileChannel file, long position, byte[] bytes) throws IOException {
        write(file, position, bytes, bytes.length);
    }

    static void write(FileChannel file, long position, byte[] bytes, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
        while (buffer.hasRemaining()) {
            file.write(buffer, position + buffer.position());
        }
    }

    static void write(WritableByteChannel out, byte[] bytes, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, length);
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }
}
