package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockConfiguration;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.S3Exception;

/**
 * Object Lock: whether a bucket has it, that what was sent is really locked, with what it builds on, and what is still
 * locked. A lock is proven when the store says of the object that it has it; what was asked for counts for nothing.
 */
final class S3Locks {
    private static final String HINT =
            "make a bucket with it (aws s3api create-bucket --object-lock-enabled-for-bucket …), or leave --object-lock "
                    + "out";

    private final S3Objects objects;
    private final String bucket;
    private final String prefix;
    private final ObjectLock lock;
    private boolean isAsked;
    private Boolean isOn;
    private Instant lockedUntil;
    private Failure shortfall;

    /** @param lock of what is sent, null for none */
    S3Locks(S3Objects objects, String bucket, String prefix, ObjectLock lock) {
        this.objects = objects;
        this.bucket = bucket;
        this.prefix = prefix;
        this.lock = lock;
    }

    /**
     * Asked before anything is made. A store that does not answer, or does not know the question, shows later what it
     * has.
     *
     * @throws Failure USAGE if it says that it has none, and something is to be locked
     */
    void require() {
        if (lock != null && Boolean.FALSE.equals(isOn())) {
            throw new Failure(
                    Failure.Kind.USAGE, "the bucket " + bucket + " has no Object Lock, so nothing can be locked", HINT);
        }
    }

    /** Of what is sent now; null for nothing. */
    S3Retention wanted() {
        return lock == null ? null : S3Retention.from(lock, Instant.now());
    }

    /** As {@link Store#lockedUntil}. */
    Instant lockedUntil() {
        return lockedUntil;
    }

    /** As {@link Store#shortfall}. */
    Failure shortfall() {
        return shortfall;
    }

    /**
     * Asked once.
     *
     * @return null if the store does not say
     */
    private Boolean isOn() {
        if (!isAsked) {
            isOn = ask();
            isAsked = true;
        }
        return isOn;
    }

    private Boolean ask() {
        try {
            ObjectLockConfiguration configuration = objects.client()
                    .getObjectLockConfiguration(request -> request.bucket(bucket))
                    .objectLockConfiguration();
            return configuration == null ? null : configuration.objectLockEnabled() == ObjectLockEnabled.ENABLED;
        } catch (S3Exception e) {
            boolean saysNo = e.awsErrorDetails() != null
                    && "ObjectLockConfigurationNotFoundError"
                            .equals(e.awsErrorDetails().errorCode());
            return saysNo ? false : null;
        } catch (SdkException e) {
            Interruption.check();
            return null;
        }
    }

    /**
     * Proves that an object is locked, and locks what it builds on for as long. The backup is there and whole by now,
     * so what goes wrong takes nothing from it ({@link #shortfall}).
     *
     * @param wanted null for nothing
     */
    void hold(String name, Collection<String> buildsOn, S3Retention wanted) {
        if (wanted == null) {
            return;
        }
        try {
            prove(name, buildsOn, wanted);
            lockedUntil = wanted.until();
        } catch (Failure e) {
            shortfall = e;
        }
    }

    private void prove(String name, Collection<String> buildsOn, S3Retention wanted) {
        try {
            extend(name, wanted);
            for (String parent : buildsOn) {
                extend(parent, wanted);
            }
        } catch (SdkException e) {
            Failure failure =
                    S3Clients.explain("the backup is made and verified, but not all of it could be locked", bucket, e);
            throw buildsOn.isEmpty()
                    ? failure
                    : failure.withHint(
                            failure.hint() + "; what it builds on may be locked otherwise: --full builds on nothing");
        }
    }

    /**
     * Asks for a lock where there is none that lasts so long: not every store heeds that of a copy. One that does not
     * know this request may take it for a new content, so it is made only where the bucket has Object Lock.
     */
    private void extend(String name, S3Retention wanted) {
        S3Retention held = retention(name);
        if (held != null && held.covers(wanted)) {
            return;
        }
        if (Boolean.TRUE.equals(isOn())) {
            S3Retention longer = held == null ? wanted : held.and(wanted);
            objects.client()
                    .putObjectRetention(
                            request -> request.bucket(bucket).key(prefix + name).retention(longer.asRequest()));
            held = retention(name);
        }
        if (held == null || !held.covers(wanted)) {
            throw notLocked(name, wanted, held);
        }
    }

    private S3Retention retention(String name) {
        HeadObjectResponse head = objects.head(name);
        return head == null ? null : S3Retention.of(head);
    }

    private Failure notLocked(String name, S3Retention wanted, S3Retention held) {
        return new Failure(
                Failure.Kind.FAILURE,
                "the backup is made and verified, but " + objects.location(name) + " is not locked as asked for ("
                        + wanted + "): the store says " + (held == null ? "nothing of a lock" : held),
                "see whether this store has Object Lock, and whether these credentials may read locks "
                        + "(s3:GetObjectRetention)");
    }

    /** Of these objects, those that are still locked, and until when; none where the bucket has no Object Lock. */
    Map<String, String> held(Collection<String> names) {
        Map<String, String> locked = new LinkedHashMap<>();
        if (names.isEmpty() || !Boolean.TRUE.equals(isOn())) {
            return locked;
        }
        for (String name : names) {
            Interruption.check();
            HeadObjectResponse head = objects.head(name);
            S3Retention held = head == null ? null : S3Retention.of(head);
            if (head != null && head.objectLockLegalHoldStatus() == ObjectLockLegalHoldStatus.ON) {
                locked.put(name, "under legal hold");
            } else if (held != null && held.until().isAfter(Instant.now())) {
                locked.put(name, "locked until " + held.until());
            }
        }
        return locked;
    }
}
