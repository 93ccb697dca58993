package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.DurableFiles;
import dev.sqlitebackup.files.FileIdentity;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/** A directory of this machine, or of one that is mounted here. */
public final class LocalStore implements Store {
    private static final String NOT_EXPRESSIBLE = "\uFFFD";

    private final Path directory;

    /** @param directory absolute, with its links resolved; it need not exist yet for anything that only reads */
    public LocalStore(Path directory) {
        this.directory = directory;
    }

    @Override
    public String location(String name) {
        return directory.resolve(name).toString();
    }

    @Override
    public String place() {
        return directory.toString();
    }

    @Override
    public void requirePlace() {
        if (!Files.isDirectory(directory)) {
            throw new Failure(
                    Failure.Kind.NOT_FOUND,
                    "there is no directory at " + directory,
                    "name the directory that holds the backups");
        }
    }

    @Override
    public void create() {
        DurableFiles.createDirectories(directory);
    }

    @Override
    public boolean isRemote() {
        return false;
    }

    @Override
    public List<StoredFile> list(Predicate<String> wanted) {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                // A name that this locale cannot express is not ours: every argument and setting with such a name was
                // refused.
                if (wanted.test(name) && !name.contains(NOT_EXPRESSIBLE)) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | DirectoryIteratorException e) {
            throw Failure.io(
                    "cannot read the directory",
                    directory,
                    e instanceof IOException io ? io : (IOException) e.getCause());
        }
        return names.parallelStream().map(this::find).filter(Objects::nonNull).toList();
    }

    @Override
    public StoredFile find(String name) {
        Path file = directory.resolve(name);
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return attributes.isRegularFile()
                    ? new StoredFile(
                            name,
                            attributes.size(),
                            attributes.lastModifiedTime().toInstant())
                    : null;
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }

    @Override
    public byte[] readTail(String name, int maxBytes) {
        return read(name, maxBytes, true);
    }

    @Override
    public byte[] readStart(String name, int maxBytes) {
        return read(name, maxBytes, false);
    }

    private byte[] read(String name, int maxBytes, boolean fromEnd) {
        Path file = directory.resolve(name);
        try (FileChannel channel = PrivateFiles.open(file, StandardOpenOption.READ)) {
            channel.position(fromEnd ? Math.max(0, channel.size() - maxBytes) : 0);
            return Channels.newInputStream(channel).readNBytes(maxBytes);
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw Failure.io("cannot read", file, e);
        }
    }

    @Override
    public Path local(String name) {
        return directory.resolve(name);
    }

    @Override
    public Path fetch(String name, Path into) {
        if (find(name) == null) {
            throw Store.missing(location(name));
        }
        return directory.resolve(name);
    }

    @Override
    public boolean publishNew(Path file, String name, Collection<String> buildsOn) {
        Path target = directory.resolve(name);
        try (Proof proof = Proof.of(file)) {
            boolean isNew = DurableFiles.publishNew(file, target);
            if (isNew) {
                proof.check(target);
            }
            return isNew;
        }
    }

    @Override
    public void replace(Path file, String name) {
        Path target = directory.resolve(name);
        try (Proof proof = Proof.of(file)) {
            DurableFiles.replace(file, target);
            proof.check(target);
        }
    }

    @Override
    public Map<String, String> delete(Collection<String> names) {
        DurableFiles.delete(directory, names.stream().map(directory::resolve).toList());
        return Map.of();
    }

    @Override
    public Path workingDirectory() {
        return directory;
    }

    /**
     * That a name refers to the file whose content was proven before it got the name: by inode, size and time, and
     * where the file system's inodes say nothing, by content. The file stays open meanwhile, so its content can be had
     * whatever its name is.
     */
    record Proof(FileChannel channel, FileIdentity identity) implements AutoCloseable {
        static Proof of(Path file) {
            try {
                return new Proof(PrivateFiles.open(file, StandardOpenOption.READ), FileIdentity.of(file));
            } catch (IOException e) {
                throw Failure.io("cannot read", file, e);
            }
        }

        void check(Path published) {
            try {
                if (!identity.isSameFileAs(FileIdentity.of(published))
                        && !Digests.sha256(published).equals(Digests.sha256(channel))) {
                    throw new Failure(
                            Failure.Kind.CORRUPT,
                            "what was read back from " + published + " is not what was written",
                            "either something else writes there, or the disk or the memory of this machine is failing");
                }
            } catch (IOException e) {
                throw Failure.io("cannot read back", published, e);
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                // It was only read.
            }
        }
    }
}
