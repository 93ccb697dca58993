package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.PrivateFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/**
 * A prefix in an S3-compatible store. An object appears whole or not at all, which is the store's own promise; that it
 * is the one that was sent is proven by the checksum that the server holds ({@link S3Upload}).
 *
 * <p>In a private directory of the user's cache lie unfinished files and the numbers of unfinished uploads.
 */
public final class S3Store implements VersionedStore {
    private final String bucket;
    private final String prefix;
    private final Path directory;
    private final Families families;
    private final List<String> warnings = new ArrayList<>();
    private final S3Objects objects;
    private final S3Locks locks;

    /** One that locks nothing. */
    public S3Store(String bucket, String prefix, Path cache, Families families) {
        this(bucket, prefix, cache, families, null);
    }

    /**
     * @param prefix empty, or ending with a slash
     * @param cache the program's directory in the user's cache; need not exist
     * @param families of the names that take turns
     * @param lock of each backup that is sent, null for none. What else is sent is replaced by each run, and not locked
     */
    public S3Store(String bucket, String prefix, Path cache, Families families, ObjectLock lock) {
        this.bucket = bucket;
        this.prefix = prefix;
        this.families = families;
        this.objects = new S3Objects(bucket, prefix);
        this.locks = new S3Locks(objects, bucket, prefix, lock);
        this.directory = cache.resolve("s3").resolve(digest(bucket + "/" + prefix));
    }

    /** Of the private directory: prefixes hold characters and lengths that file names may not. */
    private static String digest(String text) {
        MessageDigest digest = Digests.sha256();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return Digests.hex(digest).substring(0, 32);
    }

    private S3Client client() {
        return objects.client();
    }

    private S3Key key(String name) {
        return new S3Key(client(), bucket, prefix + name);
    }

    /** For a backup that is sent now. */
    private S3Key keyToSend(String name) {
        return new S3Key(client(), bucket, prefix + name, locks.wanted());
    }

    private Failure explain(String doing, SdkException e) {
        return S3Clients.explain(doing, bucket, e);
    }

    @Override
    public String location(String name) {
        return objects.location(name);
    }

    @Override
    public String place() {
        return objects.location("");
    }

    /** A prefix is there as soon as something has it; a bucket that does not exist is said so by every request. */
    @Override
    public void requirePlace() {}

    @Override
    public boolean isRemote() {
        return true;
    }

    @Override
    public List<StoredFile> list(Predicate<String> wanted) {
        return objects.list(wanted);
    }

    @Override
    public StoredFile find(String name) {
        HeadObjectResponse head = objects.head(name);
        return head == null ? null : new StoredFile(name, head.contentLength(), head.lastModified());
    }

    @Override
    public byte[] readTail(String name, int maxBytes) {
        return maxBytes == 0 ? find(name) == null ? null : new byte[0] : objects.readTail(name, maxBytes);
    }

    @Override
    public byte[] readStart(String name, int maxBytes) {
        return objects.readStart(name, maxBytes);
    }

    private UploadNote note(String name) {
        return new UploadNote(directory, families.of(name), warnings::add);
    }

    /** Nothing of it is kept here; that is what {@link CachingStore} is for. */
    @Override
    public Path local(String name) {
        return null;
    }

    @Override
    public Version version(String name) {
        HeadObjectResponse head = objects.head(name);
        return head == null ? null : new Version(head.eTag() == null ? "" : head.eTag(), head.contentLength());
    }

    @Override
    public Path fetch(String name, Path into) {
        HeadObjectResponse head = objects.head(name);
        if (head == null) {
            throw Store.missing(location(name));
        }
        Path file = free(into);
        try {
            new S3Download(key(name), head.eTag(), head.contentLength()).to(file);
            return file;
        } catch (SdkException e) {
            throw explain("cannot download " + location(name), e);
        } catch (IOException e) {
            throw Failure.io("cannot download", location(name), e);
        }
    }

    /** Of the names of objects, some are longer than a file's may be. */
    private static Path free(Path directory) {
        Path file = directory.resolve("download.gz");
        for (int number = 2; Files.exists(file); number++) {
            file = directory.resolve("download-" + number + ".gz");
        }
        return file;
    }

    @Override
    public boolean publishNew(Path file, String name, Collection<String> buildsOn) {
        return sendNew(file, name, buildsOn) != null;
    }

    @Override
    public void replace(Path file, String name) {
        send(file, name);
    }

    @Override
    public Version sendNew(Path file, String name, Collection<String> buildsOn) {
        S3Key at = keyToSend(name);
        S3Upload upload = new S3Upload(at, prefix + families.prefix(name), note(name));
        try {
            Version sent = send(
                    file, name, () -> objects.isTaken(name) ? null : upload.send(file, true), upload::mayBeWritten);
            if (sent != null) {
                locks.hold(name, buildsOn, at.retention());
            }
            return sent;
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT) {
                withdraw(name);
            }
            throw e;
        }
    }

    @Override
    public Version send(Path file, String name) {
        S3Key at = keyToSend(name);
        S3Replacement replacement = new S3Replacement(at, prefix + aside(name), note(name), warnings::add);
        Version sent = send(file, name, () -> replacement.replace(file), replacement::mayBeWritten);
        locks.hold(name, List.of(), at.retention());
        return sent;
    }

    @Override
    public Instant lockedUntil() {
        return locks.lockedUntil();
    }

    @Override
    public Failure shortfall() {
        return locks.shortfall();
    }

    @Override
    public Map<String, String> locked(Collection<String> names) {
        return locks.held(names);
    }

    @Override
    public List<String> warnings() {
        return warnings;
    }

    /** Where a new object waits until it is proven: hidden, and no name of a backup. */
    static String aside(String name) {
        return "." + SmallFiles.shortName(name) + ".new";
    }

    private interface Sending {
        /** @return the tag of the object, null if the name is taken */
        String send() throws IOException;
    }

    private Version send(Path file, String name, Sending sending, BooleanSupplier mayBeWritten) {
        try {
            String eTag = sending.send();
            return eTag == null ? null : new Version(eTag, Files.size(file));
        } catch (SdkException e) {
            String what = mayBeWritten.getAsBoolean()
                    ? "the backup is made and verified, but it could not be confirmed that it arrived at "
                    : "the backup is made and verified, but could not be sent to ";
            throw unsent(explain(what + location(name), e), mayBeWritten.getAsBoolean());
        } catch (Failure e) {
            throw unsent(e, mayBeWritten.getAsBoolean());
        } catch (IOException e) {
            throw Failure.io("cannot send", file, e);
        }
    }

    /** What is there under our new name is not what we sent, and would be taken for the newest backup. */
    private void withdraw(String name) {
        try {
            delete(List.of(name));
        } catch (Failure e) {
            // The message says already that it is not to be counted on.
        }
    }

    private static Failure unsent(Failure failure, boolean mayBeWritten) {
        return mayBeWritten || failure.kind() == Failure.Kind.INTERRUPTED
                ? failure
                : failure.withHint(
                        (failure.hint() == null ? "" : failure.hint() + "; ") + "what is in the store is as it was");
    }

    @Override
    public Map<String, String> delete(Collection<String> names) {
        return new S3Deletion(client(), bucket, prefix).delete(List.copyOf(names));
    }

    @Override
    public void show(String name, byte[] content) {
        try {
            client().putObject(request -> request.bucket(bucket).key(prefix + name), RequestBody.fromBytes(content));
        } catch (SdkException e) {
            throw explain("cannot write " + location(name), e);
        }
    }

    @Override
    public void create() {
        locks.require();
        try {
            Files.createDirectories(directory.getParent());
            PrivateFiles.createDirectory(directory);
        } catch (FileAlreadyExistsException e) {
            // By an earlier run, or by one that starts just now.
        } catch (IOException e) {
            throw Failure.io("cannot make the cache directory", directory, e);
        }
    }

    @Override
    public Path workingDirectory() {
        return directory;
    }
}
