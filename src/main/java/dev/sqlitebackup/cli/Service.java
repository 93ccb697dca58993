package dev.sqlitebackup.cli;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** A program that does not end by itself: one run after the other, each said with its time, until a signal. */
final class Service {
    private final Clock clock;
    private final Schedule schedule;
    private final HealthFile healthFile;

    /** @param healthFile null for none */
    Service(Clock clock, Duration period, Path healthFile) {
        this.clock = clock;
        this.schedule = new Schedule(clock, period);
        this.healthFile = healthFile == null ? null : new HealthFile(healthFile);
    }

    /**
     * Goes on until a signal.
     *
     * @param work one run, which returns its exit code or throws
     * @return the exit code: a signal that finds nothing under way is how such a program is meant to end
     */
    int run(CommandLine command, IntSupplier work) {
        while (true) {
            if (exitCode(command, work) == ExitCodes.of(Failure.Kind.INTERRUPTED)) {
                return ExitCodes.of(Failure.Kind.INTERRUPTED);
            }
            if (!awaitNext()) {
                return ExitCodes.OK;
            }
        }
    }

    /** The next run may do better; arguments that make no sense never will. */
    private static int exitCode(CommandLine command, IntSupplier work) {
        try {
            return work.getAsInt();
        } catch (ParameterException e) {
            throw e;
        } catch (RuntimeException e) {
            return FailureHandler.print(e, command);
        }
    }

    /** @return whether it has come: false if a signal came first */
    private boolean awaitNext() {
        // One that came while the run was under way is left out.
        Instant next = schedule.next(clock.instant());
        try {
            for (long millis; (millis = schedule.waitMillis(next)) > 0; ) {
                Interruption.pause(millis);
                next = schedule.stillAhead(next);
            }
            return !Interruption.isRequested();
        } catch (Failure e) { // Only a signal does that.
            return false;
        }
    }

    /**
     * Notes how a run has ended. One that a signal cut short tells nothing of the backups: it has neither succeeded nor
     * failed, and the health file stays as it was.
     *
     * @param result as JSON has it, which gets the time
     * @return warnings
     */
    List<String> ended(int exitCode, Map<String, Object> result) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        List<String> warnings = healthFile == null || exitCode == ExitCodes.of(Failure.Kind.INTERRUPTED)
                ? List.of()
                : healthFile.write(result, exitCode == ExitCodes.OK, now);
        result.put("finishedAt", now.toString());
        return warnings;
    }
}
