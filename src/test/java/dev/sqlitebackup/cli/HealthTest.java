package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HealthTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");

    private static String written(Health health) {
        Map<String, Object> fields = new LinkedHashMap<>(Map.of("command", "backup", "ok", true));
        health.putInto(fields);
        return Output.GSON.toJson(fields);
    }

    @Test
    void countsFailuresUntilTheNextSuccess() {
        Health failed = Health.UNKNOWN.after(false, NOW);
        assertEquals(new Health(NOW, null, 1), failed);
        assertEquals(new Health(NOW.plusSeconds(1), null, 2), failed.after(false, NOW.plusSeconds(1)));
        Health succeeded = failed.after(true, NOW.plusSeconds(2));
        assertEquals(new Health(NOW.plusSeconds(2), NOW.plusSeconds(2), 0), succeeded);
        assertEquals(new Health(NOW.plusSeconds(3), NOW.plusSeconds(2), 1), succeeded.after(false, NOW.plusSeconds(3)));
    }

    @Test
    void outlivesARestart() {
        for (Health health :
                new Health[] {new Health(NOW, NOW.minusSeconds(7), 2), new Health(NOW, null, 3), new Health(NOW, NOW, 0)
                }) {
            assertEquals(health, Health.of(written(health), NOW));
        }
    }

    @Test
    void aTimeThatIsStillToComeTellsNothing() {
        assertEquals(Health.UNKNOWN, Health.of(written(new Health(NOW, NOW, 0)), NOW.minusSeconds(1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "not JSON",
                "{'command':'backup','ok':true}",
                "{'command':'list','lastRunAt':'2026-11-22T11:00:00Z','lastSuccessAt':null,'consecutiveFailures':1}",
                "{'command':'backup','lastRunAt':'yesterday','lastSuccessAt':null,'consecutiveFailures':1}",
                "{'command':'backup','lastRunAt':'2026-11-22T11:00:00Z','lastSuccessAt':null,'consecutiveFailures':0}",
                "{'command':'backup','lastRunAt':'2026-11-22T11:00:00Z','lastSuccessAt':'2026-11-22T11:00:00Z',"
                        + "'consecutiveFailures':-1}",
                "{'command':'backup','lastRunAt':'2026-11-22T11:00:00Z','lastSuccessAt':'2026-11-22T11:00:01Z',"
                        + "'consecutiveFailures':0}",
                "{'command':'backup','lastRunAt':'2026-11-22T11:00:00Z','lastSuccessAt':null,'consecutiveFailures':[]}",
                "{'command':'backup','lastRunAt':'2026-11-22T11:00:00Z','lastSuccessAt':null,'consecutiveFailures':1e99}"
            })
    void whatMakesNoSenseIsAsGoodAsAbsent(String json) {
        assertEquals(Health.UNKNOWN, Health.of(json.replace('\'', '"'), NOW));
    }
}
