package dev.sqlitebackup.store;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Deletes objects below a prefix, and tells those that may not be deleted from a store that has a problem. */
record S3Deletion(S3Client client, String bucket, String prefix) {
    private static final int BATCH = 1000;
    private static final String ACCESS_DENIED = "AccessDenied";
    private static final String MAY_NOT = "may not be deleted: " + ACCESS_DENIED;

    /** @return the names that the store refuses to delete, and why */
    Map<String, String> delete(List<String> names) {
        Map<String, String> refused = new LinkedHashMap<>();
        for (int from = 0; from < names.size(); from += BATCH) {
            Interruption.check();
            refused.putAll(deleteAtOnce(names.subList(from, Math.min(names.size(), from + BATCH))));
        }
        return refused;
    }

    private Map<String, String> deleteAtOnce(List<String> names) {
        Delete batch = Delete.builder()
                .objects(names.stream()
                        .map(name ->
                                ObjectIdentifier.builder().key(prefix + name).build())
                        .toList())
                .quiet(true)
                .build();
        Map<String, String> refused = new LinkedHashMap<>();
        try {
            for (S3Error error : client.deleteObjects(
                            request -> request.bucket(bucket).delete(batch))
                    .errors()) {
                if (!ACCESS_DENIED.equals(error.code())) {
                    throw new Failure(
                            Failure.Kind.FAILURE,
                            "cannot delete s3://" + bucket + "/" + error.key() + ": " + error.code() + ", "
                                    + error.message());
                }
                refused.put(error.key().substring(prefix.length()), MAY_NOT);
            }
            return refused;
        } catch (S3Exception e) {
            if (e.awsErrorDetails() == null
                    || !ACCESS_DENIED.equals(e.awsErrorDetails().errorCode())) {
                throw explain(e);
            }
            names.forEach(name -> refused.put(name, MAY_NOT)); // Not every store says it of each of them.
            return refused;
        } catch (SdkException e) {
            throw explain(e);
        }
    }

    private Failure explain(SdkException e) {
        return S3Clients.explain("cannot delete in s3://" + bucket + "/" + prefix, bucket, e);
    }
}
