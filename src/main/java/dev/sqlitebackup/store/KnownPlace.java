package dev.sqlitebackup.store;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.Mounts;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.files.Workspace;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/**
 * On which mounted file system backups went to a directory the last time: a small file of this user, outside of that
 * file system, one for each directory. So a mount point with nothing mounted on it is not taken for the place itself.
 * Nothing is noted of what lies on the root file system, which is always there, and nothing where it cannot be: that
 * costs the warning, and never the backup.
 *
 * @param place the directory, as it was named
 * @param mountPoint where the file system was mounted
 * @param fileSystem its type and source, for people
 * @param device its number then
 * @param root the directory of that file system that was seen at the mount point
 */
public record KnownPlace(String place, String mountPoint, String fileSystem, String device, String root) {
    private static final String SUFFIX = ".json";
    private static final int MAX_BYTES = 1 << 16;
    private static final int MAX_NAME_CHARS = 40;
    private static final int DIGEST_CHARS = 16;
    private static final Gson GSON = new Gson();

    /**
     * Whether a place lies below a mount point that is known, by whatever name or link, and on which nothing is mounted
     * now.
     *
     * @param records where such files are
     * @param place absolute; need not exist
     * @return how to say so, null if it does not, or nothing is known
     */
    public static Failure missing(Path records, Path place) {
        Mounts mounts = Mounts.read();
        if (mounts == null || !Files.isDirectory(records)) {
            return null;
        }
        try (DirectoryStream<Path> all = Files.newDirectoryStream(records, "*" + SUFFIX)) {
            Path existing = existing(place);
            Path real =
                    existing.toRealPath().resolve(existing.relativize(place)).normalize();
            for (Path record : all) {
                KnownPlace known = read(record);
                if (known != null && known.isMissing(real, mounts)) {
                    return new Failure(
                            Failure.Kind.FAILURE,
                            place + " belongs on " + known.fileSystem + ", and nothing is mounted at "
                                    + known.mountPoint + " now: is it mounted?",
                            "mount " + known.mountPoint
                                    + "; or, if backups are to go to the disk below it from now on: rm '"
                                    + record.toString().replace("'", "'\\''") + "'");
                }
            }
            return null;
        } catch (IOException | DirectoryIteratorException | InvalidPathException e) {
            return null;
        }
    }

    /** Whether a directory is noted, wherever it lay. */
    public static boolean isNoted(Path records, Path place) {
        return read(records.resolve(fileName(place))) != null;
    }

    private boolean isMissing(Path real, Mounts mounts) {
        Path point = Path.of(mountPoint);
        Mounts.Mount now = mounts.of(real);
        if (now == null || !real.startsWith(point) || mounts.isMountPoint(point)) {
            return false;
        }
        // Unless the same directory shows there in another way: what was mounted was a part of what is there now.
        return !(device.equals(now.device())
                && Path.of(root).resolve(point.relativize(real)).equals(now.inside(real)));
    }

    /** Notes where a directory lies now, unless that is known. It exists. */
    public static void note(Path records, Path place) {
        try {
            Path real = place.toRealPath();
            Mounts mounts = Mounts.read();
            Mounts.Mount now = mounts == null ? null : mounts.of(real);
            if (now == null || now.point().getParent() == null) {
                return;
            }
            KnownPlace known = new KnownPlace(
                    place.toString(),
                    now.point().toString(),
                    now.fileSystem(),
                    now.device(),
                    now.root().toString());
            Path record = records.resolve(fileName(place));
            if (!known.equals(read(record)) && createDirectory(records)) {
                try (Workspace workspace = Workspace.create(records)) {
                    Path written = workspace.createFile("place");
                    Files.writeString(written, GSON.toJson(known) + "\n");
                    DurableFiles.replace(written, record);
                }
            }
        } catch (IOException | Failure e) {
            // Without a note, the next run knows as much as this one did.
        }
    }

    /**
     * For this user alone. Where the home directory is another user's, as under sudo, nothing is made in it that he
     * could not write to.
     */
    private static boolean createDirectory(Path records) throws IOException {
        if (!Files.isDirectory(records)) {
            if (!PrivateFiles.isOurs(existing(records))) {
                return false;
            }
            DurableFiles.createDirectories(records.getParent());
            try {
                PrivateFiles.createDirectory(records);
            } catch (FileAlreadyExistsException e) {
                return Files.isDirectory(records); // Another run was faster.
            }
        }
        return true;
    }

    private static Path existing(Path place) {
        Path existing = place;
        while (!Files.isDirectory(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return existing;
    }

    /** What people recognise, and what tells it from all others. */
    private static String fileName(Path place) {
        MessageDigest digest = Digests.sha256();
        digest.update(place.toString().getBytes(StandardCharsets.UTF_8));
        String name = place.getFileName() == null
                ? ""
                : place.getFileName().toString().replaceAll("[^A-Za-z0-9_-]", "_");
        return name.substring(0, Math.min(name.length(), MAX_NAME_CHARS)) + "-"
                + Digests.hex(digest).substring(0, DIGEST_CHARS) + SUFFIX;
    }

    /** @return null if there is none that makes sense */
    private static KnownPlace read(Path record) {
        if (!Files.isRegularFile(record)) {
            return null;
        }
        try (FileChannel channel = PrivateFiles.open(record, StandardOpenOption.READ)) {
            KnownPlace known = GSON.fromJson(
                    new String(Channels.newInputStream(channel).readNBytes(MAX_BYTES), StandardCharsets.UTF_8),
                    KnownPlace.class);
            return known == null
                            || known.place == null
                            || known.mountPoint == null
                            || known.device == null
                            || known.root == null
                    ? null
                    : known;
        } catch (IOException | JsonParseException e) {
            return null;
        }
    }
}
