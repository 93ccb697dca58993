package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Space;
import dev.sqlitebackup.files.Workspace;
import dev.sqlitebackup.store.Interruptible;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A backup that comes down a pipe. It is verified like any other, which takes more than one look at it, so it is kept
 * in a private file first.
 */
public final class PipedBackup {
    /** What messages call it. */
    public static final String NAME = "from standard input";
    /** Of what does not say how much it holds: it gets what room there is but the last of it. */
    public static final long LEFT_FREE_BYTES = 64 << 20;

    public static final long LOOK_EVERY_BYTES = 16 << 20;
    private static final int BUFFER_BYTES = 1 << 16;

    private PipedBackup() {}

    /**
     * Takes all that comes, if it begins like a backup, and leaves the last of the room to others: a pipe does not say
     * how much there will be.
     *
     * @param in whose reading may wait for ever; a signal leaves it behind
     * @throws Failure CORRUPT if it begins like something else, NO_SPACE if there is no end to it
     */
    static Path keep(InputStream in, Workspace workspace) {
        Path file = workspace.createFile("piped");
        try {
            Interruptible.run(() -> copy(in, file));
            return file;
        } catch (IOException e) {
            throw Failure.io(
                    "cannot keep what comes from standard input in",
                    workspace.directory().getParent(),
                    e);
        }
    }

    private static void copy(InputStream in, Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] start = new byte[FileKind.START_BYTES];
            int length = read(in, start);
            FileKind.requireBackup(Arrays.copyOf(start, length), NAME);
            out.write(start, 0, length);
            byte[] buffer = new byte[BUFFER_BYTES];
            for (long written = length, nextLookBytes = LOOK_EVERY_BYTES;
                    (length = read(in, buffer)) > 0;
                    written += length) {
                Interruption.check();
                if (written >= nextLookBytes) {
                    new Space()
                            .need(file.getParent().getParent(), LEFT_FREE_BYTES)
                            .check("nothing was changed; free some space there: how much will come is not known");
                    nextLookBytes += LOOK_EVERY_BYTES;
                }
                out.write(buffer, 0, length);
            }
        }
    }

    /** @return how many, fewer than asked for at the end alone */
    private static int read(InputStream in, byte[] buffer) {
        try {
            return in.readNBytes(buffer, 0, buffer.length);
        } catch (IOException e) {
            throw Failure.io("cannot read", "standard input", e);
        }
    }
}
