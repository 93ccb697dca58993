package dev.sqlitebackup.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ObjectLockRetention;

/**
 * Until when an object is locked, as the store says it.
 *
 * @param until to the second; not every store keeps more
 */
record S3Retention(ObjectLockMode mode, Instant until) {
    /** Of what is sent now. */
    static S3Retention from(ObjectLock lock, Instant now) {
        return new S3Retention(
                lock.compliance() ? ObjectLockMode.COMPLIANCE : ObjectLockMode.GOVERNANCE,
                now.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1).plus(lock.duration()));
    }

    /** @return null if the object is not locked, or the store does not say so */
    static S3Retention of(HeadObjectResponse head) {
        return head.objectLockMode() == null || head.objectLockRetainUntilDate() == null
                ? null
                : new S3Retention(head.objectLockMode(), head.objectLockRetainUntilDate());
    }

    /** Whether what is locked so is locked as the other one wants it, or for longer. */
    boolean covers(S3Retention other) {
        return !until.isBefore(other.until) && isAsStrict(other);
    }

    /** The same or longer, and as strict or more: a lock is never weakened. */
    S3Retention and(S3Retention other) {
        return new S3Retention(isAsStrict(other) ? mode : other.mode, until.isAfter(other.until) ? until : other.until);
    }

    private boolean isAsStrict(S3Retention other) {
        return mode == ObjectLockMode.COMPLIANCE || mode == other.mode;
    }

    ObjectLockRetention asRequest() {
        return ObjectLockRetention.builder()
                .mode(mode.toString())
                .retainUntilDate(until)
                .build();
    }

    @Override
    public String toString() {
        return mode + " until " + until;
    }
}
