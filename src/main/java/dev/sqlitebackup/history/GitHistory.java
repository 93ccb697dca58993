package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.Interruption;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The versions of a file in Git, as Git itself tells them. It is asked with its own program, so that filters (Git LFS),
 * attributes, worktrees and submodules mean here what they mean there.
 */
public final class GitHistory {
    /** A pointer is shorter than this (Git LFS specification, "The Pointer"), and says the object's size. */
    private static final long MAX_POINTER_BYTES = 1024;

    private static final Pattern POINTER =
            Pattern.compile("version https://git-lfs\\.github\\.com/spec/.*?\nsize (\\d{1,18})\n", Pattern.DOTALL);
    /** Left by a hook that calls us, these would point Git elsewhere than to the repository around the file. */
    private static final List<String> MISLEADING = List.of(
            "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE");

    /**
     * A version of the file.
     *
     * @param commit that made it, in hexadecimal
     * @param sizeBytes of the file as it is checked out: for a pointer, of the object that it stands for
     */
    public record Version(String commit, Instant committedAt, long sizeBytes) {}

    private final Path file;
    /** Where Git is run: the directory of the file may be what was lost. */
    private final Path directory;

    private GitHistory(Path file, Path directory) {
        this.file = file;
        this.directory = directory;
    }

    /** @return null if the file does not lie in a Git repository */
    public static GitHistory of(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        try {
            Path existing = absolute;
            while (!Files.exists(existing)) {
                existing = existing.getParent();
            }
            Path real =
                    existing.toRealPath().resolve(existing.relativize(absolute)).normalize();
            Path directory = Files.isDirectory(existing) ? existing.toRealPath() : real.getParent();
            for (Path above = directory; above != null; above = above.getParent()) {
                if (Files.exists(above.resolve(".git"))) {
                    return new GitHistory(real, directory);
                }
            }
            return null;
        } catch (IOException e) {
            throw Failure.io("cannot resolve", file, e);
        }
    }

    /** Whether the file is not, byte for byte, the one that the newest commit has. */
    public boolean isModified() {
        return !text("status", "--porcelain", "--", relativeName()).isEmpty();
    }

    /**
     * What to say where versions may be missing: in a shallow clone Git shows the commit at which it was cut off as if
     * that had made every file.
     *
     * @return null where Git has all of the history
     */
    public String fetchOfTheRest() {
        return text("rev-parse", "--is-shallow-repository").strip().equals("true")
                ? "this clone has only the newest commits; fetch the others: " + command(directory, "fetch --unshallow")
                : null;
    }

    /** For hints: what to type, in whatever directory. */
    private static String command(Path directory, String arguments) {
        return "git -C '" + directory.toString().replace("'", "'\\''") + "' " + arguments;
    }

    /** Every version that a commit up to HEAD made, newest first by commit time. Deletions are no versions. */
    public List<Version> versions() {
        Ended head = run(null, "rev-parse", "--verify", "--quiet", "HEAD");
        if (head.exitCode == 1 && head.err.isBlank() || head.err.contains("not a git repository")) {
            return List.of(); // Nothing was committed yet, or what looked like a repository is none.
        }
        head.ok();
        Map<String, String[]> commits = new LinkedHashMap<>();
        Map<String, Long> sizes = new HashMap<>();
        String[] commit = null;
        for (String line : text(
                        "-c",
                        "log.showSignature=false",
                        "log",
                        "--no-color",
                        "--raw",
                        "--no-abbrev",
                        "--no-renames",
                        "--diff-filter=d",
                        "--full-history",
                        "-m",
                        "--format=commit %H %ct",
                        "--",
                        relativeName())
                .split("\n")) {
            String[] words = line.split(" ");
            if (words[0].equals("commit")) {
                commit = words;
            } else if (line.startsWith(":")) {
                commits.put(
                        commit[1],
                        new String[] {commit[1], commit[2], words[3]}); // A merge is told once for each parent.
                sizes.put(words[3], 0L);
            }
        }
        fillInSizes(sizes);
        return commits.values().stream()
                .map(c -> new Version(c[0], Instant.ofEpochSecond(Long.parseLong(c[1])), sizes.get(c[2])))
                .sorted((a, b) -> b.committedAt.compareTo(a.committedAt))
                .toList();
    }

    private void fillInSizes(Map<String, Long> sizes) {
        Collection<String> small = new ArrayList<>();
        for (String line : new String(
                        run(lines(sizes.keySet()), "cat-file", "--batch-check").ok().out, StandardCharsets.UTF_8)
                .split("\n")) {
            String[] words = line.split(" ");
            if (words.length == 3) {
                sizes.put(words[0], Long.parseLong(words[2]));
                if (sizes.get(words[0]) <= MAX_POINTER_BYTES) {
                    small.add(words[0]);
                }
            }
        }
        for (Map.Entry<String, String> object : contents(small).entrySet()) {
            Matcher pointer = POINTER.matcher(object.getValue());
            if (pointer.lookingAt()) {
                sizes.put(object.getKey(), Long.parseLong(pointer.group(1)));
            }
        }
    }

    private Map<String, String> contents(Collection<String> objects) {
        return objects.isEmpty()
                ? Map.of()
                : contents(run(lines(objects), "cat-file", "--batch").ok().out, file);
    }

    /** @param batch what {@code git cat-file --batch} says */
    static Map<String, String> contents(byte[] batch, Path file) {
        Map<String, String> contents = new TreeMap<>();
        int position = 0;
        while (position < batch.length) {
            int end = position;
            while (batch[end] != '\n') {
                end++;
            }
            String[] header = new String(batch, position, end - position, StandardCharsets.US_ASCII).split(" ");
            if (header.length != 3) {
                throw new Failure(
                        Failure.Kind.FAILURE,
                        "git did not find an object of " + file + ": " + String.join(" ", header),
                        "see what it says of its objects: "
                                + command(file.toAbsolutePath().getParent(), "fsck"));
            }
            int length = Integer.parseInt(header[2]);
            contents.put(header[0], new String(batch, end + 1, length, StandardCharsets.ISO_8859_1));
            position = end + 1 + length + 1;
        }
        return contents;
    }

    private static byte[] lines(Collection<String> lines) {
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Writes a version as it would be checked out, through Git's filters, into an existing private file. */
    public void checkOut(Version version, Path into) {
        try (OutputStream out = Files.newOutputStream(into)) {
            Ended ended = run(null, out, "cat-file", "--filters", version.commit + ":" + relativeName());
            if (ended.exitCode != 0) {
                throw new Failure(
                        Failure.Kind.NOT_FOUND,
                        "git could not bring back " + file + " of commit " + version.commit + ": " + ended.lastLine(),
                        "where Git LFS keeps it, fetch it first: " + command(directory, "lfs fetch --all"),
                        new IOException(ended.err.strip()));
            }
        } catch (IOException e) {
            throw Failure.io("cannot write", into, e);
        }
    }

    private String relativeName() {
        return "./" + directory.relativize(file);
    }

    private record Ended(int exitCode, byte[] out, String err, Path file) {
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

    private String text(String... arguments) {
        return new String(run(null, arguments).ok().out, StandardCharsets.UTF_8);
    }

    private Ended run(byte[] input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            Ended ended = run(input, out, arguments);
            return new Ended(ended.exitCode, out.toByteArray(), ended.err, file);
        } catch (IOException e) {
            throw Failure.io("cannot take from git", file, e);
        }
    }

    /** @throws IOException if what it says cannot be taken, or not be written to {@code out} */
    private Ended run(byte[] input, OutputStream out, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "--literal-pathspecs"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
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
            throw new Failure(Failure.Kind.INTERRUPTED, "interrupted", null, e);
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
