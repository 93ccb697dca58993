package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import dev.sqlitebackup.files.Digests;
import dev.sqlitebackup.files.FileNames;
import dev.sqlitebackup.files.PrivateFiles;
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
import software.amazon.awssdk.services.s3.model.ChecksumMode;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

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
    private static final int NOT_FOUND = 404;
    private static final int RANGE_NOT_SATISFIABLE = 416;

    private final String bucket;
    private final String prefix;
    private final Path directory;
    private final List<String> warnings = new ArrayList<>();
    private S3Client client;

    /**
     * @param prefix empty, or ending with a slash
     * @param cache the program's directory in the user's cache; need not exist
     */
    public S3Store(String bucket, String prefix, Path cache) {
        this.bucket = bucket;
        this.prefix = prefix;
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
        if (client == null) {
            client = S3Clients.create();
        }
        return client;
    }

    private Failure explain(String doing, SdkException e) {
        return S3Clients.explain(doing, bucket, e);
    }

    @Override
    public String location(String name) {
        return place() + name;
    }

    @Override
    public String place() {
        return "s3://" + bucket + "/" + prefix;
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
        List<StoredFile> found = new ArrayList<>();
        try {
            String[] next = {null};
            do {
                ListObjectsV2Response page = client().listObjectsV2(request -> request.bucket(bucket).prefix(prefix).delimiter("/").continuationToken(next[0]));
                for (S3Object object : page.contents()) {
                    String name = object.key().startsWith(prefix) ? object.key().substring(prefix.length()) : "";
                    if (!name.isEmpty() && wanted.test(name)) {
                        found.add(new StoredFile(name, object.size(), object.lastModified()));
                    }
                }
                next[0] = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
            } while (next[0] != null);
            return found;
        } catch (SdkException e) {
            throw explain("cannot list " + place(), e);
        }
    }

    @Override
    public StoredFile find(String name) {
        HeadObjectResponse head = head(name);
        return head == null ? null : new StoredFile(name, head.contentLength(), head.lastModified());
    }

    private HeadObjectResponse head(String name) {
        try {
            return client().headObject(request -> request.bucket(bucket).key(prefix + name).checksumMode(ChecksumMode.ENABLED));
        } catch (S3Exception e) {
            if (isMissing(e)) {
                requireBucket();    // The answer to this request has no body, so it does not say what is missing.
                return null;
            }
            throw explain("cannot look at " + location(name), e);
        } catch (SdkException e) {
            throw explain("cannot look at " + location(name), e);
        }
    }

    private void requireBucket() {
        try {
            client().headBucket(request -> request.bucket(bucket));
        } catch (S3Exception e) {
            if (e.statusCode() == NOT_FOUND) {
                throw new Failure(Failure.Kind.NOT_FOUND, "there is no bucket " + bucket, "make it first, or see whether AWS_ENDPOINT_URL_S3 and AWS_REGION lead to the right store", e);
            }
            // Whoever may use objects need not be allowed to look at buckets.
        } catch (SdkException e) {
            throw explain("cannot look at the bucket " + bucket, e);
        }
    }

    private static boolean isMissing(S3Exception e) {
        return e.statusCode() == NOT_FOUND && (e.awsErrorDetails() == null || !"NoSuchBucket".equals(e.awsErrorDetails().errorCode()));
    }

    @Override
    public byte[] readTail(String name, int maxBytes) {
        return maxBytes == 0 ? find(name) == null ? null : new byte[0] : read(name, "bytes=-" + maxBytes);
    }

    @Override
    public byte[] readStart(String name, int maxBytes) {
        return read(name, "bytes=0-" + (maxBytes - 1));
    }

    /** @return null if there is no such object */
    private byte[] read(String name, String range) {
        try {
            return client().getObjectAsBytes(request -> {
                request.bucket(bucket).key(prefix + name);
                if (range != null) {
                    request.range(range);
                }
            }).asByteArray();
        } catch (S3Exception e) {
            if (isMissing(e)) {
                return null;
            }
            if (e.statusCode() == RANGE_NOT_SATISFIABLE) {
                return new byte[0];
            }
            throw explain("cannot read " + location(name), e);
        } catch (SdkException e) {
            throw explain("cannot read " + location(name), e);
        }
    }

    private LastSent lastSent(String name) {
        BackupName parsed = BackupName.parse(name);
        return new LastSent(directory, parsed == null ? name : parsed.database());
    }

    @Override
    public Path local(String name) {
        LastSent lastSent = lastSent(name);
        LastSent.Sent sent = lastSent.sent();
        HeadObjectResponse head = sent != null && sent.key().equals(prefix + name) ? head(name) : null;
        return head != null && lastSent.isStill(sent, head.eTag(), head.contentLength()) ? lastSent.file() : null;
    }

    @Override
    public Path fetch(String name, Path into) {
        HeadObjectResponse head = head(name);
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
            return send(file, name, lastSent, () -> upload.send(file, true), upload::mayBeWritten);
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

    /** Turns are taken on this machine; that two machines back up the same database to the same prefix is told by the names, which are never given twice. */
    @Override
    public StateLock lock(String stateFile, Duration timeout) {
        create();
        DestinationLock local = DestinationLock.acquire(directory.resolve(shortName(stateFile)), timeout);
        return new StateLock() {
            @Override
            public void write(State state) {
                local.write(state);
                try {
                    client().putObject(request -> request.bucket(bucket).key(prefix + stateFile), RequestBody.fromBytes(state.encode()));
                } catch (SdkException e) {
                    throw explain("cannot write the state " + location(stateFile), e);
                }
            }

            @Override
            public void close() {
                local.close();
            }
        };
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

    /** The copy beside the objects: a monitoring host has no other. */
    @Override
    public State readState(String stateFile) {
        byte[] content = read(stateFile, null);
        return content == null ? null : State.decode(content);
    }

    @Override
    public Path workingDirectory() {
        return directory;
    }
}
