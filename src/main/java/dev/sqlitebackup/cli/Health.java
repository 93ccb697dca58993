package dev.sqlitebackup.cli;

import com.google.gson.JsonParseException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Map;

/**
 * How the runs of a program that does not end have gone, also before it was last started.
 *
 * @param lastRunAt when the last one ended, null before the first
 * @param lastSuccessAt when the last one that succeeded ended, null before the first
 * @param consecutiveFailures how many have failed since
 */
record Health(Instant lastRunAt, Instant lastSuccessAt, int consecutiveFailures) {
    static final Health UNKNOWN = new Health(null, null, 0);

    /** As a health file has it. */
    private record Fields(String command, String lastRunAt, String lastSuccessAt, Integer consecutiveFailures) {}

    /** What a health file says; {@link #UNKNOWN} if it is something else, or of a time that is still to come. */
    static Health of(String json, Instant now) {
        try {
            Fields fields = Output.GSON.fromJson(json, Fields.class);
            if (fields == null
                    || !"backup".equals(fields.command)
                    || fields.lastRunAt == null
                    || fields.consecutiveFailures == null) {
                return UNKNOWN;
            }
            Health health = new Health(
                    Instant.parse(fields.lastRunAt),
                    fields.lastSuccessAt == null ? null : Instant.parse(fields.lastSuccessAt),
                    fields.consecutiveFailures);
            return health.makesSense(now) ? health : UNKNOWN;
        } catch (JsonParseException | DateTimeException e) {
            return UNKNOWN;
        }
    }

    private boolean makesSense(Instant now) {
        return !lastRunAt.isAfter(now)
                && (lastSuccessAt == null ? consecutiveFailures > 0 : !lastSuccessAt.isAfter(lastRunAt))
                && consecutiveFailures >= 0;
    }

    /** After one more run, which ended now. */
    Health after(boolean success, Instant now) {
        return success ? new Health(now, now, 0) : new Health(now, lastSuccessAt, consecutiveFailures + 1);
    }

    void putInto(Map<String, Object> fields) {
        fields.put("lastRunAt", lastRunAt.toString());
        fields.put("lastSuccessAt", lastSuccessAt == null ? null : lastSuccessAt.toString());
        fields.put("consecutiveFailures", consecutiveFailures);
    }
}
