package dev.sqlitebackup.cli;

import dev.sqlitebackup.Hints;
import dev.sqlitebackup.core.Report;
import dev.sqlitebackup.history.Backup;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The commands on a page.
 *
 * @param place that the page is about
 * @param name of the one database, null for all
 * @param to where the page is
 * @param rules as they were given, empty for none
 * @param counting whether {@code --rows} was given
 */
record ReportHints(String place, String name, Path to, List<String> rules, boolean counting) {
    /** Stands where nobody knows where the database lies. */
    static final String PLACEHOLDER = "/PATH/OF/THE/DATABASE";

    private static final List<String> SOME_RULES = List.of("--keep-daily=7", "--keep-weekly=5", "--keep-monthly=12");

    String restore(Report.OfDatabase database, Backup backup) {
        return command(Stream.concat(of("restore", backup), Stream.of("--to=" + path(database))));
    }

    private static String path(Report.OfDatabase database) {
        return database.restoreTo() == null ? PLACEHOLDER : database.restoreTo();
    }

    /** Whether backups have stopped. */
    String status(Report.OfDatabase database) {
        Stream<String> words = Stream.of("status", path(database), "--to=" + place);
        return command(name == null ? words : Stream.concat(words, Stream.of("--name=" + name)));
    }

    String verify(Backup backup) {
        return command(of("verify", backup));
    }

    /** A version in Git is known by its time. */
    private static Stream<String> of(String command, Backup backup) {
        Stream<String> words = Stream.of(command, backup.location());
        return backup.commit() == null ? words : Stream.concat(words, Stream.of("--at=" + backup.createdAt()));
    }

    /** The page again, with the rows of each table. */
    String withRows() {
        return report(rules, true);
    }

    /** The page again, with rules as many use them. */
    String withRules() {
        return report(SOME_RULES, counting);
    }

    private String report(List<String> withRules, boolean withRows) {
        List<String> words = new ArrayList<>(withRules);
        words.add(0, "--to=" + to);
        if (withRows) {
            words.add("--rows");
        }
        return command(Stream.concat(atPlace("report"), words.stream()));
    }

    /** What would be deleted, said by what deletes. */
    String prune() {
        return command(Stream.of(atPlace("prune"), rules.stream(), Stream.of("--dry-run"))
                .flatMap(part -> part));
    }

    /** What an empty place needs. */
    String backup() {
        return Hints.command("backup", PLACEHOLDER, "--to=" + (place.endsWith("/") ? place : place + "/"));
    }

    private Stream<String> atPlace(String command) {
        return name == null ? Stream.of(command, place) : Stream.of(command, place, "--name=" + name);
    }

    private static String command(Stream<String> words) {
        return Hints.command(words.toArray(String[]::new));
    }
}
