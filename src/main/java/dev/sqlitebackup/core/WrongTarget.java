package dev.sqlitebackup.core;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.archive.BackupReader;
import dev.sqlitebackup.files.RegularFiles;
import dev.sqlitebackup.history.BackupName;
import dev.sqlitebackup.history.FileKind;
import dev.sqlitebackup.history.SafetyCopies;
import dev.sqlitebackup.sqlite.DatabaseFiles;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;

/**
 * What no restore turns into a database, whoever names it: a backup in any form that there is, and a name that SQLite
 * has another use for.
 */
final class WrongTarget {
    private static final int START_BYTES = 64;
    /** The smallest page, of which any database has a whole number, also an encrypted or damaged one. */
    private static final int PAGE_BYTES = 512;

    /** The first line of a file of age (age-encryption.org/v1), and of an armored one. */
    private static final List<byte[]> AGE =
            List.of(bytes("age-encryption.org/"), bytes("-----BEGIN AGE ENCRYPTED FILE-----"));
    /** xz, zstd, zip: what other tools make of a database. */
    private static final List<byte[]> COMPRESSED = List.of(
            new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0},
            new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd},
            new byte[] {'P', 'K', 3, 4});

    private WrongTarget() {}

    /** @throws Failure USAGE if the target is one */
    static void refuseDirectory(Path target) {
        if (Files.isDirectory(target)) {
            throw new Failure(
                    Failure.Kind.USAGE, "the target is a directory: " + target, "name the database file itself");
        }
    }

    /**
     * Looks before anything else does. No connection of this process to the target is open yet.
     *
     * @param named as the user named it, perhaps a link
     * @param target the file behind it
     * @throws Failure USAGE if a restore would be a mistake
     */
    static void refuse(Path named, Path target) {
        if (DatabaseFiles.isNamedAsSidecar(target)) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "SQLite would take a database of that name for a sidecar of the one beside it: " + target,
                    "choose another name for it");
        }
        if (Files.exists(target) && SafetyCopies.createdAt(target.getFileName().toString()) != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the target is a safety copy: " + target,
                    "name the database itself; a safety copy is never overwritten");
        }
        for (Path path : List.of(named, target)) {
            BackupName name = BackupName.parse(path.getFileName().toString());
            if (name != null) {
                throw new Failure(
                        Failure.Kind.USAGE,
                        "the target has the name of a backup of " + name.database() + " in a history: " + path,
                        "name the database itself; a backup is never overwritten");
            }
        }
        String what = what(target);
        if (what != null) {
            throw new Failure(
                    Failure.Kind.USAGE,
                    "the target is " + what + ", and no database: " + target,
                    "name the database itself; if that file is in its place, move it away first");
        }
    }

    /** @return null for what may be a database */
    private static String what(Path target) {
        if (!Files.isRegularFile(target) || !Files.isReadable(target)) {
            return null; // What is there instead, others say.
        }
        byte[] start;
        boolean isOfPages;
        try (FileChannel channel = RegularFiles.open(target, StandardOpenOption.READ)) {
            isOfPages = channel.size() % PAGE_BYTES == 0;
            start = Channels.newInputStream(channel).readNBytes(START_BYTES);
        } catch (IOException e) {
            throw Failure.io("cannot read", target, e);
        }
        return BackupReader.isGzip(start)
                ? "a gzip file"
                : FileKind.startsAsLfsPointer(start)
                        ? "a Git LFS pointer"
                        : AGE.stream().anyMatch(magic -> startsWith(start, magic))
                                ? "an age file"
                                : COMPRESSED.stream().anyMatch(magic -> startsWith(start, magic))
                                        ? "a compressed file"
                                        : isOfPages || FileKind.startsAsDatabase(start)
                                                ? null
                                                : "a file of another kind";
    }

    private static boolean startsWith(byte[] start, byte[] magic) {
        return Arrays.equals(magic, 0, magic.length, start, 0, Math.min(start.length, magic.length));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
