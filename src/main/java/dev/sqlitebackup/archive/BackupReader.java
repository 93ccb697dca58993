package dev.sqlitebackup.archive;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.RegularFiles;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Arrays;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * Decompresses a gzip file, ours ({@link BlockReader}) or any other, to its last byte: every checksum, every member,
 * nothing behind them.
 */
public final class BackupReader {
    /** The most that a sink gets at once. */
    public static final int BUFFER_BYTES = 1 << 16;
    /**
     * A deflate stream holds at most so many times its own length: a match of 258 bytes takes two bits (zlib's "maximum
     * compression factor").
     */
    public static final int MOST_COMPRESSION = 1032;
    /** ID1, ID2 (RFC 1952, 2.3.1). */
    private static final int MAGIC_0 = 0x1f;

    private static final int MAGIC_1 = 0x8b;

    /** Takes the content as it comes, in order. What it throws ends the reading. */
    public interface Sink {
        void write(byte[] bytes, int length) throws IOException;
    }

    private BackupReader() {}

    /** Whether a file that starts like this is a gzip file. */
    public static boolean isGzip(byte[] start) {
        return start.length >= 2 && (start[0] & 0xff) == MAGIC_0 && (start[1] & 0xff) == MAGIC_1;
    }

    /** Whether a file with this start and this end is a full backup of ours, however damaged in between. */
    public static boolean isOurs(byte[] start, byte[] tail) {
        Manifest manifest = Bgzf.blockBytes(start) > 0 ? Manifest.parse(tail) : null;
        return manifest != null && manifest.increment() == null;
    }

    /**
     * What the database begins with that a backup holds, or that an increment leads to.
     *
     * @param start of the backup
     * @return at most {@code maxBytes}
     */
    public static byte[] startOfDatabase(byte[] start, int maxBytes) {
        byte[] content = startOfContent(start, Wal.PAGE_1_OFFSET + maxBytes);
        boolean isWal =
                content.length >= Wal.PAGE_1_OFFSET && ByteBuffer.wrap(content).getInt() == Wal.MAGIC;
        int from = isWal ? Wal.PAGE_1_OFFSET : 0;
        return Arrays.copyOfRange(content, from, Math.min(content.length, from + maxBytes));
    }

    /**
     * What the start of a gzip file decompresses to, ours or any other, as far as it goes.
     *
     * @return at most {@code maxBytes}
     */
    public static byte[] startOfContent(byte[] start, int maxBytes) {
        byte[] content = new byte[maxBytes];
        int length = 0;
        try (InputStream gzip = GzipCompressorInputStream.builder()
                .setInputStream(new ByteArrayInputStream(start))
                .setDecompressConcatenated(true)
                .get()) {
            // Byte by byte: a larger read throws where the end is missing, and loses what it has decompressed already.
            while (length < maxBytes && gzip.read(content, length, 1) > 0) {
                length++;
            }
        } catch (IOException e) {
            // It ends here, or is damaged.
        }
        return Arrays.copyOf(content, length);
    }

    /**
     * Reads all of a backup.
     *
     * @param threads how many decompress; a file that is not one of ours takes one
     * @param checksSha256 whether the content's SHA-256 is compared with what the file says; if not, the caller has to
     *     prove it in a better way
     * @return what it says of itself; all of that holds, but for a checksum that was not compared
     * @throws Failure of kind CORRUPT if anything about the file is wrong
     * @throws IOException if reading it, or the sink, fails
     */
    public static Manifest read(Path backup, int threads, boolean checksSha256, Sink sink) throws IOException {
        try (FileChannel file = RegularFiles.open(backup, StandardOpenOption.READ)) {
            return read(file, backup.toString(), threads, checksSha256, sink);
        }
    }

    /**
     * The same of a file that is open already, so that its name may meanwhile go.
     *
     * @param backup what people call it
     */
    public static Manifest read(FileChannel file, String backup, int threads, boolean checksSha256, Sink sink)
            throws IOException {
        Manifest manifest = manifest(file, backup);
        if (manifest == null) {
            return readMembers(backup, file, sink);
        }
        BlockReader blocks = new BlockReader(backup, file, manifest, false);
        return checksSha256 ? blocks.readProven(threads, sink) : blocks.read(threads, sink);
    }

    /**
     * The same by ISA-L where it loads, which takes some blocks that gunzip refuses ({@link FastDeflate#inflater}):
     * only for who checks the SHA-256 of the content himself.
     */
    public static Manifest readFast(FileChannel file, String backup, int threads, Sink sink) throws IOException {
        Manifest manifest = manifest(file, backup);
        return manifest == null
                ? readMembers(backup, file, sink)
                : new BlockReader(backup, file, manifest, true).read(threads, sink);
    }

    /** @return null for a whole file that another program made */
    private static Manifest manifest(FileChannel file, String backup) throws IOException {
        Manifest manifest = Manifest.of(file);
        if (manifest == null) {
            refuseIfCutOff(backup, file);
        } else if (manifest.increment() != null) {
            throw damaged(backup, "it is an increment, which holds only what changed since another backup", null);
        }
        return manifest;
    }

    /**
     * Looks at both ends of a gzip file that has no manifest: whether it is one of ours, or bgzip's, that was cut off.
     *
     * @throws Failure of kind CORRUPT if so
     */
    public static void refuseIfCutOff(Path backup) throws IOException {
        try (FileChannel file = RegularFiles.open(backup, StandardOpenOption.READ)) {
            refuseIfCutOff(backup.toString(), file);
        }
    }

    /**
     * Refuses a BGZF file without its end block, and one of ours without its trailer. What is left would decompress
     * without an error.
     */
    private static void refuseIfCutOff(String backup, FileChannel file) throws IOException {
        if (file.size() < Bgzf.END.length) {
            return;
        }
        if (Trailer.isDamaged(Channels.readTail(file, Trailer.MOST_BYTES))) {
            throw damaged(backup, "its trailer is damaged", null);
        }
        int length = Bgzf.blockBytes(Channels.read(file, 0, Bgzf.HEADER_BYTES));
        if (length < 0) {
            return;
        }
        if (length > file.size()
                || !Arrays.equals(Channels.read(file, file.size() - Bgzf.END.length, Bgzf.END.length), Bgzf.END)) {
            throw damaged(backup, "it is cut short", null);
        }
        byte[] content = new byte[Bgzf.MAX_CONTENT_BYTES];
        int contentBytes;
        try {
            contentBytes = Bgzf.decompress(Channels.read(file, 0, length), length, content);
        } catch (IOException e) {
            throw damaged(backup, e.getMessage(), e);
        }
        // The page size of a SQLite database, big-endian; 1 stands for 65536.
        int declared = (content[16] & 0xff) << 8 | content[17] & 0xff;
        int pageSizeBytes = declared == 1 ? 1 << 16 : Math.max(1, declared);
        if (contentBytes == Bgzf.strideBytes(pageSizeBytes)) {
            throw damaged(backup, "its trailer is missing", null);
        }
    }

    /** Every member of a gzip file that somebody else made, one after the other. */
    static Manifest readMembers(String backup, FileChannel channel, Sink sink) throws IOException {
        ReadErrors source = new ReadErrors(java.nio.channels.Channels.newInputStream(channel.position(0)));
        MessageDigest digest = Digests.sha256();
        GzipCompressorInputStream gzip;
        byte[] buffer = new byte[BUFFER_BYTES];
        Instant[] createdAt = {null};
        long databaseBytes = 0;
        try {
            gzip = GzipCompressorInputStream.builder()
                    .setInputStream(source)
                    .setDecompressConcatenated(true)
                    .setBufferSize(BUFFER_BYTES)
                    .setOnMemberStart(member -> createdAt[0] =
                            createdAt[0] == null ? member.getMetaData().getModificationInstant() : createdAt[0])
                    .get();
        } catch (IOException e) {
            throw source.explain(backup, e);
        }
        while (true) {
            Interruption.check();
            int length;
            try {
                length = gzip.read(buffer);
            } catch (IOException e) {
                throw source.explain(backup, e);
            }
            if (length < 0) {
                boolean says = createdAt[0] != null && createdAt[0].getEpochSecond() > 0;
                return new Manifest(says ? createdAt[0] : null, databaseBytes, 0, Digests.hex(digest));
            }
            digest.update(buffer, 0, length);
            databaseBytes += length;
            sink.write(buffer, length);
        }
    }

    static void requireSha256(String backup, String expected, String found) {
        if (!found.equals(expected)) {
            throw damaged(backup, "expected SHA-256 " + expected + ", found " + found, null);
        }
    }

    static Failure damaged(String backup, String why, Throwable cause) {
        return new Failure(Failure.Kind.CORRUPT, "the backup " + backup + " failed verification: " + why, null, cause);
    }

    /** Tells a disk that cannot be read from a file that makes no sense: both reach us as an IOException. */
    private static final class ReadErrors extends FilterInputStream {
        private IOException readError;

        ReadErrors(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (IOException e) {
                readError = e;
                throw e;
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return super.read(bytes, offset, length);
            } catch (IOException e) {
                readError = e;
                throw e;
            }
        }

        RuntimeException explain(String backup, IOException e) {
            if (readError != null) {
                return Failure.io("cannot read the backup", backup, readError);
            }
            return damaged(backup, e instanceof EOFException ? "it is cut short" : String.valueOf(e.getMessage()), e);
        }
    }
}
