package dev.sqlitebackup.cli;

import com.samskivert.mustache.Escapers;
import com.samskivert.mustache.Mustache;
import com.samskivert.mustache.Template;
import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Backup;
import dev.sqlitebackup.history.Location;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The page itself: one file that needs nothing else. Every text in it passes one place, which shows control characters
 * and what turns text around as {@link Output} does, and takes the meaning from markup.
 *
 * @param version of this program
 * @param summary what there is, in a line
 * @param nothing why there is nothing, null where there is something
 * @param nothingCommand what to type then
 * @param several whether the page needs a list of what is on it
 */
record ReportPage(
        String version,
        String place,
        ReportWords.Time madeAt,
        String summary,
        String nothing,
        String nothingCommand,
        List<String> warnings,
        boolean several,
        List<ReportSection> databases) {
    /** How every page begins, of whatever version: by this, one is known that may be overwritten. */
    static final String BEGINNING = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            + "<meta name=\"generator\" content=\"sqlite-backup";

    private static final String TEMPLATE = "report.html";

    static String of(Report report, ReportHints hints) {
        List<ReportSection> databases = new ArrayList<>();
        for (Report.OfDatabase database : report.databases()) {
            databases.add(ReportSection.of(databases.size() + 1, database, report, hints));
        }
        boolean ofDatabase = report.kind() == Location.Kind.DATABASE;
        ReportPage page = new ReportPage(
                new Version().getVersion()[0],
                report.place(),
                ReportWords.Time.of(report.madeAt()),
                summary(report),
                !databases.isEmpty()
                        ? null
                        : ofDatabase
                                ? "No restore has left a safety copy of this database, so there is nothing to undo."
                                : "No backup that can be restored is here. To make one, name the database:",
                ofDatabase ? null : hints.backup(),
                report.warnings(),
                databases.size() > 1,
                databases);
        return template().execute(page);
    }

    private static String summary(Report report) {
        List<Backup> all = report.databases().stream()
                .flatMap(database -> database.backups().stream())
                .map(Report.Listed::backup)
                .toList();
        return all.isEmpty()
                ? "no backups"
                : ReportWords.count(all.size(), "backup") + " of "
                        + ReportWords.count(report.databases().size(), "database") + ", " + ReportWords.sizeOf(all);
    }

    private static Template template() {
        try (InputStream in = ReportPage.class.getResourceAsStream(TEMPLATE);
                Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            return Mustache.compiler()
                    .zeroIsFalse(true)
                    .withEscaper(text -> Escapers.HTML.escape(Output.escape(text)))
                    .compile(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
