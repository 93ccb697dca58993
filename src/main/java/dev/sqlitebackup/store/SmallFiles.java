package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.FileNames;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The notes that this machine keeps of a store far away. */
final class SmallFiles {
    private static final int LONGEST_NAME_BYTES = 200;

    private SmallFiles() {}

    /** A name for a file here, with room for an ending: keys may be four times as long as file names. */
    static String shortName(String name) {
        return FileNames.cut(name, LONGEST_NAME_BYTES);
    }

    static String read(Path note) throws IOException {
        try (FileChannel channel = PrivateFiles.open(note, StandardOpenOption.READ)) {
            return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    static void write(Path to, String content) {
        try (FileChannel channel = PrivateFiles.open(
                to, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            throw Failure.io("cannot write", to, e);
        }
    }
}
