package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.core.QueryService.Which;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.testing.Expect;
import dev.sqlitebackup.testing.Lab;
import dev.sqlitebackup.testing.Runs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One question to one backup, or to each of a history. */
class QueryServiceTest {
    private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;
    private final List<BackupService.Result> made = new ArrayList<>();

    /** Session x is there from hour 2 to hour 5, table u from hour 4 on. */
    @BeforeEach
    void makeHistory() {
        lab = new Lab(directory);
        Path database = lab.database("app.db", "wal", 300, "g");
        runs = Runs.of(lab);
        Lab.sql(database, "CREATE TABLE session(id)");
        for (int hour = 0; hour <= 8; hour++) {
            made.add(runs.change(
                    at(hour),
                    "UPDATE t SET generation = " + hour + " WHERE id = " + (hour + 1),
                    hour == 2
                            ? "INSERT INTO session VALUES ('x')"
                            : hour == 6 ? "DELETE FROM session" : hour == 4 ? "CREATE TABLE u(a)" : "SELECT 1"));
        }
        assertTrue(made.stream().skip(1).allMatch(result -> result.manifest().increment() != null));
    }

    @AfterEach
    void nothingIsLeft() {
        assertEquals(List.of(), lab.litter());
    }

    private static Instant at(int hour) {
        return NOON.plus(Duration.ofHours(hour));
    }

    private static final class Kept implements QueryService.Answers {
        private final List<Instant> asked = new ArrayList<>();
        private final List<String> rows = new ArrayList<>();

        @Override
        public void of(QueryService.Asked of, List<String> columns) {
            asked.add(of.createdAt());
        }

        @Override
        public void row(List<Object> values) {
            rows.add(asked.get(asked.size() - 1) + " " + values);
        }
    }

    private QueryService.Result ask(Location place, Instant notAfter, Which which, String sql, Kept kept) {
        return new QueryService(Clock.fixed(at(100), ZoneOffset.UTC), Progress.NONE)
                .query(
                        new QueryService.Request(
                                place, lab.path("app.db"), null, notAfter, sql, which, lab.temporary(), Duration.ZERO),
                        kept);
    }

    private Kept rows(Which which, String sql) {
        Kept kept = new Kept();
        QueryService.Result result = ask(runs.history(), null, which, sql, kept);
        assertNull(result.failure());
        assertEquals(List.of(), result.warnings());
        return kept;
    }

    private static List<Instant> hours(int... hours) {
        return IntStream.of(hours).mapToObj(QueryServiceTest::at).toList();
    }

    private void damage(int hour) throws IOException {
        Path file = Path.of(made.get(hour).backup());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void asksTheNewestOrTheOneOfATime() {
        assertEquals(List.of(at(8) + " [0]"), rows(Which.ONE, "SELECT count(*) FROM session").rows);
        Kept kept = new Kept();
        ask(runs.history(), at(3), Which.ONE, "SELECT id FROM session", kept);
        assertEquals(List.of(at(3) + " [x]"), kept.rows);
    }

    @Test
    void asksEachAndGivesTheirTimes() {
        Kept kept = rows(Which.EACH, "SELECT * FROM session");
        assertEquals(hours(8, 7, 6, 5, 4, 3, 2, 1, 0), kept.asked);
        assertEquals(hours(5, 4, 3, 2).stream().map(time -> time + " [x]").toList(), kept.rows);
        kept = rows(Which.EACH, "SELECT generation FROM t WHERE id = 9");
        assertEquals(at(8) + " [8]", kept.rows.get(0));
        assertEquals(at(7) + " [g]", kept.rows.get(1));
    }

    @Test
    void stopsAtTheFirstThatHasARow() {
        Kept kept = rows(Which.FIRST, "SELECT * FROM session");
        assertEquals(hours(5), kept.asked);
        assertEquals(1, kept.rows.size());
        assertEquals(List.of(), rows(Which.FIRST, "SELECT * FROM session WHERE id = 'y'").asked);
        Kept before = new Kept();
        ask(runs.history(), at(3), Which.FIRST, "SELECT * FROM session", before);
        assertEquals(hours(3), before.asked);
    }

    @Test
    void thoseThatLackATableAreNamedAndTheOthersAnswer() {
        Kept kept = new Kept();
        QueryService.Result result = ask(runs.history(), null, Which.EACH, "SELECT count(*) FROM u", kept);
        assertNull(result.failure());
        assertEquals(hours(8, 7, 6, 5, 4), kept.asked);
        assertEquals(
                List.of(made.get(3).backup() + " and 3 older could not be asked: no such table: u"), result.warnings());
        result = ask(runs.history(), null, Which.EACH, "SELECT * FROM v", new Kept());
        assertEquals(Failure.Kind.USAGE, result.failure().kind());
        assertEquals(List.of(), result.warnings(), "the failure says it");
        Expect.failure(
                Failure.Kind.USAGE,
                "no such table: v",
                () -> ask(runs.history(), null, Which.ONE, "SELECT * FROM v", new Kept()));
    }

    @Test
    void aRowThatCannotBeComputedInOneIsNamedAndTheOthersAnswer() {
        Kept kept = new Kept();
        QueryService.Result result = ask(
                runs.history(), null, Which.EACH, "SELECT abs(-9223372036854775807 - length(id)) FROM session", kept);
        assertEquals(List.of(), kept.rows);
        assertEquals(Failure.Kind.FAILURE, result.failure().kind());
        assertEquals(
                List.of(made.get(5).backup()
                        + " and 3 older could not be asked: SQLite cannot run this to its end: integer overflow"),
                result.warnings());
    }

    /** Number 4, on which 5 to 7 build. */
    @Test
    void aDamagedOneInBetweenIsNamedAndTheOthersAnswer() throws IOException {
        damage(4);
        Kept kept = new Kept();
        QueryService.Result result = ask(runs.history(), null, Which.EACH, "SELECT * FROM session", kept);
        assertEquals(hours(8, 3, 2, 1, 0), kept.asked);
        assertEquals(Failure.Kind.CORRUPT, result.failure().kind());
        assertEquals(1, result.warnings().size());
        assertTrue(
                result.warnings().get(0).startsWith(made.get(7).backup() + " and 3 older could not be asked"),
                result.warnings().get(0));
        assertTrue(
                result.warnings().get(0).contains(made.get(4).backup()),
                result.warnings().get(0));
        kept = new Kept();
        result = ask(runs.history(), null, Which.FIRST, "SELECT * FROM session", kept);
        assertEquals(hours(3), kept.asked);
        assertEquals(Failure.Kind.CORRUPT, result.failure().kind());
    }

    @Test
    void aMissingOneInBetweenIsNamedAndTheOthersAnswer() throws IOException {
        Files.delete(Path.of(made.get(6).backup()));
        Kept kept = new Kept();
        QueryService.Result result = ask(runs.history(), null, Which.EACH, "SELECT 1", kept);
        assertEquals(hours(8, 5, 4, 3, 2, 1, 0), kept.asked);
        assertEquals(Failure.Kind.CORRUPT, result.failure().kind());
        assertTrue(
                result.warnings().toString().contains("is missing"),
                result.warnings().toString());
    }

    /**
     * Whatever the checksums of its parts say: an answer begins when the whole has the SHA-256 that the backup says.
     */
    @Test
    void aDamagedFullBackupAnswersNothing() throws IOException {
        damage(0);
        Kept kept = new Kept();
        QueryService.Result result = ask(runs.history(), null, Which.EACH, "SELECT 1", kept);
        assertEquals(List.of(), kept.asked);
        assertEquals(Failure.Kind.CORRUPT, result.failure().kind());
        Expect.failure(
                Failure.Kind.CORRUPT,
                "failed verification",
                () -> ask(runs.history(), null, Which.ONE, "SELECT 1", new Kept()));
    }

    @Test
    void asksADatabaseAndItsSafetyCopies() {
        Location database = Location.file(lab.path("app.db"));
        Kept kept = new Kept();
        ask(database, null, Which.ONE, "SELECT count(*) FROM t", kept);
        assertTrue(kept.rows.get(0).endsWith(" [300]"), kept.rows.get(0));
        Expect.failure(
                Failure.Kind.NOT_FOUND,
                "there is no backup",
                () -> ask(database, null, Which.EACH, "SELECT 1", new Kept()));
        Lab.sql(lab.path("app.db"), "VACUUM INTO '" + lab.path("app.db.pre-restore-20261101120000") + "'");
        Lab.sql(lab.path("app.db"), "VACUUM INTO '" + lab.path("app.db.pre-restore-20261101130000") + "'");
        kept = new Kept();
        ask(database, null, Which.EACH, "SELECT count(*) FROM t", kept);
        assertEquals(List.of(at(1) + " [300]", at(0) + " [300]"), kept.rows);
    }

    @Test
    void nothingIsStagedForWhatIsRefused() {
        Expect.failure(
                Failure.Kind.USAGE,
                "it begins with DELETE",
                () -> ask(runs.history(), null, Which.ONE, "DELETE FROM t", new Kept()));
        Expect.failure(
                Failure.Kind.USAGE,
                "it would write",
                () -> ask(runs.history(), null, Which.EACH, "WITH a AS (SELECT 1) DELETE FROM t", new Kept()));
    }
}
