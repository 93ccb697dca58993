package dev.sqlitebackup.history;

import dev.sqlitebackup.Failure;
import dev.sqlitebackup.git.Git;
import java.io.IOException;
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

    private final Git git;

    private GitHistory(Path file, Path directory) {
        this.file = file;
        this.directory = directory;
        this.git = new Git(directory, file);
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
        Git.Ended head = git.run(null, "rev-parse", "--verify", "--quiet", "HEAD");
        if (head.exitCode() == 1 && head.err().isBlank() || head.err().contains("not a git repository")) {
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
                        git.run(lines(sizes.keySet()), "cat-file", "--batch-check")
                                .ok()
                                .out(),
                        StandardCharsets.UTF_8)
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
                : contents(git.run(lines(objects), "cat-file", "--batch").ok().out(), file);
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
            Git.Ended ended = git.run(null, out, "cat-file", "--filters", version.commit + ":" + relativeName());
            if (ended.exitCode() != 0) {
                throw new Failure(
                        Failure.Kind.NOT_FOUND,
                        "git could not bring back " + file + " of commit " + version.commit + ": " + ended.reason(),
                        "where Git LFS keeps it, fetch it first: " + command(directory, "lfs fetch --all"),
                        new IOException(ended.err().strip()));
            }
        } catch (IOException e) {
            throw Failure.io("cannot write", into, e);
        }
    }

    private String relativeName() {
        return "./" + directory.relativize(file);
    }

    private String text(String... arguments) {
        return git.text(arguments);
    }
}
