package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Runs Git's own program.
 *
 * @param directory where it runs
 * @param file whose history is asked for, for messages
 */
record Git(Path directory, Path file) {
    /** Left by a hook that calls us, these would point Git elsewhere than to the repository around the file. */
    private static final List<String> MISLEADING = List.of(
            "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE");

    /**
     * What it said.
     *
     * @param out null where it was written elsewhere
     */
    record Ended(int exitCode, byte[] out, String err, Path file) {
        Ended ok() {
            if (exitCode != 0) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "git could not tell the history of " + file + ": " + lastLine(),
                        "run with -v to see all that it said",
                        new IOException(err.strip()));
            }
            return this;
        }

        String lastLine() {
            return err.isBlank()
                    ? "exit code " + exitCode
                    : err.strip().lines().reduce((first, second) -> second).orElse("");
        }
    }

    String text(String... arguments) {
        return new String(run(null, arguments).ok().out, StandardCharsets.UTF_8);
    }

    Ended run(byte[] input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            Ended ended = run(input, out, arguments);
            return new Ended(ended.exitCode, out.toByteArray(), ended.err, file);
        } catch (IOException e) {
            throw Failure.io("cannot take from git", file, e);
        }
    }

    /** @throws IOException if what it says cannot be taken, or not be written to {@code out} */
    Ended run(byte[] input, OutputStream out, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "--literal-pathspecs"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toAbsolutePath().toFile());
        prepare(builder.environment());
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new Failure(
                    Failure.Kind.FAILURE,
                    "cannot run git, which keeps the history of " + file,
                    "install git, or name a backup file without --at",
                    e);
        }
        StringBuffer err = new StringBuffer();
        // Both pipes are drained beside the main one: whichever fills up would stop Git.
        Thread errors = drain(
                "git-stderr",
                () -> err.append(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8)));
        drain("git-stdin", () -> feed(process, input));
        try (Interruption.Blocking stop = Interruption.onRequest(process::destroy);
                InputStream in = process.getInputStream()) {
            in.transferTo(out);
            errors.join();
            int exitCode = process.waitFor();
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
    static void prepare(Map<String, String> environment) {
        MISLEADING.forEach(environment::remove);
        environment.put("GIT_TERMINAL_PROMPT", "0");
        environment.put("GIT_OPTIONAL_LOCKS", "0");
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
