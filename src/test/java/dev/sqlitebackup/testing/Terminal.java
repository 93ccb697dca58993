package dev.sqlitebackup.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program in a pseudo terminal of its own, by {@code script}; somebody types. */
public final class Terminal implements AutoCloseable {
    /** What the line discipline makes an interrupt of. */
    public static final String INTERRUPT = "\u0003";
    /** What ends the input. */
    public static final String END = "\u0004";

    private static final long TIMEOUT_SECONDS = 120;

    private final Process process;
    private final StringBuilder shown = new StringBuilder();

    /** @param command for a shell */
    public Terminal(String command, Map<String, String> environment, Path workingDirectory) throws IOException {
        Tools.require("script");
        ProcessBuilder builder = new ProcessBuilder("script", "-qefc", command, "/dev/null")
                .redirectErrorStream(true)
                .directory(workingDirectory.toFile());
        builder.environment().putAll(environment);
        process = builder.start();
    }

    /** Reads until the terminal has shown this. */
    public String await(String text) throws IOException {
        InputStream output = process.getInputStream();
        while (shown.indexOf(text) < 0) {
            int next = output.read();
            if (next < 0) {
                throw new AssertionError("the terminal never showed " + text + ": " + shown);
            }
            shown.append((char) next);
        }
        return shown.toString();
    }

    public void type(String keys) throws IOException {
        process.getOutputStream().write(keys.getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
    }

    /** Waits for its end. What was shown is in {@code out}. */
    public Tools.Ended end() throws IOException, InterruptedException {
        shown.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("still running: " + shown);
        }
        return new Tools.Ended(process.exitValue(), shown.toString().replace("\r\n", "\n"), "");
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
