package dev.sqlitebackup.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Location;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page says, and that whatever a name holds is said and not done. */
class ReportPageTest {
    private static int count(String page, String words) {
        Matcher found = Pattern.compile(words, Pattern.LITERAL).matcher(page);
        return (int) found.results().count();
    }

    private static Report.OfDatabase ofBackups(int count) {
        return ReportPages.database("app.db", ReportPages.listed("app.db", count, false), "/home/u/app.db");
    }

    @Test
    void whateverNamesHoldIsText() {
        String page = ReportPages.hostile();
        assertFalse(page.contains("<script"), "markup in a name is markup");
        assertFalse(page.contains("alert('x')"), "a quote in a name is a quote of the page");
        assertFalse(page.contains("gpj.</td>`"), "markup in a name is markup");
        assertTrue(
                page.codePoints()
                        .allMatch(c ->
                                c == '\n' || !Character.isISOControl(c) && Character.getType(c) != Character.FORMAT),
                "a control character reached the page");
        String shown =
                "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;{{place}}\\n\\u202egpj.&lt;/td&gt;&#x60;";
        for (String element : List.of(
                "<li><bdi>warning of " + shown,
                "<h1>Backups</h1>\n<p><bdi>/mnt/" + shown,
                "<h2 id=\"database-1\"><bdi>" + shown,
                "<th scope=\"row\" class=\"text\"><bdi>" + shown + " messages",
                "aria-label=\"Rows of each table of " + shown + "\"",
                "<title id=\"database-1-axis-title\">Backups of " + shown,
                "only the application can check: collation " + shown)) {
            assertTrue(page.contains(element), element);
        }
        // In a command a shell has to read the name as it is.
        assertTrue(page.contains("&#39;--to&#x3D;/home/&lt;script&gt;alert(\\&#39;x\\&#39;)&lt;/script&gt;&quot;&amp;"
                + "{{place}}\\012\\342\\200\\256gpj."));
    }

    @Test
    void itNeedsNothingElse() {
        for (String page :
                List.of(ReportPages.hostile(), ReportPages.many(100), ReportPages.page(ReportPages.report()))) {
            assertTrue(page.startsWith(ReportPage.BEGINNING));
            assertTrue(page.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                    + "style-src 'unsafe-inline'; img-src data:\">"));
            assertFalse(Pattern.compile("(?i)(src|href)=\"(?!#|data:)|url\\((?!#)|@import|<script|\\son\\w+=\"")
                    .matcher(page)
                    .find());
        }
    }

    @Test
    void eachBackupHasItsCommandAndItsShape() {
        String page = ReportPages.many(10);
        assertEquals(10 + 1, count(page, "<code>sqlite-backup restore /mnt/nas/backups/app-"));
        assertEquals(1 + 1, count(page, "<rect class=\"full\""), "a full backup, and the legend");
        assertEquals(9 + 1, count(page, "<circle class=\"head\""), "increments, and the legend");
        assertEquals(3 + 1, count(page, "<path class=\"cross\""), "what would go, and the legend");
        assertEquals(3, count(page, "<strong>would be deleted</strong>"));
        assertEquals(1, count(page, "<rect class=\"gap\" x=\"") - 1);
        assertTrue(page.contains("no backup for 24 h: nothing changed, or no run"));
        assertTrue(page.contains("A prune with --keep-daily&#x3D;7 would delete 3 backups"));
        assertTrue(page.contains("<code>sqlite-backup prune /mnt/nas/backups --keep-daily&#x3D;7 --dry-run</code>"));
        assertTrue(page.contains("in part; only the application can check: collation app.db"));
        assertTrue(page.contains("was read and verified in full at 2026-11-22 21:30:05"));
    }

    @Test
    void whatIsNotKnownIsSaidWithWhatToType() {
        Report.OfDatabase known = ofBackups(2);
        Report.OfDatabase unknown = new Report.OfDatabase("app.db", known.backups(), null, null, List.of(), null);
        String page = ReportPages.page(ReportPages.report(unknown));
        assertTrue(page.contains("Put its path in place of /PATH/OF/THE/DATABASE"));
        assertTrue(page.contains("--to&#x3D;/PATH/OF/THE/DATABASE</code>"));
        assertTrue(page.contains("No run has noted anything of these backups here."));
        assertTrue(page.contains("There are too few backups to know how often one is usual."));
        assertTrue(page.contains(
                "<code>sqlite-backup report /mnt/nas/backups --to&#x3D;/home/u/report.html --rows</code>"));
        assertTrue(page.contains("No rules were given"));
        assertTrue(page.contains("--to&#x3D;/home/u/report.html --keep-daily&#x3D;7"));
        assertEquals(2, count(page, "<td>not noted</td>"));
    }

    @Test
    void anEmptyPlaceSaysSoAndWhatToType() {
        String page = ReportPages.page(ReportPages.report());
        assertTrue(page.contains("No backup that can be restored is here."));
        assertTrue(
                page.contains("<code>sqlite-backup backup /PATH/OF/THE/DATABASE --to&#x3D;/mnt/nas/backups/</code>"));
        String ofDatabase = ReportPages.page(
                new Report(Location.Kind.DATABASE, "/home/u/app.db", ReportPages.NEWEST, List.of(), List.of()));
        assertTrue(ofDatabase.contains("No restore has left a safety copy"));
        assertFalse(ofDatabase.contains("sqlite-backup backup"));
    }

    @Test
    void tenThousandAreBinsOnTheAxisAndMonthsInTheList() {
        String page = ReportPages.many(10_000);
        assertEquals(10_000 + 1, count(page, "<code>sqlite-backup restore "));
        assertEquals(80 + 1, count(page, "<rect class=\"full\""), "a bar for each part of the time, and the legend");
        assertEquals(80 + 1, count(page, "-stripes)\""));
        assertTrue(page.contains("The time axis in numbers"));
        assertTrue(page.contains("<details>\n<summary>2026-11: 132 backups: 13 full and 119 increments"));
        assertTrue(page.length() < 6_000_000, () -> page.length() + " characters");
    }

    /** Labels are round, few, and inside the picture. */
    @ParameterizedTest
    @ValueSource(longs = {4, 36, 396, 7_996, 199_996})
    void theAxisIsLabelled(long hours) {
        ReportScale scale = new ReportScale(ReportPages.NEWEST.minus(Duration.ofHours(hours)), ReportPages.NEWEST);
        List<ReportTicks.Tick> ticks = ReportTicks.of(scale);
        assertTrue(ticks.size() >= 2 && ticks.size() <= 5, ticks::toString);
        assertTrue(ticks.stream().allMatch(tick -> tick.first().matches("\\d\\d[:-]\\d\\d")), ticks::toString);
    }

    @Test
    void backupsOfOneMomentHaveAPlaceOnTheAxis() {
        String page = ReportPages.page(ReportPages.report(ofBackups(1)));
        assertTrue(page.contains("<svg x=\"50.0%\" y=\"32\""), "in the middle, as high as can be");
    }
}
