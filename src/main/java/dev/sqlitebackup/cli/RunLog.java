package dev.sqlitebackup.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/** The last line of the debug log. Not loaded without one. */
public final class RunLog {
    private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);
    private static final Path STATUS = Path.of("/proc/self/status");

    private RunLog() {}

    /**
     * Says how a run has ended.
     *
     * @param command what ran
     * @param startedNanos when, by {@link System#nanoTime()}
     */
    public static void ended(CommandLine command, int exitCode, long startedNanos) {
        long millis = (System.nanoTime() - startedNanos) / 1_000_000;
        LOG.debug("{}: exit code {} after {} ms; most memory: {}", command.getCommandName(), exitCode, millis, peak());
    }

    /** What Linux says of this process. */
    private static String peak() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .map(line -> line.substring("VmHWM:".length()).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }
}
