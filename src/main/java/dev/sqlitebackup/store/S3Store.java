package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.FileNames;
import dev.sqlitebackup.files.PrivateFiles;
import dev.sqlitebackup.history.BackupName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;

/**
 * A prefix in an S3-compatible store. An object appears whole or not at all, which is the store's own promise; that it is the one that was sent is proven by
 * the checksum that the server holds ({@link S3Upload}).
 *
 * <p>What would cost a download is kept on this machine: in a private directory of the user's cache lie the lock, the state and, for each database, the
 * last backup sent, together with what the server said of it. That file is used only while the object still has the same tag and size.
 */
public final class S3Store implements Store {
    private static final int DELETE_BATCH = 1000;
    private static final int LONGEST_NAME_BYTES = 200;

    private final String bucket;
    private final String prefix;
    private final Path directory;
    private final List<String> warnings = new ArrayList<>();
    private final S3Objects objects;

    /**
     * @param prefix empty, or ending with a slash
     * @param cache the program's directory in the user's cache; need not exist
     */
    public S3Store(String bucket, String prefix, Path cache) {
        this.bucket = bucket;
        this.prefix = prefix;
        this.objects = new S3Objects(bucket, prefix);
        this.directory = cache.resolve("s3").resolve(digest(bucket + "/" + prefix));
    }

    /** Of the private directory: prefixes hold characters and lengths that file names may not. */
    private static String digest(String text) {
        MessageDigest digest = Digests.sha256();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return Digests.hex(digest).substring(0, 32);
    }

    /** A name for a file here, with room for an ending: keys may be four times as long as file names. */
    static String shortName(String name) {
        return FileNames.cut(name, LONGEST_NAME_BYTES);
    }

    private S3Client client() {
        return objects.client();
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
    public void requirePlace() { }

    @Override
    public boolean isNear() {
        return false;
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

    private LastSent lastSent(String name) {
        BackupName parsed = BackupName.parse(name);
        return new LastSent(directory, parsed == null ? name : parsed.database());
    }

    @Override
    public Path local(String name) {
        LastSent lastSent = lastSent(name);
        LastSent.Sent sent = lastSent.sent();
        HeadObjectResponse head = sent != null && sent.key().equals(prefix + name) ? objects.head(name) : null;
        return head != null && lastSent.isStill(sent, head.eTag(), head.contentLength()) ? lastSent.file() : null;
    }

    @Override
    public Path fetch(String name, Path into) {
        HeadObjectResponse head = objects.head(name);
        if (head == null) {
            throw Store.missing(location(name));
        }
        Path file = into.resolve("download.gz");
        try {
            new S3Download(client(), bucket, prefix + name, head.eTag(), head.contentLength()).to(file);
            return file;
        } catch (SdkException e) {
            throw explain("cannot download " + location(name), e);
        } catch (IOException e) {
            throw Failure.io("cannot download", location(name), e);
        }
    }

    @Override
    public boolean publishNew(Path file, String name) {
        LastSent lastSent = lastSent(name);
        BackupName parsed = BackupName.parse(name);
        S3Upload upload = new S3Upload(client(), bucket, prefix + name, prefix + (parsed == null ? name : parsed.family()), lastSent);
        try {
            return send(file, name, lastSent, () -> objects.isTaken(name) ? null : upload.send(file, true), upload::mayBeWritten);
        } catch (Failure e) {
            if (e.kind() == Failure.Kind.CORRUPT) {
                withdraw(name);
            }
            throw e;
        }
    }

    @Override
    public void replace(Path file, String name) {
        LastSent lastSent = lastSent(name);
        S3Replacement replacement = new S3Replacement(client(), bucket, prefix + name, prefix + aside(name), lastSent, warnings::add);
        send(file, name, lastSent, () -> replacement.replace(file), replacement::mayBeWritten);
    }

    @Override
    public Failure keepUnpublished(Path file, String name, Failure why) {
        return unsent(why, false, lastSent(name), file);
    }

    @Override
    public List<String> warnings() {
        return warnings;
    }

    /** Where a new object waits until it is proven: hidden, and no name of a backup. */
    static String aside(String name) {
        return "." + shortName(name) + ".new";
    }

    private interface Sending {
        /** @return the tag of the object, null if the name is taken */
        String send() throws IOException;
    }

    private boolean send(Path file, String name, LastSent lastSent, Sending sending, BooleanSupplier mayBeWritten) {
        try {
            String eTag = sending.send();
            if (eTag == null) {
                return false;
            }
            lastSent.keep(file, prefix + name, eTag);
            return true;
        } catch (SdkException e) {
            String what = mayBeWritten.getAsBoolean() ? "the backup is made and verified, but it could not be confirmed that it arrived at " : "the backup is made and verified, but could not be sent to ";
            throw unsent(explain(what + location(name), e), mayBeWritten.getAsBoolean(), lastSent, file);
        } catch (Failure e) {
            throw unsent(e, mayBeWritten.getAsBoolean(), lastSent, file);
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

    private static Failure unsent(Failure failure, boolean mayBeWritten, LastSent lastSent, Path file) {
        if (failure.kind() == Failure.Kind.INTERRUPTED) {
            return failure;
        }
        Path kept = lastSent.keepUnsent(file);
        return failure.withHint((failure.hint() == null ? "" : failure.hint() + "; ") + (mayBeWritten ? "" : "what is in the store is as it was, and ")
                + "the new backup is safe here: " + kept);
    }

    @Override
    public void delete(Collection<String> names) {
        List<ObjectIdentifier> keys = names.stream().map(name -> ObjectIdentifier.builder().key(prefix + name).build()).toList();
        try {
            for (int from = 0; from < keys.size(); from += DELETE_BATCH) {
                Interruption.check();
                Delete batch = Delete.builder().objects(keys.subList(from, Math.min(keys.size(), from + DELETE_BATCH))).quiet(true).build();
                DeleteObjectsResponse response = client().deleteObjects(request -> request.bucket(bucket).delete(batch));
                if (!response.errors().isEmpty()) {
                    throw new Failure(Failure.Kind.FAILURE, "cannot delete s3://" + bucket + "/" + response.errors().get(0).key() + ": " + response.errors().get(0).message(),
                            "see whether these credentials may delete (s3:DeleteObject)");
                }
            }
        } catch (SdkException e) {
            throw explain("cannot delete in " + place(), e);
        }
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
