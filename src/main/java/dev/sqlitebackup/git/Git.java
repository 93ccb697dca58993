package dev.sqlitebackup.git;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs Git's own program, so that filters (Git LFS), attributes, worktrees and submodules mean here what they mean
 * there.
 *
 * @param directory where it runs
 * @param file what it is asked about, for messages
 * @param variables of its environment beside ours
 * @param limit how long it may run, null for as long as it takes: only what talks to others may never end
 */
public record Git(Path directory, Path file, Map<String, String> variables, Duration limit) {
    /** Left by a hook that calls us, these would point Git elsewhere than to the repository around the file. */
    private static final List<String> MISLEADING = List.of(
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_PREFIX",
            "GIT_OBJECT_DIRECTORY",
            "GIT_NAMESPACE",
            "GIT_COMMON_DIR",
            "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            "GIT_QUARANTINE_PATH",
            "GIT_SHALLOW_FILE",
            "GIT_GRAFT_FILE",
            "GIT_REPLACE_REF_BASE",
            "GIT_NO_REPLACE_OBJECTS",
            "GIT_IMPLICIT_WORK_TREE");
    /** For what a hook has left in the background, and holds the pipes. */
    private static final long AFTERWARDS_MILLIS = 2_000;

    public Git(Path directory, Path file) {
        this(directory, file, Map.of(), null);
    }

    /**
     * What it said.
     *
     * @param out null where it was written elsewhere
     */
    public record Ended(int exitCode, byte[] out, String err, Path file) {
        public Ended ok() {
            return ok("tell the history of " + file);
        }

        /** @throws Failure FAILURE with why, if it did not succeed */
        public Ended ok(String doing) {
            if (exitCode != 0) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "git could not " + doing + ": " + reason(),
                        "run with -v to see all that it said",
                        new IOException(err.strip()));
            }
            return this;
        }

        public boolean succeeded() {
            return exitCode == 0;
        }

        public String text() {
            return new String(out, StandardCharsets.UTF_8);
        }

        /** The line that says why, in what may be several. */
        public String reason() {
            List<String> lines = err.strip().lines().toList();
            return Stream.of("fatal: ", "error: ")
                    .flatMap(word -> lines.stream().filter(line -> line.startsWith(word)))
                    .findFirst()
                    .orElse(err.isBlank() ? "exit code " + exitCode : lines.get(lines.size() - 1));
        }
    }

    /** The same with a variable more. */
    Git with(String variable, String value) {
        Map<String, String> more = new HashMap<>(variables);
        more.put(variable, value);
        return new Git(directory, file, Map.copyOf(more), limit);
    }

    Git within(Duration most) {
        return new Git(directory, file, variables, most);
    }

    /** Ends a process, and what that has started, when its time is over. */
    private static final class Timeout implements AutoCloseable {
        private final Duration limit;
        private final Thread watch;
        private volatile boolean over;

        Timeout(Process process, Duration limit) {
            this.limit = limit;
            this.watch = limit == null ? null : new Thread(() -> watch(process), "git-timeout");
            if (watch != null) {
                watch.setDaemon(true);
                watch.start();
            }
        }

        private void watch(Process process) {
            try {
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    over = true;
                    end(process);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // It has ended.
            }
        }

        void check(String... arguments) {
            if (over) {
                String command = Stream.of(arguments)
                        .dropWhile(word -> word.equals("-c") || word.contains("="))
                        .findFirst()
                        .orElse("");
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "git " + command + " did not end within " + limit.toMinutes() + " minutes, and was stopped",
                        "see what it waits for: run it by hand");
            }
        }

        @Override
        public void close() {
            if (watch != null) {
                watch.interrupt();
            }
        }
    }

    public String text(String... arguments) {
        return run(null, arguments).ok().text();
    }

    public Ended run(byte[] input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            Ended ended = run(input, out, arguments);
            return new Ended(ended.exitCode, out.toByteArray(), ended.err, file);
        } catch (IOException e) {
            throw Failure.io("cannot take from git", file, e);
        }
    }

    /** @throws IOException if what it says cannot be taken, or not be written to {@code out} */
    public Ended run(byte[] input, OutputStream out, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toAbsolutePath().toFile());
        prepare(builder.environment());
        builder.environment().putAll(variables);
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new Failure(
                    Failure.Kind.FAILURE, "cannot run git, which keeps the history of " + file, "install git", e);
        }
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        // Both pipes are drained beside the main one: whichever fills up would stop Git.
        Thread errors = drain("git-stderr", () -> process.getErrorStream().transferTo(err));
        drain("git-stdin", () -> feed(process, input));
        try (Interruption.Blocking stop = Interruption.onRequest(() -> end(process));
                Timeout timeout = new Timeout(process, limit)) {
            int exitCode = limit == null ? toTheEnd(process, out, errors) : toItsEnd(process, out, errors);
            timeout.check(arguments);
            Interruption.check();
            return new Ended(exitCode, null, err.toString(StandardCharsets.UTF_8), file);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Interruption.failure(e);
        } finally {
            process.destroy(); // It has ended, unless something went wrong.
        }
    }

    private static int toTheEnd(Process process, OutputStream out, Thread errors)
            throws IOException, InterruptedException {
        try (InputStream in = process.getInputStream()) {
            in.transferTo(out);
        }
        errors.join();
        return process.waitFor();
    }

    /** What talks to others runs hooks, and one may leave something behind that holds the pipes. */
    private static int toItsEnd(Process process, OutputStream out, Thread errors) throws InterruptedException {
        Thread output = drain("git-stdout", () -> process.getInputStream().transferTo(out));
        int exitCode = process.waitFor();
        output.join(AFTERWARDS_MILLIS);
        errors.join(AFTERWARDS_MILLIS);
        return exitCode;
    }

    /** With the hooks and helpers that it has started. */
    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }

    /** Git asks for no password, takes no lock that another Git would wait for, and speaks English. */
    public static void prepare(Map<String, String> environment) {
        MISLEADING.forEach(environment::remove);
        environment.put("GIT_TERMINAL_PROMPT", "0");
        environment.put("GIT_OPTIONAL_LOCKS", "0");
        environment.put("GIT_LITERAL_PATHSPECS", "1"); // A name is a name, whatever is in it.
        environment.put("LC_ALL", "C.UTF-8");
    }

    private interface Transfer {
        void run() throws IOException;
    }

    private static Thread drain(String name, Transfer transfer) {
        Thread thread = new Thread(
                () -> {
                    try {
                        transfer.run();
                    } catch (IOException e) {
                        // Git ended before it had read or said everything; its exit code tells.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void feed(Process process, byte[] input) throws IOException {
        try (OutputStream in = process.getOutputStream()) {
            if (input != null) {
                in.write(input);
            }
        }
    }
}
