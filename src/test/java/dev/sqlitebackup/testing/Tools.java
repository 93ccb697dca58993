package dev.sqlitebackup.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Real programs. One that is missing skips a test on a user's machine, and fails it in CI. */
public final class Tools {
    public static final boolean CI = System.getenv("CI") != null;
    static final long TIMEOUT_SECONDS = 240;
    private static final String UNFINISHED = " <unfinished ...>";
    private static final Pattern RESUMED = Pattern.compile("\\d+ +<\\.\\.\\. \\w+ resumed>(.*)");

    private Tools() {}

    public static void require(String... programs) {
        for (String program : programs) {
            boolean found = Arrays.stream(System.getenv("PATH").split(":"))
                    .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
            require(found, program + " is not installed");
        }
    }

    public static void requireRoot() {
        require("root".equals(System.getProperty("user.name")), "not run as root");
    }

    public static void require(boolean condition, String otherwise) {
        if (CI) {
            Assertions.assertTrue(condition, otherwise);
        } else {
            Assumptions.assumeTrue(condition, otherwise);
        }
    }

    /** What a program that has ended said. */
    public record Ended(int exitCode, String out, String err) {
        /** What it said is in files, which are deleted. */
        static Ended of(int exitCode, Path out, Path err) throws IOException {
            Ended ended = new Ended(exitCode, read(out), read(err));
            Files.delete(out);
            Files.delete(err);
            return ended;
        }

        public Ended ok() {
            return endsWith(0);
        }

        public Ended endsWith(int expectedExitCode) {
            Assertions.assertEquals(expectedExitCode, exitCode, () -> out + err);
            return this;
        }
    }

    public static Ended run(List<String> command) {
        return run(command, Map.of(), null);
    }

    public static Ended run(List<String> command, Map<String, String> environment, Path workingDirectory) {
        return await(start(command, environment, workingDirectory));
    }

    public static Ended sh(String script, Object... arguments) {
        List<String> command = new ArrayList<>(List.of("bash", "-euo", "pipefail", "-c", script, "sh"));
        for (Object argument : arguments) {
            command.add(argument.toString());
        }
        return run(command);
    }

    /**
     * The system calls of a program and its threads, each whole, in the order in which they ended: strace splits a call
     * in two lines when that of another thread comes between.
     */
    public static List<String> strace(
            String calls, Map<String, String> environment, Path workingDirectory, Object... command)
            throws IOException {
        require("strace");
        Path trace = Files.createTempFile("trace", "");
        List<String> traced =
                new ArrayList<>(List.of("strace", "-f", "-y", "-o", trace.toString(), "-e", "trace=" + calls));
        Stream.of(command).map(Object::toString).forEach(traced::add);
        run(traced, environment, workingDirectory).ok();
        Map<String, String> unfinished = new HashMap<>();
        List<String> whole = new ArrayList<>();
        for (String line : Files.readAllLines(trace)) {
            String thread = line.substring(0, line.indexOf(' '));
            Matcher resumed = RESUMED.matcher(line);
            if (line.endsWith(UNFINISHED)) {
                unfinished.put(thread, line.substring(0, line.length() - UNFINISHED.length()));
            } else if (resumed.matches()) {
                whole.add(unfinished.remove(thread) + resumed.group(1));
            } else {
                whole.add(line);
            }
        }
        Files.delete(trace);
        return whole;
    }

    /** A process whose output goes to files, so that none can block. */
    public record Started(Process process, Path out, Path err) {
        public void kill9() {
            process.destroyForcibly();
        }
    }

    public static Started start(List<String> command, Map<String, String> environment, Path workingDirectory) {
        try {
            Path out = Files.createTempFile("out", "");
            Path err = Files.createTempFile("err", "");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            change(builder.environment(), environment);
            if (workingDirectory != null) {
                builder.directory(workingDirectory.toFile());
            }
            builder.redirectInput(new java.io.File("/dev/null"));
            return new Started(builder.start(), out, err);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** @param changes the variables of a run that differ from this process's; null for one that is not there */
    static void change(Map<String, String> environment, Map<String, String> changes) {
        environment.put("XDG_STATE_HOME", "/dev/null"); // No test leaves anything in the user's home.
        changes.forEach((name, value) -> {
            if (value == null) {
                environment.remove(name);
            } else {
                environment.put(name, value);
            }
        });
    }

    /** Whatever it is: a backup to standard output is no text. */
    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    public static Ended await(Started started) {
        return await(started, TIMEOUT_SECONDS);
    }

    static Ended await(Started started, long timeoutSeconds) {
        try {
            if (!started.process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
                started.kill9();
                Assertions.fail("still running after " + timeoutSeconds + " s: " + started.process.info());
            }
            return Ended.of(started.process.exitValue(), started.out, started.err);
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
