package dev.sqlitebackup.cli;

import dev.sqlitebackup.history.Location;
import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** How long the backup that a run sends may be deleted by nobody: of everything that sends one. */
public final class ObjectLockOption {
    private static final String COMPLIANCE = "compliance:";

    @Option(
            names = "--object-lock",
            paramLabel = "DURATION",
            description = "Lock what is sent to a bucket with Object Lock, so that nobody deletes it before (30d: mode "
                    + "GOVERNANCE; compliance:30d: COMPLIANCE, which nobody can undo).")
    private String lock;

    /** @return the same place, where what is sent is locked if that was asked for */
    Location on(Location place, CommandSpec spec) {
        if (lock == null) {
            return place;
        }
        boolean compliance = lock.startsWith(COMPLIANCE);
        Duration duration;
        try {
            duration = Converters.duration(compliance ? lock.substring(COMPLIANCE.length()) : lock);
        } catch (TypeConversionException e) {
            throw new ParameterException(
                    spec.commandLine(), "--object-lock takes 30d or compliance:30d: " + e.getMessage(), e);
        }
        if (duration.isZero()) {
            throw new ParameterException(spec.commandLine(), "--object-lock takes a second or more");
        }
        return place.locked(compliance, duration);
    }
}
