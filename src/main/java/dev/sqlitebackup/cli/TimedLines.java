package dev.sqlitebackup.cli;

import java.io.PrintWriter;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import picocli.CommandLine;

/**
 * What a program that does not end says to people: each line, printed by one call, begins with the local time, because
 * not everything that keeps such lines notes when they came.
 */
final class TimedLines extends PrintWriter {
    private final Clock clock;

    private TimedLines(PrintWriter out, Clock clock) {
        super(out, true);
        this.clock = clock;
    }

    /** From now on, and in the debug log. JSON has its times in fields. */
    static void install(CommandLine command, boolean json, Clock clock) {
        command.setErr(new TimedLines(command.getErr(), clock));
        if (!json) {
            command.setOut(new TimedLines(command.getOut(), clock));
        }
        System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
        System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd'T'HH:mm:ssXXX");
    }

    @Override
    public void println(String line) {
        super.println(
                OffsetDateTime.now(clock).truncatedTo(ChronoUnit.SECONDS).format(DateTimeFormatter.ISO_OFFSET_DATE_TIME)
                        + " " + line);
    }
}
