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
            "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE");

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
                    process.descendants().forEach(ProcessHandle::destroy);
                    process.destroy();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // It has ended.
            }
        }

        void check(String command) {
            if (over) {
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
        StringBuffer err = new StringBuffer();
        // Both pipes are drained beside the main one: whichever fills up would stop Git.
        Thread errors = drain(
                "git-stderr",
                () -> err.append(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8)));
        drain("git-stdin", () -> feed(process, input));
        try (Interruption.Blocking stop = Interruption.onRequest(process::destroy);
                Timeout timeout = new Timeout(process, limit);
                InputStream in = process.getInputStream()) {
            in.transferTo(out);
            errors.join();
            int exitCode = process.waitFor();
            timeout.check(arguments[0]);
            Interruption.check();
            return new Ended(exitCode, null, err.toString(), file);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Interruption.failure(e);
        } finally {
            process.destroy(); // It has ended, unless something went wrong.
        }
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
