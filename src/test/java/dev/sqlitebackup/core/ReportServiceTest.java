package dev.sqlitebackup.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Progress;
import dev.sqlitebackup.history.Location;
import dev.sqlitebackup.history.Retention;
import dev.sqlitebackup.history.RetentionRules;
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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a report knows of real backups. */
class ReportServiceTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final RetentionRules LAST_TWO = new RetentionRules(2, 0, 0, 0, 0, 0, Duration.ZERO);

    @TempDir
    Path directory;

    private Lab lab;
    private Runs runs;

    @BeforeEach
    void makeDatabase() {
        lab = new Lab(directory);
        lab.database("app.db", "delete", 200, "g");
        runs = Runs.of(lab);
    }

    private static Instant hours(long afterNoon) {
        return NOON.plus(Duration.ofHours(afterNoon));
    }

    private Report report(Location location, RetentionRules rules, boolean counting, Instant now) {
        return new ReportService(Clock.fixed(now, ZoneOffset.UTC), Progress.NONE)
                .report(new ReportService.Request(location, null, rules, counting, lab.temporary(), Duration.ZERO));
    }

    private Report.OfDatabase only(Report report) {
        assertEquals(1, report.databases().size());
        return report.databases().get(0);
    }

    private void backUpHourly(int from, int to) {
        for (int hour = from; hour <= to; hour++) {
            runs.change(hours(hour), "UPDATE t SET generation = 'h" + hour + "' WHERE id = " + (hour + 1));
        }
    }

    @Test
    void aHistoryHasItsChainsItsGapsAndWhatTheLastRunNoted() {
        backUpHourly(0, 4);
        backUpHourly(12, 13);
        runs.backUp(hours(14));
        Report report = report(runs.history(), RetentionRules.NONE, false, hours(15));
        assertEquals(lab.path("history").toString(), report.place());
        assertEquals(7, report.backupCount());
        assertEquals(List.of(), report.warnings());
        Report.OfDatabase database = only(report);
        assertEquals("app.db", database.name());
        assertEquals(runs.database().toString(), database.restoreTo());
        assertEquals(hours(13), database.newest().createdAt());
        assertTrue(database.isNoted(database.newest()));
        assertEquals(hours(14), database.noted().confirmedAt());
        assertEquals(List.of(), database.noted().leftOut());
        assertEquals(List.of(new Gap(hours(4), hours(12), false)), database.gaps());
        assertTrue(database.backups().get(0).chain().members().size() > 1);
        assertNull(database.rows());
        assertNull(database.backups().get(0).decision());
    }

    @Test
    void afterTheNewestThereMayBeAGapThatIsNotOver() {
        backUpHourly(0, 3);
        assertEquals(
                List.of(),
                only(report(runs.history(), RetentionRules.NONE, false, hours(6)))
                        .gaps());
        assertEquals(
                List.of(new Gap(hours(3), hours(7), true)),
                only(report(runs.history(), RetentionRules.NONE, false, hours(7)))
                        .gaps());
    }

    @Test
    void itSaysWhatAPruneThenDeletes() {
        backUpHourly(0, 5);
        Report report = report(runs.history(), LAST_TWO, false, hours(6));
        List<Retention.Decision> expected =
                only(report).backups().stream().map(Report.Listed::decision).toList();
        Map<String, String> before = lab.contents("history");
        assertEquals(
                6, before.keySet().stream().filter(name -> name.endsWith(".gz")).count());
        PruneService.Pruned pruned = runs.prune(hours(6), LAST_TWO);
        assertTrue(!pruned.deleted().isEmpty());
        assertEquals(
                pruned.kept(),
                expected.stream().filter(Retention.Decision::kept).toList());
        assertEquals(
                pruned.deleted(),
                expected.stream().filter(decision -> !decision.kept()).toList());
    }

    @Test
    void theRowsOfTheNewestAreCountedAndNothingIsLeft() {
        runs.backUp(NOON);
        runs.change(hours(1), "CREATE TABLE \"two words\"(a)", "INSERT INTO \"two words\" VALUES (1), (2)");
        Report.Rows rows = only(report(runs.history(), RetentionRules.NONE, true, hours(1)))
                .rows();
        assertEquals(Map.of("t", 200L, "two words", 2L), rows.counts());
        assertEquals(List.of(), rows.leftOut());
        assertNull(rows.whyNot());
        assertEquals(List.of(), lab.litter());
    }

    @Test
    void aDamagedNewestIsAWarningAndAReportAllTheSame() throws IOException {
        Path newest = Path.of(runs.backUp(NOON).backup());
        byte[] bytes = Files.readAllBytes(newest);
        bytes[bytes.length / 3] ^= 1;
        Files.write(newest, bytes);
        Report report = report(runs.history(), RetentionRules.NONE, true, hours(1));
        Report.Rows rows = only(report).rows();
        assertNull(rows.counts());
        assertTrue(rows.whyNot().contains("failed verification"), rows.whyNot());
        assertEquals(List.of("the rows of " + newest + " were not counted: " + rows.whyNot()), report.warnings());
    }

    @Test
    void aBrokenChainIsAWarning() throws IOException {
        backUpHourly(0, 2);
        Path full = Path.of(only(report(runs.history(), RetentionRules.NONE, false, hours(2)))
                .backups()
                .get(2)
                .backup()
                .location());
        Files.delete(full);
        Report report = report(runs.history(), LAST_TWO, false, hours(2));
        assertEquals(0, report.backupCount());
        assertTrue(report.warnings().get(0).contains("cannot be restored"), report.warnings()::toString);
    }

    @Test
    void aSingleFileIsOneBackupOfWhichTheStateSpeaks() {
        Location file = Location.file(lab.path("b.gz"));
        new Runs(lab, runs.database(), file).backUp(NOON);
        Report.OfDatabase database = only(report(file, LAST_TWO, true, hours(1)));
        assertEquals("b.gz", database.name());
        assertTrue(database.isNoted(database.newest()));
        assertEquals(runs.database().toString(), database.restoreTo());
        assertEquals(200L, database.rows().counts().get("t"));
        assertNull(database.backups().get(0).decision());
    }

    @Test
    void aDatabaseIsItsSafetyCopies() throws IOException {
        for (String time : List.of("20261122120000", "20261122130000", "20261122140000")) {
            Files.copy(runs.database(), lab.path("app.db.pre-restore-" + time));
        }
        Report.OfDatabase database = only(report(Location.file(runs.database()), LAST_TWO, true, hours(100)));
        assertEquals("app.db", database.name());
        assertEquals(runs.database().toString(), database.restoreTo());
        assertEquals(
                List.of(true, true, false),
                database.backups().stream()
                        .map(listed -> listed.decision().kept())
                        .toList());
        assertEquals(List.of(), database.gaps());
        assertNull(database.noted());
        assertEquals(200L, database.rows().counts().get("t"));
    }

    @Test
    void anEmptyPlaceIsAReportOfNothingAndAMissingOneNone() throws IOException {
        Expect.failure(
                Failure.Kind.NOT_FOUND, "history", () -> report(runs.history(), RetentionRules.NONE, false, NOON));
        Files.createDirectory(lab.path("history"));
        assertEquals(0, report(runs.history(), RetentionRules.NONE, false, NOON).backupCount());
    }
}
